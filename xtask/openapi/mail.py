"""Requests that need a mail: the links of mails that the server under test shows, and accounts that they opened."""

import json
import time
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

PASSWORD = "correct horse battery staple"

numbers = count()


class Mails:
    """A client of the endpoints for accounts by mail."""

    def __init__(self, url, client_id):
        self.url, self.client_id = url, client_id

    def ask(self, path, email):
        """Asks for a mail, and returns the token of the request."""
        return self._send(path, {"email": email})["request"]

    def new_address(self):
        """An address that nobody has used: each gets a few mails an hour."""
        return f"user{next(numbers)}@example.com"

    def link_of_new(self):
        """The token of a link that opens a new account."""
        email = self.new_address()
        self.ask("/signup", email)
        return self._link(email, "/account/confirm")

    def link_of_forgotten(self):
        """The token of a link that resets the password of an account."""
        email, _ = self.new_account()
        self.ask("/forgot", email)
        return self._link(email, "/account/reset")

    def new_account(self):
        """A new account: its address, and an access token."""
        email = self.new_address()
        self.ask("/signup", email)
        form = {"token": self._link(email, "/account/confirm"), "password": PASSWORD}
        return email, self._send("/signup/confirm", form)["access_token"]

    def link_of_change(self):
        """The token of a link that gives a new account another address."""
        return self._change(self.new_account()[1])

    def link_of_undo(self):
        """The token of a link that undoes a change of an account's address."""
        email, token = self.new_account()
        self._send("/email/confirm", {"token": self._change(token)})
        return self._link(email, "/account/email/undo")

    def _change(self, token):
        email = self.new_address()
        self._send("/email", {"email": email, "current_password": PASSWORD}, token)
        return self._link(email, "/account/email/confirm")

    def _send(self, path, form, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = urlencode({"client_id": self.client_id, **form}).encode()
        with urlopen(Request(f"{self.url}{path}", data=body, headers=headers)) as response:
            return json.loads(response.read())

    def _link(self, email, path):
        """The token of the newest mail to an address. The server sends after it has answered."""
        for _ in range(600):
            with urlopen(f"{self.url}/_local/mails") as response:
                mails = [mail for mail in json.loads(response.read()) if mail["to"] == email]
            links = [word for mail in mails[-1:] for word in mail["text"].split() if path in word]
            if links:
                return parse_qs(urlsplit(links[0]).query)["token"][0]
            time.sleep(0.1)
        raise TimeoutError(f"no mail to {email}")
