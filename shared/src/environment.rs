//! The one place where environment variables are read.

use std::{collections::HashMap, fmt, ops::RangeInclusive, time::Duration};

/// The variables of a function, named as in template.yaml.
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
    /// Name of the Codes table.
    pub const CODES_TABLE: &str = "CODES_TABLE";
    /// Name of the Consents table.
    pub const CONSENTS_TABLE: &str = "CONSENTS_TABLE";
    /// Name of the Mails table.
    pub const MAILS_TABLE: &str = "MAILS_TABLE";
    /// Name of the Keys table.
    pub const KEYS_TABLE: &str = "KEYS_TABLE";
    /// Name or ARN of the Secrets Manager secret with the keyset (see [`crate::keys`]).
    pub const KEYSET_SECRET: &str = "KEYSET_SECRET";
    /// Path of a file with the keyset; used if `KEYSET_SECRET` is absent.
    pub const KEYSET_FILE: &str = "KEYSET_FILE";
    /// The keyset itself, as JSON; used if both others are absent, as on a laptop.
    pub const KEYSET: &str = "KEYSET";
    /// Algorithm of new signing keys: `ES256`, `EdDSA` or `RS256`.
    pub const SIGNING_ALGORITHM: &str = "SIGNING_ALGORITHM";
    /// How long a new key is published before it makes tokens, in seconds.
    pub const KEY_LEAD: &str = "KEY_LEAD";
    /// Age at which a rotation replaces the HMAC key, in seconds. (Signing keys are replaced at every rotation.)
    pub const REFRESH_KEY_TTL: &str = "REFRESH_KEY_TTL";
    /// The `iss` of access tokens: an absolute URL.
    pub const ISSUER: &str = "ISSUER";
    /// The `aud` of access tokens.
    pub const AUDIENCE: &str = "AUDIENCE";
    /// The resources that access tokens may be for instead: `URI [SCOPE ...] [[NAME]]`, separated by `;` or
    /// line breaks; absent: none.
    pub const PROTECTED_RESOURCES: &str = "PROTECTED_RESOURCES";
    /// Lifetime of an access token, in seconds.
    pub const ACCESS_TTL: &str = "ACCESS_TTL";
    /// How long a session lives without a refresh, in seconds.
    pub const IDLE_TTL: &str = "IDLE_TTL";
    /// How long a session lives at most, in seconds. Refreshes don't extend this.
    pub const ABSOLUTE_TTL: &str = "ABSOLUTE_TTL";
    /// How long a used refresh token still gets the same successor, in seconds.
    pub const LEEWAY: &str = "LEEWAY";
    /// How long a session at the pages lives without use, in seconds.
    pub const BROWSER_IDLE_TTL: &str = "BROWSER_IDLE_TTL";
    /// How long a session at the pages lives at most, in seconds. Use doesn't extend this.
    pub const BROWSER_ABSOLUTE_TTL: &str = "BROWSER_ABSOLUTE_TTL";
    /// The service's name on the pages; absent: `Latchgate`.
    pub const PAGES_NAME: &str = "PAGES_NAME";
    /// URL of the logo on the pages; absent: no logo.
    pub const PAGES_LOGO: &str = "PAGES_LOGO";
    /// Colour of the pages' buttons in the light scheme, `#RRGGBB`.
    pub const PAGES_COLOR: &str = "PAGES_COLOR";
    /// Colour of the pages' buttons in the dark scheme, `#RRGGBB`.
    pub const PAGES_COLOR_DARK: &str = "PAGES_COLOR_DARK";
    /// Name or ARN of the Secrets Manager secret with the key of links and codes in mails; absent, with
    /// `MAIL_KEY` too: the deployment sends no mail.
    pub const MAIL_KEY_SECRET: &str = "MAIL_KEY_SECRET";
    /// The key itself; used if `MAIL_KEY_SECRET` is absent, as on a laptop.
    pub const MAIL_KEY: &str = "MAIL_KEY";
    /// The sender of mails, an address with or without a name; absent: the deployment sends no mail.
    pub const MAIL_FROM: &str = "MAIL_FROM";
    /// The address that answers to mails go to; absent: the sender's.
    pub const MAIL_REPLY_TO: &str = "MAIL_REPLY_TO";
    /// Name of the SES configuration set, which reports bounces and complaints; absent: none.
    pub const MAIL_CONFIGURATION: &str = "MAIL_CONFIGURATION";
    /// How many mails of each purpose an address can get in any hour.
    pub const MAILS_PER_HOUR: &str = "MAILS_PER_HOUR";
    /// Which users get a mail about a session on a new device: `no`, `wanted` for those who asked for it, or
    /// `yes` for all; absent: `no`.
    pub const NEW_DEVICE_MAILS: &str = "NEW_DEVICE_MAILS";
    /// Path of a folder with templates that replace those of our mails; absent: none.
    pub const MAIL_TEMPLATES: &str = "MAIL_TEMPLATES";
    /// Who may create an account: `closed`, `invited` or `open`; absent: `closed`.
    pub const SIGN_UP: &str = "SIGN_UP";
    /// The domains whose addresses may sign up, separated by commas; absent: all.
    pub const SIGN_UP_DOMAINS: &str = "SIGN_UP_DOMAINS";
    /// Name of the operator's function that checks captchas, with or without an alias; absent: no captcha.
    pub const CAPTCHA: &str = "CAPTCHA";
    /// Whether requests are refused (`closed`) or accepted (`open`) while that function fails; absent:
    /// `closed`.
    pub const CAPTCHA_FAILURE: &str = "CAPTCHA_FAILURE";
    /// The captcha's widget on the pages: `none`, `turnstile`, `hcaptcha` or `recaptcha`; absent: `none`.
    pub const CAPTCHA_WIDGET: &str = "CAPTCHA_WIDGET";
    /// The public key by which the widget knows the site; absent, if there is no widget.
    pub const CAPTCHA_KEY: &str = "CAPTCHA_KEY";
    /// Whether clients may describe themselves at a URL: `off` or `on`.
    pub const CLIENT_METADATA_DOCUMENTS: &str = "CLIENT_METADATA_DOCUMENTS";
    /// The scopes that such clients may ask for, separated by spaces.
    pub const CLIENT_METADATA_SCOPES: &str = "CLIENT_METADATA_SCOPES";
    /// How many sessions a user may have; 0 or absent: any number.
    pub const MAX_SESSIONS: &str = "MAX_SESSIONS";
    /// The origins whose pages may call, separated by commas; absent: the origin in `ALLOWED_ORIGIN`.
    pub const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";
    /// The one origin whose pages may call, if `ALLOWED_ORIGINS` is absent; absent: none. The release after
    /// this one drops it.
    pub const ALLOWED_ORIGIN: &str = "ALLOWED_ORIGIN";
    /// How the authorizer learns that a session is over: `session`, `denylist` or `none`.
    pub const REVOCATION_CHECK: &str = "REVOCATION_CHECK";
    /// How often a warm authorizer pulls new rows of the denylist, in seconds.
    pub const DENYLIST_INTERVAL: &str = "DENYLIST_INTERVAL";
    /// The age of an authorizer's copy of the denylist beyond which it refuses, in seconds.
    pub const DENYLIST_MAX_AGE: &str = "DENYLIST_MAX_AGE";
    /// How many rows of the denylist an authorizer keeps; with more, it refuses.
    pub const DENYLIST_MAX_ROWS: &str = "DENYLIST_MAX_ROWS";
    /// The scope that calls need: `METHOD PATH SCOPE`, separated by `;` or line breaks.
    pub const SCOPE_RULES: &str = "SCOPE_RULES";
    /// What happens to calls that no rule names: `allow`, `deny`, or `auto`, which denies them if there are
    /// rules.
    pub const SCOPE_DEFAULT: &str = "SCOPE_DEFAULT";
    /// The user's claims that the authorizer passes on, separated by commas; `*`: all of them; absent: none.
    pub const CONTEXT_CLAIMS: &str = "CONTEXT_CLAIMS";
    /// How the authorizer passes claims on: `values`, each in a value; `json`, in one JSON object; or `both`;
    /// absent: `values`.
    pub const CONTEXT_CLAIMS_AS: &str = "CONTEXT_CLAIMS_AS";
    /// How long AppSync may cache a decision, in seconds.
    pub const CACHE_TTL: &str = "CACHE_TTL";
    /// The stack's name, which tells its metrics from other stacks'; absent: no metrics.
    pub const STACK_NAME: &str = "STACK_NAME";
    /// Whether metrics are written: `on` or `off`; absent: `on`, if `STACK_NAME` is set.
    pub const METRICS: &str = "METRICS";
    /// The requests that leave a whole log line: `all`, or `problems` for those that are refused or fail;
    /// absent: `all`.
    pub const REQUEST_LINES: &str = "REQUEST_LINES";
    /// Whether a proof binds a session that it begins or refreshes to the proof's key: `off` or `on`; absent:
    /// `off`.
    pub const DPOP: &str = "DPOP";
    /// When a proof at a token endpoint needs a nonce: `when-needed`, if its time is off, or `always`;
    /// absent: `when-needed`.
    pub const DPOP_NONCE: &str = "DPOP_NONCE";
    /// Further base URLs of the API that proofs may be for, such as a CDN's, separated by commas.
    pub const DPOP_ORIGINS: &str = "DPOP_ORIGINS";
    /// How the authorizer recognises a repeated proof: `window` or `store`; absent: `window`.
    pub const DPOP_REPLAY: &str = "DPOP_REPLAY";
    /// The certificate authorities to trust for AWS: `pinned` (Amazon's roots), `system`, or the path of a
    /// PEM file; absent: `pinned`.
    pub const TRUST_STORE: &str = "TRUST_STORE";

    /// The region of the function and of its tables.
    pub const AWS_REGION: &str = "AWS_REGION";
    /// The endpoint of all services, if not AWS's.
    pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
    /// The endpoint of DynamoDB, if not AWS's.
    pub const AWS_ENDPOINT_URL_DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
    /// The endpoint of Secrets Manager, if not AWS's.
    pub const AWS_ENDPOINT_URL_SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    /// The endpoint of SES, if not AWS's.
    pub const AWS_ENDPOINT_URL_SESV2: &str = "AWS_ENDPOINT_URL_SESV2";
    /// The endpoint of Lambda, if not AWS's.
    pub const AWS_ENDPOINT_URL_LAMBDA: &str = "AWS_ENDPOINT_URL_LAMBDA";
    /// Whether to call AWS's FIPS endpoints: `true` or `false`.
    pub const AWS_USE_FIPS_ENDPOINT: &str = "AWS_USE_FIPS_ENDPOINT";
    /// Whether to call AWS's dual-stack endpoints: `true` or `false`.
    pub const AWS_USE_DUALSTACK_ENDPOINT: &str = "AWS_USE_DUALSTACK_ENDPOINT";
    /// Path of a PEM file with the only certificate authorities to trust.
    pub const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

    /// The variables that say how to reach AWS. Lambda sets them, or you do, if you run a function elsewhere.
    pub const OF_AWS: [&str; 9] = [
        AWS_REGION,
        AWS_ENDPOINT_URL,
        AWS_ENDPOINT_URL_DYNAMODB,
        AWS_ENDPOINT_URL_SECRETS_MANAGER,
        AWS_ENDPOINT_URL_SESV2,
        AWS_ENDPOINT_URL_LAMBDA,
        AWS_USE_FIPS_ENDPOINT,
        AWS_USE_DUALSTACK_ENDPOINT,
        AWS_CA_BUNDLE,
    ];

    /// All variables that template.yaml sets.
    pub const ALL: [&str; 64] = [
        CLIENTS_TABLE,
        CREDENTIALS_TABLE,
        USERS_TABLE,
        SESSIONS_TABLE,
        REVOCATIONS_TABLE,
        CODES_TABLE,
        CONSENTS_TABLE,
        MAILS_TABLE,
        KEYS_TABLE,
        KEYSET_SECRET,
        KEYSET_FILE,
        KEYSET,
        SIGNING_ALGORITHM,
        KEY_LEAD,
        REFRESH_KEY_TTL,
        ISSUER,
        AUDIENCE,
        PROTECTED_RESOURCES,
        ACCESS_TTL,
        IDLE_TTL,
        ABSOLUTE_TTL,
        LEEWAY,
        BROWSER_IDLE_TTL,
        BROWSER_ABSOLUTE_TTL,
        PAGES_NAME,
        PAGES_LOGO,
        PAGES_COLOR,
        PAGES_COLOR_DARK,
        MAIL_KEY_SECRET,
        MAIL_KEY,
        MAIL_FROM,
        MAIL_REPLY_TO,
        MAIL_CONFIGURATION,
        MAILS_PER_HOUR,
        NEW_DEVICE_MAILS,
        MAIL_TEMPLATES,
        SIGN_UP,
        SIGN_UP_DOMAINS,
        CAPTCHA,
        CAPTCHA_FAILURE,
        CAPTCHA_WIDGET,
        CAPTCHA_KEY,
        CLIENT_METADATA_DOCUMENTS,
        CLIENT_METADATA_SCOPES,
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
        METRICS,
        REQUEST_LINES,
        DPOP,
        DPOP_NONCE,
        DPOP_ORIGINS,
        DPOP_REPLAY,
        TRUST_STORE,
    ];
}

/// A function's configuration: variables by name. An empty value counts as absent.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

/// A variable that is missing or malformed. The error never contains its value, which may be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A required variable is absent or empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The value can't be used.
    #[error("the environment variable {0} is malformed")]
    Malformed(&'static str),
    /// The value can't be used, for this reason. Only for variables that hold no secret.
    #[error("the environment variable {0} can't be used: {1}")]
    Unusable(&'static str, String),
    /// The value is not a whole number of seconds in its range.
    #[error("the environment variable {name} must be a whole number of seconds from {min} to {max}")]
    Seconds {
        /// The variable.
        name: &'static str,
        /// The smallest value allowed.
        min: u64,
        /// The largest value allowed.
        max: u64,
    },
    /// The value is not a whole number in its range.
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

    /// Reads one of several words, and returns its meaning. An absent variable has the meaning of the first.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Unusable`] if it is another word.
    pub fn choice<T, const N: usize>(
        &self,
        name: &'static str,
        choices: [(&'static str, T); N],
    ) -> Result<T, EnvironmentError> {
        let words = choices.each_ref().map(|(word, _)| *word);
        let chosen = self.optional(name).or(words.first().copied());
        let found = choices.into_iter().find(|(word, _)| Some(*word) == chosen);
        let reason = || format!("it must be one of {}", words.join(", "));
        found.map(|(_, value)| value).ok_or_else(|| EnvironmentError::Unusable(name, reason()))
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

    /// A count; `default` if absent.
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

/// Shows the names only: values may be keys.
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
