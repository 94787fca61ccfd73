//! The one place where environment variables are read.

use std::{collections::HashMap, fmt, ops::RangeInclusive, time::Duration};

/// The variables that a function may be given, by the names they have in template.yaml.
pub mod variable {
    /// Name of the Clients table.
    pub const CLIENTS_TABLE: &str = "CLIENTS_TABLE";
    /// Name of the Credentials table.
    pub const CREDENTIALS_TABLE: &str = "CREDENTIALS_TABLE";
    /// Name of the Users table.
    pub const USERS_TABLE: &str = "USERS_TABLE";
    /// Name of the Sessions table.
    pub const SESSIONS_TABLE: &str = "SESSIONS_TABLE";
    /// Name of the Revocations table.
    pub const REVOCATIONS_TABLE: &str = "REVOCATIONS_TABLE";
    /// The keyset, as JSON (see [`crate::keys`]).
    pub const KEYSET: &str = "KEYSET";
    /// Path of a file that holds the keyset; used where `KEYSET` is absent.
    pub const KEYSET_FILE: &str = "KEYSET_FILE";
    /// The public halves of the signing keys, as a JWK Set (RFC 7517 section 5).
    pub const PUBLIC_KEYS: &str = "PUBLIC_KEYS";
    /// The `iss` of access tokens: an absolute URL.
    pub const ISSUER: &str = "ISSUER";
    /// The `aud` of access tokens.
    pub const AUDIENCE: &str = "AUDIENCE";
    /// Lifetime of an access token, in seconds.
    pub const ACCESS_TTL: &str = "ACCESS_TTL";
    /// How long a session lives without being refreshed, in seconds.
    pub const IDLE_TTL: &str = "IDLE_TTL";
    /// How long a session lives however often it is refreshed, in seconds.
    pub const ABSOLUTE_TTL: &str = "ABSOLUTE_TTL";
    /// For how long a used refresh token still gets the same successor, in seconds.
    pub const LEEWAY: &str = "LEEWAY";
    /// The origin that browsers may call from; absent: none.
    pub const ALLOWED_ORIGIN: &str = "ALLOWED_ORIGIN";

    /// All of them.
    pub const ALL: [&str; 15] = [
        CLIENTS_TABLE,
        CREDENTIALS_TABLE,
        USERS_TABLE,
        SESSIONS_TABLE,
        REVOCATIONS_TABLE,
        KEYSET,
        KEYSET_FILE,
        PUBLIC_KEYS,
        ISSUER,
        AUDIENCE,
        ACCESS_TTL,
        IDLE_TTL,
        ABSOLUTE_TTL,
        LEEWAY,
        ALLOWED_ORIGIN,
    ];
}

/// A function's configuration: variables by name. An empty value counts as absent.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

/// A variable that is missing or makes no sense. The value is not repeated: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A required variable is absent or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A value that can't be used.
    #[error("the environment variable {0} is malformed")]
    Malformed(&'static str),
    /// A number is not a whole number of seconds in its range.
    #[error("the environment variable {name} must be a whole number of seconds from {min} to {max}")]
    Seconds {
        /// The variable.
        name: &'static str,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// A file that a variable names can't be read.
    #[error("the file named by the environment variable {0} can't be read: {1}")]
    File(&'static str, std::io::ErrorKind),
}

impl Environment {
    /// The variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the one home of the process's environment")]
    pub fn from_process() -> Self {
        Self::from_variables(
            variable::ALL
                .into_iter()
                .filter_map(|name| std::env::var(name).ok().map(|value| (name.to_owned(), value))),
        )
    }

    /// The given variables.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a variable, if it has one.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a variable.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Missing`] if it is absent or empty.
    pub fn required(&self, name: &'static str) -> Result<&str, EnvironmentError> {
        self.optional(name).ok_or(EnvironmentError::Missing(name))
    }

    /// The value of `name`, or else the content of the file that `file_name` names.
    ///
    /// # Errors
    ///
    /// If both are absent, or the file can't be read.
    pub fn required_or_file(
        &self,
        name: &'static str,
        file_name: &'static str,
    ) -> Result<String, EnvironmentError> {
        match (self.optional(name), self.optional(file_name)) {
            (Some(value), _) => Ok(value.to_owned()),
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(|e| EnvironmentError::File(file_name, e.kind()))
            }
            (None, None) => Err(EnvironmentError::Missing(name)),
        }
    }

    /// A length of time in whole seconds; `default` if absent.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Seconds`] if it is not a whole number within `range`.
    pub fn seconds(
        &self,
        name: &'static str,
        default: Duration,
        range: RangeInclusive<u64>,
    ) -> Result<Duration, EnvironmentError> {
        let Some(value) = self.optional(name) else { return Ok(default) };
        value
            .parse()
            .ok()
            .filter(|seconds| range.contains(seconds))
            .map(Duration::from_secs)
            .ok_or(EnvironmentError::Seconds { name, min: *range.start(), max: *range.end() })
    }
}

/// Names only: the values hold keys.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str, value: &str) -> Environment {
        Environment::from_variables([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn an_empty_variable_is_a_missing_one() {
        let result = environment(variable::ISSUER, "");
        assert_eq!(result.required(variable::ISSUER), Err(EnvironmentError::Missing(variable::ISSUER)));
    }

    #[test]
    fn seconds_keep_to_their_range() {
        let leeway = |value| {
            environment(variable::LEEWAY, value).seconds(variable::LEEWAY, Duration::from_secs(10), 0..=60)
        };
        assert_eq!(leeway(""), Ok(Duration::from_secs(10)));
        assert_eq!(leeway("0"), Ok(Duration::ZERO));
        assert_eq!(leeway("60"), Ok(Duration::from_secs(60)));
        for bad in ["61", "-1", "1.5", "ten", " 5"] {
            assert!(leeway(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", environment(variable::KEYSET, "s3cret")), r#"{"KEYSET"}"#);
    }
}
