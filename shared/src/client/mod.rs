//! Registered clients (RFC 6749 section 2): their records, and how they authenticate.

mod claims;
mod client_id_url;
mod clients;
mod credentials;
mod documented;
mod indicators;
mod record;
mod redirect_uri;
mod sign_up;

pub use self::{
    claims::ClaimSelection,
    client_id_url::{ClientIdUrl, stored_client_id},
    clients::{ClientError, Clients},
    credentials::ClientCredentials,
    indicators::ResourceIndicators,
    record::{Client, ClientKind, SecretHash},
    redirect_uri::{RedirectUri, RedirectUriError},
    sign_up::SignUp,
};
