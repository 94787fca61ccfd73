//! `POST /signup/confirm`: the owner of an address opens an account, and is logged in.

use lambda_http::{Body, Request, Response};
use mails::Purpose;
use shared::{
    client::Client,
    clock::Timestamp,
    http::{Peer, tokens},
    keys::Keyset,
    log::RequestLog,
    resource::GrantedResources,
    route,
    store::{NewSession, Session},
    thumbprint::Thumbprint,
    tokens::{Grant, RefreshToken},
};

use super::network;
use crate::{
    AccountsApi, AccountsError, AccountsReason, confirm::NewAccount, redeem::Redemption,
    request::RedeemRequest,
};

/// The first session of an account, before it is stored.
struct FirstSession<'a> {
    client: &'a Client,
    account: &'a NewAccount,
    keyset: &'a Keyset,
    device_name: Option<String>,
    peer: Peer,
    /// The key to bind its tokens to.
    jkt: Option<Thumbprint>,
    now: Timestamp,
}

impl AccountsApi {
    pub(super) async fn confirm(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AccountsError> {
        let now = self.clock.now();
        let redeem = RedeemRequest::of_confirmation(request)?;
        // Before any read: junk costs nothing. Before counting: a request that can't be answered uses up
        // no guess.
        let ticket =
            self.accounts.ticket(&redeem.means, &[Purpose::SignUp, Purpose::Invitation], now).await?;
        let keyset = self.keysets.current(now).await?;
        let proven = self.proofs.offered_key(request, route::SIGNUP_CONFIRM, &keyset.refresh, now)?;
        let client = self.first_party(&redeem.client, log).await?;
        let jkt = self.proofs.binding(&client, proven)?;
        if now < client.not_before {
            return Err(AccountsReason::ClientCutOff.into());
        }
        let network = network(request, &client);
        let guess = redeem.means.guess(network.as_ref());
        let redemption = Redemption { ticket: &ticket, guess, password: &redeem.password, now };
        let account = self.accounts.new_account(&redemption).await?;
        let first = FirstSession {
            client: &client,
            account: &account,
            keyset: &keyset,
            device_name: redeem.device_name,
            peer: Peer::of(request),
            jkt,
            now,
        };
        // Signed before storing: a session whose tokens can't be issued must not exist.
        let (session, response) = self.first_session(first)?;
        self.accounts.open(&account, Some(&session), log).await?;
        log.session(&session.key);
        Ok(response)
    }

    fn first_session(&self, first: FirstSession<'_>) -> Result<(Session, Response<Body>), AccountsError> {
        let FirstSession { client, account, keyset, device_name, peer, jkt, now } = first;
        let lifetimes = client.lifetimes(self.lifetimes);
        let refresh_token = RefreshToken::first(account.user_id().clone(), &*self.random);
        let new = NewSession {
            key: refresh_token.session_key(&client.client_id),
            created_at: now,
            auth_time: now,
            scope: client.default_scope(),
            resources: GrantedResources::default(),
            jkt: jkt.filter(|_| client.is_public()),
            is_refreshable: true,
            device_name,
            user_agent: peer.user_agent,
            address: peer.address,
        };
        let session = Session::begin(new, lifetimes, now);
        let grant = Grant {
            session: &session,
            refresh_token: &refresh_token,
            user: &account.user,
            claims: client.token_claims(),
            scope: &session.scope,
            resource: None,
            access_ttl: lifetimes.access_ttl,
            jkt,
        };
        let response = self.issuer.issue(&grant, keyset, now, &*self.random)?;
        let response = tokens(&response, &keyset.refresh, now);
        Ok((session, response))
    }
}
