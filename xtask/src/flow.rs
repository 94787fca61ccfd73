//! A user's flow, as sample events to the built functions. It works the same under the Runtime Interface Emulator and
//! `sam local invoke`.

use serde_json::Value;

use crate::{
    events::{self, Tokens},
    shell::{TaskError, hold},
};

/// The steps of a rotation, in order.
const ROTATION: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
/// A request to the authorizer from each kind of gateway.
const AUTHORIZER: [&str; 3] = ["authorizer-token", "authorizer-request", "authorizer-http-2.0"];
const METADATA: [&str; 2] = ["metadata-jwks", "metadata-openid-configuration"];
/// What uses the link of a mail. The events have a word in its place.
const LINKS: [&str; 2] = ["email-confirm", "email-undo"];
/// Batches of the streams: of the outbox, whose record names no mailbox, and of the tables whose rows ask for notices.
const STREAMS: [&str; 4] = ["mailer-stream", "mailer-users", "mailer-revocations", "mailer-sessions"];

/// The functions, by their logical ids in the template.
pub(crate) trait Functions {
    /// The function's answer to an event.
    fn invoke(&self, function: &str, event: &str) -> Result<Value, TaskError>;

    /// The function's answer to this sample event.
    fn ask(&self, function: &str, event: &str, tokens: &Tokens) -> Result<Value, TaskError> {
        self.invoke(function, &events::event(event, tokens)?)
    }

    /// An HTTP function's status and body for this sample event.
    fn call(&self, function: &str, event: &str, tokens: &Tokens) -> Result<(u64, Value), TaskError> {
        self.request(function, &events::event(event, tokens)?)
    }

    /// An HTTP function's status and body for this event.
    fn request(&self, function: &str, event: &str) -> Result<(u64, Value), TaskError> {
        let answer = self.invoke(function, event)?;
        let status = answer["statusCode"].as_u64();
        let status =
            status.ok_or_else(|| TaskError(format!("{function}: no HTTP response, but {answer}")))?;
        let body = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
        Ok((status, body.unwrap_or_default()))
    }

    /// The tokens that a function issues, with the session that the authorizer names.
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

    /// Whether the authorizer refuses with the only error that API Gateway turns into a 401.
    fn refuses(&self, event: &str, tokens: &Tokens) -> Result<(bool, Value), TaskError> {
        let answer = self.ask("AuthorizerFunction", event, tokens)?;
        Ok((answer["errorMessage"] == "Unauthorized", answer))
    }
}

/// Creates the first keyset.
pub(crate) fn keys_are_made(functions: &impl Functions) -> Result<(), TaskError> {
    for step in ROTATION {
        let answer = functions.invoke("KeysFunction", &events::step(step)?)?;
        hold(&format!("keys carries out its step ({step})"), answer.is_null(), &answer)?;
    }
    Ok(())
}

/// Login, refresh, a protected call, logout. Returns all tokens that were issued.
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

    pages_are_served(functions, &tokens)?;
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

/// The sign-in page, an invalid code, and a user's claims.
fn pages_are_served(functions: &impl Functions, tokens: &Tokens) -> Result<(), TaskError> {
    let page = functions.ask("AuthorizeFunction", "authorize", tokens)?;
    hold("authorize shows the page at which users sign in", asks_for_password(&page), &page)?;
    let (status, body) = functions.call("TokenFunction", "token", tokens)?;
    let is_refused = status == 400 && body["error"] == "invalid_grant";
    hold("token refuses a code that is nobody's", is_refused, &body)?;
    let (status, body) = functions.call("UserinfoFunction", "userinfo", tokens)?;
    hold("userinfo says whose token it is", status == 200 && body["sub"] == "demo-user", &body)
}

/// Whether an answer is the sign-in page.
pub(crate) fn asks_for_password(page: &Value) -> bool {
    let html = page["body"].as_str().unwrap_or_default();
    page["statusCode"] == 200 && html.contains(r#"name="password""#)
}

/// Changes the password and changes it back, and ends one device's session. Returns all tokens that were issued.
pub(crate) fn password_changes(functions: &impl Functions) -> Result<Vec<Tokens>, TaskError> {
    let before = functions.log_in()?;
    let changed = functions.tokens("PasswordFunction", "password", &before)?;
    let (status, body) = functions.call("LoginFunction", "login", &before)?;
    let is_refused = status == 400 && body["error"] == "invalid_grant";
    hold("password replaces it, and login refuses the old one", is_refused, &body)?;
    let (status, body) = functions.call("AccountsFunction", "account-delete", &changed)?;
    let is_refused = status == 400 && body["error"] == "invalid_grant";
    hold("accounts deletes no account by the old one", is_refused, &body)?;
    let (status, body) = functions.request("PasswordFunction", &events::change_back(&changed)?)?;
    hold("password changes it back", status == 200, &body)?;

    let last = functions.admit(&body)?;
    let (status, body) = functions.call("SessionsFunction", "sessions-delete", &last)?;
    hold("sessions ends one device", status == 204, &body)?;
    let (refuses, answer) = functions.refuses("authorizer-token", &last)?;
    hold("which is refused from then on", refuses, &answer)?;
    Ok(vec![before, changed, last])
}

/// Signs up an address, as a stack that sends mails lets everyone do; asks for another address; has the mailer called by
/// each stream; and reports that a mail came back. No mail is sent: no record names a mailbox. Returns all tokens that
/// were issued.
pub(crate) fn mails_are_requested(functions: &impl Functions) -> Result<Vec<Tokens>, TaskError> {
    let nobody = Tokens::default();
    let (status, body) = functions.call("AccountsFunction", "signup", &nobody)?;
    let is_taken =
        status == 202 && body["request"].as_str().is_some_and(|request| request.starts_with("lgq1_"));
    hold("accounts takes a sign-up", is_taken, &body)?;
    let tokens = functions.log_in()?;
    let (status, body) = functions.call("AccountsFunction", "email", &tokens)?;
    let is_refused = status == 400 && body["error"] == "invalid_request";
    hold("accounts changes no address of a user whose name is none", is_refused, &body)?;
    for event in LINKS {
        let (status, body) = functions.call("AccountsFunction", event, &nobody)?;
        let is_refused = status == 400 && body["error"] == "invalid_grant";
        hold(&format!("accounts refuses a link that is nobody's ({event})"), is_refused, &body)?;
    }
    for event in STREAMS {
        let answer = functions.ask("MailerFunction", event, &tokens)?;
        let is_through = answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty);
        hold(&format!("mailer gets through a batch ({event})"), is_through, &answer)?;
    }
    let answer = functions.ask("MailerFunction", "mailer-bounce", &nobody)?;
    hold("and takes a report of a bounce", answer["errorMessage"].is_null(), &answer)?;
    Ok(vec![tokens])
}
