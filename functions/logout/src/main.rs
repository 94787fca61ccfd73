//! The Lambda function behind `POST /logout`.

use lambda_http::{Error, Request, run, service_fn};
use logout::Logout;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let logout = Logout::start(&Surroundings::of_process().await).await?;
    let logout = &logout;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(logout.handle(&request).await) })).await
}
