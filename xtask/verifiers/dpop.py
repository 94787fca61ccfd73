"""Tokens that are bound to a key (RFC 9449) in the hands of requests-oauth2client, and of a thief.

The login is first-party and no OAuth client's: the library's key makes its proof. From its tokens on, everything is the library's.
"""

import importlib.metadata
import os
import time

import requests
from requests_oauth2client import BearerToken, DPoPKey, DPoPToken, InvalidGrant, OAuth2Client

# Of a request, in seconds.
PATIENCE = 60
DAY = 86_400

URL = os.environ["LATCHGATE_URL"]
CLIENT_ID = os.environ["LATCHGATE_CLIENT_ID"]
NEEDS_NONCE = os.environ["LATCHGATE_DPOP_NONCE"] == "always"


def main():
    # What it calls a test is an issuer without TLS.
    client = OAuth2Client.from_discovery_endpoint(issuer=URL, client_id=CLIENT_ID, testing=True)
    for algorithm, ahead in [("ES256", 0), ("EdDSA", 0), ("RS256", 0), ("ES256", -DAY), ("ES256", DAY)]:
        key = DPoPKey.generate(algorithm, iat_generator=lambda: int(time.time()) + ahead)
        check(client, key, ahead)
        print(f"requests-oauth2client {importlib.metadata.version('requests-oauth2client')}, {algorithm}, {ahead} seconds ahead: "
              "refreshed, called, stolen in vain, logged out")


def check(client, key, ahead):
    """A session from login to logout, on a device whose clock is so many seconds ahead."""
    first = DPoPToken(**login(key), _dpop_key=key)
    second = client.refresh_token(first)
    expect(isinstance(second, DPoPToken), "a refreshed token is bound")
    expect(second.refresh_token != first.refresh_token, "a refresh token is replaced")
    # It keeps a nonce that it was asked for, and no other.
    expect((key.as_nonce is not None) == (NEEDS_NONCE or ahead != 0), "whether a nonce was asked for")

    # The authorizer has no nonce to give, so a call is made by the server's clock.
    corrected = with_key(second, DPoPKey(key.private_key, alg=key.alg))
    expect(called(second) == (401 if ahead else 200), "a call by the device's clock")
    expect(called(corrected) == 200, "a call by the server's clock")
    check_thief(client, second)
    third = client.refresh_token(corrected)
    expect(called(third) == 200, "the thief did no harm")

    expect(client.revoke_refresh_token(third.refresh_token), "POST /logout")
    expect(called(third) == 401, "the access token works after logout")
    expect(is_refused(client, third), "the refresh token works after logout")


def check_thief(client, token):
    """Tokens are useless without their key: tried with another key, and without one."""
    bearer = BearerToken(token.access_token, refresh_token=token.refresh_token)
    for thief in [with_key(token, DPoPKey.generate()), bearer]:
        expect(called(thief) == 401, "a thief calls")
        expect(is_refused(client, thief), "a thief refreshes")
    headers = {"Authorization": f"DPoP {token.access_token}"}
    expect(requests.get(f"{URL}/sessions", headers=headers, timeout=PATIENCE).status_code == 401, "no proof is needed")


def with_key(token, key):
    """The same tokens with this key."""
    return DPoPToken(token.access_token, refresh_token=token.refresh_token, _dpop_key=key)


def is_refused(client, token):
    """Whether a refresh with it is an `invalid_grant`."""
    try:
        client.refresh_token(token)
    except InvalidGrant:
        return True
    return False


def called(token):
    """The status of a protected call."""
    return requests.get(f"{URL}/sessions", auth=token, timeout=PATIENCE).status_code


def login(key):
    """The answer of a login with a proof of this key, and once more if the server asks for its nonce."""
    names = ["username", "password"]
    form = {name: os.environ[f"LATCHGATE_{name.upper()}"] for name in names} | {"client_id": CLIENT_ID}
    nonce = None
    for _ in range(2):
        headers = {"DPoP": str(key.proof(htm="POST", htu=f"{URL}/login", nonce=nonce))}
        response = requests.post(f"{URL}/login", data=form, headers=headers, timeout=PATIENCE)
        nonce = response.headers.get("DPoP-Nonce")
        if response.status_code == 200:
            return response.json()
    raise SystemExit(f"dpop.py: POST /login: {response.status_code} {response.text}")


def expect(holds, otherwise):
    """Unlike `assert`, not gone with `python -O`."""
    if not holds:
        raise SystemExit(f"dpop.py: this does not hold: {otherwise}")


main()
