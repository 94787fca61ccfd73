//! The Lambda function behind `POST /login`.

use lambda_http::Error;
use login::Login;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["login", "passwords"]);
    let login = Login::start(&Context::of_process()?).await?;
    login.warm_up().await;
    let login = &login;
    http::run(|request| async move { login.handle(&request).await }).await
}
