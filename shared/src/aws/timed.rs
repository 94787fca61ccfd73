//! The functions' clients. They record how long requests wait for them.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{
    Builder as DynamoDbBuilder, ConfigBag, Intercept, interceptors::BeforeSerializationInterceptorContextRef,
};
use aws_sdk_secretsmanager::config::Builder as SecretsManagerBuilder;

use super::conflict::WriteConflicts;
use crate::stopwatch::{Wait, wait};

/// A DynamoDB client that records on a request's stopwatch how long the request waits for it, and that repeats a write which met a
/// transaction.
pub fn dynamodb(config: &SdkConfig) -> aws_sdk_dynamodb::Client {
    built(DynamoDbBuilder::from(config))
}

/// The same client, as [`dynamodb`] makes it.
pub fn timed(dynamodb: &aws_sdk_dynamodb::Client) -> aws_sdk_dynamodb::Client {
    built(dynamodb.config().to_builder())
}

fn built(builder: DynamoDbBuilder) -> aws_sdk_dynamodb::Client {
    let builder = builder.interceptor(CallTimer).retry_classifier(WriteConflicts);
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

/// A Secrets Manager client that records on a request's stopwatch how long the request waits for it.
pub fn secrets_manager(config: &SdkConfig) -> aws_sdk_secretsmanager::Client {
    let config = SecretsManagerBuilder::from(config).interceptor(CallTimer).build();
    aws_sdk_secretsmanager::Client::from_conf(config)
}

/// Times a call from its start until the SDK drops its configuration bag, whether or not an answer came.
#[derive(Debug)]
struct CallTimer;

impl Intercept for CallTimer {
    fn name(&self) -> &'static str {
        "how long calls are waited for"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if let Some(waiting) = wait(Wait::Store) {
            config.interceptor_state().store_put(waiting);
        }
        Ok(())
    }
}
