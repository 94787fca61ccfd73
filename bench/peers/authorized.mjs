// A refresh token by the authorization code grant, with PKCE (RFC 7636), of a server that asks the user nothing.
import { createHash, randomBytes } from "node:crypto";

export async function authorized(authorize, token, { client_id, redirect_uris: [redirect_uri], scope }, headers = {}) {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri,
    scope,
    state: "1",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const response = await fetch(`${authorize}?${query}`, { redirect: "manual", headers });
  // A server that takes this for a page's request says in its body where the page is to go.
  const location = response.headers.get("location") ?? (await response.json()).url;
  const code = new URL(location).searchParams.get("code");
  const grant_type = "authorization_code";
  const body = new URLSearchParams({ grant_type, client_id, redirect_uri, code, code_verifier: verifier });
  const answer = await fetch(token, { method: "POST", body });
  if (!answer.ok) throw new Error(`${token}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).refresh_token;
}
