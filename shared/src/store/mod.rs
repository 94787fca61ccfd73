//! The DynamoDB tables that more than one function touches.
//!
//! There is no storage trait with a fake behind it: the guarantees *are* conditional writes. Each function holds the
//! tables that it needs and no others, as its IAM policy in template.yaml says.
//!
//! DynamoDB's TTL is garbage collection only: it removes an expired item hours or days late, so everything that reads
//! an item compares the instant itself.

pub mod attribute;
mod delays;
mod error;
mod replacement;
mod revocations;
mod row;
mod session_key;
mod session_revoker;
mod sessions;
mod table;
mod users;

pub use self::{
    delays::{CLOCK_TOLERANCE, WRITE_DELAY},
    error::StoreError,
    replacement::{Claim, ClaimEnd, Claimed, Replaced, Replacement},
    revocations::{Revocation, Revocations},
    row::{Item, Row},
    session_key::SessionKey,
    session_revoker::SessionRevoker,
    sessions::{FoundSession, NewSession, Session, SessionPage, Sessions},
    table::Table,
    users::{User, Users},
};
