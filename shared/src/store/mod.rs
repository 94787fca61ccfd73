//! The DynamoDB tables that several functions use.
//!
//! There is no storage trait with a fake behind it: the guarantees *are* conditional writes. Each function
//! holds only the tables that it needs, as its IAM policy in template.yaml says.
//!
//! DynamoDB's TTL only collects garbage: it removes an expired item hours or days late. So all code that
//! reads an item compares the instant itself.

pub mod attribute;
mod codes;
mod consents;
mod delays;
mod error;
mod granted;
mod notice;
mod replacement;
mod revocations;
mod row;
mod session_key;
mod session_limit;
mod session_revoker;
mod sessions;
mod table;
mod transaction;
mod users;

pub use self::{
    codes::{CODE_TTL, Code, Codes, Redeemed, Redemption, Sealed},
    consents::{Consent, Consents},
    delays::{CLOCK_TOLERANCE, PASSWORD_OVERLAP, WRITE_DELAY},
    error::StoreError,
    granted::granted_condition,
    notice::Notice,
    replacement::{Claim, ClaimEnd, Claimed, Replaced, Replacement},
    revocations::{Revocation, Revocations},
    row::{Item, Row},
    session_key::SessionKey,
    session_limit::SessionLimit,
    session_revoker::SessionRevoker,
    sessions::{FoundSession, NewSession, Session, SessionPage, Sessions},
    table::Table,
    transaction::{Transacted, Transaction},
    users::{User, Users},
};
