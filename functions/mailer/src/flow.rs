//! The flow of an event.

use serde_json::{Value, json};
use shared::log::{Event as LogEvent, Invocation, RequestLog};

use crate::{
    MAIL_TIME_LIMIT, Mailer, MailerError, TIME_LIMIT,
    change::{Change, What},
    event::{Event, failures},
    report::Report,
};

impl Mailer {
    pub(crate) async fn answer(&self, event: Value, invocation: Invocation) -> Result<Value, MailerError> {
        match Event::parse(event, self.clock.now()) {
            Ok(Event::Changes(changes)) => Ok(failures(&self.handle_all(changes, &invocation).await)),
            Ok(Event::Reports(reports)) => {
                self.hear(&reports, invocation).await?;
                Ok(json!({}))
            }
            Err(error) => {
                RequestLog::begin(&self.log, invocation).refused(&error.ending());
                Err(error)
            }
        }
    }

    /// Handles the changes of a batch, one after the other, and returns those to try again. One that fails
    /// doesn't keep the others waiting.
    async fn handle_all(&self, changes: Vec<Change>, invocation: &Invocation) -> Vec<String> {
        let start = self.clock.instant();
        let mut failed = Vec::new();
        for change in changes {
            // The lease of a mail must not be held by an invocation that Lambda ends.
            let is_late = self.clock.instant().duration_since(start) + MAIL_TIME_LIMIT > TIME_LIMIT;
            let result = if is_late {
                Err(MailerError::TooLate)
            } else {
                self.handle_one(change.what, invocation.clone()).await
            };
            match result {
                Err(error) if !error.is_final() => failed.push(change.sequence_number),
                _ => {}
            }
        }
        failed
    }

    async fn handle_one(&self, what: What, invocation: Invocation) -> Result<(), MailerError> {
        match what {
            What::Mailbox(mailbox) => self.deliver(&mailbox, invocation).await,
            What::Account(event, user) => self.tell(&event, user.map(|user| *user), invocation).await,
            What::Session(key) => self.tell_of_session(&key, invocation).await,
            What::Malformed(error) => {
                let error = MailerError::from(error);
                RequestLog::begin(&self.log, invocation).refused(&error.ending());
                Err(error)
            }
        }
    }

    /// Logs the outcome of a record, if it has one.
    pub(crate) fn logged(
        result: Result<Option<LogEvent>, MailerError>,
        log: &RequestLog,
    ) -> Result<(), MailerError> {
        match &result {
            Ok(Some(event)) => {
                log.outcome(*event);
                log.answered(None);
            }
            // Most records are of our own writes, such as a lease. A line for each would tell nothing.
            Ok(None) => {}
            Err(error) => log.refused(&error.ending()),
        }
        result.map(|_| ())
    }

    /// Stops the mails to addresses that bounced or complained.
    async fn hear(&self, reports: &[Report], invocation: Invocation) -> Result<(), MailerError> {
        for Report { suppression, addresses } in reports {
            let Some(suppression) = *suppression else { continue };
            for address in addresses {
                let log = RequestLog::begin(&self.log, invocation.clone());
                log.mailbox(&address.suppression_key());
                let suppressing = async { Ok(self.mails.suppress(address, suppression).await?) };
                let result: Result<(), MailerError> = log.carry_out(Box::pin(suppressing)).await;
                match &result {
                    Ok(()) => {
                        log.outcome(LogEvent::MailBounced);
                        log.answered(None);
                    }
                    Err(error) => log.refused(&error.ending()),
                }
                result?;
            }
        }
        Ok(())
    }
}
