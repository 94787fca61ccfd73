//! Code that two or more of Latchgate's functions use.
//!
//! A module imports only modules before it in this list; `tests/imports` checks that:
//!
//! - base: [`clock`], [`random`], [`environment`] and [`hash_cost`], the inputs from outside; [`ids`],
//!   [`scope`], `uri`, [`resource`], [`json`], [`claims`], [`route`], [`duration`], [`lifetimes`],
//!   [`thumbprint`], [`network`], [`color`]; [`stopwatch`] and [`aborted`], the time of a request and its limit; [`error`];
//!   [`cached`], copies that are kept for minutes.
//! - [`aws`]: how functions reach AWS.
//! - [`store`]: the DynamoDB tables that several functions use.
//! - [`keys`]: the keyset that signs access tokens and authenticates refresh tokens.
//! - [`dpop`]: proofs that the sender of a token holds the key that the token is bound to.
//! - [`client`]: registered clients, and the cache of their records.
//! - [`tokens`]: access tokens (JWTs) and refresh tokens, issued and verified.
//! - [`context`]: the inputs that a function starts with.
//! - [`log`]: the log of a function's requests.
//! - [`http`]: requests, responses, and errors as in RFC 6749.

pub mod aborted;
pub mod aws;
pub mod cached;
pub mod claims;
pub mod client;
pub mod clock;
pub mod color;
pub mod context;
pub mod dpop;
pub mod duration;
pub mod environment;
pub mod error;
pub mod hash_cost;
pub mod http;
pub mod ids;
pub mod json;
pub mod keys;
pub mod lifetimes;
pub mod log;
pub mod network;
pub mod random;
pub mod resource;
pub mod route;
pub mod scope;
pub mod stopwatch;
pub mod store;
pub mod thumbprint;
pub mod tokens;
mod uri;
