//! Issues an authorization code (RFC 6749 section 4.1.2).

use lambda_http::{Body, Response};
use secrecy::ExposeSecret;
use shared::{
    http::Peer,
    log::Event,
    store::{Code, Session, StoreError},
    tokens::AuthorizationCode,
};

use crate::{Authorize, AuthorizeError, AuthorizeReason, browser_session::BrowserSession, flow::Asked};

impl Authorize {
    /// Stores a code, postpones the end of the browser's session, and redirects to the client. The two writes
    /// need no order: redeeming the code requires that the session lives.
    pub(crate) async fn issue(
        &self,
        asked: &Asked<'_>,
        browser: &BrowserSession,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Asked { visit, target, .. } = asked;
        let code = AuthorizationCode::new(&*self.random);
        let mut row = code_of(&code, asked, browser);
        // If the deployment binds no tokens, it ignores the parameter, as it ignores proofs.
        row.jkt = row.jkt.filter(|_| self.binds_tokens);
        let (touched, (), ()) = tokio::try_join!(
            self.touched(asked, browser),
            self.codes.put(&row),
            self.keep_documented(asked)
        )?;
        let Some(session) = touched else {
            // Another request has just ended the session.
            return self.nobody(asked);
        };
        let text = visit.keyset.refresh.encode_code(&code, &target.client.client_id, visit.now);
        let answer = target.answer(&[("code", text.expose_secret())], &self.issuer);
        if browser.is_fresh {
            visit.log.happened(Event::SignInSucceeded);
        }
        visit.log.outcome(Event::CodeIssued);
        Ok(visit.keeping(answer, &browser.token, &session))
    }

    /// The session with its end postponed. A new session stays unchanged.
    async fn touched(
        &self,
        asked: &Asked<'_>,
        browser: &BrowserSession,
    ) -> Result<Option<Session>, StoreError> {
        if browser.is_fresh {
            return Ok(Some(browser.session.clone()));
        }
        let visit = asked.visit;
        self.browsers.touch(&browser.session, &Peer::of(visit.request), visit.now).await
    }

    /// Stores a client that describes itself, so that other functions find it without its document. A user
    /// has consented to it by now: strangers can't create rows.
    async fn keep_documented(&self, asked: &Asked<'_>) -> Result<(), StoreError> {
        let client = &asked.target.client;
        match (&self.documented, &client.url) {
            (Some(clients), Some(_)) => {
                let until = clients.outlives(client, asked.visit.now);
                self.clients.keep_documented(client, until).await
            }
            _ => Ok(()),
        }
    }

    /// The answer if no user is signed in.
    pub(crate) fn nobody(&self, asked: &Asked<'_>) -> Result<Response<Body>, AuthorizeError> {
        if asked.request.prompts.none {
            return Err(self.told(asked.target, AuthorizeReason::LoginRequired));
        }
        let username = asked.request.login_hint.as_deref().unwrap_or_default();
        Ok(self.sign_in_page(asked.entrance(), username, None))
    }
}

/// Everything that the code is bound to.
fn code_of(code: &AuthorizationCode, asked: &Asked<'_>, browser: &BrowserSession) -> Code {
    let Asked { visit, target, request, .. } = asked;
    Code {
        code_hash: code.hash(),
        client_id: target.client.client_id.clone(),
        redirect_uri: target.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        scope: request.scope.clone(),
        resources: request.resources.clone(),
        user_id: browser.user_id().clone(),
        browser_session: browser.session.key.session_id.clone(),
        auth_time: browser.session.auth_time,
        issued_at: visit.now.max(browser.session.created_at),
        jkt: request.jkt,
        is_refreshable: request.is_refreshable,
        redeemed_by: None,
        redeemer: None,
    }
}
