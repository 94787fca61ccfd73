//! The profiles of whoever runs the command, as the files of the AWS command line hold them.

use std::borrow::Cow;

use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use shared::error::chain;

use super::access_error::AccessError;

/// What a profile may have that leads to credentials.
const SOURCES: [&str; 7] = [
    "aws_access_key_id",
    "role_arn",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "web_identity_token_file",
    "login_session",
];
/// The profile whose credentials a role is assumed with.
const SOURCE_PROFILE: &str = "source_profile";

/// The profiles, and which of them is meant.
#[derive(Debug)]
pub(super) struct Profiles {
    set: ProfileSet,
    named: Option<String>,
}

impl Profiles {
    /// Reads the files. The profile may be named; where it isn't, `default` is meant, which need not be there.
    ///
    /// # Errors
    ///
    /// [`AccessError::Malformed`], if they can't be read.
    pub(super) async fn load(named: Option<String>) -> Result<Self, AccessError> {
        let over = named.clone().map(Cow::Owned);
        match profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), over).await {
            Ok(set) => Ok(Self { set, named }),
            Err(error) => Err(AccessError::Malformed(one_line(&chain(&error)))),
        }
    }

    /// Whether the profile that is named is there.
    ///
    /// # Errors
    ///
    /// [`AccessError::UnknownProfile`]
    pub(super) fn check_named(&self) -> Result<(), AccessError> {
        match &self.named {
            Some(name) if self.set.get_profile(name).is_none() => {
                Err(AccessError::UnknownProfile(name.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Why the profile that is meant leads to no credentials, if its own text says so.
    pub(super) fn fault(&self) -> Option<AccessError> {
        let mut profile = self.set.get_profile(self.set.selected_profile())?;
        let mut seen = vec![profile.name()];
        while let Some(next) = source(profile) {
            let Some(found) = self.set.get_profile(next) else {
                let (profile, missing) = (profile.name().to_owned(), next.to_owned());
                return Some(AccessError::UnknownSource { profile, missing });
            };
            // A profile may be its own source: its keys are meant then.
            if next == profile.name() && profile.get(SOURCES[0]).is_some() {
                return None;
            }
            if seen.contains(&next) {
                return Some(AccessError::SourceLoop(profile.name().to_owned()));
            }
            seen.push(next);
            profile = found;
        }
        let is_source = SOURCES.iter().any(|name| profile.get(name).is_some());
        let is_named = self.named.is_some() || seen.len() > 1;
        (is_named && !is_source).then(|| AccessError::EmptyProfile(profile.name().to_owned()))
    }
}

fn source(profile: &Profile) -> Option<&str> {
    profile.get("role_arn").and(profile.get(SOURCE_PROFILE))
}

/// The words of an error, on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
