//! The stack's parameters, from the command line.

use std::net::SocketAddr;

use local::{
    gateway::UpstreamResources,
    hosts::Host,
    origins,
    template::{ParameterError, Parameters, Template},
};
use shared::{client::SignUp, environment::EnvironmentError};

use crate::{listen::from_here, options::Options};

/// The default origin of pages that may call.
const ORIGIN: &str = "http://localhost:3000";
/// The default sender of mails.
const MAIL_FROM: &str = "Latchgate <latchgate@localhost>";
/// The default name of the function at the endpoint of `--captcha`.
const CAPTCHA_FUNCTION: &str = "captcha";

/// Errors in the given options.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GivenError {
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    #[error("{name} is given twice, {how}: give it once", how = .option.map_or_else(|| "in --parameter".to_owned(), |option| format!("by {option} and in --parameter")))]
    Twice { name: String, option: Option<&'static str> },
    #[error("the origins have {length} characters in all, and at most {bound} are allowed")]
    Origins { length: u64, bound: u64 },
    #[error("--upstream-resource: {0}")]
    Resource(EnvironmentError),
}

/// The parameters for the options. Tokens name the address of this server as their issuer, so that its metadata can be
/// found.
pub(crate) fn given(
    template: &Template,
    options: &Options,
    address: SocketAddr,
) -> Result<Parameters, GivenError> {
    let lifetimes = [
        ("AccessTtl", options.access_ttl),
        ("IdleTtl", options.idle_ttl),
        ("AbsoluteTtl", options.absolute_ttl),
        ("Leeway", options.leeway),
    ];
    let parameters = template.parameters().with("Issuer", url_of(address)).with("AllowedOrigin", ORIGIN);
    // A deployed stack turns DPoP on after an update. Here all functions have the same version.
    let parameters = parameters.with("Dpop", "on");
    // The console and the page read the functions' lines to show every request.
    let parameters = parameters.with("RequestLines", "all");
    // A deployed stack sends no mail and lets nobody sign up by default. Here no mail leaves the machine.
    let parameters = parameters.with("SignUp", options.sign_up.unwrap_or(SignUp::Open).name());
    let parameters = match &options.mail_from {
        None => parameters.with("MailFrom", MAIL_FROM),
        Some(sender) => {
            template.check("MailFrom", sender)?;
            parameters.with("MailFrom", sender)
        }
    };
    let parameters = match &options.captcha {
        None => parameters,
        Some(_) => parameters.with("CaptchaFunction", CAPTCHA_FUNCTION),
    };
    let mut parameters = parameters.with("AllowedOrigins", origins::listed(&options.origin));
    too_long(template, &parameters)?;
    if !options.upstream.is_empty() {
        // Servers receive claims in a header, as JSON.
        parameters = parameters.with("ContextClaimsAs", "json");
    }
    if let Some(algorithm) = options.algorithm {
        parameters = parameters.with("SigningAlgorithm", algorithm.name());
    }
    let parameters = lifetimes.into_iter().fold(parameters, |parameters, (name, seconds)| match seconds {
        Some(seconds) => parameters.with(name, seconds.to_string()),
        None => parameters,
    });
    said_once(options)?;
    let parameters = options.parameter.iter().try_fold(parameters, |parameters, (name, value)| {
        template.check(name, value)?;
        Ok::<_, GivenError>(parameters.with(name, value))
    })?;
    let origins = proof_origins(options, address, parameters.value("DpopOrigins").unwrap_or_default());
    let registered = parameters.value("ProtectedResources").unwrap_or_default();
    let resources = resources(options, address)?.registered(registered).map_err(GivenError::Resource)?;
    Ok(parameters.with("DpopOrigins", origins).with("ProtectedResources", resources))
}

/// The resources of `--upstream-resource`. A client compares the URL that it was given with the one in the document, so
/// a path becomes one resource for each name of this machine.
pub(crate) fn resources(options: &Options, address: SocketAddr) -> Result<UpstreamResources, GivenError> {
    let mut origins = vec![url_of(address), format!("http://localhost:{}", address.port())];
    origins.dedup();
    UpstreamResources::new(&options.upstream_resource, &origins).map_err(GivenError::Resource)
}

/// The URL at which this machine reaches the server.
pub(crate) fn url_of(address: SocketAddr) -> String {
    format!("http://{}", from_here(address))
}

/// The origins that a proof may name besides the given ones. They include each address of this server, as API Gateway
/// knows an API's own addresses. They also include the pages' origins, since a development server there may pass calls
/// on to this one.
fn proof_origins(options: &Options, address: SocketAddr, named: &str) -> String {
    let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
    let hosts = loopback.into_iter().chain(options.allow_host.iter().map(Host::in_url));
    let own = hosts.map(|host| format!("http://{host}:{}", address.port()));
    let pages = origins::listed(&options.origin);
    let pages = if pages.is_empty() { ORIGIN } else { &pages };
    let all: Vec<_> = own.chain([url_of(address), pages.to_owned(), named.to_owned()]).collect();
    all.join(",")
}

/// Refuses two values for one parameter: one of them would be silently dropped.
fn said_once(options: &Options) -> Result<(), GivenError> {
    let has_origins = !options.origin.is_empty();
    let mut said = vec![
        ("AccessTtl", options.access_ttl.map(|_| "--access-ttl")),
        ("IdleTtl", options.idle_ttl.map(|_| "--idle-ttl")),
        ("AbsoluteTtl", options.absolute_ttl.map(|_| "--absolute-ttl")),
        ("Leeway", options.leeway.map(|_| "--leeway")),
        ("SigningAlgorithm", options.algorithm.map(|_| "--algorithm")),
        ("SignUp", options.sign_up.map(|_| "--sign-up")),
        ("MailFrom", options.mail_from.as_ref().map(|_| "--mail-from")),
        ("AllowedOrigins", has_origins.then_some("--origin")),
        // It counts only if no others are named.
        ("AllowedOrigin", has_origins.then_some("--origin")),
    ];
    said.retain(|(_, option)| option.is_some());
    for (name, _) in &options.parameter {
        if let Some((_, option)) = said.iter().find(|(said, _)| said == name) {
            return Err(GivenError::Twice { name: name.clone(), option: *option });
        }
        said.push((name, None));
    }
    Ok(())
}

/// Checks the length as a deployment does: a function's variables have 4 KB together.
fn too_long(template: &Template, parameters: &Parameters) -> Result<(), GivenError> {
    let bound =
        template.parameter("AllowedOrigins").and_then(|parameter| parameter.get("MaxLength")?.as_u64());
    let length = parameters.value("AllowedOrigins").unwrap_or_default().len() as u64;
    bound.filter(|bound| length > *bound).map_or(Ok(()), |bound| Err(GivenError::Origins { length, bound }))
}
