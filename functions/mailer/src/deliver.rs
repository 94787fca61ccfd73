//! The way of one mail: leased, decided, written, sent, marked.

use mails::{Lease, MailKey, Mailbox, Outgoing};
use shared::{
    log::{Event, Invocation, RequestLog},
    random,
    store::StoreError,
};

use crate::{Kind, Mail, Mailer, MailerError, SendError, words::Words};

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
        match &result {
            Ok(Some(event)) => {
                log.outcome(*event);
                log.answered(None);
            }
            // Most records are of our own writes: the lease, the mark. A line for each would tell nothing.
            Ok(None) => {}
            Err(error) => log.refused(&error.ending()),
        }
        result.map(|_| ())
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
        let mail = self.write(outgoing, log).await?;
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

    /// Decides which mail it is, and writes it.
    async fn write(&self, outgoing: &Outgoing, log: &RequestLog) -> Result<Mail, MailerError> {
        let key = self.keys.current(self.clock.now()).await?;
        let account = self.accounts.find(&outgoing.address).await?;
        if let Some(owner) = account.owner() {
            log.user(&owner.user_id);
        }
        let words = self.words(Kind::of(outgoing.ticket.purpose, &account), outgoing, &key);
        // The engine's detail might repeat a value, which might be the token.
        let rendered = self.templates.render(&words).map_err(|error| {
            let (name, line) = (error.name().unwrap_or_default(), error.line().unwrap_or_default());
            MailerError::Template(format!("{} (in {name}:{line})", error.kind()))
        })?;
        Ok(Mail {
            from: self.from.clone(),
            reply_to: self.reply_to.clone(),
            to: account.owner().map_or(&outgoing.address, |owner| &owner.address).clone(),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
        })
    }

    fn words(&self, kind: Kind, outgoing: &Outgoing, key: &MailKey) -> Words {
        let seconds = outgoing.ticket.expires_at.since(self.clock.now()).as_secs();
        Words {
            kind,
            language: outgoing.language,
            link: self.links.of(kind, outgoing, key),
            code: kind.has_token().then(|| key.code(&outgoing.ticket)),
            // The nearest: a mail that took seconds to be sent is as good as one that took none.
            minutes: seconds.saturating_add(30) / 60,
            takes_answers: self.reply_to.is_some(),
        }
    }
}
