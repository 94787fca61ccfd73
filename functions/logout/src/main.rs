//! The Lambda function behind `POST /logout`.

use lambda_http::Error;
use logout::Logout;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["logout"]);
    let logout = Logout::start(&Context::of_process()?).await?;
    logout.warm_up().await;
    let logout = &logout;
    http::run(|request| async move { logout.handle(&request).await }).await
}
