//! The Lambda function that Secrets Manager calls to rotate the keyset.

use keys::KeyRotation;
use lambda_http::{
    Error,
    lambda_runtime::{Diagnostic, LambdaEvent, run},
    service_fn,
};
use serde_json::Value;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let rotation = KeyRotation::start(&Surroundings::of_process().await)?;
    let rotation = &rotation;
    let handle = |event: LambdaEvent<Value>| async move {
        rotation.handle(event.payload).await.map_err(Diagnostic::from)
    };
    run(service_fn(handle)).await
}
