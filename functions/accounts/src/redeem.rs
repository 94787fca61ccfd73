//! What links and codes prove. Their HMACs are verified before any read.

use mails::{PendingMail, Purpose, Ticket};
use passwords::{NewPassword, Username};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    clock::Timestamp,
    network::Network,
    store::{StoreError, attribute},
};

use crate::{
    Accounts, AccountsError, AccountsReason,
    means::{Guess, MailCode, Means},
};

/// A code that somebody typed, for the request that it belongs to.
#[derive(Debug)]
pub struct Coded<'a> {
    /// What the mail is for.
    pub purpose: Purpose,
    /// The request token.
    pub request: &'a SecretString,
    /// The code.
    pub code: &'a MailCode,
    /// The caller's network; `None`, if it isn't counted.
    pub network: Option<&'a Network>,
    /// When the request began.
    pub now: Timestamp,
}

/// A genuine link or request, with what the caller chose.
#[derive(Debug)]
pub(crate) struct Redemption<'a> {
    /// The ticket of the link or the request.
    pub(crate) ticket: &'a Ticket,
    /// The code, which a request needs and a link doesn't.
    pub(crate) guess: Option<Guess<'a>>,
    /// The password as typed.
    pub(crate) password: &'a SecretString,
    /// When the request began.
    pub(crate) now: Timestamp,
}

impl Accounts {
    /// The ticket of a genuine link for one of these purposes that has not expired. It may be used already.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the link is forged, has expired, or is for another purpose.
    pub async fn verify_link(
        &self,
        token: &SecretString,
        accepted: &[Purpose],
        now: Timestamp,
    ) -> Result<Ticket, AccountsError> {
        let key = self.outbox()?.key(now).await?;
        Ok(key.verify_link(token.expose_secret(), accepted, now).map_err(AccountsReason::Ticket)?)
    }

    /// The ticket of a genuine request token that has not expired, for any purpose.
    pub(crate) async fn verify_any_request(
        &self,
        token: &SecretString,
        now: Timestamp,
    ) -> Result<Ticket, AccountsError> {
        let key = self.outbox()?.key(now).await?;
        Ok(key.verify_request(token.expose_secret(), now).map_err(AccountsReason::Ticket)?)
    }

    /// The ticket of a genuine request token that has not expired. Its mail may be used or replaced.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the token is forged, has expired, or is for another purpose.
    pub async fn verify_request(
        &self,
        token: &SecretString,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Ticket, AccountsError> {
        self.verify_request_for(token, &[purpose], now).await
    }

    async fn verify_request_for(
        &self,
        token: &SecretString,
        accepted: &[Purpose],
        now: Timestamp,
    ) -> Result<Ticket, AccountsError> {
        let ticket = self.verify_any_request(token, now).await?;
        if accepted.contains(&ticket.purpose) { Ok(ticket) } else { Err(AccountsReason::OtherPurpose.into()) }
    }

    /// The ticket of a link, or of the request that a code belongs to. The code is not compared yet.
    pub(crate) async fn ticket(
        &self,
        means: &Means,
        accepted: &[Purpose],
        now: Timestamp,
    ) -> Result<Ticket, AccountsError> {
        match means {
            Means::Link(token) => self.verify_link(token, accepted, now).await,
            Means::Code { request, .. } => self.verify_request_for(request, accepted, now).await,
        }
    }

    /// The pending mail of a ticket that still opens something. This uses nothing up.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the mail was used or replaced, or is void for another reason, or a read fails.
    pub async fn pending(&self, ticket: &Ticket) -> Result<PendingMail, AccountsError> {
        let pending = self.mail_of(ticket).await?;
        if !is_current(&pending, ticket) {
            return Err(AccountsReason::Over.into());
        }
        self.check_still_open(ticket, &pending).await?;
        Ok(pending)
    }

    /// The latest mail to the mailbox of a ticket.
    pub(crate) async fn mail_of(&self, ticket: &Ticket) -> Result<PendingMail, AccountsError> {
        let found = self.outbox()?.mails.find(ticket).await?;
        Ok(found.ok_or(AccountsReason::Over)?)
    }

    /// Exchanges a right code for the link of the same mail, so that the password can be chosen on another
    /// page. It counts one guess.
    ///
    /// # Errors
    ///
    /// [`AccountsError`], if the request is over, the network or the request has no guess left, or the code
    /// is wrong.
    pub async fn link_of_code(&self, coded: &Coded<'_>) -> Result<SecretString, AccountsError> {
        let Coded { purpose, request, code, network, now } = *coded;
        let ticket = self.verify_request(request, purpose, now).await?;
        self.check_code(&ticket, Guess { code, network }, now).await?;
        Ok(self.outbox()?.key(now).await?.link(&ticket))
    }

    /// Checks the new password, and then the code, if the caller has no link. In this order, a rejected
    /// password uses up no guess. The password's rules depend on the address, which the caller knows.
    pub(crate) async fn chosen(
        &self,
        redemption: &Redemption<'_>,
        username: &Username,
    ) -> Result<NewPassword, AccountsError> {
        let Redemption { ticket, guess, password, now } = *redemption;
        let new = NewPassword::parse(password, username).map_err(AccountsReason::Rejected)?;
        if let Some(guess) = guess {
            self.check_code(ticket, guess, now).await?;
        }
        Ok(new)
    }

    /// Counts a guess of the network and of the request, and then compares the code, so that parallel guesses
    /// aren't free. A request that is over costs the same write. A network's bound comes first: it is for
    /// those who guess at many addresses, and must not depend on any.
    pub(crate) async fn check_code(
        &self,
        ticket: &Ticket,
        guess: Guess<'_>,
        now: Timestamp,
    ) -> Result<(), AccountsError> {
        let Guess { code, network } = guess;
        let outbox = self.outbox()?;
        let key = outbox.key(now).await?;
        outbox.count_network(network, now).await?;
        if !outbox.mails.count_guess(ticket, now).await? {
            return Err(AccountsReason::NoGuessLeft.into());
        }
        if key.is_code(ticket, code.expose()) { Ok(()) } else { Err(AccountsReason::WrongCode.into()) }
    }
}

/// Whether the ticket's mail is the latest to its mailbox, and unused.
pub(crate) fn is_current(pending: &PendingMail, ticket: &Ticket) -> bool {
    pending.id.as_ref() == Some(&ticket.id)
}

/// The user name of the account at an address.
pub(crate) fn username_of(pending: &PendingMail) -> Result<Username, StoreError> {
    let malformed = StoreError::Malformed { table: "Mails", attribute: attribute::ADDRESS };
    Username::parse(pending.address.normal()).ok_or(malformed)
}

#[cfg(test)]
mod tests {
    use mails::EmailAddress;
    use passwords::Username;

    #[test]
    fn every_address_is_a_user_name_in_its_normal_form() {
        let domain = ["y"; 3].map(|label| label.repeat(59)).join(".");
        let longest = format!("{}@{domain}.example", "X".repeat(64));
        for text in ["Ada@Example.com", ".!#$%&'*+/?=^_`{|}~-0aZ@a-1.example", "a@localhost", &longest] {
            let address = EmailAddress::parse(text).unwrap();
            let username = Username::parse(address.normal()).unwrap();
            assert_eq!(username.as_str(), address.normal(), "{text}");
            assert_eq!(username.as_str(), text.to_lowercase(), "{text}");
        }
    }
}
