//! The Lambda function in front of every protected endpoint.

use authorizer::{Authorizer, TokenEvent};
use lambda_http::{
    Error,
    lambda_runtime::{LambdaEvent, run},
    service_fn, tracing,
};
use shared::surroundings::Surroundings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let authorizer = Authorizer::new(&Surroundings::of_process().await)?;
    let authorizer = &authorizer;
    run(service_fn(|event: LambdaEvent<TokenEvent>| async move { authorizer.handle(&event.payload).await }))
        .await
}
