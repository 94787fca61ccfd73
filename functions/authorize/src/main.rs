//! The Lambda function behind `/authorize`, `/account` and `/end-session`.

use authorize::Authorize;
use lambda_http::Error;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["authorize", "passwords"]);
    let authorize = Authorize::start(&Context::of_process()?).await?;
    authorize.warm_up().await;
    let authorize = &authorize;
    http::run(|request| async move { authorize.handle(&request).await }).await
}
