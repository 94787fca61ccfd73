// better-auth with its provider of OAuth, over SQLite in a file.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { oauthProvider } from "@better-auth/oauth-provider";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import Database from "better-sqlite3";
import { authorized } from "./authorized.mjs";
import { ready, sessions } from "./ready.mjs";

const folder = mkdtempSync(join(tmpdir(), "better-auth-"));
const server = createServer().listen(0, "127.0.0.1", serve);

async function serve() {
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL,
    database: new Database(join(folder, "better-auth.db")),
    emailAndPassword: { enabled: true },
    logger: { level: "error" },
    // In production mode, it refuses more than a few requests a second.
    rateLimit: { enabled: false },
    secret: "only for this benchmark, and gone with it",
    telemetry: { enabled: false },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: "ES256" } } }),
      oauthProvider({ loginPage: "/login", consentPage: "/consent", silenceWarnings: { oauthAuthServerConfig: true } }),
    ],
  });
  await (await getMigrations(auth.options)).runMigrations();
  server.on("request", toNodeHandler(auth));

  const user = { name: "Demo", email: "demo@example.com", password: "correct horse battery staple" };
  const { headers } = await auth.api.signUpEmail({ body: user, returnHeaders: true });
  const cookie = headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  const client = await auth.api.adminCreateOAuthClient({
    headers: { cookie },
    body: {
      redirect_uris: ["https://app.example.com/callback"],
      scope: "openid offline_access",
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      skip_consent: true,
    },
  });
  const [authorize, token] = [`${baseURL}/api/auth/oauth2/authorize`, `${baseURL}/api/auth/oauth2/token`];
  const refreshTokens = [];
  for (let n = 0; n < sessions; n += 1) {
    refreshTokens.push(await authorized(authorize, token, client, { cookie }));
  }
  ready({ url: token, clientId: client.client_id, refreshTokens, stop: () => rmSync(folder, { recursive: true }) });
}
