//! The Lambda function that Secrets Manager calls to rotate the keyset.

use keys::KeyRotation;
use lambda_http::{Error, lambda_runtime, service_fn};
use shared::{context::Context, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["keys"]);
    let rotation = KeyRotation::start(&Context::of_process()?)?;
    lambda_runtime::run(service_fn(|event| rotation.invoke(event))).await
}
