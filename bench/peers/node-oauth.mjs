// @node-oauth/oauth2-server behind Node's own HTTP server. It has no store and no format of tokens: both are what its
// documentation begins with, Maps and random text.
import { createServer } from "node:http";
import OAuth2Server from "@node-oauth/oauth2-server";
import { ready, sessions } from "./ready.mjs";

const clientId = "app";
const client = { id: clientId, grants: ["refresh_token"] };
const [accessTokens, refreshTokens] = [new Map(), new Map()];
const model = {
  getClient: async (id) => (id === clientId ? client : false),
  getRefreshToken: async (token) => refreshTokens.get(token),
  revokeToken: async (token) => refreshTokens.delete(token.refreshToken),
  saveToken: async (token, client, user) => {
    const saved = { ...token, client, user };
    accessTokens.set(saved.accessToken, saved);
    refreshTokens.set(saved.refreshToken, saved);
    return saved;
  },
};
const oauth = new OAuth2Server({
  model,
  alwaysIssueNewRefreshToken: true,
  requireClientAuthentication: { refresh_token: false },
});

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const { method, headers } = request;
  const asked = new OAuth2Server.Request({
    body: Object.fromEntries(new URLSearchParams(body)),
    headers,
    method,
    query: {},
  });
  const answer = new OAuth2Server.Response();
  await oauth.token(asked, answer).catch(() => {});
  response.writeHead(answer.status, { ...answer.headers, "content-type": "application/json" });
  response.end(JSON.stringify(answer.body));
});
server.listen(0, "127.0.0.1", () => {
  const first = Array.from({ length: sessions }, (_, n) => `first-${n}`);
  const refreshTokenExpiresAt = new Date(Date.now() + 86_400_000);
  for (const [n, refreshToken] of first.entries()) {
    refreshTokens.set(refreshToken, { refreshToken, refreshTokenExpiresAt, client, user: { id: n } });
  }
  ready({ url: `http://127.0.0.1:${server.address().port}/token`, clientId, refreshTokens: first });
});
