//! Requests of a user about the account: a change of its address, the undo of one, and its deletion; and an operator's
//! invitation.

use axum::http::Request;
use mails::{EmailAddress, Invited, MailId, Mails, NewInvitation, Purpose, Ticket, Withdrawn};
use serde_json::{Map, Value};
use shared::{clock::Timestamp, http::Language, ids::ClientId, random::SystemRandom, route};

use super::{
    APP, Api, Device, GRACE, GRACES_PASSWORD, Reply, Tokens,
    accounts::{Means, network},
    bearer, form, form_post, with_proof, with_scheme,
};

/// Grace's new address.
pub(crate) const HOPPER: &str = "Hopper@example.com";
/// Its normal form.
pub(crate) const HOPPERS_NAME: &str = "hopper@example.com";

impl Api {
    /// Logs Grace in on the public client.
    pub(crate) async fn graces(&self) -> Tokens {
        self.try_login_as(GRACE, GRACES_PASSWORD).await.tokens()
    }

    /// Asks for a change of the caller's address, behind the authorizer.
    pub(crate) async fn try_change_address(&self, access_token: &str, email: &str, password: &str) -> Reply {
        let parameters = [("email", email), ("current_password", password)];
        self.send(bearer(form_post(route::EMAIL), access_token), form(&parameters)).await
    }

    /// Asks for it from the network with this number, so that its bound doesn't count.
    pub(crate) async fn try_change_address_from(
        &self,
        number: u16,
        access_token: &str,
        email: &str,
        password: &str,
    ) -> Reply {
        let parameters = [("email", email), ("current_password", password)];
        let request = bearer(form_post(route::EMAIL), access_token);
        self.send_from(network(number), request, form(&parameters)).await
    }

    /// Asks for it with a bound token and a fresh proof of this device.
    pub(crate) async fn try_change_address_of(
        &self,
        device: &Device,
        access_token: &str,
        email: &str,
        password: &str,
    ) -> Reply {
        let proof = device.proof_with(self, "POST", route::EMAIL, access_token).sign();
        let request = with_scheme(form_post(route::EMAIL), access_token);
        let parameters = [("email", email), ("current_password", password)];
        self.send(with_proof(request, &proof), form(&parameters)).await
    }

    /// Confirms a new address, on the public client.
    pub(crate) async fn confirm_address(&self, means: &Means<'_>) -> Reply {
        self.post(route::EMAIL_CONFIRM, &[&[("client_id", APP)][..], means].concat()).await
    }

    /// Undoes a change of the address with the link of a mail to the old one.
    pub(crate) async fn undo_address(&self, link: &str, password: &str) -> Reply {
        let parameters = [("client_id", APP), ("token", link), ("new_password", password)];
        self.post(route::EMAIL_UNDO, &parameters).await
    }

    /// Deletes the caller's account, behind the authorizer.
    pub(crate) async fn delete_account(&self, access_token: &str, password: &str) -> Reply {
        let request = bearer(form_delete(), access_token);
        self.send(request, form(&[("current_password", password)])).await
    }

    /// Deletes it with a bound token and a fresh proof of this device.
    pub(crate) async fn delete_account_of(
        &self,
        device: &Device,
        access_token: &str,
        password: &str,
    ) -> Reply {
        let proof = device.proof_with(self, "DELETE", route::ACCOUNT, access_token).sign();
        let request = with_proof(with_scheme(form_delete(), access_token), &proof);
        self.send(request, form(&[("current_password", password)])).await
    }
}

impl Api {
    /// Invites a person at the public client, as the operator's command does.
    pub(crate) async fn invite(&self, email: &str, claims: &Value) {
        self.invite_at(APP, email, claims).await;
    }

    /// Invites a person at this client.
    pub(crate) async fn invite_at(&self, client_id: &str, email: &str, claims: &Value) {
        assert_eq!(self.invitation(client_id, email, claims, false).await, Invited::Stored);
    }

    /// Invites a person at the public client, who may have been invited before.
    pub(crate) async fn try_invite(&self, email: &str, claims: &Value, again: bool) -> Invited {
        self.invitation(APP, email, claims, again).await
    }

    /// Withdraws the invitation of a person.
    pub(crate) async fn withdraw(&self, email: &str) -> Withdrawn {
        let mails = Mails::new(&self.context("accounts").environment, &self.deployment.dynamodb).unwrap();
        let (address, now) = (EmailAddress::parse(email).unwrap(), Timestamp::from_unix(self.clock.unix()));
        mails.withdraw(&address, now).await.unwrap()
    }

    async fn invitation(&self, client_id: &str, email: &str, claims: &Value, again: bool) -> Invited {
        let mails = Mails::new(&self.context("accounts").environment, &self.store).unwrap();
        let (address, now) = (EmailAddress::parse(email).unwrap(), Timestamp::from_unix(self.clock.unix()));
        let none = Map::new();
        let invitation = NewInvitation {
            address: &address,
            ticket: &Ticket::new(Purpose::Invitation, &address, MailId::new(&SystemRandom::new()), now),
            client_id: &ClientId::parse(client_id).unwrap(),
            language: Language::parse("en").unwrap(),
            claims: claims.as_object().unwrap_or(&none),
            again,
            now,
        };
        mails.invite(&invitation).await.unwrap()
    }
}

/// A request to delete the caller's account, with a form.
pub(crate) fn form_delete() -> axum::http::request::Builder {
    Request::delete(route::ACCOUNT).header("content-type", "application/x-www-form-urlencoded")
}
