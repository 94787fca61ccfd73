//! A model of accounts by mail: sign-up, invitation, new and first password, change of the address, its undo, and
//! deletion.
//!
//! A mail arrives at its address with the write of its row. What can go wrong between is in [`crate::outbox`]. The
//! reader of a mailbox may use each of its links at any time, however old it is. Functions crash at any step, and their
//! steps mix in any order.
//!
//! Two decisions are the code's own: `User::admits` says what a cut-off ends, and `Undos` which changes of an address
//! can still be undone.

pub mod alone;
mod asking;
mod changing;
mod check;
mod deleting;
pub mod function;
mod knocking;
mod logging_in;
mod opening;
pub mod properties;
pub mod protocol;
mod resetting;
pub mod scenario;
pub mod store;
pub mod transitions;
mod undoing;
pub mod world;
