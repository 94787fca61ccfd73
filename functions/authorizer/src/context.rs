//! Who the caller is, as the endpoint behind the authorizer finds out.

use serde_json::{Map, Value};
use shared::{
    environment::{Environment, variable},
    tokens::AccessToken,
};

use crate::AuthorizerError;

/// Flat strings: API Gateway refuses anything nested, and makes strings of everything else.
pub(crate) type AuthorizerContext = Map<String, Value>;

/// Names in the context that API Gateway sets; those of our own are no user's claims (`RESERVED_CLAIMS`).
const TAKEN: [&str; 2] = ["principalId", "integrationLatency"];

/// The longest context, in bytes of names and values: it may be mapped to headers, of which API Gateway passes on
/// 10,240 bytes in all.
const MAX_LEN: usize = 8192;

/// Which of the user's claims are handed on.
#[derive(Debug, PartialEq)]
pub(crate) enum ContextClaims {
    All,
    Named(Vec<String>),
}

impl ContextClaims {
    /// `*`, or names separated by commas; none, where the variable is absent.
    pub(crate) fn from_environment(environment: &Environment) -> Self {
        match environment.optional(variable::CONTEXT_CLAIMS).map(str::trim) {
            Some("*") => Self::All,
            names => {
                let names = names.unwrap_or_default().split(',').map(str::trim);
                Self::Named(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
            }
        }
    }

    /// The context of a token. Claims that don't fit are a failure: were some left out in silence, an endpoint would
    /// take their absence for something that the user's record says.
    pub(crate) fn context(&self, token: &AccessToken) -> Result<AuthorizerContext, AuthorizerError> {
        let own = [
            ("sub", token.session.user_id.to_string()),
            ("client_id", token.session.client_id.to_string()),
            ("sid", token.session.session_id.to_string()),
            ("scope", token.scope.to_string()),
            ("exp", token.expires_at.to_string()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let claims = token.claims.iter().filter(|(name, _)| self.has(name));
        let all = own.chain(claims.map(|(name, value)| (name.clone(), flat(value))));
        let all: Vec<(String, String)> = all.collect();
        let len: usize = all.iter().map(|(name, value)| name.len() + value.len()).sum();
        if len > MAX_LEN {
            return Err(AuthorizerError::ContextTooLong);
        }
        Ok(all.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    fn has(&self, name: &str) -> bool {
        let is_named = match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|named| named == name),
        };
        is_named && !TAKEN.contains(&name)
    }
}

/// A string as it is; anything else as JSON.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
