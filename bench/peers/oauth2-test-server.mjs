// oauth2-test-server, which says yes to every authorization request, with its own store, maps in memory.
import { spawn } from "node:child_process";
import { authorized } from "./authorized.mjs";
import { ready, sessions } from "./ready.mjs";

// Its program has no other.
const url = "http://127.0.0.1:8090";
const server = spawn(process.argv[3], [], { stdio: ["ignore", "ignore", "inherit"], env: {} });
const metadata = { redirect_uris: ["https://app.example.com/callback"], scope: "openid", token_endpoint_auth_method: "none" };
const client = await registered();
const refreshTokens = [];
for (let n = 0; n < sessions; n += 1) {
  refreshTokens.push(await authorized(`${url}/authorize`, `${url}/token`, client));
}
ready({ pid: server.pid, url: `${url}/token`, clientId: client.client_id, refreshTokens, stop: () => server.kill("SIGKILL") });

async function registered() {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(metadata) };
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`${url}/register`, request).catch(() => undefined);
    if (response) return { ...(await response.json()), scope: metadata.scope };
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("oauth2-test-server doesn't answer");
}
