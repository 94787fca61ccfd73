//! The Lambda function in front of every protected endpoint.

use authorizer::Authorizer;
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
    let authorizer = Authorizer::start(&Surroundings::of_process().await).await?;
    let authorizer = &authorizer;
    let handle = |event: LambdaEvent<Value>| async move {
        authorizer.handle(event.payload).await.map_err(Diagnostic::from)
    };
    run(service_fn(handle)).await
}
