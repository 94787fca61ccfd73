"""What schemathesis can't know of Latchgate: the demo's credentials, and how to get an access token with them.

It also counts the answers of each operation, so that the task can tell whether each was carried out: a fuzzer that is always
refused finds nothing.
"""

import atexit
import json
import os
import re
from collections import Counter
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from urllib.error import HTTPError

import schemathesis
from mail import PASSWORD as CHOSEN, Mails
from schemathesis import GenerationMode

URL = os.environ["LATCHGATE_URL"]
CLIENT = os.environ["LATCHGATE_CLIENT_ID"]
USERNAME = os.environ["LATCHGATE_USERNAME"]
PASSWORD = os.environ["LATCHGATE_PASSWORD"]
ANSWERS = os.environ["LATCHGATE_ANSWERS"]

mails = Mails(URL, CLIENT)

# How often each status came, by operation and kind of request.
answers = Counter()
# Logins that were generated, requests with a proof, forms of the account page, and resources that were named.
logins = 0
proofs = 0
forms = 0
resources = 0
by_mail = Counter()

# A request for authorization of the demo's client. The challenge is that of RFC 7636, appendix B.
AUTHORIZATION = {
    "client_id": CLIENT,
    "redirect_uri": "http://127.0.0.1/callback",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
}


def send(path, form=None, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urlencode(form).encode() if form else None
    with urlopen(Request(f"{URL}{path}", data=body, headers=headers)) as response:
        return json.loads(response.read() or "null")


def log_in():
    form = {"client_id": CLIENT, "username": USERNAME, "password": PASSWORD, "scope": "openid profile read write"}
    return send("/login", form)


def open_page(path):
    """What ties the forms of a page to a browser: its field, and its cookie."""
    with urlopen(Request(f"{URL}{path}")) as response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', response.read().decode()).group(1)
        return csrf, response.headers["Set-Cookie"].split(";")[0]


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


@schemathesis.auth(refresh_interval=None).apply_to(tag="Account")
class AccessToken:
    """The token of a live session: the tests end sessions, so this begins another when needed."""

    token = None

    def get(self, case, context):
        if operation_of(case) in ("askForEmail", "deleteAccount"):
            # Of a new account: the other operations need the demo's.
            return mails.new_account()[1]
        try:
            send("/sessions?limit=1", token=self.token or "none")
        except HTTPError:
            AccessToken.token = log_in()["access_token"]
        return self.token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


def genuine_of_mail(operation):
    """The query and the body of a genuine request of accounts by mail, or nothing; and the page of its form."""
    if operation in ("signUp", "forgotPassword"):
        return None, {"client_id": CLIENT, "email": mails.new_address()}, None
    if operation == "resendMail":
        return None, {"client_id": CLIENT, "request": mails.ask("/signup", mails.new_address())}, None
    if operation == "confirmSignUp":
        return None, {"client_id": CLIENT, "token": mails.link_of_new(), "password": CHOSEN}, None
    if operation == "resetPassword":
        return None, {"client_id": CLIENT, "token": mails.link_of_forgotten(), "new_password": CHOSEN[::-1]}, None
    if operation == "askForEmail":
        return None, {"email": mails.new_address(), "current_password": CHOSEN}, None
    if operation == "deleteAccount":
        return None, {"current_password": CHOSEN}, None
    if operation == "confirmEmail":
        return None, {"client_id": CLIENT, "token": mails.link_of_change()}, None
    if operation == "undoEmail":
        return None, {"client_id": CLIENT, "token": mails.link_of_undo(), "new_password": CHOSEN[::-1]}, None
    if operation == "showEmailConfirmation":
        return {"token": mails.link_of_change()}, None, None
    if operation == "showEmailUndo":
        return {"token": mails.link_of_undo()}, None, None
    if operation == "submitEmailConfirmation":
        token = mails.link_of_change()
        return None, {"action": "confirm-email", "token": token}, f"/account/email/confirm?token={token}"
    if operation == "submitEmailUndo":
        token = mails.link_of_undo()
        body = {"action": "choose-password", "token": token, "new_password": CHOSEN[::-1]}
        return None, body, f"/account/email/undo?token={token}"
    # Without a session, these lead to the sign-in.
    if operation == "submitEmailChange":
        return None, {"action": "ask", "email": mails.new_address(), "current_password": CHOSEN}, "/account"
    if operation == "submitDeletion":
        return None, {"action": "delete", "current_password": CHOSEN, "confirm": "yes"}, "/account"
    if operation == "showConfirmation":
        return {"token": mails.link_of_new()}, None, None
    if operation == "showReset":
        return {"token": mails.link_of_forgotten()}, None, None
    if operation in ("submitNewAccount", "submitForgottenPassword"):
        page = "/account/new" if operation == "submitNewAccount" else "/account/forgot"
        return None, {"action": "ask", "email": mails.new_address()}, page
    if operation in ("submitConfirmation", "submitReset"):
        is_new = operation == "submitConfirmation"
        token = mails.link_of_new() if is_new else mails.link_of_forgotten()
        page = f"/account/{'confirm' if is_new else 'reset'}?token={token}"
        return None, {"action": "choose-password", "token": token, "new_password": CHOSEN[::-1]}, page
    return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every second login has the demo's credentials instead of generated ones, which are never right. Every second request
    with a generated DPoP proof has none, because generated signatures are never valid. The same goes for resources."""
    global logins, proofs, forms, resources
    if is_positive(case) and "DPoP" in (case.headers or {}):
        proofs += 1
        if proofs % 2:
            del case.headers["DPoP"]
    for place in (case.query, case.body):
        if is_positive(case) and isinstance(place, dict) and "resource" in place:
            resources += 1
            if resources % 2:
                del place["resource"]
    if operation_of(case) == "logIn" and is_positive(case) and isinstance(case.body, dict):
        logins += 1
        if logins % 2:
            body = {"client_id": CLIENT, "username": USERNAME, "password": PASSWORD}
            kept = {name: case.body[name] for name in ("device_name", "refresh_token") if name in case.body}
            case.body = {**kept, **body}
    if operation_of(case) == "token" and is_positive(case):
        case.body = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": log_in()["refresh_token"]}
    if operation_of(case) in ("authorize", "authorizeByForm") and is_positive(case):
        case.query = {**(case.query or {}), **AUTHORIZATION}
    if operation_of(case) == "authorizeByForm" and is_positive(case):
        case.body = dict(case.query)
    if operation_of(case) == "changeAccount" and is_positive(case):
        forms += 1
        if forms % 2:
            csrf, cookie = open_page("/account")
            case.headers = {**(case.headers or {}), "Cookie": cookie}
            case.body = {"csrf": csrf, "action": "sign-in", "username": USERNAME, "password": PASSWORD}
    if is_positive(case):
        by_mail[operation_of(case)] += 1
        genuine = genuine_of_mail(operation_of(case)) if by_mail[operation_of(case)] % 2 else None
        if genuine:
            query, body, page = genuine
            if page:
                csrf, cookie = open_page(page)
                body["csrf"] = csrf
                case.headers = {**(case.headers or {}), "Cookie": cookie}
            case.query = query or case.query
            case.body = body or case.body
    if operation_of(case) == "changePassword" and is_positive(case) and isinstance(case.body, dict):
        case.body["current_password"] = PASSWORD


@schemathesis.hook
def after_call(context, case, response):
    """Counts the answer, and changes a password back."""
    operation = operation_of(case)
    if case.method.upper() != case.operation.method.upper():
        # A method other than the operation's, which schemathesis also tries.
        return
    answers[f"{operation} {response.status_code}"] += 1
    if operation == "changePassword" and response.status_code == 200:
        token = response.json()["access_token"]
        form = {"current_password": case.body["new_password"], "new_password": PASSWORD}
        send("/password", form, token)


@atexit.register
def write():
    with open(ANSWERS, "w", encoding="utf-8") as file:
        json.dump(answers, file, indent=1, sort_keys=True)
