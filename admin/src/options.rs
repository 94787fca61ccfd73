//! What more than one command takes, and the shape that it has to have.

use passwords::Username;
use shared::ids::{ClientId, SessionId, UserId};

pub(crate) fn client_id(text: &str) -> Result<ClientId, &'static str> {
    ClientId::parse(text)
        .ok_or("a client_id has 1 to 64 printable ASCII characters, and no space, `#` or `:`")
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
