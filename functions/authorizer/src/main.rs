//! The Lambda function in front of every protected endpoint.

use authorizer::Authorizer;
use lambda_http::{Error, lambda_runtime, service_fn};
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let authorizer = Authorizer::start(&Surroundings::of_process()?).await?;
    lambda_runtime::run(service_fn(|event| authorizer.invoke(event))).await
}
