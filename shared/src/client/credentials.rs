//! A client's credentials (RFC 6749 section 2.3).

use secrecy::SecretString;

use crate::ids::ClientId;

/// A `client_id`, and the `client_secret` of a client that has one.
#[derive(Debug)]
pub struct ClientCredentials {
    /// The identifier that the client claims.
    pub client_id: ClientId,
    /// The secret that proves it.
    pub client_secret: Option<SecretString>,
}
