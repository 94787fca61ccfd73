//! The tables of a deployment, and the variables that say which they are.

use shared::environment::{Environment, variable};

/// The tables, as template.yaml names them, and the variables by which the functions find them.
pub(super) const TABLES: [(&str, &str); 6] = [
    ("ClientsTable", variable::CLIENTS_TABLE),
    ("CredentialsTable", variable::CREDENTIALS_TABLE),
    ("UsersTable", variable::USERS_TABLE),
    ("SessionsTable", variable::SESSIONS_TABLE),
    ("RevocationsTable", variable::REVOCATIONS_TABLE),
    ("KeysTable", variable::KEYS_TABLE),
];

/// An environment of these variables.
pub(super) fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
    Environment::from_variables(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())))
}
