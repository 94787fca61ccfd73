//! Asks for a mail. Nothing here looks for an account: the mailer does, after the answer.

use std::time::Duration;

use mails::{EmailAddress, MailId, MailKey, NewRequest, Purpose, Slot, Ticket};
use secrecy::SecretString;
use shared::{
    client::Client,
    clock::Timestamp,
    http::Language,
    ids::{ClientId, UserId},
    log::{Event, RequestLog},
    network::Network,
};

use crate::{
    Accounts, AccountsError, AccountsReason, Asker,
    accounts::Outbox,
    captcha::{Action, Question},
    redeem::is_current,
};

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
    /// Who asks, for the captcha.
    pub asker: Asker<'a>,
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
    /// Who asks, for the captcha.
    pub asker: Asker<'a>,
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

/// A request that is admitted and counted for its network.
pub(crate) struct Admitted<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) client: Option<&'a Client>,
    pub(crate) email: &'a EmailAddress,
    pub(crate) language: Language,
    /// The user who asks, if that is known.
    pub(crate) user_id: Option<&'a UserId>,
    pub(crate) now: Timestamp,
}

impl Accounts {
    /// Asks for a mail. It counts the request for the caller's network, checks the captcha, counts the request
    /// for the address, and makes the same calls for every address, whatever was asked for before.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the deployment sends no mail, the client or the domain takes no sign-ups, the
    /// captcha isn't solved, or too many mails were asked for.
    pub async fn ask(&self, asked: &Asked<'_>, log: &RequestLog) -> Result<Requested, AccountsError> {
        let Asked { purpose, client, email, language, asker, network, now } = *asked;
        let outbox = self.outbox()?;
        // Before counting: a request that can't be answered counts for nothing.
        let key = outbox.key(now).await?;
        self.admit(purpose, client, email)?;
        let action = Action::of(purpose).ok_or(AccountsReason::OtherPurpose)?;
        let client_id = client_id(client);
        let question = self.question(asker, action, &client_id)?;
        outbox.count_network(network, now).await?;
        self.check_captcha(question, log).await?;
        let admitted = Admitted { purpose, client, email, language, user_id: None, now };
        self.request(outbox, &key, &admitted, log).await
    }

    /// Asks for the mail of an earlier request again, with a new link and code. That the earlier mail was
    /// used makes no difference, nor does the client of another request that replaced it: the caller may
    /// not be the owner of the address. But a change of the address was asked for by a user, whose request
    /// has to be good still, and who needs no captcha.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], as for [`Self::ask`].
    pub async fn ask_again(&self, again: &Again<'_>, log: &RequestLog) -> Result<Requested, AccountsError> {
        let Again { ticket, client, asker, network, now } = *again;
        let purpose = ticket.purpose;
        let outbox = self.outbox()?;
        let key = outbox.key(now).await?;
        let found = self.mail_of(ticket).await?;
        let (email, language, user_id) = (&found.address, found.language, found.user_id.as_ref());
        if purpose == Purpose::Email {
            if !is_current(&found, ticket) {
                return Err(AccountsReason::Over.into());
            }
            self.asker_with_password(&found).await?;
            outbox.count_network(network, now).await?;
        } else {
            self.admit(purpose, client, email)?;
            let client_id = client_id(client);
            let question = self.question(asker, Action::Resend, &client_id)?;
            outbox.count_network(network, now).await?;
            self.check_captcha(question, log).await?;
        }
        // Another mail of the same request, which may have begun some seconds later than it came.
        let now = if purpose == Purpose::Email { now.max(found.asked_at) } else { now };
        let admitted = Admitted { purpose, client, email, language, user_id, now };
        self.request(outbox, &key, &admitted, log).await
    }

    /// The question for the operator's function, if the deployment has a captcha and it is for this caller. A
    /// request without a solution is refused before it is counted.
    fn question<'a>(
        &self,
        asker: Asker<'a>,
        action: Action,
        client_id: &'a ClientId,
    ) -> Result<Option<Question<'a>>, AccountsReason> {
        if self.captcha.is_some() { Question::of(asker, action, client_id) } else { Ok(None) }
    }

    /// Asks the operator's function. The network is counted before, so its bound limits these calls too. The
    /// address is counted later: an unsolved captcha must not use up what its owner may ask for.
    async fn check_captcha(
        &self,
        question: Option<Question<'_>>,
        log: &RequestLog,
    ) -> Result<(), AccountsError> {
        let (Some(captcha), Some(question)) = (&self.captcha, question) else { return Ok(()) };
        captcha.check(&question, log).await
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
            // These are asked for in a session, or by no request.
            Purpose::Email
            | Purpose::Undo
            | Purpose::Invitation
            | Purpose::Deleted
            | Purpose::Renamed
            | Purpose::Notice(_) => Err(AccountsReason::OtherPurpose),
        }
    }

    /// Counts the request for its user and its address, and writes it into the outbox.
    pub(crate) async fn request(
        &self,
        outbox: &Outbox,
        key: &MailKey,
        admitted: &Admitted<'_>,
        log: &RequestLog,
    ) -> Result<Requested, AccountsError> {
        let Admitted { purpose, client, email, language, user_id, now } = *admitted;
        outbox.count_user(user_id, now).await?;
        let ticket = Ticket::new(purpose, email, MailId::new(&*self.random), now);
        let client_id = client_id(client);
        let new =
            NewRequest { address: email, ticket: &ticket, client_id: &client_id, language, user_id, now };
        if let Slot::Spent(wait) = outbox.mails.request(&new).await? {
            return Err(AccountsReason::AddressSpent(wait).into());
        }
        log.outcome(Event::MailRequested);
        Ok(Requested { request: key.request(&ticket), expires_in: purpose.ttl() })
    }
}

/// The client that asks, or that of the pages.
fn client_id(client: Option<&Client>) -> ClientId {
    client.map_or_else(ClientId::browser, |client| client.client_id.clone())
}
