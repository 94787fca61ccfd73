//! The tables of a deployment, and the variables with their names.

use shared::environment::{Environment, variable};

/// The tables' names in template.yaml, and the functions' variables for them.
pub(super) const TABLES: [(&str, &str); 9] = [
    ("ClientsTable", variable::CLIENTS_TABLE),
    ("CredentialsTable", variable::CREDENTIALS_TABLE),
    ("UsersTable", variable::USERS_TABLE),
    ("SessionsTable", variable::SESSIONS_TABLE),
    ("RevocationsTable", variable::REVOCATIONS_TABLE),
    ("KeysTable", variable::KEYS_TABLE),
    ("CodesTable", variable::CODES_TABLE),
    ("ConsentsTable", variable::CONSENTS_TABLE),
    ("MailsTable", variable::MAILS_TABLE),
];

/// The variables of tables that earlier releases don't have.
pub(super) const LATER: [&str; 3] = [variable::CODES_TABLE, variable::CONSENTS_TABLE, variable::MAILS_TABLE];

/// An environment with these variables.
pub(super) fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
    Environment::from_variables(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())))
}
