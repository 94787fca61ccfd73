//! The Lambda function behind `/sessions`.

use lambda_http::Error;
use sessions::SessionsApi;
use shared::{http, logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let sessions = SessionsApi::new(&Surroundings::of_process()?)?;
    let sessions = &sessions;
    http::run(|request| async move { sessions.handle(&request).await }).await
}
