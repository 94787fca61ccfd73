//! The Lambda function behind `POST /password`.

use lambda_http::Error;
use password::PasswordChange;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["password", "passwords"]);
    let password = PasswordChange::start(&Context::of_process()?).await?;
    password.warm_up().await;
    let password = &password;
    http::run(|request| async move { password.handle(&request).await }).await
}
