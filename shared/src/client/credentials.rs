//! What a client authenticates with (RFC 6749 section 2.3).

use secrecy::SecretString;

use crate::ids::ClientId;

/// A `client_id`, and the `client_secret` of a client that has one.
#[derive(Debug)]
pub struct ClientCredentials {
    /// Who the client says it is.
    pub client_id: ClientId,
    /// How it proves that.
    pub client_secret: Option<SecretString>,
}
