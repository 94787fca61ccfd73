//! The Lambda function behind `POST /refresh`.

use lambda_http::{Error, Request, run, service_fn};
use refresh::Refresh;
use shared::{logs, surroundings::Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::init();
    let refresh = Refresh::start(&Surroundings::of_process().await).await?;
    let refresh = &refresh;
    run(service_fn(|request: Request| async move { Ok::<_, Error>(refresh.handle(&request).await) })).await
}
