"""Verifies tokens with PyJWT, and says what each took."""

import json
import sys
import time

import jwt

_, file, milliseconds = sys.argv[1:]
with open(file, encoding="utf-8") as sample:
    sample = json.load(sample)
key = jwt.PyJWKSet.from_dict(sample["jwks"]).keys[0]
options = {
    "algorithms": [sample["algorithm"]],
    "issuer": sample["issuer"],
    "audience": sample["audience"],
}


def measure():
    cpu, started, verified = time.process_time(), time.perf_counter(), 0
    while time.perf_counter() - started < int(milliseconds) / 1e3:
        for token in sample["tokens"]:
            jwt.decode(token, key, **options)
            verified += 1
    wall = time.perf_counter() - started
    cpu = time.process_time() - cpu
    return {"cpu": cpu * 1e6 / verified, "wall": wall * 1e6 / verified}


# Otherwise, a library that accepts anything would be the fastest.
try:
    jwt.decode(sample["tokens"][0][:-20] + "A" * 20, key, **options)
    raise SystemExit("PyJWT takes any signature")
except jwt.InvalidSignatureError:
    pass
measure()
print("found: " + json.dumps(measure()))
