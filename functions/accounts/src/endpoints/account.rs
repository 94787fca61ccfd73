//! `DELETE /account`: a signed-in user deletes the account.

use lambda_http::{Body, Request, Response, http::StatusCode};
use shared::{
    http::{caller, caller_jkt, empty},
    log::RequestLog,
};

use super::not_of_third_party;
use crate::{AccountsApi, AccountsError, Deletion, request::DeletionRequest};

impl AccountsApi {
    /// The caller's user may be half deleted or gone: then this request repeats one that failed.
    pub(super) async fn delete_account(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let caller = caller(request)?;
        log.session(&caller);
        let asked = DeletionRequest::parse(request)?;
        let found = self.callers.find(&caller, caller_jkt(request)?, now).await?;
        not_of_third_party(&found.client)?;
        let deletion = Deletion {
            session: &found.session.key,
            created_at: found.session.created_at,
            user: found.user.as_ref(),
            current: &asked.current,
            client_id: &found.client.client_id,
            language: asked.language,
            now,
        };
        self.accounts.delete_account(&deletion, log).await?;
        Ok(empty(StatusCode::NO_CONTENT))
    }
}
