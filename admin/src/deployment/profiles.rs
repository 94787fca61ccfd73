//! The operator's profiles, from the files of the AWS command line.

use std::borrow::Cow;

use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use shared::error::chain;

use super::access_error::AccessError;

/// The settings of a profile that lead to credentials.
const SOURCES: [&str; 7] = [
    "aws_access_key_id",
    "role_arn",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "web_identity_token_file",
    "login_session",
];
/// The profile whose credentials assume a role.
const SOURCE_PROFILE: &str = "source_profile";

/// The profiles, with the selected one.
#[derive(Debug)]
pub(super) struct Profiles {
    set: ProfileSet,
    named: Option<String>,
}

impl Profiles {
    /// Reads the files. Without a name, `default` is selected, which needn't exist.
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

    /// Checks that the named profile exists.
    ///
    /// # Errors
    ///
    /// [`AccessError::UnknownProfile`], if it doesn't.
    pub(super) fn check_named(&self) -> Result<(), AccessError> {
        match &self.named {
            Some(name) if self.set.get_profile(name).is_none() => {
                Err(AccessError::UnknownProfile(name.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Why the selected profile leads to no credentials, if its text shows that.
    pub(super) fn fault(&self) -> Option<AccessError> {
        let mut profile = self.set.get_profile(self.set.selected_profile())?;
        let mut seen = vec![profile.name()];
        while let Some(next) = source(profile) {
            let Some(found) = self.set.get_profile(next) else {
                let (profile, missing) = (profile.name().to_owned(), next.to_owned());
                return Some(AccessError::UnknownSource { profile, missing });
            };
            // A profile may be its own source, with its own keys.
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

/// The text of an error on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
