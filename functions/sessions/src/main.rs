//! The Lambda function behind `/sessions`.

use lambda_http::Error;
use sessions::SessionsApi;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["sessions"]);
    let sessions = SessionsApi::start(&Context::of_process()?)?;
    let sessions = &sessions;
    http::run(|request| async move { sessions.handle(&request).await }).await
}
