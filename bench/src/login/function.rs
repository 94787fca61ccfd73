//! The measured function, in this process.

use crate::{
    program::Failure,
    watch::{Cost, Watch},
};
use lambda_http::Request;
use login::Login;
use serde_json::Value;
use shared::{context::Context, http::request_of};

/// API Gateway's event for a login.
const EVENT: &str = include_str!("../../../tests/events/login.json");
/// Every user's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// The number of concurrent logins. Each needs a different user, whose guess budget is given back only after the hash.
pub(crate) const USERS: usize = 50;

/// The name of the nth user, counting cyclically.
pub(crate) fn username(n: usize) -> String {
    format!("user-{}", n % USERS)
}

/// The started login function.
#[derive(Debug)]
pub(crate) struct Function(Login);

impl Function {
    pub(crate) async fn start(context: &Context) -> Result<Self, Failure> {
        let login = Login::start(context).await?;
        login.warm_up().await;
        Ok(Self(login))
    }

    /// Logs the nth user in, and returns the cost in this process.
    pub(crate) async fn login(&self, n: usize) -> Result<Cost, Failure> {
        let request = request(&username(n))?;
        let watch = Watch::start()?;
        let response = self.0.handle(&request).await;
        let cost = watch.stop()?;
        if response.status() == 200 { Ok(cost) } else { Err("a right password was refused".into()) }
    }

    /// The times of consecutive logins in milliseconds.
    pub(crate) async fn times(&self, logins: usize) -> Result<Vec<f64>, Failure> {
        let mut times = Vec::with_capacity(logins);
        for n in 0..logins {
            times.push(self.login(n).await?.wall);
        }
        Ok(times)
    }
}

fn request(username: &str) -> Result<Request, Failure> {
    let mut event: Value = serde_json::from_str(EVENT)?;
    let password = PASSWORD.replace(' ', "+");
    let client_id = local::demo::PUBLIC_CLIENT_ID;
    event["body"] = format!("client_id={client_id}&username={username}&password={password}").into();
    // Through text: some values of API Gateway's event can only be read from JSON text.
    Ok(request_of(serde_json::from_str(&event.to_string())?))
}
