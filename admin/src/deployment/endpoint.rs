//! Checks that a store answers at an endpoint, before a command uses it.

use std::net::Ipv4Addr;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_table::DescribeTableError,
};
use port_file::Occupant;
use shared::{aws, store::Table};

use super::target::local_port;

/// Why an endpoint can't be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Nothing answers, or not in HTTP.
    #[error("no store answers at {endpoint} ({reason}): check that it is running, and its address")]
    Silent {
        /// The endpoint.
        endpoint: String,
        /// The error from the network.
        reason: String,
    },
    /// The API of a local server answers.
    #[error("{endpoint} is Latchgate's API, not its store: use --local={port} instead of --endpoint")]
    Api {
        /// The endpoint.
        endpoint: String,
        /// Its port.
        port: u16,
    },
    /// Another program answers.
    #[error(
        "the server at {endpoint} isn't DynamoDB ({reason}): --endpoint takes the URL of a store. For the \
         store of `cargo run`, use --local=PORT with the port of its API"
    )]
    Another {
        /// The endpoint.
        endpoint: String,
        /// The reason why the answer isn't DynamoDB's.
        reason: String,
    },
}

/// Requests this table. Any answer of DynamoDB is fine, even an error, since the command explains that
/// better.
///
/// # Errors
///
/// [`EndpointError`], if DynamoDB doesn't answer.
pub(super) async fn check(table: &Table, endpoint: &str) -> Result<(), EndpointError> {
    let Err(error) = table.client.describe_table().table_name(&table.name).send().await else {
        return Ok(());
    };
    if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) {
        return Ok(());
    }
    let endpoint = endpoint.to_owned();
    let is_api = |port: &u16| Occupant::of((Ipv4Addr::LOCALHOST, *port).into()) == Occupant::Latchgate;
    if let Some(port) = local_port(&endpoint).ok().filter(is_api) {
        return Err(EndpointError::Api { endpoint, port });
    }
    if error.code().is_some() {
        return Ok(());
    }
    let is_answer = matches!(error, SdkError::ServiceError(_) | SdkError::ResponseError(_));
    let reason = aws::reason(error);
    Err(if is_answer {
        EndpointError::Another { endpoint, reason }
    } else {
        EndpointError::Silent { endpoint, reason }
    })
}
