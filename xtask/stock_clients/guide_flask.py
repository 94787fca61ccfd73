"""The guide's server in Flask, which is a confidential client by Authlib, and what it goes on with."""

import importlib.metadata
import logging
import os
import queue
import re
import sys
import threading

from authlib.integrations.base_client import MismatchingStateError, OAuthError
from flask import request
from werkzeug.serving import make_server

ISSUER = os.environ["LATCHGATE_URL"]
# In seconds.
PATIENCE = 60

logging.getLogger("werkzeug").setLevel(logging.ERROR)


def main():
    guide = lines()
    app, client, tokens = guide["app"], guide["oauth"].latchgate, guide["tokens"]
    came, refusals = queue.Queue(), []

    @app.before_request
    def try_another_verifier():
        if request.path == "/callback" and "iss" in request.args:
            trade = {"code": request.args["code"], "redirect_uri": request.base_url, "code_verifier": "x" * 43}
            refusals.append(refusal(lambda: client.fetch_access_token(**trade)))

    @app.after_request
    def tell(response):
        if response.status_code == 200:
            came.put(request.path)
        return response

    @app.errorhandler(OAuthError)
    def refused(error):
        refusals.append(type(error).__name__)
        return "refused"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.port}"

    def visit(path, arrives):
        print(f"Open {site}{path}", flush=True)
        expect(came.get(timeout=PATIENCE), arrives)

    visit("/sign-in", "/")
    expect(refusals, ["invalid_grant"])
    [(subject, token)] = tokens.items()
    claims = token["userinfo"]
    expect((subject, claims["iss"], claims["aud"], claims["email"]), ("demo-user", ISSUER, client.client_id, "demo@example.com"))
    expect(refusal(lambda: client.parse_id_token(token, nonce="another")), "invalid_claim")
    another = {"iss": {"values": ["https://evil.example"]}}
    expect(refusal(lambda: client.parse_id_token(token, nonce=claims["nonce"], claims_options=another)), "invalid_claim")

    expect(client.userinfo(token=token)["sub"], subject)
    refresh = lambda token: client.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
    second = refresh(token)
    expect(second["refresh_token"] != token["refresh_token"], True)
    expect(client.userinfo(token=second)["sub"], subject)

    visit("/callback?code=abc&state=another", "/callback")
    expect(refusals, ["invalid_grant", MismatchingStateError.__name__])
    visit("/sign-out", "/")
    expect(refusal(lambda: refresh(second)), "invalid_grant")
    server.shutdown()
    print(f"Authlib {importlib.metadata.version('authlib')}, the guide's Flask: signed in, another verifier, nonce, issuer and state refused, "
          "claims, refreshed, signed out")


def lines():
    """What the guide's lines define, for the server that is there."""
    with open(os.environ["LATCHGATE_GUIDE"], encoding="utf-8") as guide:
        [text] = re.findall(r"\n```python\n(from authlib.*?|import os\n.*?)\n```", guide.read(), re.DOTALL)
    for old, new in [("https://auth.example.com", ISSUER), ('"shop-server"', repr(os.environ["LATCHGATE_CLIENT_ID"]))]:
        expect(old in text, True)
        text = text.replace(old, new)
    os.environ |= {"SESSION_KEY": os.urandom(16).hex(), "CLIENT_SECRET": os.environ["LATCHGATE_CLIENT_SECRET"]}
    defined = {"__name__": "guide"}
    exec(compile(text, "guide", "exec"), defined)
    return defined


def refusal(attempt):
    """The error of an attempt that has to fail."""
    try:
        attempt()
    except Exception as error:
        return getattr(error, "error", None) or repr(error)
    return "nothing"


def expect(found, wanted):
    """Unlike `assert`, not gone with `python -O`."""
    if found != wanted:
        line = sys._getframe(1).f_lineno
        raise SystemExit(f"guide_flask.py:{line}: {found!r} instead of {wanted!r}")


main()
