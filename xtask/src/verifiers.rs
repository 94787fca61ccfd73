//! Tests third-party libraries against Latchgate: verifiers with its access tokens and discovery documents, and OAuth
//! clients with refresh and revocation, with and without DPoP.
//!
//! The scripts in `xtask/verifiers` call the libraries in their own languages. The code of `docs/guide/verify.md` runs
//! unchanged.

mod page;
mod tools;

pub(crate) use self::tools::installed;
use self::tools::on;
use crate::{
    server::LocalServer,
    shell::{TaskError, run},
};

/// The status that API Gateway and `cargo run` give to an invalid token.
const UNAUTHORIZED: u16 = 401;
/// The default, EdDSA, and the algorithm that API Gateway's own authorizer accepts.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];
/// The values of `DpopNonce`.
const NONCES: [&str; 2] = ["when-needed", "always"];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let tools = installed()?;
    for algorithm in ALGORITHMS {
        let server = LocalServer::start(&["--algorithm", algorithm])?;
        let url = server.said("url")?;
        for mut script in [tools.node("verify.mjs"), tools.python("verify.py")] {
            run(on(&mut script, url, &server)?.env("LATCHGATE_ALGORITHM", algorithm))?;
        }
    }
    page::check(&tools)?;
    for nonce in NONCES {
        let server = LocalServer::start(&["--parameter", &format!("DpopNonce={nonce}")])?;
        for mut script in [tools.node("dpop.mjs"), tools.python("dpop.py")] {
            run(on(&mut script, server.said("url")?, &server)?.env("LATCHGATE_DPOP_NONCE", nonce))?;
        }
    }
    let server = LocalServer::start(&[])?;
    run_clients(server.said("url")?, &server, UNAUTHORIZED)
}

/// Runs the clients at this URL with the demo's clients and user: refreshes, calls and logouts. A protected call
/// without a valid token has to get the status `unauthorized`.
pub(crate) fn run_clients(url: &str, demo: &LocalServer, unauthorized: u16) -> Result<(), TaskError> {
    let tools = installed()?;
    for mut script in [tools.node("client.mjs"), tools.python("client.py")] {
        let script = on(&mut script, url, demo)?;
        script.env("LATCHGATE_CONFIDENTIAL_CLIENT_ID", demo.said("confidential_client_id")?);
        script.env("LATCHGATE_CLIENT_SECRET", demo.said("client_secret")?);
        run(script.env("LATCHGATE_UNAUTHORIZED", unauthorized.to_string()))?;
    }
    Ok(())
}
