// oidc-provider over a Map. Its built-in store forgets all but the last thousand entries, so it gets an adapter, as its
// documentation asks. Its own models make the sessions, as its consent page does.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";
import { ready, sessions } from "./ready.mjs";

const stored = new Map();
const grants = new Map();

class Adapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    stored.set(this.key(id), payload);
    const { grantId } = payload;
    if (!grantId) return;
    if (!grants.has(grantId)) grants.set(grantId, []);
    grants.get(grantId).push(this.key(id));
  }

  async find(id) {
    return stored.get(this.key(id));
  }

  async consume(id) {
    stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) stored.delete(key);
    grants.delete(grantId);
  }
}

const clientId = "app";
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const client = {
  client_id: clientId,
  grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: ["https://app.example.com/callback"],
  token_endpoint_auth_method: "none",
  id_token_signed_response_alg: "ES256",
};
const provider = new Provider("http://127.0.0.1", {
  adapter: Adapter,
  clients: [client],
  jwks: { keys: [{ ...key, use: "sig", alg: "ES256", kid: "1" }] },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
});
const server = provider.listen(0, "127.0.0.1", async () => {
  const refreshTokens = [];
  for (let n = 0; n < sessions; n += 1) refreshTokens.push(await signIn(`user-${n}`));
  ready({ url: `http://127.0.0.1:${server.address().port}/token`, clientId, refreshTokens });
});

async function signIn(accountId) {
  const scope = "openid offline_access";
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  const token = new provider.RefreshToken({
    accountId,
    acr: "0",
    amr: ["pwd"],
    authTime: Math.floor(Date.now() / 1000),
    client: await provider.Client.find(clientId),
    expiresWithSession: false,
    grantId: await grant.save(),
    gty: "authorization_code",
    rotations: 0,
    iiat: Math.floor(Date.now() / 1000),
    scope,
  });
  return token.save();
}
