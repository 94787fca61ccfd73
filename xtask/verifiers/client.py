"""Refreshes, calls and logs out by Authlib's client, which knows nothing of Latchgate but two addresses.

The login is first-party and no OAuth client's; from its tokens on, everything is Authlib's.
"""

import importlib.metadata
import os

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

# Of a request, in seconds: a container may have to start first.
PATIENCE = 60

URL = os.environ["LATCHGATE_URL"]
SECRET = os.environ["LATCHGATE_CLIENT_SECRET"]
UNAUTHORIZED = int(os.environ["LATCHGATE_UNAUTHORIZED"])
PUBLIC_CLIENT = os.environ["LATCHGATE_CLIENT_ID"]
CONFIDENTIAL_CLIENT = os.environ["LATCHGATE_CONFIDENTIAL_CLIENT_ID"]


def main():
    for client_id, secret, method in [
        (PUBLIC_CLIENT, None, "none"),
        (CONFIDENTIAL_CLIENT, SECRET, "client_secret_basic"),
        (CONFIDENTIAL_CLIENT, SECRET, "client_secret_post"),
    ]:
        check(client_id, secret, method)
        print(f"Authlib {importlib.metadata.version('authlib')}, {method}: refreshed, called, logged out, refused")


def check(client_id, secret, method):
    """A session from login to logout."""
    first = login(client_id, secret)
    session = OAuth2Session(client_id, secret, token_endpoint_auth_method=method,
                            revocation_endpoint_auth_method=method, token=first, default_timeout=PATIENCE)
    second = session.refresh_token(f"{URL}/refresh", refresh_token=first["refresh_token"])
    expect(second["expires_in"] == 1800, "no lifetime")
    expect(second["refresh_token"] != first["refresh_token"], "a refresh token is replaced")
    expect(called(session) == 200, "the new access token is refused")

    revoked = session.revoke_token(f"{URL}/logout", token=second["refresh_token"], token_type_hint="refresh_token")
    expect(revoked.status_code == 200, f"POST /logout: {revoked.status_code}")
    expect(called(session) == UNAUTHORIZED, "the access token works after logout")
    try:
        session.refresh_token(f"{URL}/refresh", refresh_token=second["refresh_token"])
    except OAuthError as error:
        expect(error.error == "invalid_grant", f"refused with {error.error}")
    else:
        expect(False, "the refresh token works after logout")


def called(session):
    """The status of a protected call."""
    return session.get(f"{URL}/sessions").status_code


def login(client_id, secret):
    names = ["username", "password"]
    form = {name: os.environ[f"LATCHGATE_{name.upper()}"] for name in names} | {"client_id": client_id}
    if secret:
        form["client_secret"] = secret
    response = requests.post(f"{URL}/login", data=form, timeout=PATIENCE)
    expect(response.status_code == 200, f"POST /login: {response.status_code}")
    return response.json()


def expect(holds, otherwise):
    """Unlike `assert`, not gone with `python -O`."""
    if not holds:
        raise SystemExit(f"client.py: {otherwise}")


main()
