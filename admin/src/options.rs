//! Parsers for values that several commands take.

use mails::{EmailAddress, Purpose};
use passwords::Username;
use shared::{
    client::stored_client_id,
    http::Language,
    ids::{ClientId, SessionId, UserId},
};

/// Parses the `client_id` of a stored client. A client that describes itself may also be named by its URL.
pub(crate) fn client_id(text: &str) -> Result<ClientId, &'static str> {
    stored_client_id(text)
        .ok_or("a client_id has 1 to 64 printable ASCII characters, and no space, `#` or `:`")
}

/// Parses a `client_id` that can be registered.
pub(crate) fn new_client_id(text: &str) -> Result<ClientId, &'static str> {
    let client_id = client_id(text)?;
    if client_id.is_reserved() {
        return Err("it is reserved for sessions at the sign-in pages: choose another");
    }
    if client_id.is_of_document() {
        return Err(
            "it has the form of a client that describes itself, which can't be registered: choose another",
        );
    }
    Ok(client_id)
}

pub(crate) fn user_id(text: &str) -> Result<UserId, &'static str> {
    UserId::parse(text).ok_or("a user_id has 1 to 128 printable ASCII characters, and no space")
}

pub(crate) fn session_id(text: &str) -> Result<SessionId, &'static str> {
    SessionId::parse(text).ok_or("a session_id has 22 characters of base64url: it is `sid` in access tokens")
}

pub(crate) fn username(text: &str) -> Result<Username, &'static str> {
    Username::parse(text)
        .ok_or("a user name has 1 to 256 bytes of letters, digits and ASCII symbols, and no space")
}

/// Parses a mail address. Each is also a user name, in lower case.
pub(crate) fn email(text: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(text)
        .ok_or("a mail address is like ada@example.com: ASCII characters, a domain in Punycode, and no name")
}

/// Parses the language of a mail.
pub(crate) fn language(text: &str) -> Result<Language, &'static str> {
    Language::parse(text).ok_or("a language is en or vi")
}

/// Parses what a mail is for.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    let names = || Purpose::ALL.map(Purpose::name).join(", ");
    Purpose::parse(text).ok_or_else(|| format!("a mail is for one of these: {}", names()))
}
