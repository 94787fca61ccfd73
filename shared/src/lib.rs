//! What two or more of Latchgate's functions use.
//!
//! - [`tokens`]: the access token (a JWT) and the refresh token, issued and verified.
//! - [`keys`]: the keyset that signs the one and authenticates the other.
//! - [`client`]: registered clients, their credentials, and the cache of their records.
//! - [`store`]: the DynamoDB tables that more than one function touches.
//! - [`http`]: request bodies, responses, errors in the shape of RFC 6749.
//! - [`aws`]: how AWS is reached; [`cached`]: copies of what lives there, kept for minutes.
//! - [`audit`], [`logs`]: what a function says of its requests; [`stopwatch`], [`aborted`]: how long they take, and may.
//! - [`clock`], [`random`], [`environment`]: the three things that come from outside, each in its one home.

pub mod aborted;
pub mod audit;
pub mod aws;
pub mod cached;
pub mod client;
pub mod clock;
pub mod context;
pub mod environment;
pub mod http;
pub mod ids;
pub mod json;
pub mod keys;
pub mod lifetimes;
pub mod logs;
pub mod random;
pub mod scope;
pub mod stopwatch;
pub mod store;
pub mod tokens;
