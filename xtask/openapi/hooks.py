"""What schemathesis can't know of Latchgate: the demo's credentials, and how to get an access token with them.

It also counts the answers of each operation, so that the task can tell whether each was carried out: a fuzzer that is always
refused finds nothing.
"""

import atexit
import json
import os
from collections import Counter
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from urllib.error import HTTPError

import schemathesis
from schemathesis import GenerationMode

URL = os.environ["LATCHGATE_URL"]
CLIENT = os.environ["LATCHGATE_CLIENT_ID"]
USERNAME = os.environ["LATCHGATE_USERNAME"]
PASSWORD = os.environ["LATCHGATE_PASSWORD"]
ANSWERS = os.environ["LATCHGATE_ANSWERS"]

# Operations by the sort of their requests, and how often each status came.
answers = Counter()
# Logins that were generated.
logins = 0


def send(path, form=None, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urlencode(form).encode() if form else None
    with urlopen(Request(f"{URL}{path}", data=body, headers=headers)) as response:
        return json.loads(response.read() or "null")


def log_in():
    return send("/login", {"client_id": CLIENT, "username": USERNAME, "password": PASSWORD})


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


@schemathesis.auth(refresh_interval=None).apply_to(tag="Account")
class AccessToken:
    """The token of a session, and of another one as soon as that is over: what is tested ends sessions."""

    token = None

    def get(self, case, context):
        try:
            send("/sessions?limit=1", token=self.token or "none")
        except HTTPError:
            AccessToken.token = log_in()["access_token"]
        return self.token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every second login has the demo's credentials in place of made-up ones, since nobody guesses them."""
    global logins
    if operation_of(case) == "logIn" and is_positive(case) and isinstance(case.body, dict):
        logins += 1
        if logins % 2:
            body = {"client_id": CLIENT, "username": USERNAME, "password": PASSWORD}
            kept = {name: case.body[name] for name in ("device_name", "refresh_token") if name in case.body}
            case.body = {**kept, **body}
    if operation_of(case) == "changePassword" and is_positive(case) and isinstance(case.body, dict):
        case.body["current_password"] = PASSWORD


@schemathesis.hook
def after_call(context, case, response):
    """Counts the answer, and changes a password back."""
    operation = operation_of(case)
    if case.method.upper() != case.operation.method.upper():
        # Another method than the operation's, which is tried as well.
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
