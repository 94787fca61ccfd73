//! The Lambda function behind `POST /refresh`.

use lambda_http::Error;
use refresh::Refresh;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["refresh"]);
    let refresh = Refresh::start(&Context::of_process()?).await?;
    refresh.warm_up().await;
    let refresh = &refresh;
    http::run(|request| async move { refresh.handle(&request).await }).await
}
