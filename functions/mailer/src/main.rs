//! The Lambda function that sends the mails of the outbox.

use lambda_http::{Error, lambda_runtime, service_fn};
use mailer::Mailer;
use shared::{context::Context, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["mailer", "mails"]);
    let mailer = Mailer::start(&Context::of_process()?)?;
    lambda_runtime::run(service_fn(|event| mailer.invoke(event))).await
}
