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
        email = self.new_address()
        self.ask("/signup", email)
        self._send("/signup/confirm", {"token": self._link(email, "/account/confirm"), "password": PASSWORD})
        self.ask("/forgot", email)
        return self._link(email, "/account/reset")

    def _send(self, path, form):
        body = urlencode({"client_id": self.client_id, **form}).encode()
        with urlopen(Request(f"{self.url}{path}", data=body)) as response:
            return json.loads(response.read())

    def _link(self, email, path):
        """The token of the newest mail to an address. The server sends after it has answered."""
        for _ in range(100):
            with urlopen(f"{self.url}/_local/mails") as response:
                mails = [mail for mail in json.loads(response.read()) if mail["to"] == email]
            links = [word for mail in mails[-1:] for word in mail["text"].split() if path in word]
            if links:
                return parse_qs(urlsplit(links[0]).query)["token"][0]
            time.sleep(0.1)
        raise TimeoutError(f"no mail to {email}")
