// Verifies tokens with the library that the command line names, and says what each took.
import fs from "node:fs";
import { createPublicKey } from "node:crypto";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier } from "fast-jwt";
import { createLocalJWKSet, jwtVerify } from "jose";

const [library, file, milliseconds] = process.argv.slice(2);
const { algorithm, issuer, audience, jwks, tokens } = JSON.parse(fs.readFileSync(file));

function awsJwtVerify() {
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/.well-known/jwks.json` });
  verifier.cacheJwks(jwks);
  return (token) => verifier.verifySync(token);
}

function authorizer() {
  const verify = awsJwtVerify();
  const methodArn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders";
  return (token) => {
    const event = { type: "REQUEST", headers: { Authorization: `Bearer ${token}` }, methodArn };
    const { sub, client_id, scope } = verify(event.headers.Authorization.slice("Bearer ".length));
    const Statement = [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }];
    const policyDocument = { Version: "2012-10-17", Statement };
    return JSON.stringify({ principalId: sub, policyDocument, context: { client_id, scope } });
  };
}

function fastJwt() {
  const key = createPublicKey({ key: jwks.keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
  const options = { algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, checkTyp: "at+jwt", cache: false };
  return createVerifier({ key, ...options });
}

function jose() {
  const keys = createLocalJWKSet(jwks);
  const options = { algorithms: [algorithm], issuer, audience };
  return (token) => jwtVerify(token, keys, options);
}

const verify = { "aws-jwt-verify": awsJwtVerify, authorizer, "fast-jwt": fastJwt, jose }[library]();
const isSynchronous = library !== "jose";

async function round() {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  let verified = 0;
  while (performance.now() - started < milliseconds) {
    for (const token of tokens) {
      if (isSynchronous) verify(token);
      else await verify(token);
      verified += 1;
    }
  }
  const wall = (performance.now() - started) * 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / verified, wall: wall / verified };
}

// Otherwise, a library that accepts anything would be the fastest.
let refused = false;
try {
  await verify(tokens[0].replace(/.{20}$/, "AAAAAAAAAAAAAAAAAAAA"));
} catch {
  refused = true;
}
if (!refused) throw new Error(`${library} takes any signature`);
await round();
console.log(`found: ${JSON.stringify(await round())}`);
