//! The way of one mail: leased, decided, written, sent, marked.

use mails::{EmailAddress, Lease, Mailbox, Outgoing, Purpose};
use shared::{
    log::{Event, Invocation, RequestLog},
    random,
    store::{Notice, StoreError},
};

use crate::{Kind, Mail, Mailer, MailerError, SendError, account::Account, kind::Contents, words::Words};

/// How often a mail is taken. Only deliveries that neither gave it back nor marked it count, so any of them
/// may have sent it.
const MOST_TAKEN: u32 = 3;

impl Mailer {
    /// Sends the mail that waits at this mailbox, if one does, and logs the outcome. Repeating it sends
    /// nothing again.
    pub(crate) async fn deliver(&self, mailbox: &Mailbox, invocation: Invocation) -> Result<(), MailerError> {
        let log = RequestLog::begin(&self.log, invocation);
        log.mailbox(mailbox.as_str());
        let result = log.carry_out(Box::pin(self.lease_and_send(mailbox, &log))).await;
        Self::logged(result, &log)
    }

    /// `None`, if no mail waits.
    async fn lease_and_send(
        &self,
        mailbox: &Mailbox,
        log: &RequestLog,
    ) -> Result<Option<Event>, MailerError> {
        let mark = random::identifier(&*self.random);
        let outgoing = match self.mails.lease(mailbox, &mark, self.clock.now()).await? {
            Lease::Taken(outgoing) => outgoing,
            Lease::Held => return Err(MailerError::Leased),
            Lease::Nothing => return Ok(None),
        };
        log.client(&outgoing.client_id);
        let result = self.send_leased(&outgoing, log).await;
        match &result {
            // Of the account: a row of the outbox that is malformed isn't leased.
            Err(MailerError::Store(StoreError::Malformed { .. })) => self.mark(&outgoing).await?,
            Err(error) if error.gives_back() => {
                // If this fails, the lease ends by itself.
                let _ = self.mails.release(&outgoing).await;
            }
            _ => {}
        }
        result.map(Some)
    }

    async fn send_leased(&self, outgoing: &Outgoing, log: &RequestLog) -> Result<Event, MailerError> {
        if outgoing.ticket.expires_at <= self.clock.now() {
            self.mark(outgoing).await?;
            return Err(MailerError::Expired);
        }
        if outgoing.taken > MOST_TAKEN {
            return self.give_up(MailerError::TakenTooOften, outgoing, log).await;
        }
        if self.mails.is_suppressed(&outgoing.address).await? {
            self.mark(outgoing).await?;
            return Ok(Event::MailSuppressed);
        }
        let Some(mail) = self.write(outgoing, log).await? else {
            self.mark(outgoing).await?;
            return Ok(Event::MailNoticeDropped);
        };
        if outgoing.taken > 1 {
            log.happened(Event::MailSentAgain);
        }
        match self.sender.send(&mail).await {
            Ok(()) => {}
            Err(error @ SendError::Rejected(_)) => return self.give_up(error.into(), outgoing, log).await,
            Err(error) => return Err(error.into()),
        }
        match self.mails.mark_sent(outgoing, self.clock.now()).await {
            Ok(()) => Ok(Event::MailSent),
            Err(error) => {
                log.happened(Event::MailSentUnmarked);
                Err(MailerError::Unmarked(error))
            }
        }
    }

    /// Ends a mail that isn't sent any more, with this error.
    async fn give_up<T>(
        &self,
        error: MailerError,
        outgoing: &Outgoing,
        log: &RequestLog,
    ) -> Result<T, MailerError> {
        log.happened(Event::MailRejected);
        // If this fails, the mail is taken once more, and given up again.
        self.mark(outgoing).await?;
        Err(error)
    }

    /// Takes a mail out of the outbox.
    async fn mark(&self, outgoing: &Outgoing) -> Result<(), MailerError> {
        Ok(self.mails.mark_sent(outgoing, self.clock.now()).await?)
    }

    /// Decides which mail it is, and writes it. `None`, if nobody needs it any more.
    async fn write(&self, outgoing: &Outgoing, log: &RequestLog) -> Result<Option<Mail>, MailerError> {
        let account = self.account_of(outgoing).await?;
        if let Some(user_id) = outgoing.user_id.as_ref().or(account.owner().map(|owner| &owner.user_id)) {
            log.user(user_id);
        }
        let Some(kind) = Kind::of(outgoing.ticket.purpose, &account) else { return Ok(None) };
        let words = self.words(kind, outgoing, &account).await?;
        // The engine's detail might repeat a value, which might be the token.
        let rendered = self.templates.render(&words).map_err(|error| {
            let (name, line) = (error.name().unwrap_or_default(), error.line().unwrap_or_default());
            MailerError::Template(format!("{} (in {name}:{line})", error.kind()))
        })?;
        Ok(Some(Mail {
            from: self.from.clone(),
            reply_to: self.reply_to.clone(),
            to: recipient(outgoing, &account).clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
        }))
    }

    /// The account of the mail's address, as far as the mail depends on it.
    async fn account_of(&self, outgoing: &Outgoing) -> Result<Account, StoreError> {
        match outgoing.ticket.purpose {
            Purpose::SignUp | Purpose::Reset | Purpose::Email | Purpose::Invitation | Purpose::Notice(_) => {
                let account = self.accounts.find(&outgoing.address).await?;
                let is_misdirected = outgoing.ticket.purpose == Purpose::Notice(Notice::PasswordMissing)
                    && account.owner().map(|owner| &owner.user_id) != outgoing.user_id.as_ref();
                // The link is for the user without a password. Another may have the address by now.
                Ok(if is_misdirected { Account::Absent } else { account })
            }
            // They are for the former user of the address, even if another account has it by now.
            Purpose::Undo | Purpose::Deleted | Purpose::Renamed => Ok(Account::Absent),
        }
    }

    async fn words(&self, kind: Kind, outgoing: &Outgoing, account: &Account) -> Result<Words, MailerError> {
        let (purpose, language) = (outgoing.ticket.purpose, outgoing.language);
        let contents = kind.contents();
        let (mut link, mut code) = (None, None);
        if contents.has_token() {
            let key = self.keys.current(self.clock.now()).await?;
            link = self.links.token_link(kind, outgoing, &key);
            code = contents.has_code().then(|| key.code(&outgoing.ticket));
        } else if contents == Contents::Page && is_page_for(outgoing, account) {
            link = Some(self.links.forgot(&outgoing.client_id, language).into());
        }
        let until = outgoing.ticket.expires_at;
        let notice = outgoing.notice.as_ref();
        Ok(Words {
            kind,
            language,
            link,
            code,
            // The nearest: a mail that took seconds to be sent is as good as one that took none.
            minutes: until.since(self.clock.now()).as_secs().saturating_add(30) / 60,
            until,
            at: notice.map_or(until - purpose.ttl(), |notice| notice.at),
            device: notice.and_then(|notice| notice.device.clone()),
            takes_answers: self.reply_to.is_some(),
        })
    }
}

/// Where a mail goes: to the owner of the account, as the owner's record spells the address, if it's about that
/// account.
fn recipient<'a>(outgoing: &'a Outgoing, account: &'a Account) -> &'a EmailAddress {
    match outgoing.ticket.purpose {
        Purpose::SignUp | Purpose::Reset | Purpose::Email | Purpose::Invitation => {
            account.owner().map_or(&outgoing.address, |owner| &owner.address)
        }
        // The row has the user's own spelling already.
        Purpose::Undo | Purpose::Deleted | Purpose::Renamed | Purpose::Notice(_) => &outgoing.address,
    }
}

/// Whether the page for a forgotten password helps the reader of a mail. It doesn't help the reader of a
/// notice if the address is only a claim and not the user name, or the user is disabled: no link would come.
fn is_page_for(outgoing: &Outgoing, account: &Account) -> bool {
    match (&outgoing.user_id, account) {
        (Some(user_id), Account::Enabled(owner)) => owner.user_id == *user_id,
        (None, Account::Enabled(_)) => true,
        (_, Account::Absent | Account::Disabled(_)) => false,
    }
}
