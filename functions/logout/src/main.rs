//! The Lambda function behind `POST /logout`.

use lambda_http::{Error, Request, run, service_fn, tracing};
use logout::Logout;
use shared::surroundings::Surroundings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let logout = Logout::new(&Surroundings::of_process().await)?;
    let logout = &logout;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(logout.handle(&request).await) })).await
}
