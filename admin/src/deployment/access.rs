//! Checks whether AWS accepts the operator's credentials, with advice if not.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::ProvideCredentials;
use shared::error::chain;

use super::{
    access_error::AccessError,
    profiles::{Profiles, one_line},
    target::Target,
};
use crate::variables;

/// Checks the region and the operator's credentials, before any request uses them.
///
/// # Errors
///
/// [`AccessError`], if the region or the credentials are missing or unusable.
pub(super) async fn check(config: &SdkConfig, target: &Target) -> Result<(), AccessError> {
    let profile = || target.profile.clone().or_else(variables::profile);
    let profiles = Profiles::load(profile()).await;
    // Before any request: if the profile doesn't exist, the SDK would use the machine's credentials.
    if target.profile.is_some() || !variables::has_credentials() {
        profiles.as_ref().map_or(Ok(()), Profiles::check_named)?;
    }
    let credentials = match config.credentials_provider() {
        None => Err(AccessError::NoCredentials),
        Some(provider) => {
            provider.provide_credentials().await.map(drop).map_err(|error| explain(&error, profile()))
        }
    };
    let is_complete = credentials.is_ok() && config.region().is_some();
    let fault = match profiles {
        // An unreadable file has no region either.
        Err(malformed) => Some(malformed),
        Ok(profiles) => profiles.fault().filter(|_| credentials.is_err()),
    };
    match (fault, credentials) {
        (Some(fault), _) if !is_complete => Err(fault),
        (_, Err(error @ AccessError::UnknownProfile(_))) => Err(error),
        _ if config.region().is_none() => Err(AccessError::NoRegion),
        (_, credentials) => credentials,
    }
}

/// Explains a credentials error by its text, since the SDK's error types are private.
fn explain(error: &dyn Error, profile: Option<String>) -> AccessError {
    let said = chain(error);
    if let Some(missing) = quoted(&said, "profile `").filter(|_| said.contains("was not defined")) {
        return AccessError::UnknownProfile(missing);
    }
    if said.contains("SSO token") || said.contains("SSO session") || said.contains("sso/cache") {
        return AccessError::SsoExpired(profile);
    }
    // The machine's own credentials (IMDS) come last, if nothing else has any.
    let none = ["no credentials found in chain", "no providers in chain", "IMDS"];
    if none.iter().any(|none| said.contains(none)) {
        return AccessError::NoCredentials;
    }
    AccessError::Configuration { profile, reason: one_line(&said) }
}

fn quoted(text: &str, before: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once('`')?.0.to_owned())
}

/// Advice if no service answered.
const UNREACHED: &str = "no answer: check the network, the region and, if it is set, AWS_ENDPOINT_URL";
/// Advice if the answer isn't from AWS.
const FOREIGN: &str = "the answer isn't from AWS: check for a proxy on the way, or a wrong AWS_ENDPOINT_URL";

/// Advice on a failure, by the text of [`shared::aws::reason`]; `None`, if that says enough.
pub(crate) fn advice_on(reason: &str) -> Option<&'static str> {
    let begins = |texts: &[&str]| texts.iter().any(|text| reason.starts_with(text));
    match reason.split(' ').next().and_then(advice) {
        None if begins(&["io error", "timeout", "timed out", "no connection"]) => Some(UNREACHED),
        None if begins(&["no code", "its answer could not be read"]) => Some(FOREIGN),
        advice => advice,
    }
}

/// Advice on an error with this code, from any AWS service; `None`, if the code says enough.
pub(super) fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => {
            "these credentials lack a permission: docs/guide/clients-and-users.md lists all that you need, \
             and `aws sts get-caller-identity` shows whose credentials they are"
        }
        "ExpiredToken" | "ExpiredTokenException" => {
            "the AWS credentials have expired: sign in again with `aws sso login`, or where you got them"
        }
        "RequestExpired" | "RequestTimeTooSkewed" => {
            "the clock of this machine is wrong, or the AWS credentials have expired"
        }
        "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => {
            "AWS doesn't accept these credentials: `aws sts get-caller-identity` tests them, and `aws \
             configure` replaces them"
        }
        "UnrecognizedClientException" => {
            "the store doesn't accept these credentials: for the store of `cargo run`, pass the \
             --access-key-id that it printed at its start; in AWS, `aws sts get-caller-identity` tests yours"
        }
        "ResourceNotFoundException" => "it isn't there: check the region, --endpoint or the variable",
        "Throttling" | "ThrottlingException" | "ProvisionedThroughputExceededException" => {
            "AWS is throttling requests: try again in a minute"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_names_the_command_to_run() {
        let sso = |profile: Option<&str>| AccessError::SsoExpired(profile.map(str::to_owned)).to_string();
        assert!(sso(Some("prod")).ends_with(
            "of the profile prod has expired, or there was none: run `aws sso login --profile prod`"
        ));
        assert!(sso(None).ends_with("`aws sso login`"));
        for code in ["AccessDenied", "ExpiredToken", "InvalidClientTokenId"] {
            assert!(advice(code).unwrap().contains("`aws "), "{code}");
        }
        assert_eq!(advice("ValidationException"), None);
        for (reason, said) in [
            ("AccessDeniedException no", "get-caller-identity"),
            ("io error: client error (Connect): tcp connect error", "check the network"),
            ("timed out", "check the network"),
            ("no code", "isn't from AWS"),
        ] {
            assert!(advice_on(reason).unwrap().contains(said), "{reason}");
        }
        assert_eq!(advice_on("ValidationException no"), None);
    }
}
