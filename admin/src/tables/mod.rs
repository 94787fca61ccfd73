//! The operators' access to the tables, beyond the functions'.

pub mod clients;
pub mod consents;
pub mod outbox;
pub mod sessions;
pub mod users;
