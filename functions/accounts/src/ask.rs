//! Asks for a mail. Nothing here looks for an account: the mailer does, after the answer.

use std::time::Duration;

use mails::{EmailAddress, MailId, MailKey, Network, NewRequest, Purpose, Slot, Ticket};
use secrecy::SecretString;
use shared::{
    client::Client,
    clock::Timestamp,
    http::Language,
    ids::ClientId,
    log::{Event, RequestLog},
};

use crate::{Accounts, AccountsError, AccountsReason, accounts::Outbox};

/// A request for a mail.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What the mail is for.
    pub purpose: Purpose,
    /// The client that asks; `None` for the pages without a client.
    pub client: Option<&'a Client>,
    /// The address.
    pub email: &'a EmailAddress,
    /// The language of the mail.
    pub language: Language,
    /// The caller's network; `None`, if it isn't counted.
    pub network: Option<&'a Network>,
    /// When the request began.
    pub now: Timestamp,
}

/// A request for an earlier mail again.
#[derive(Debug)]
pub struct Again<'a> {
    /// The ticket of the earlier request.
    pub ticket: &'a Ticket,
    /// The client that asks now; `None` for the pages without a client.
    pub client: Option<&'a Client>,
    /// The caller's network; `None`, if it isn't counted.
    pub network: Option<&'a Network>,
    /// When the request began.
    pub now: Timestamp,
}

/// The answer to a request for a mail, whether one with a link is sent or not.
#[derive(Debug)]
pub struct Requested {
    /// The request token, which the mail's code needs.
    pub request: SecretString,
    /// How long the token, the link and the code are good.
    pub expires_in: Duration,
}

/// A request that is admitted, and not counted yet.
struct Admitted<'a> {
    purpose: Purpose,
    client: Option<&'a Client>,
    email: &'a EmailAddress,
    language: Language,
    network: Option<&'a Network>,
    now: Timestamp,
}

impl Accounts {
    /// Asks for a mail. It counts the request for the caller's network and for the address, and makes the
    /// same calls for every address, whatever was asked for before.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the deployment sends no mail, the client or the domain takes no sign-ups, or
    /// too many mails were asked for.
    pub async fn ask(&self, asked: &Asked<'_>, log: &RequestLog) -> Result<Requested, AccountsError> {
        let Asked { purpose, client, email, language, network, now } = *asked;
        let outbox = self.outbox()?;
        // Before counting: a request that can't be answered counts for nothing.
        let key = outbox.key(now).await?;
        self.admit(purpose, client, email)?;
        let admitted = Admitted { purpose, client, email, language, network, now };
        self.request(outbox, &key, &admitted, log).await
    }

    /// Asks for the mail of an earlier request again, with a new link and code. That the earlier mail was
    /// used makes no difference, nor does the client of another request that replaced it: the caller may
    /// not be the owner of the address.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], as for [`Self::ask`].
    pub async fn ask_again(&self, again: &Again<'_>, log: &RequestLog) -> Result<Requested, AccountsError> {
        let Again { ticket, client, network, now } = *again;
        let purpose = ticket.purpose;
        let outbox = self.outbox()?;
        let key = outbox.key(now).await?;
        let found = self.mail_of(ticket).await?;
        let (email, language) = (&found.address, found.language);
        self.admit(purpose, client, email)?;
        let admitted = Admitted { purpose, client, email, language, network, now };
        self.request(outbox, &key, &admitted, log).await
    }

    /// Checks whether this client may ask for such a mail to this address. A user who forgot the password
    /// may in any case.
    fn admit(
        &self,
        purpose: Purpose,
        client: Option<&Client>,
        email: &EmailAddress,
    ) -> Result<(), AccountsReason> {
        match purpose {
            Purpose::SignUp => self.admission.check(client, email),
            Purpose::Reset => Ok(()),
        }
    }

    /// Counts the request, and writes it into the outbox.
    async fn request(
        &self,
        outbox: &Outbox,
        key: &MailKey,
        admitted: &Admitted<'_>,
        log: &RequestLog,
    ) -> Result<Requested, AccountsError> {
        let Admitted { purpose, client, email, language, network, now } = *admitted;
        outbox.count_network(network, now).await?;
        let ticket = Ticket {
            purpose,
            mailbox: email.mailbox(purpose),
            id: MailId::new(&*self.random),
            expires_at: now + purpose.ttl(),
        };
        let client_id = client.map_or_else(ClientId::browser, |client| client.client_id.clone());
        let new = NewRequest { address: email, ticket: &ticket, client_id: &client_id, language, now };
        if let Slot::Spent(wait) = outbox.mails.request(&new).await? {
            return Err(AccountsReason::AddressSpent(wait).into());
        }
        log.outcome(Event::MailRequested);
        Ok(Requested { request: key.request(&ticket), expires_in: purpose.ttl() })
    }
}
