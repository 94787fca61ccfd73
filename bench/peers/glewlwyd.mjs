// glewlwyd, over SQLite in a file: a database as its package makes one, and what its administrator's pages would set.
import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import Database from "better-sqlite3";
import { ready, sessions } from "./ready.mjs";

const program = process.argv[3];
const [username, password] = ["demo", "correct horse battery staple"];
const folder = mkdtempSync(join(tmpdir(), "glewlwyd-"));
const database = join(folder, "glewlwyd.db");
const documents = "/usr/share/doc/glewlwyd";
new Database(database).exec(unzipped(`${documents}/database/init.sqlite3.sql.gz`)).close();

const port = await freePort();
const url = `http://localhost:${port}/api`;
const configuration = unzipped(`${documents}/glewlwyd.conf.sample.gz`)
  .replace(/^port=.*/m, `port=${port}`)
  .replace(/^external_url=.*/m, `external_url="http://localhost:${port}"`)
  .replace(/^log_level=.*/m, 'log_level="ERROR"')
  .replace(/^cookie_secure=.*/m, "cookie_secure=0")
  .replace("/var/cache/glewlwyd/glewlwyd.db", database);
writeFileSync(join(folder, "glewlwyd.conf"), configuration);
const server = spawn(program, ["--config-file", join(folder, "glewlwyd.conf")], { stdio: ["ignore", "ignore", "ignore"] });

await answering();
const cookie = await signInAsAdministrator();
await configure("mod/plugin", plugin());
await configure("user", { username, password, enabled: true, scope: ["openid"] });
const refreshTokens = [];
for (let n = 0; n < sessions; n += 1) refreshTokens.push(await signIn());
ready({
  pid: server.pid,
  url: `${url}/oidc/token`,
  refreshTokens,
  stop() {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  },
});

// Access tokens are JWTs signed with ES256; a refresh token is good once.
function plugin() {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const parameters = {
    iss: `http://localhost:${port}`,
    "jwt-type": "ecdsa",
    "jwt-key-size": "256",
    key: keys.privateKey.export({ type: "sec1", format: "pem" }),
    cert: keys.publicKey.export({ type: "spki", format: "pem" }),
    "access-token-duration": 1800,
    "refresh-token-duration": 1209600,
    "code-duration": 600,
    "refresh-token-one-use": "always",
    "refresh-token-rolling": true,
    "allow-non-oidc": true,
    "auth-type-password-enabled": true,
    "auth-type-refresh-enabled": true,
    "allowed-scope": ["openid"],
    "subject-type": "public",
  };
  return { module: "oidc", name: "oidc", display_name: "OIDC", enabled: true, parameters };
}

// Names no client: otherwise this grant needs a client with a secret. Without one, the server also has less to look up.
async function signIn() {
  const body = new URLSearchParams({ grant_type: "password", username, password, scope: "openid" });
  const response = await fetch(`${url}/oidc/token`, { method: "POST", body });
  if (!response.ok) throw new Error(`sign in: ${response.status} ${await response.text()}`);
  return (await response.json()).refresh_token;
}

async function signInAsAdministrator() {
  const response = await post("auth", { username: "admin", password: "password" });
  return response.headers.get("set-cookie").split(";")[0];
}

async function configure(what, body) {
  const response = await post(what, body, { cookie });
  if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
}

function post(path, body, headers = {}) {
  const json = { "content-type": "application/json", ...headers };
  return fetch(`${url}/${path}/`, { method: "POST", headers: json, body: JSON.stringify(body) });
}

async function answering() {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(url).catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("glewlwyd doesn't answer");
}

function freePort() {
  return new Promise((found) => {
    const taken = createServer().listen(0, "127.0.0.1", () => {
      const { port } = taken.address();
      taken.close(() => found(port));
    });
  });
}

function unzipped(file) {
  return gunzipSync(readFileSync(file)).toString();
}
