//! The refresh protocol as a model: every order in which things can happen, with crashes, lost acknowledgements, late
//! writes, retries of the SDK's and of the client's, a thief, logout, a change of password, and time.
//!
//! What a failed rotation means is decided by the code's own [`refresh::decide`], and whether a user may go on by the
//! code's own `User::admits`: the model has no copy of either. What DynamoDB does with a conditional write is modelled in
//! [`store`], and `tests/model.rs` holds that against the real functions over a real engine.
//!
//! Each mistake of [`scenario::Weakness`] is found by one of the [`properties`]; that is tested as well.

pub mod alone;
pub mod check;
pub mod ending;
pub mod function;
pub mod parties;
pub mod password;
pub mod properties;
pub mod protocol;
pub mod refreshing;
pub mod revoking;
pub mod scenario;
pub mod store;
pub mod tick;
mod transitions;
pub mod world;
