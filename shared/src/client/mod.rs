//! Registered clients (RFC 6749 section 2): their records, and how they prove who they are.

mod claims;
mod clients;
mod credentials;
mod record;

pub use self::{
    claims::ClaimSelection,
    clients::{ClientError, Clients},
    credentials::ClientCredentials,
    record::{Client, ClientKind, SecretHash},
};
