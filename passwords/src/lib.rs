//! User names, passwords, their hashes, and the guess budget: what whoever takes a password shares.
//!
//! A crate of its own, because only some functions take passwords: the others are not built with what hashes them.

mod attempts;
mod budget;
mod change;
mod error;
mod foreign;
mod hash;
mod memory;
mod operator;
mod parameters;
mod password;
mod policy;
mod rename;
mod spent;
mod stored;
mod table;
mod text;
mod username;

pub use self::{
    attempts::{Attempt, Counter},
    budget::{BUDGET, Budget, IN_A_ROW, MEMORY_TTL, SLOW_TTL, WINDOW_TTL},
    change::{Changed, NewHash},
    error::PasswordError,
    foreign::stored_form,
    hash::Passwords,
    operator::NewCredential,
    parameters::MEMORY_KIB,
    password::Password,
    policy::{NewPassword, PasswordRejection},
    rename::Moving,
    spent::Spent,
    stored::{HashRejection, StoredHash, Verdict},
    table::{Credential, Credentials, NEVER},
    username::Username,
};
