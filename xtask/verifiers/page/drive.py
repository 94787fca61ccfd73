"""Reads tokens, a line each, and says of each what the page's lines say."""

import sys

import jwt
from page import verify

for line in sys.stdin:
    try:
        said = f"ok {verify(line.strip())['sid']}"
    # What else it may raise would be a 500 in an API.
    except jwt.PyJWTError as error:
        said = f"no {error}".replace("\n", " ")
    print(said, flush=True)
