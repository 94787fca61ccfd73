//! User names, passwords, their hashes, and the guess budgets, for all code that takes passwords.
//!
//! This is a separate crate, since only some functions take passwords. The others are built without it.

mod attempts;
mod budget;
mod caller;
mod change;
mod error;
mod follow_up;
mod foreign;
mod hash;
mod memory;
mod operator;
mod parameters;
mod password;
mod policy;
mod reauthentication;
mod rename;
mod replace_error;
mod replacing;
mod reset;
mod restore;
mod sign_in;
mod sign_in_change;
mod sign_in_error;
mod sign_up;
mod spent;
mod stored;
mod table;
mod text;
mod username;

pub use self::{
    attempts::{Attempt, Counter},
    budget::{BUDGET, Budget, IN_A_ROW, MEMORY_TTL, SLOW_TTL, WINDOW_TTL},
    caller::{Caller, CallerError, Callers, Owner},
    change::{Changed, NewHash},
    error::PasswordError,
    foreign::stored_form,
    hash::Passwords,
    operator::NewCredential,
    parameters::MEMORY_KIB,
    password::Password,
    policy::{MIN_LEN, NewPassword, PasswordRejection},
    reauthentication::{Reauthentication, check_renamed},
    rename::Moving,
    replace_error::ReplaceError,
    replacing::Replacing,
    reset::Forgotten,
    restore::Restoring,
    sign_in::{Attempted, Device, SignIn, SignedIn},
    sign_in_error::SignInError,
    spent::Spent,
    stored::{HashRejection, NO_PASSWORD, StoredHash, Verdict},
    table::{Credential, Credentials, NEVER},
    username::Username,
};
