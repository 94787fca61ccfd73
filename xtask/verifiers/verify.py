"""Verifies an access token of a running Latchgate with PyJWT and Authlib, and its metadata with Authlib.

Each must take the genuine token and refuse three forgeries, each for the reason that it was forged for: a verifier
that is called wrongly also refuses, and one that checks nothing also takes the genuine token.
"""

import base64
import importlib.metadata
import os
import re
import warnings

import joserfc.jwt
import jwt
import requests
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oauth2.rfc9068.claims import JWTAccessTokenClaims
from joserfc.errors import BadSignatureError, InvalidClaimError, SecurityWarning, UnsupportedAlgorithmError
from joserfc.jwk import KeySet

AUDIENCE = "api"
# RFC 9068 section 2.1.
TYPE = "at+jwt"
# RFC 9068 section 2.2.
CLAIMS = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
# Each makes good metadata bad: an issuer without TLS, and what RFC 8414 section 2 requires left out.
UNFIT = [{"issuer": "http://latchgate.example"}, {"token_endpoint": None}, {"response_types_supported": None}]
# Of a request, in seconds: the server is on this machine.
PATIENCE = 10

ISSUER = os.environ["LATCHGATE_URL"]
ALGORITHM = os.environ["LATCHGATE_ALGORITHM"]


def main():
    # What a library deprecates would else go by unseen.
    warnings.simplefilter("error")
    # RFC 9864 renames EdDSA to Ed25519; PyJWT and aws-jwt-verify know the old name alone.
    warnings.filterwarnings("ignore", "EdDSA is deprecated via RFC 9864", SecurityWarning)

    token = login()
    jwks_uri = check_metadata()
    keys = KeySet.import_key_set(fetched(jwks_uri))
    check(f"PyJWT {version('pyjwt')}", with_pyjwt(jwks_uri), token, {
        "signature": lambda error: type(error) is jwt.InvalidSignatureError,
        "audience": lambda error: type(error) is jwt.InvalidAudienceError,
        "issuer": lambda error: type(error) is jwt.InvalidIssuerError,
    })
    reasons = {
        "signature": lambda error: type(error) is BadSignatureError,
        "audience": lambda error: type(error) is InvalidClaimError and error.claim == "aud",
        "issuer": lambda error: type(error) is InvalidClaimError and error.claim == "iss",
    }
    authlib = f"Authlib {version('authlib')}"
    check(f"{authlib} (claims of RFC 9068, joserfc {version('joserfc')})", with_authlib(keys), token, reasons)
    check_validator(f"{authlib} (JWTBearerTokenValidator)", with_validator(keys), token, reasons)


def check(name, verify, token, reasons):
    """Whether one library takes the token, and the forgeries not; `reasons` is what it has to say to each of them."""
    claims = verify(token, ISSUER, AUDIENCE)
    expect(claims["iss"] == ISSUER and claims["client_id"] == os.environ["LATCHGATE_CLIENT_ID"], f"{name}: {claims}")
    forgeries = {
        "signature": (with_changed_signature(token), ISSUER, AUDIENCE),
        "audience": (token, ISSUER, "another-api"),
        "issuer": (token, "https://another.example", AUDIENCE),
    }
    for forged, arguments in forgeries.items():
        refusal = refused(verify, *arguments)
        expect(reasons[forged](refusal), f"{name}: a forged {forged} gets {refusal!r}")
    print(f"{name}: {ALGORITHM} verified, {len(forgeries)} forgeries refused")


def check_validator(name, verify, token, reasons):
    """What Authlib has ready for resource servers takes what joserfc recommends, and EdDSA is not among it."""
    if ALGORITHM != "EdDSA":
        check(name, verify, token, reasons)
        return
    refusal = refused(verify, token, ISSUER, AUDIENCE)
    expect(isinstance(refusal, UnsupportedAlgorithmError), f"{name}: EdDSA gets {refusal!r}")
    print(f"{name}: EdDSA refused, as is known: joserfc doesn't recommend it")


def check_metadata():
    """Both documents, as RFC 8414 asks for them; gives the address of the keys."""
    openid, oauth = (
        fetched(get_well_known_url(ISSUER, external=True, suffix=suffix))
        for suffix in ["openid-configuration", "oauth-authorization-server"]
    )
    for metadata in [openid, oauth]:
        expect(metadata["issuer"] == ISSUER, f"the metadata names {metadata['issuer']}, not {ISSUER}")
        # It asks for https, except of a loopback address (RFC 8252 section 7.3), so nothing has to be rewritten.
        AuthorizationServerMetadata(metadata).validate()
        for unfit in UNFIT:
            refusal = refused(AuthorizationServerMetadata(metadata | unfit).validate)
            expect(type(refusal) is ValueError, f"metadata with {unfit} gets {refusal!r}")
    expect(openid["jwks_uri"] == oauth["jwks_uri"], "the two documents name different keys")
    print(f"Authlib {version('authlib')} (RFC 8414): metadata validated, {len(UNFIT)} unfit changes refused")
    return openid["jwks_uri"]


def with_pyjwt(jwks_uri):
    """As its documentation has it: the keys come from the address that the issuer names."""
    client = jwt.PyJWKClient(jwks_uri, timeout=PATIENCE)

    def verify(token, issuer, audience):
        key = client.get_signing_key_from_jwt(token)
        options = {"require": CLAIMS}
        complete = jwt.decode_complete(
            token, key, algorithms=[ALGORITHM], issuer=issuer, audience=audience, options=options
        )
        # The one thing that it leaves to its caller.
        expect(complete["header"]["typ"] == TYPE, f"the type is {complete['header']['typ']}")
        return complete["payload"]

    return verify


def with_authlib(keys):
    """`authlib.jose` is deprecated in favour of joserfc, which Authlib itself uses; the claims are still Authlib's."""

    def verify(token, issuer, audience):
        decoded = joserfc.jwt.decode(token, keys, algorithms=[ALGORITHM])
        options = {name: {"essential": True} for name in CLAIMS}
        options["iss"]["value"] = issuer
        options["aud"]["value"] = audience
        claims = JWTAccessTokenClaims(decoded.claims, decoded.header, options)
        claims.validate()
        return claims

    return verify


def with_validator(keys):
    """What a Flask or Django resource server would register."""

    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return keys

    def verify(token, issuer, audience):
        validator = Validator(issuer, audience)
        try:
            claims = validator.authenticate_token(token)
            validator.validate_token(claims, scopes=None, request=None)
        except InvalidTokenError as error:
            # It tells a client no more than `invalid_token`; why is beneath.
            raise error.__cause__
        return claims

    return verify


def fetched(url):
    """A document of the server, with the headers that caches and parsers rely on."""
    response = requests.get(url, timeout=PATIENCE, allow_redirects=False)
    kind, caching = (response.headers.get(name, "") for name in ["Content-Type", "Cache-Control"])
    expect(response.status_code == 200, f"{url}: {response.status_code}")
    expect(re.match(r"application/json\s*(;|$)", kind), f"{url}: Content-Type is {kind!r}")
    expect(re.search(r"(^|[\s,])max-age=[1-9]\d*($|[\s,])", caching), f"{url}: Cache-Control is {caching!r}")
    return response.json()


def login():
    names = ["client_id", "username", "password"]
    form = {name: os.environ[f"LATCHGATE_{name.upper()}"] for name in names}
    response = requests.post(f"{ISSUER}/login", data=form, timeout=PATIENCE)
    expect(response.status_code == 200, f"POST /login: {response.status_code}")
    return response.json()["access_token"]


def with_changed_signature(token):
    """In the middle, where every bit counts: the last character of base64url may have unused bits."""
    head, _, signature = token.rpartition(".")
    changed = bytearray(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    changed[len(changed) // 2] ^= 1
    return f"{head}.{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}"


def refused(function, *arguments):
    """The error that a call ends with, if it does."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


def expect(holds, otherwise):
    """Unlike `assert`, not gone with `python -O`."""
    if not holds:
        raise SystemExit(f"verify.py: {otherwise}")


def version(package):
    return importlib.metadata.version(package)


main()
