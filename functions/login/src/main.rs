//! The Lambda function behind `POST /login`.

use lambda_http::{Error, Request, run, service_fn};
use login::Login;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let login = Login::start(&Surroundings::of_process().await).await?;
    let login = &login;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(login.handle(&request).await) })).await
}
