//! `POST /reset`: a user who forgot the password, or has none yet, sets one.

use lambda_http::{Body, Request, Response};
use shared::log::RequestLog;

use super::{done, network};
use crate::{AccountsApi, AccountsError, redeem::Redemption, request::RedeemRequest, reset::SETS_PASSWORD};

impl AccountsApi {
    pub(super) async fn reset(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let redeem = RedeemRequest::of_reset(request)?;
        // Before any read: junk costs nothing.
        let ticket = self.accounts.ticket(&redeem.means, &SETS_PASSWORD, now).await?;
        let client = self.first_party(&redeem.client, log).await?;
        let network = network(request, &client);
        let guess = redeem.means.guess(network.as_ref());
        let redemption = Redemption { ticket: &ticket, guess, password: &redeem.password, now };
        self.accounts.reset_by(&redemption, log).await?;
        Ok(done())
    }
}
