//! Access tokens and discovery documents, as the libraries take them that others verify our tokens with; and refresh and
//! revocation, as the libraries do them that others make OAuth clients with.
//!
//! The libraries are called in their own languages, by the scripts in `xtask/verifiers`. Users call them by the lines of
//! `docs/guide/verify.md`, which are run as they stand there.

mod page;
mod tools;

pub(crate) use self::tools::installed;
use self::tools::on;
use crate::{
    server::LocalServer,
    shell::{TaskError, run},
};

/// What API Gateway makes of a token that isn't one, and `cargo run` as well.
const UNAUTHORIZED: u16 = 401;
/// The default, the one that works, and the one that API Gateway's own authorizer takes.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];

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
    let server = LocalServer::start(&[])?;
    run_clients(server.said("url")?, &server, UNAUTHORIZED)
}

/// Refreshes, calls and logs out by the clients, at this address, with the demo's clients and user. Without a valid token
/// a protected call is answered with this status.
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
