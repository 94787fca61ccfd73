//! The Lambda function behind `POST /token`.

use lambda_http::Error;
use shared::{context::Context, http, log};
use token::TokenEndpoint;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["token", "refresh"]);
    let token = TokenEndpoint::start(&Context::of_process()?).await?;
    token.warm_up().await;
    let token = &token;
    http::run(|request| async move { token.handle(&request).await }).await
}
