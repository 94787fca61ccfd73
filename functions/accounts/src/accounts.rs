//! The logic of accounts by mail, for the endpoints and the hosted pages.

use std::sync::Arc;

use mails::{MailKey, MailKeys, Mails};
use passwords::{Credentials, Passwords};
use shared::{
    client::{Client, Clients},
    clock::Timestamp,
    context::Context,
    environment::EnvironmentError,
    error::chain,
    ids::{ClientId, UserId},
    network::Network,
    random::Random,
    store::{Consents, SessionRevoker, Sessions, Users},
};

use crate::{AccountsError, AccountsReason, admission::Admission, captcha::Captcha};

/// Accounts by mail.
#[derive(Debug)]
pub struct Accounts {
    /// `None`, if the deployment sends no mail: then it has no key of links and codes.
    outbox: Option<Outbox>,
    pub(crate) admission: Admission,
    /// `None`, if the deployment has no captcha.
    pub(crate) captcha: Option<Captcha>,
    pub(crate) clients: Clients,
    pub(crate) credentials: Credentials,
    pub(crate) users: Users,
    pub(crate) sessions: Sessions,
    pub(crate) consents: Consents,
    pub(crate) revoker: SessionRevoker,
    pub(crate) passwords: Passwords,
    pub(crate) random: Arc<dyn Random>,
}

/// The table of requests for mails, and the key of what is in the mails.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) mails: Mails,
    keys: MailKeys,
}

impl Outbox {
    /// The key of links, request tokens and codes.
    pub(crate) async fn key(&self, now: Timestamp) -> Result<Arc<MailKey>, AccountsError> {
        Ok(self.keys.current(now).await.map_err(AccountsReason::MailKey)?)
    }

    /// Counts a request or a guess of a network, if it is counted.
    pub(crate) async fn count_network(
        &self,
        network: Option<&Network>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let Some(network) = network else { return Ok(()) };
        if self.mails.count_network(network, now).await? {
            Ok(())
        } else {
            Err(AccountsReason::NetworkSpent(Mails::NETWORK_INTERVAL).into())
        }
    }

    /// Counts a user's request for a mail to another address.
    pub(crate) async fn count_user(
        &self,
        user_id: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let Some(user_id) = user_id else { return Ok(()) };
        if self.mails.count_user(user_id, now).await? {
            Ok(())
        } else {
            Err(AccountsReason::UserSpent(Mails::USER_INTERVAL).into())
        }
    }
}

impl Accounts {
    /// Uses the tables that the variables of the context name, and the function's own clients and passwords.
    ///
    /// # Errors
    ///
    /// If a variable is missing or malformed.
    pub fn new(
        context: &Context,
        clients: &Clients,
        passwords: &Passwords,
    ) -> Result<Self, EnvironmentError> {
        let Context { environment, dynamodb, aws, random, .. } = context;
        let outbox = match MailKeys::new(environment, aws)? {
            Some(keys) => Some(Outbox { mails: Mails::new(environment, dynamodb)?, keys }),
            None => None,
        };
        Ok(Self {
            outbox,
            admission: Admission::from_environment(environment)?,
            captcha: Captcha::new(environment, aws)?,
            clients: clients.clone(),
            credentials: Credentials::new(environment, dynamodb)?,
            users: Users::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            consents: Consents::new(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            passwords: passwords.clone(),
            random: random.clone(),
        })
    }

    /// Whether the deployment sends mail. Otherwise every use of this type but deletions is refused.
    pub fn sends_mail(&self) -> bool {
        self.outbox.is_some()
    }

    /// Whether users may sign up at this client, or at none in particular, if the domain of their address is
    /// allowed.
    pub fn takes_sign_ups(&self, client: Option<&Client>) -> bool {
        self.sends_mail() && self.admission.is_open(client)
    }

    /// Allocates memory for hashes, and reads the key of links and codes. If that fails, the first request
    /// reads it.
    pub async fn warm_up(&self, now: Timestamp) {
        self.passwords.warm_up();
        let Some(outbox) = &self.outbox else { return };
        if let Err(error) = outbox.key(now).await {
            tracing::warn!(reason = chain(&error), "started without the key of links and codes");
        }
    }

    /// The outbox of a deployment that sends mail.
    pub(crate) fn outbox(&self) -> Result<&Outbox, AccountsError> {
        Ok(self.outbox.as_ref().ok_or(AccountsReason::NoMail)?)
    }

    /// The client that a mail was asked for at. `None`, if it was asked for at the pages by no client, or
    /// by one that describes itself: the deployment's default applies to both.
    pub(crate) async fn client_of(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, AccountsError> {
        if client_id.is_reserved() || client_id.is_of_document() {
            return Ok(None);
        }
        Ok(Some(self.clients.enabled(client_id).await.map_err(AccountsReason::gone)?))
    }
}
