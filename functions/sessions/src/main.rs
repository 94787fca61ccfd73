//! The Lambda function behind `/sessions`.

use lambda_http::{Error, Request, run, service_fn};
use sessions::SessionsApi;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let sessions = SessionsApi::new(&Surroundings::of_process().await)?;
    let sessions = &sessions;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(sessions.handle(&request).await) })).await
}
