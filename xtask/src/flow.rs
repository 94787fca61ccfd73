//! What users do, each request as a sample event to a function that was built: under the Runtime Interface Emulator and
//! under `sam local invoke` alike.

use serde_json::Value;

use crate::{
    events::{self, Tokens},
    shell::{TaskError, hold},
};

/// The steps of a rotation, in order.
const ROTATION: [&str; 4] = ["keys-create", "keys-set", "keys-test", "keys-finish"];
/// A request to the authorizer from each kind of gateway.
const AUTHORIZER: [&str; 3] = ["authorizer-token", "authorizer-request", "authorizer-http-2.0"];
const METADATA: [&str; 2] = ["metadata-jwks", "metadata-openid-configuration"];

/// The functions, by the logical ids that they have in the template.
pub(crate) trait Functions {
    /// What a function answers to an event.
    fn invoke(&self, function: &str, event: &str) -> Result<Value, TaskError>;

    /// What it answers to the sample event of this name.
    fn ask(&self, function: &str, event: &str, tokens: &Tokens) -> Result<Value, TaskError> {
        self.invoke(function, &events::event(event, tokens)?)
    }

    /// The status and the body that an HTTP function answers to the sample event of this name.
    fn call(&self, function: &str, event: &str, tokens: &Tokens) -> Result<(u64, Value), TaskError> {
        self.request(function, &events::event(event, tokens)?)
    }

    /// The same, for an event of one's own.
    fn request(&self, function: &str, event: &str) -> Result<(u64, Value), TaskError> {
        let answer = self.invoke(function, event)?;
        let status = answer["statusCode"].as_u64();
        let status =
            status.ok_or_else(|| TaskError(format!("{function}: no HTTP response, but {answer}")))?;
        let body = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
        Ok((status, body.unwrap_or_default()))
    }

    /// The tokens that a function hands out, with their session, which the authorizer names.
    fn tokens(&self, function: &str, event: &str, before: &Tokens) -> Result<Tokens, TaskError> {
        let (status, body) = self.call(function, event, before)?;
        if status != 200 {
            return Err(TaskError(format!("{event}: {status} {body}")));
        }
        self.admit(&body)
    }

    /// The tokens of a response, with their session.
    fn admit(&self, response: &Value) -> Result<Tokens, TaskError> {
        let tokens = Tokens::of(response);
        let answer = self.ask("AuthorizerFunction", "authorizer-token", &tokens)?;
        let tokens = tokens.admitted(&answer);
        if tokens.session_id.is_empty() {
            return Err(TaskError(format!("the authorizer doesn't let a new token through: {answer}")));
        }
        Ok(tokens)
    }

    /// A new session of the demo user.
    fn log_in(&self) -> Result<Tokens, TaskError> {
        self.tokens("LoginFunction", "login", &Tokens::default())
    }

    /// Whether the authorizer refuses in the one way that API Gateway makes a 401 of.
    fn refuses(&self, event: &str, tokens: &Tokens) -> Result<(bool, Value), TaskError> {
        let answer = self.ask("AuthorizerFunction", event, tokens)?;
        Ok((answer["errorMessage"] == "Unauthorized", answer))
    }
}

/// From the first keyset on.
pub(crate) fn keys_are_made(functions: &impl Functions) -> Result<(), TaskError> {
    for step in ROTATION {
        let answer = functions.ask("KeysFunction", step, &Tokens::default())?;
        hold(&format!("keys carries out its step ({step})"), answer.is_null(), &answer)?;
    }
    Ok(())
}

/// Login, refresh, a protected call, logout. Returns all tokens that there were.
pub(crate) fn tokens_live_and_die(functions: &impl Functions) -> Result<Vec<Tokens>, TaskError> {
    let first = functions.log_in()?;
    let tokens = functions.tokens("RefreshFunction", "refresh", &first)?;
    let is_new = tokens.refresh_token != first.refresh_token && tokens.session_id == first.session_id;
    hold("login answers tokens, and refresh replaces them, in the same session", is_new, &Value::Null)?;
    for event in AUTHORIZER {
        let answer = functions.ask("AuthorizerFunction", event, &tokens)?;
        let allows = answer["policyDocument"]["Statement"][0]["Effect"] == "Allow";
        hold(&format!("authorizer lets the access token through ({event})"), allows, &answer)?;
    }
    let (status, body) = functions.call("SessionsFunction", "sessions-list", &tokens)?;
    let mut listed = body["sessions"].as_array().into_iter().flatten();
    let is_listed =
        listed.any(|session| session["session_id"] == *tokens.session_id && session["current"] == true);
    hold("sessions lists the session", status == 200 && is_listed, &body)?;
    for event in METADATA {
        let (status, body) = functions.call("MetadataFunction", event, &tokens)?;
        let is_there =
            body["keys"].as_array().is_some_and(|keys| !keys.is_empty()) || body["issuer"].is_string();
        hold(&format!("metadata publishes it ({event})"), status == 200 && is_there, &body)?;
    }

    let (status, body) = functions.call("LogoutFunction", "logout", &tokens)?;
    hold("logout ends the session", status == 200, &body)?;
    for event in AUTHORIZER {
        let (refuses, answer) = functions.refuses(event, &tokens)?;
        hold(&format!("authorizer then refuses with exactly Unauthorized ({event})"), refuses, &answer)?;
    }
    let (status, body) = functions.call("RefreshFunction", "refresh", &tokens)?;
    hold(
        "and so does refresh, with invalid_grant",
        status == 400 && body["error"] == "invalid_grant",
        &body,
    )?;
    Ok(vec![first, tokens])
}

/// A change of password there and back, and the end of one device. Returns all tokens that there were.
pub(crate) fn password_changes(functions: &impl Functions) -> Result<Vec<Tokens>, TaskError> {
    let before = functions.log_in()?;
    let changed = functions.tokens("PasswordFunction", "password", &before)?;
    let (status, body) = functions.call("LoginFunction", "login", &before)?;
    let is_refused = status == 400 && body["error"] == "invalid_grant";
    hold("password replaces it, and login refuses the old one", is_refused, &body)?;
    let (status, body) = functions.request("PasswordFunction", &events::change_back(&changed)?)?;
    hold("password changes it back", status == 200, &body)?;

    let last = functions.admit(&body)?;
    let (status, body) = functions.call("SessionsFunction", "sessions-delete", &last)?;
    hold("sessions ends one device", status == 204, &body)?;
    let (refuses, answer) = functions.refuses("authorizer-token", &last)?;
    hold("which is refused from then on", refuses, &answer)?;
    Ok(vec![before, changed, last])
}
