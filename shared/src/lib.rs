//! What two or more of Latchgate's functions use.
//!
//! A module imports only those that stand before it in this order; `tests/imports` holds it:
//!
//! - base: [`clock`], [`random`], [`environment`] and [`hash_cost`], what comes from outside, each in its one home;
//!   [`ids`], [`scope`], [`json`], [`claims`], [`route`], [`duration`], [`lifetimes`]; [`stopwatch`] and [`aborted`],
//!   how long a request takes and may take; [`error`]; [`cached`], copies that are kept for minutes.
//! - [`aws`]: how AWS is reached.
//! - [`store`]: the DynamoDB tables that more than one function uses.
//! - [`keys`]: the keyset that signs access tokens and authenticates refresh tokens.
//! - [`client`]: registered clients, and the cache of their records.
//! - [`tokens`]: the access token (a JWT) and the refresh token, issued and verified.
//! - [`context`]: what a function is started with.
//! - [`log`]: what a function logs of its requests.
//! - [`http`]: request bodies, responses, errors in the shape of RFC 6749.

pub mod aborted;
pub mod aws;
pub mod cached;
pub mod claims;
pub mod client;
pub mod clock;
pub mod context;
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
pub mod random;
pub mod route;
pub mod scope;
pub mod stopwatch;
pub mod store;
pub mod tokens;
