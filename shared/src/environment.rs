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
    /// Name of the Keys table.
    pub const KEYS_TABLE: &str = "KEYS_TABLE";
    /// Name or ARN of the Secrets Manager secret that holds the keyset (see [`crate::keys`]).
    pub const KEYSET_SECRET: &str = "KEYSET_SECRET";
    /// Path of a file that holds the keyset; used where `KEYSET_SECRET` is absent.
    pub const KEYSET_FILE: &str = "KEYSET_FILE";
    /// The keyset itself, as JSON; used where both others are absent, as on a laptop.
    pub const KEYSET: &str = "KEYSET";
    /// Algorithm of new signing keys: `ES256`, `EdDSA` or `RS256`.
    pub const SIGNING_ALGORITHM: &str = "SIGNING_ALGORITHM";
    /// How long before it makes tokens a new key is published, in seconds.
    pub const KEY_LEAD: &str = "KEY_LEAD";
    /// Age at which a rotation replaces the HMAC key, in seconds. (Signing keys are replaced at every rotation.)
    pub const REFRESH_KEY_TTL: &str = "REFRESH_KEY_TTL";
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
    /// How many sessions a user may have; 0 or absent: any number.
    pub const MAX_SESSIONS: &str = "MAX_SESSIONS";
    /// The origins whose pages may call, separated by commas; absent: that of `ALLOWED_ORIGIN`.
    pub const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";
    /// The one origin whose pages may call, where `ALLOWED_ORIGINS` is absent; absent too: none. It goes with the release after
    /// this one.
    pub const ALLOWED_ORIGIN: &str = "ALLOWED_ORIGIN";
    /// How the authorizer learns that a session is over: `session`, `denylist` or `none`.
    pub const REVOCATION_CHECK: &str = "REVOCATION_CHECK";
    /// How often a warm authorizer pulls what is new on the denylist, in seconds.
    pub const DENYLIST_INTERVAL: &str = "DENYLIST_INTERVAL";
    /// Age of its copy of the denylist beyond which an authorizer refuses, in seconds.
    pub const DENYLIST_MAX_AGE: &str = "DENYLIST_MAX_AGE";
    /// How many rows of the denylist an authorizer keeps; beyond, it refuses.
    pub const DENYLIST_MAX_ROWS: &str = "DENYLIST_MAX_ROWS";
    /// What scope which calls need: `METHOD PATH SCOPE`, separated by `;` or line breaks.
    pub const SCOPE_RULES: &str = "SCOPE_RULES";
    /// What becomes of calls that no rule names: `allow`, `deny`, or `auto`, which denies them as soon as there are rules.
    pub const SCOPE_DEFAULT: &str = "SCOPE_DEFAULT";
    /// The user's claims that the authorizer hands on, separated by commas; `*`: all of them; absent: none.
    pub const CONTEXT_CLAIMS: &str = "CONTEXT_CLAIMS";
    /// How the authorizer hands claims on: `values`, a value each; `json`, as one JSON object; or `both`; absent: `values`.
    pub const CONTEXT_CLAIMS_AS: &str = "CONTEXT_CLAIMS_AS";
    /// For how long AppSync may cache a decision, in seconds.
    pub const CACHE_TTL: &str = "CACHE_TTL";
    /// What metrics are of, beside other stacks; absent: none are written.
    pub const STACK_NAME: &str = "STACK_NAME";
    /// Who may vouch for AWS: `pinned` (Amazon's roots), `system`, or the path of a PEM file; absent: `pinned`.
    pub const TRUST_STORE: &str = "TRUST_STORE";

    /// The region of the function and of its tables.
    pub const AWS_REGION: &str = "AWS_REGION";
    /// Where services are, if not where AWS has them.
    pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
    /// Where DynamoDB is, if not where AWS has it.
    pub const AWS_ENDPOINT_URL_DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
    /// Where Secrets Manager is, if not where AWS has it.
    pub const AWS_ENDPOINT_URL_SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    /// Whether AWS's FIPS endpoints are called: `true` or `false`.
    pub const AWS_USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
    /// Whether AWS's dual-stack endpoints are called: `true` or `false`.
    pub const AWS_USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";
    /// Path of a PEM file with the certificate authorities that are trusted, and no others.
    pub const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

    /// What says how AWS is reached: from Lambda, or from whoever runs a function elsewhere.
    pub const OF_AWS: [&str; 7] = [
        AWS_REGION,
        AWS_ENDPOINT_URL,
        AWS_ENDPOINT_URL_DYNAMODB,
        AWS_ENDPOINT_URL_SECRETS_MANAGER,
        AWS_USE_FIPS_ENDPOINT,
        AWS_USE_DUALSTACK_ENDPOINT,
        AWS_CA_BUNDLE,
    ];

    /// All that template.yaml sets.
    pub const ALL: [&str; 32] = [
        CLIENTS_TABLE,
        CREDENTIALS_TABLE,
        USERS_TABLE,
        SESSIONS_TABLE,
        REVOCATIONS_TABLE,
        KEYS_TABLE,
        KEYSET_SECRET,
        KEYSET_FILE,
        KEYSET,
        SIGNING_ALGORITHM,
        KEY_LEAD,
        REFRESH_KEY_TTL,
        ISSUER,
        AUDIENCE,
        ACCESS_TTL,
        IDLE_TTL,
        ABSOLUTE_TTL,
        LEEWAY,
        MAX_SESSIONS,
        ALLOWED_ORIGINS,
        ALLOWED_ORIGIN,
        REVOCATION_CHECK,
        DENYLIST_INTERVAL,
        DENYLIST_MAX_AGE,
        DENYLIST_MAX_ROWS,
        SCOPE_RULES,
        SCOPE_DEFAULT,
        CONTEXT_CLAIMS,
        CONTEXT_CLAIMS_AS,
        CACHE_TTL,
        STACK_NAME,
        TRUST_STORE,
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
    /// A value that can't be used, and why: only for variables that hold nothing secret.
    #[error("the environment variable {0} can't be used: {1}")]
    Unusable(&'static str, String),
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
    /// A number is not a whole number in its range.
    #[error("the environment variable {name} must be a whole number from {min} to {max}")]
    Count {
        /// The variable.
        name: &'static str,
        /// The smallest value allowed.
        min: usize,
        /// The largest value allowed.
        max: usize,
    },
}

impl Environment {
    /// The variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the one home of the process's environment")]
    pub fn from_process() -> Self {
        Self::from_variables(
            variable::ALL
                .into_iter()
                .chain(variable::OF_AWS)
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

    /// A count of something; `default` if absent.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Count`] if it is not a whole number within `range`.
    pub fn count(
        &self,
        name: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> Result<usize, EnvironmentError> {
        let Some(value) = self.optional(name) else { return Ok(default) };
        let count = value.parse().ok().filter(|count| range.contains(count));
        count.ok_or(EnvironmentError::Count { name, min: *range.start(), max: *range.end() })
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
