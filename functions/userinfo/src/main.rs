//! The Lambda function behind `/userinfo`.

use lambda_http::Error;
use shared::{context::Context, http, log};
use userinfo::Userinfo;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init(&["userinfo"]);
    let userinfo = Userinfo::start(&Context::of_process()?)?;
    userinfo.warm_up().await;
    let userinfo = &userinfo;
    http::run(|request| async move { userinfo.handle(&request).await }).await
}
