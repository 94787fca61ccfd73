//! Whether AWS lets an operator in, and what to do where it doesn't.

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

/// Finds out whether there is a region, and who the operator is, before anything is asked with it.
///
/// # Errors
///
/// [`AccessError`]
pub(super) async fn check(config: &SdkConfig, target: &Target) -> Result<(), AccessError> {
    let profile = || target.profile.clone().or_else(variables::profile);
    let profiles = Profiles::load(profile()).await;
    // Before anything is asked: where the profile isn't there, the SDK goes on to the credentials of the machine.
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
        // What can't be read has no region either.
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

/// The SDK's types of these errors are its own: its words are all that there is.
fn explain(error: &dyn Error, profile: Option<String>) -> AccessError {
    let said = chain(error);
    if let Some(missing) = quoted(&said, "profile `").filter(|_| said.contains("was not defined")) {
        return AccessError::UnknownProfile(missing);
    }
    if said.contains("SSO token") || said.contains("SSO session") || said.contains("sso/cache") {
        return AccessError::SsoExpired(profile);
    }
    // The machine's own (IMDS) are asked for last, where nothing else says any.
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

/// What to do where nobody answered.
const UNREACHED: &str =
    "nothing answered: is there a network, and are the region and, if one is set, AWS_ENDPOINT_URL right?";
/// What to do where an answer is none of AWS's.
const FOREIGN: &str = "what answered isn't AWS: is there a proxy on the way, or a wrong AWS_ENDPOINT_URL?";

/// What to do about a failure, by what [`shared::aws::reason`] says of it; nothing, if that says it all.
pub(crate) fn advice_on(reason: &str) -> Option<&'static str> {
    let begins = |texts: &[&str]| texts.iter().any(|text| reason.starts_with(text));
    match reason.split(' ').next().and_then(advice) {
        None if begins(&["io error", "timeout", "timed out", "no connection"]) => Some(UNREACHED),
        None if begins(&["no code", "its answer could not be read"]) => Some(FOREIGN),
        advice => advice,
    }
}

/// What to do about an error with this code, of whichever of AWS's services; nothing, if the code says it all.
pub(super) fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized" => {
            "these credentials may not do that: docs/guide/clients-and-users.md lists the rights, and `aws sts \
             get-caller-identity` says whose credentials they are"
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
            "AWS doesn't accept these credentials: `aws sts get-caller-identity` tries them, and `aws configure` replaces them"
        }
        "UnrecognizedClientException" => {
            "the store doesn't accept these credentials: --access-key-id names what the store of `cargo run` prints at its start; \
             in AWS, `aws sts get-caller-identity` tries yours"
        }
        "ResourceNotFoundException" => "it isn't there: is it the right region, --endpoint or variable?",
        "Throttling" | "ThrottlingException" | "ProvisionedThroughputExceededException" => {
            "AWS is asked too much at the moment: try again in a minute"
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
        assert!(
            sso(Some("prod")).ends_with(
                "of the profile prod has expired, or there was none: `aws sso login --profile prod`"
            )
        );
        assert!(sso(None).ends_with("`aws sso login`"));
        for code in ["AccessDenied", "ExpiredToken", "InvalidClientTokenId"] {
            assert!(advice(code).unwrap().contains("`aws "), "{code}");
        }
        assert_eq!(advice("ValidationException"), None);
        for (reason, said) in [
            ("AccessDeniedException no", "get-caller-identity"),
            ("io error: client error (Connect): tcp connect error", "is there a network"),
            ("timed out", "is there a network"),
            ("no code", "isn't AWS"),
        ] {
            assert!(advice_on(reason).unwrap().contains(said), "{reason}");
        }
        assert_eq!(advice_on("ValidationException no"), None);
    }
}
