//! The sample events of `tests/events/`, with real tokens for the placeholders.

use serde_json::Value;

use crate::shell::{TaskError, root};

/// The demo user's password, and the new one in the event of a password change.
pub(crate) const PASSWORDS: [&str; 2] = ["correct horse battery staple", "staple battery horse correct"];

/// The values of an event's placeholders `ACCESS_TOKEN`, `REFRESH_TOKEN` and `SESSION_ID`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) session_id: String,
}

impl Tokens {
    /// The tokens of a token response. Only the authorizer tells their session.
    pub(crate) fn of(response: &Value) -> Self {
        let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        Self { access_token: text("access_token"), refresh_token: text("refresh_token"), ..Self::default() }
    }

    /// Adds the session from the authorizer's answer to the access token.
    pub(crate) fn admitted(self, answer: &Value) -> Self {
        Self { session_id: answer["context"]["sid"].as_str().unwrap_or_default().to_owned(), ..self }
    }
}

/// The event in this file.
pub(crate) fn event(name: &str, tokens: &Tokens) -> Result<String, TaskError> {
    let path = root().join("tests/events").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    Ok(text
        .replace("ACCESS_TOKEN", &tokens.access_token)
        .replace("REFRESH_TOKEN", &tokens.refresh_token)
        .replace("SESSION_ID", &tokens.session_id))
}

/// The event of this step of a rotation. The file has the first step's.
pub(crate) fn step(name: &str) -> Result<String, TaskError> {
    Ok(event("keys", &Tokens::default())?.replace("createSecret", name))
}

/// The event that changes the password back.
pub(crate) fn change_back(tokens: &Tokens) -> Result<String, TaskError> {
    let [old, new] = PASSWORDS;
    Ok(event("password", tokens)?.replace(old, "\0").replace(new, old).replace('\0', new))
}
