//! DPoP (RFC 9449): valid and invalid proofs at every endpoint that accepts them, and the life of tokens that are bound
//! to a key.

mod addresses;
mod claims;
mod gateways;
mod header;
mod jwk;
mod logout;
mod nonces;
mod place;
mod replay;
mod retries;
mod sessions;
mod shape;
mod stored;
