//! The Lambda function in front of every protected endpoint.

use authorizer::Authorizer;
use lambda_http::{Error, lambda_runtime, service_fn};
use shared::{context::Context, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let authorizer = Authorizer::start(&Context::of_process()?).await?;
    lambda_runtime::run(service_fn(|event| authorizer.invoke(event))).await
}
