//! The sample events of `tests/events/`, with real tokens in the place of what stands for them.

use serde_json::Value;

use crate::shell::{TaskError, root};

/// The demo user's password, and the one that the event of a change of password replaces it by.
pub(crate) const PASSWORDS: [&str; 2] = ["correct horse battery staple", "staple battery horse correct"];

/// What the words `ACCESS_TOKEN`, `REFRESH_TOKEN` and `SESSION_ID` of an event stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) session_id: String,
}

impl Tokens {
    /// Those of a token response. Which session they are of, only the authorizer says.
    pub(crate) fn of(response: &Value) -> Self {
        let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        Self { access_token: text("access_token"), refresh_token: text("refresh_token"), ..Self::default() }
    }

    /// With the session that the authorizer's answer to the access token names.
    pub(crate) fn admitted(self, answer: &Value) -> Self {
        Self { session_id: answer["context"]["sid"].as_str().unwrap_or_default().to_owned(), ..self }
    }
}

/// The event in the file of this name.
pub(crate) fn event(name: &str, tokens: &Tokens) -> Result<String, TaskError> {
    let path = root().join("tests/events").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    Ok(text
        .replace("ACCESS_TOKEN", &tokens.access_token)
        .replace("REFRESH_TOKEN", &tokens.refresh_token)
        .replace("SESSION_ID", &tokens.session_id))
}

/// The event of the opposite change of password.
pub(crate) fn change_back(tokens: &Tokens) -> Result<String, TaskError> {
    let [old, new] = PASSWORDS;
    Ok(event("password", tokens)?.replace(old, "\0").replace(new, old).replace('\0', new))
}
