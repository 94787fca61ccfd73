"""The MCP SDK for Python, unmodified, as a client."""

import asyncio
import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

RESOURCE = os.environ["LATCHGATE_MCP_URL"]
URL = os.environ["LATCHGATE_URL"]
CLIENT = json.loads(os.environ["LATCHGATE_CLIENT"])
METADATA = RESOURCE.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
# Seconds that an access token of the client lives.
TTL = int(os.environ["LATCHGATE_ACCESS_TTL"])
CHALLENGE = (
    'Bearer error="insufficient_scope", error_description="Insufficient scope", scope="notes:read notes:write", '
    f'resource_metadata="{METADATA}"'
)
BOTH = ["notes:read", "notes:write"]
NOTE = "Buy milk for Python"


class Storage(TokenStorage):
    """What the app keeps. The client is registered, so the SDK has none to register."""

    def __init__(self, redirect_uri):
        self.all_tokens = []
        self.client = OAuthClientInformationFull(
            redirect_uris=[redirect_uri], token_endpoint_auth_method="none", **CLIENT
        )

    async def get_tokens(self):
        return self.all_tokens[-1] if self.all_tokens else None

    async def set_tokens(self, tokens):
        self.all_tokens.append(tokens)

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class App:
    """An app, which remembers what its user was asked and what the server refused."""

    def __init__(self):
        self.asked, self.refused, self.back = [], [], None
        app = self

        class Listener(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/callback?"):
                    app.back = parse_qs(urlsplit(self.path).query)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.listener = HTTPServer(("127.0.0.1", 0), Listener)
        Thread(target=self.listener.serve_forever, daemon=True).start()
        redirect_uri = f"http://127.0.0.1:{self.listener.server_port}/callback"
        self.storage = Storage(redirect_uri)
        self.metadata = OAuthClientMetadata(client_name="Notes", redirect_uris=[redirect_uri])

    async def open(self, url):
        """Has the user sign in, where an app would open a browser."""
        self.asked.append(parse_qs(urlsplit(url).query))
        await asyncio.to_thread(subprocess.run, [os.environ["LATCHGATE_NODE"], "browser.mjs", url], check=True)

    async def returned(self):
        return AuthorizationCodeResult(**{name: self.back[name][0] for name in ("code", "state", "iss")})

    async def heard(self, response):
        if response.status_code == 403:
            self.refused.append(response.headers["www-authenticate"])

    async def call(self, *calls):
        """Calls tools on one connection: what they say, and the version of MCP."""
        auth = OAuthClientProvider(RESOURCE, self.metadata, self.storage, self.open, self.returned)
        async with httpx2.AsyncClient(auth=auth, event_hooks={"response": [self.heard]}, timeout=60) as http:
            async with Client(streamable_http_client(RESOURCE, http_client=http)) as client:
                tools = [tool.name for tool in (await client.list_tools()).tools]
                assert tools == ["list_notes", "add_note"], tools
                said = []
                for name, arguments, wait in calls:
                    await asyncio.sleep(wait)
                    result = await client.call_tool(name, arguments)
                    assert not result.is_error, result
                    said.append(result.content[0].text.split("\n")[0])
                return said, client.protocol_version

    def granted(self):
        return [scope for scope in self.storage.all_tokens[-1].scope.split() if scope.startswith("notes:")]


async def start_from_nothing():
    """Signs in where the metadata of the resource says, calls, and refreshes."""
    app = App()
    # In between the access token expires.
    said, revision = await app.call(("add_note", {"text": NOTE}, 0), ("list_notes", {}, 1 + TTL))
    assert said == ["The note is kept.", NOTE], said
    assert len(app.asked) == 1 and not app.refused
    assert app.asked[0]["resource"] == [RESOURCE] and app.asked[0]["scope"] == [" ".join([*BOTH, "offline_access"])], app.asked
    assert app.granted() == BOTH
    before, after = app.storage.all_tokens
    assert after.access_token != before.access_token and after.refresh_token != before.refresh_token
    print(f"mcp {version('mcp')}, MCP {revision}: signed in, called, refreshed")
    return after


async def start_with_little(tokens):
    """Has a token for one scope, is refused for the other, and gets it when the user is asked again."""
    app = App()
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, "scope": BOTH[0], **CLIENT}
    answer = httpx2.post(f"{URL}/token", data=form).raise_for_status()
    app.storage.all_tokens.append(OAuthToken.model_validate_json(answer.text))
    assert app.granted() == BOTH[:1]
    said, _ = await app.call(("list_notes", {}, 0), ("add_note", {"text": "Buy eggs"}, 0), ("list_notes", {}, 0))
    assert said == [NOTE, "The note is kept.", "Buy eggs"], said
    assert app.refused == [CHALLENGE], app.refused
    assert len(app.asked) == 1 and set(BOTH) < set(app.asked[0]["scope"][0].split()), app.asked
    assert app.granted() == BOTH
    print("mcp: was refused for a scope, and stepped up")


async def main():
    tokens = await start_from_nothing()
    if os.environ["LATCHGATE_API"] == "http":
        await start_with_little(tokens)


asyncio.run(main())
