//! `mails suppress`: stops all mails to an address, or ends that.

use clap::Args;
use mails::{EmailAddress, MailRow, Mails, Suppressed, Suppression};
use serde::Serialize;

use super::view::MailView;
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::email,
    tables::outbox,
};

pub(super) const HELP: &str = "\
Examples:
  latchgate mails suppress ada@example.com
  latchgate mails suppress ada@example.com --end

The address gets no mail of any kind: no link, no code, no notice. Requests for mails get the same answer as before. A bounce
or a complaint does the same by itself. --end allows mails again. SES keeps a separate list, from which the command that is
printed at the end removes the address.";

/// `mails suppress`
#[derive(Debug, Args)]
pub(crate) struct Suppress {
    /// The address
    #[arg(value_name = "ADDRESS", value_parser = email, allow_hyphen_values = true)]
    address: EmailAddress,
    /// Allow mails to the address again
    #[arg(long)]
    end: bool,
}

pub(super) async fn suppress(context: &Context, command: &Suppress) -> Result<(), AdminError> {
    let Suppress { address, end } = command;
    let table = outbox::open(&context.deployment)?;
    if *end { allow(context, &table, address).await } else { stop(context, &table, address).await }
}

/// Stops the mails. A reason that is stored already stays, since a complaint says more than an operator.
async fn stop(context: &Context, table: &Mails, address: &EmailAddress) -> Result<(), AdminError> {
    if let Some(suppressed) = find(table, address).await? {
        context.console.note("Mails to this address were suppressed already.");
        return context.console.print_one(MailView::LINES, &MailView::of_suppressed(&suppressed));
    }
    let audit = context.audit_log().await?;
    table.suppress(address, Suppression::Operator).await?;
    audit.record(OperatorEvent::AddressSuppressed, &Subject::address(address))?;
    let suppressed = Suppressed { address: address.clone(), reason: Some(Suppression::Operator) };
    context.console.print_one(MailView::LINES, &MailView::of_suppressed(&suppressed))
}

async fn allow(context: &Context, table: &Mails, address: &EmailAddress) -> Result<(), AdminError> {
    let audit = context.audit_log().await?;
    if !table.unsuppress(address).await? {
        return Err(AdminError::NotFound { kind: "suppressed address", name: address.as_str().to_owned() });
    }
    audit.record(OperatorEvent::AddressUnsuppressed, &Subject::address(address))?;
    if context.deployment.stack.is_some() {
        // Without the address: a stranger chose it, and shells read some of its characters.
        context.console.note(
            "If mails to it bounced, SES may keep it on a separate list: `aws sesv2 \
             delete-suppressed-destination --email-address ADDRESS` takes it off.",
        );
    }
    context.console.print_one(&["email", "state"], &Allowed { email: address.as_str(), state: "allowed" })
}

/// The address's suppression, if it is suppressed.
async fn find(table: &Mails, address: &EmailAddress) -> Result<Option<Suppressed>, AdminError> {
    let rows = table.of_address(address).await?;
    Ok(rows.into_iter().find_map(|row| match row {
        MailRow::Suppressed(suppressed) => Some(suppressed),
        MailRow::Mail(_) | MailRow::Malformed { .. } => None,
    }))
}

/// An address that gets mails again.
#[derive(Serialize)]
struct Allowed<'a> {
    email: &'a str,
    state: &'static str,
}
