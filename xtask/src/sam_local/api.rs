//! Tests `sam local start-api` with the whole flow over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use super::command::SamLocal;
use crate::{
    events::{PASSWORDS, Tokens},
    http::{self, Reply},
    server::{LocalServer, PortServer},
    shell::{TaskError, hold, program, root, run},
    verifiers,
};

/// The server's address, which tests/sam-local/variables.json uses as the issuer.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
/// `sam local`'s status after an authorizer's `Unauthorized`. API Gateway's is 401.
const UNAUTHORIZED: u16 = 502;

pub(super) fn check(local: &SamLocal<'_>, demo: &LocalServer, tests: &str) -> Result<(), TaskError> {
    let eager = ["--warm-containers", "EAGER", "--host", "127.0.0.1", "--port", "3000"];
    let log = root().join("target/sam-local.log");
    let _api = PortServer::logging(&mut local.program("start-api", &eager, &[])?, ADDRESS, &log)?;
    by_hand()?;
    let url = format!("http://{ADDRESS}");
    verifiers::run_clients(&url, demo, UNAUTHORIZED)?;
    let test = ["a_stock_oauth_client_refreshes_and_reads_our_errors", "--nocapture"];
    run(program(tests, &test).env("LATCHGATE_TEST_URL", url))
}

/// Login, a protected call, a refresh, a logout, and a refused call.
fn by_hand() -> Result<(), TaskError> {
    let reply =
        post("/login", &[("client_id", "demo-app"), ("username", "demo"), ("password", PASSWORDS[0])])?;
    let first = Tokens::of(&reply.json());
    hold(
        "POST /login answers tokens",
        reply.status == 200 && !first.refresh_token.is_empty(),
        &reply.json(),
    )?;
    let reply = call(&first)?;
    hold("GET /sessions is answered", reply.status == 200, &reply.json())?;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", "demo-app"),
        ("refresh_token", &*first.refresh_token),
    ];
    let reply = post("/refresh", &refresh)?;
    let second = Tokens::of(&reply.json());
    let is_new = !second.refresh_token.is_empty() && second.refresh_token != first.refresh_token;
    hold("POST /refresh answers others", reply.status == 200 && is_new, &reply.json())?;
    let reply = call(&second)?;
    hold("GET /sessions is answered with the new token", reply.status == 200, &reply.json())?;
    let reply = post("/logout", &[("client_id", "demo-app"), ("token", &second.refresh_token)])?;
    hold("POST /logout is answered", reply.status == 200, &reply.json())?;
    for tokens in [&first, &second] {
        let reply = call(tokens)?;
        hold("GET /sessions is refused from then on", reply.status == UNAUTHORIZED, &reply.json())?;
    }
    let reply = send(("GET", "/sessions"), &[], "")?;
    hold("GET /sessions without a token is 401", reply.status == 401, &reply.json())?;
    let reply = send(("GET", "/.well-known/jwks.json"), &[], "")?;
    let publishes = reply.json()["keys"].as_array().is_some_and(|keys| !keys.is_empty());
    hold("GET /.well-known/jwks.json is answered", reply.status == 200 && publishes, &reply.json())
}

/// A request with a JSON body.
fn post(path: &str, parameters: &[(&str, &str)]) -> Result<Reply, TaskError> {
    let body: Value = parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    send(("POST", path), &[("Content-Type", "application/json")], &body.to_string())
}

fn call(tokens: &Tokens) -> Result<Reply, TaskError> {
    let bearer = format!("Bearer {}", tokens.access_token);
    send(("GET", "/sessions"), &[("Authorization", &bearer)], "")
}

fn send(line: (&str, &str), headers: &[(&str, &str)], body: &str) -> Result<Reply, TaskError> {
    http::send(ADDRESS, line, headers, body)
}
