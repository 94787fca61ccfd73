//! The mails of accounts: which one is sent, its words, and its way out.
//!
//! A request for a mail writes a row of the outbox and reads nothing about the account, so its sender can't
//! tell whether the address is known. The table's stream then brings the row's key here. This function reads
//! the account, decides which mail it is, and sends it by SES. It sends a mail at least once, and again only
//! if SES's answer or its own mark was lost: three times at most.
//!
//! Nobody asks for a notice, such as that the password was changed. The streams of the tables Users,
//! Revocations and Sessions bring the write that names it, and this function puts the mail into the outbox.
//!
//! SES reports bounces and complaints by SNS; then the address gets no more mails.

mod account;
mod account_event;
mod change;
mod check;
mod correspondent;
mod deliver;
mod error;
mod event;
mod flow;
mod folder;
mod kind;
mod links;
mod look;
mod mail;
mod new_device;
mod notify;
mod ours;
mod preview;
mod report;
mod sender;
mod ses;
mod templates;
mod words;

use std::{sync::Arc, time::Duration};

use lambda_http::{LambdaEvent, lambda_runtime::Diagnostic};
use mails::{MailKeys, Mailbox, Mails, NewDeviceMails};
use serde_json::Value;
use shared::{
    clock::Clock,
    context::{Context, StartError},
    environment::{Environment, EnvironmentError, variable},
    log::{FunctionLog, Invocation},
    random::Random,
};

use self::{account::Accounts, links::Links, new_device::Devices, ses::Ses, templates::Templates};
pub use self::{
    correspondent::Correspondent,
    error::MailerError,
    kind::Kind,
    mail::{AUTO_SUBMITTED, Mail},
    preview::{Preview, preview},
    sender::{SendError, Sender, Sending},
};

/// How long an event may take: a little less than Lambda allows (template.yaml, `Timeout`).
pub const TIME_LIMIT: Duration = Duration::from_secs(55);

/// How long a mail may take: less than its lease, so that two invocations never send it at the same time; and
/// more than all of its calls together, so that no call is cut off.
const MAIL_TIME_LIMIT: Duration = Duration::from_secs(25);

/// The function.
#[derive(Debug)]
pub struct Mailer {
    mails: Mails,
    keys: MailKeys,
    accounts: Accounts,
    devices: Devices,
    new_device_mails: NewDeviceMails,
    templates: Templates,
    links: Links,
    from: Correspondent,
    reply_to: Option<Correspondent>,
    sender: Arc<dyn Sender>,
    log: FunctionLog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Mailer {
    /// Starts the function. It sends by SES.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or malformed, or a template is broken.
    pub fn start(context: &Context) -> Result<Self, StartError> {
        Self::start_with(context, Arc::new(Ses::new(&context.environment, &context.aws)))
    }

    /// Starts the function with another way to send.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or malformed, or a template is broken.
    pub fn start_with(context: &Context, sender: Arc<dyn Sender>) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        let keys = MailKeys::new(environment, aws)?;
        let from = correspondent(environment, variable::MAIL_FROM)?;
        Ok(Self {
            mails: Mails::new(environment, dynamodb)?,
            keys: keys.ok_or(EnvironmentError::Missing(variable::MAIL_KEY_SECRET))?,
            accounts: Accounts::new(environment, dynamodb)?,
            devices: Devices::new(environment, dynamodb)?,
            new_device_mails: NewDeviceMails::from_environment(environment)?,
            templates: check::checked(environment)?,
            links: Links::from_environment(environment)?,
            from: from.ok_or(EnvironmentError::Missing(variable::MAIL_FROM))?,
            reply_to: correspondent(environment, variable::MAIL_REPLY_TO)?,
            sender,
            log: FunctionLog::new("mailer", context)?.with_time_limit(MAIL_TIME_LIMIT),
            clock: clock.clone(),
            random: random.clone(),
        })
    }

    /// Handles Lambda's event.
    ///
    /// # Errors
    ///
    /// The message for Lambda, which repeats the event.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let lambda_request_id = Some(event.context.request_id);
        let invocation = Invocation { lambda_request_id, ..Invocation::default() };
        Ok(self.answer(event.payload, invocation).await?)
    }

    /// Handles an event: records of the tables' streams, or a report of SES. For records it returns those
    /// that failed. Events may be repeated, at any time and in parallel.
    ///
    /// # Errors
    ///
    /// [`MailerError`], if the event is none of these, or a report could not be stored.
    pub async fn handle(&self, event: Value) -> Result<Value, MailerError> {
        self.answer(event, Invocation::default()).await
    }

    /// Sends the mail that waits at this mailbox, if one does.
    ///
    /// # Errors
    ///
    /// [`MailerError`], if it isn't sent now. Unless that is final, you may try again.
    pub async fn send(&self, mailbox: &Mailbox) -> Result<(), MailerError> {
        self.deliver(mailbox, Invocation::default()).await
    }
}

/// The correspondent that a variable names, if it is set.
fn correspondent(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<Correspondent>, EnvironmentError> {
    let text = environment.optional(name);
    text.map(|text| Correspondent::parse(text).ok_or(EnvironmentError::Malformed(name))).transpose()
}
