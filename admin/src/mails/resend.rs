//! `mails resend`: puts the latest mail of an address into the outbox again.

use clap::Args;
use mails::{EmailAddress, MailRow, MailState, Purpose, Resent, StoredMail};
use serde::Serialize;
use shared::clock::Timestamp;

use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::{email, purpose},
    tables::outbox,
};

pub(super) const HELP: &str = "\
Examples:
  latchgate mails resend ada@example.com
  latchgate mails resend ada@example.com --purpose invitation

The mail comes with the same link and code, which expire when they would have. Nothing is sent if the link was used or has
expired, or if mails to the address are suppressed. For a new link, the user asks again, or you run `users invite --again`.";

/// `mails resend`
#[derive(Debug, Args)]
pub(crate) struct Resend {
    /// The address
    #[arg(value_name = "ADDRESS", value_parser = email, allow_hyphen_values = true)]
    address: EmailAddress,
    /// What the mail is for, as `mails list` shows it; required if several mails can be sent again
    #[arg(long, value_name = "PURPOSE", value_parser = purpose)]
    purpose: Option<Purpose>,
}

/// A mail that is sent again.
#[derive(Debug, Serialize)]
struct ResentView {
    email: String,
    purpose: &'static str,
    /// `queued`, or `waiting` if a delivery has it at this moment.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

const LINES: &[&str] = &["email", "purpose", "result", "expires_at"];

const OVER: AdminError = AdminError::Refused(
    "nothing can be sent again: the link was used or has expired. The user can ask for another mail, and \
     `users invite --again` sends another invitation",
);
const SUPPRESSED: AdminError = AdminError::Refused(
    "mails to this address are suppressed, and none was sent: `latchgate mails suppress ADDRESS --end` allows \
     them again",
);

pub(super) async fn resend(context: &Context, command: &Resend) -> Result<(), AdminError> {
    let Resend { address, purpose } = command;
    let table = outbox::to_send(&context.deployment)?;
    let now = context.deployment.now();
    if table.is_suppressed(address).await? {
        return Err(SUPPRESSED);
    }
    let mail = choose(address, table.of_address(address).await?, *purpose, now)?;
    let audit = context.audit_log().await?;
    let result = match table.resend(&mail.mailbox, now).await? {
        Resent::Queued => "queued",
        Resent::Waiting => "waiting",
        Resent::Over => return Err(OVER),
        Resent::Absent => return Err(not_found(address, *purpose)),
    };
    if result == "queued" {
        let purpose = Some(mail.purpose.name());
        audit.record(OperatorEvent::MailResent, &Subject { purpose, ..Subject::address(address) })?;
    } else {
        context.console.note("The mail is being sent at this moment, so it was left as it is.");
    }
    let email = mail.address.as_str().to_owned();
    let view = ResentView { email, purpose: mail.purpose.name(), result, expires_at: mail.expires_at };
    context.console.print_one(LINES, &view)
}

/// The mail to send again: the one for this purpose, or the only one that can be sent.
fn choose(
    address: &EmailAddress,
    rows: Vec<MailRow>,
    purpose: Option<Purpose>,
    now: Timestamp,
) -> Result<StoredMail, AdminError> {
    let mut found = Vec::new();
    for row in rows {
        match row {
            MailRow::Mail(mail) if purpose.is_none_or(|purpose| mail.purpose == purpose) => found.push(*mail),
            MailRow::Malformed { key, error }
                if purpose.is_none_or(|purpose| address.mailbox(purpose).as_str() == key) =>
            {
                return Err(error.into());
            }
            MailRow::Mail(_) | MailRow::Suppressed(_) | MailRow::Malformed { .. } => {}
        }
    }
    if found.is_empty() {
        return Err(not_found(address, purpose));
    }
    let is_good = |mail: &StoredMail| {
        mail.state != MailState::Used && mail.expires_at.is_some_and(|expires_at| expires_at > now)
    };
    found.retain(is_good);
    match found.len() {
        0 => Err(OVER),
        1 => Ok(found.remove(0)),
        _ => Err(AdminError::SeveralMails(
            found.iter().map(|mail| mail.purpose.name()).collect::<Vec<_>>().join(", "),
        )),
    }
}

fn not_found(address: &EmailAddress, purpose: Option<Purpose>) -> AdminError {
    let address = address.as_str();
    let name =
        purpose.map_or_else(|| address.to_owned(), |purpose| format!("{address} for {}", purpose.name()));
    AdminError::NotFound { kind: "mail to", name }
}
