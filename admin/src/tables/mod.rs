//! The tables as operators read and write them, beyond what the functions do.

pub mod clients;
pub mod sessions;
pub mod users;
