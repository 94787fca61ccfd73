//! The Lambda function behind `/sessions`.

use lambda_http::Error;
use sessions::SessionsApi;
use shared::{context::Context, http, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let sessions = SessionsApi::new(&Context::of_process()?)?;
    let sessions = &sessions;
    http::run(|request| async move { sessions.handle(&request).await }).await
}
