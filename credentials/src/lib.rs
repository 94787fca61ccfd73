//! User names, passwords, their hashes, and the guess budget: what whoever takes a password shares.
//!
//! A crate of its own, because only some functions take passwords: the others are not built with what hashes them.

mod budget;
mod hash;
mod password;
mod table;
mod username;

pub use self::{
    budget::{BUDGET, Counter, WINDOW_TTL},
    hash::{PasswordError, Passwords, Verdict},
    password::Password,
    table::{Attempt, Credential, Credentials, NEVER},
    username::Username,
};
