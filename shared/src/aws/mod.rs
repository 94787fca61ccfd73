//! How functions reach AWS.

mod config;
mod conflict;
mod connection;
mod reason;
mod timed;
mod trust;

pub use self::{
    config::config,
    connection::{fresh_http_client, http_client, retries, timeouts},
    reason::reason,
    timed::{dynamodb, secrets_manager, timed},
    trust::{AMAZON_ROOTS, Trust},
};
