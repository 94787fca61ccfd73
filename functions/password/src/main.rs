//! The Lambda function behind `POST /password`.

use lambda_http::{Error, Request, run, service_fn};
use password::PasswordChange;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let password = PasswordChange::start(&Surroundings::of_process().await).await?;
    let password = &password;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(password.handle(&request).await) })).await
}
