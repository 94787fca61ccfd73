//! A model of the refresh protocol. It explores every order of events: crashes, lost acknowledgements, late writes,
//! retries by the SDK and the client, a thief, logout, a change of password, and time.
//!
//! Two decisions are the code's own, so the model has no copy of them: [`refresh::decide`] interprets a failed
//! rotation, and `User::admits` decides whether a user may go on. [`store`] models DynamoDB's conditional writes, and
//! `tests/model.rs` compares it with the real functions over a real engine.
//!
//! Sessions are bound to a key, or become bound (RFC 9449). The thief has every token and every answer, but not the
//! key. Clients are public, since a confidential client's tokens aren't bound. A proof here only has a key;
//! `tests/dpop` checks the contents of proofs.
//!
//! A test ensures that one of the [`properties`] finds each mistake of [`scenario::Weakness`].
//!
//! [`mod@accounts`] and [`outbox`] are models of accounts by mail. They have their own scenarios, properties and mistakes.

pub mod accounts;
pub mod alone;
pub mod check;
pub mod ending;
pub mod function;
mod keyless;
pub mod outbox;
pub mod parties;
pub mod password;
pub mod properties;
pub mod protocol;
pub mod refreshing;
pub mod revoking;
pub mod scenario;
pub mod store;
pub mod token;
mod transitions;
pub mod world;
