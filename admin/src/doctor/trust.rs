//! Checks that the certificates of AWS's services chain to roots that the functions trust.

use std::time::Duration;

use shared::{
    aws::{AMAZON_ROOTS, Trust},
    clock::Timestamp,
    environment::{Environment, variable},
};

use super::{
    Check,
    certificates::{Chain, Root, Roots},
};
use crate::deployment::Deployment;

/// The services that the functions call, by host name.
const SERVICES: [&str; 2] = ["dynamodb", "secretsmanager"];
/// How long before a root expires to warn that a new release is needed.
const NEAR: Duration = Duration::from_secs(2 * 365 * 86_400);
const PAGE: &str = "set TrustStore=system (see docs/operations/trust.md)";

/// A check for each service that the functions call. Empty, if the deployment is no stack.
pub(super) async fn check(deployment: &Deployment) -> Vec<Check> {
    // Every version of the template has this parameter. A deployment without it is no stack, and may have no
    // functions.
    let Some(region) = deployment.sdk_config.region().filter(|_| deployment.parameter("IdleTtl").is_some())
    else {
        return Vec::new();
    };
    let store = deployment.parameter("TrustStore").unwrap_or("pinned");
    match trust(region.as_ref(), store) {
        Some(Trust::Amazon) => {}
        Some(Trust::System) => return vec![Check::ok("trust", "functions trust the roots of the system")],
        _ => {
            return vec![Check::unknown(
                "trust",
                format!("functions trust the certificates in {store}, in their layer"),
            )];
        }
    }
    let Ok(roots) = Roots::parse(AMAZON_ROOTS) else {
        return vec![Check::unknown("trust", "the pinned roots can't be read")];
    };
    let mut checks = Vec::new();
    for service in SERVICES {
        // This is the domain in both partitions with pinned roots.
        let host = format!("{service}.{region}.amazonaws.com");
        checks.push(trust_in(&host, 443, &roots, deployment.now()).await);
    }
    checks
}

/// The roots that a function trusts; `None`, if they are in a file.
fn trust(region: &str, store: &str) -> Option<Trust> {
    if store.starts_with('/') {
        return None;
    }
    let variables = [(variable::AWS_REGION, region), (variable::TRUST_STORE, store)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Trust::from_environment(&Environment::from_variables(variables)).ok()
}

/// Checks how this host's certificates chain to these roots.
pub async fn trust_in(host: &str, port: u16, roots: &Roots, now: Timestamp) -> Check {
    let name = format!("trust in {host}");
    let chain = match Chain::shown_by(host, port, roots).await {
        Ok(chain) => chain,
        Err(error) => return Check::unanswered(name, format!("can't be reached: {error}")),
    };
    if let Some(refusal) = &chain.refusal {
        let ends = chain.issuer.as_deref().unwrap_or("nobody");
        let detail = format!("refused by the pinned roots: {refusal}; its certificates end with {ends}");
        let remedy = format!(
            "if this machine is behind a proxy that opens TLS, run the doctor elsewhere. Otherwise {PAGE}"
        );
        return Check::wrong(name, detail, remedy);
    }
    match roots.of(&chain) {
        Some(root) if now + NEAR > root.ends_at => ending(name, root),
        Some(root) => Check::ok(name, format!("vouched for by {}, until {}", root.name, root.ends)),
        None => Check::ok(name, "vouched for by a pinned root"),
    }
}

fn ending(name: String, root: &Root) -> Check {
    let detail = format!("{} vouches for it, and expires at {}", root.name, root.ends);
    Check::warning(name, detail, format!("deploy a release with newer roots before that, or {PAGE}"))
}
