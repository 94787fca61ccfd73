//! The Lambda function behind `/signup`, `/forgot`, `/resend`, `/reset`, `/email`, and `DELETE /account`.

use accounts::AccountsApi;
use lambda_http::Error;
use shared::{context::Context, http, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["accounts", "mails", "passwords"]);
    let accounts = AccountsApi::start(&Context::of_process()?).await?;
    accounts.warm_up().await;
    let accounts = &accounts;
    http::run(|request| async move { accounts.handle(&request).await }).await
}
