//! `mails list`: prints the latest mail of each address and purpose, and the suppressed addresses.

use clap::{Args, value_parser};
use mails::{EmailAddress, MailRow, MailState, PageStart};

use super::view::MailView;
use crate::{console::Console, context::Context, error::AdminError, options::email, tables::outbox};

pub(super) const HELP: &str = "\
Examples:
  latchgate mails list ada@example.com
  latchgate mails list --waiting
  latchgate mails list --suppressed --output json | jq -r '.mails[].email'

A row has the latest mail of an address and purpose: two days after it was asked for, or a day after its link expired, it is
gone. `sent` means that the mail left the outbox: the log has mail_sent, or says why it was given up. `used` means that its
link or code was used. `dropped` means that its row could not be read when it was to be sent. Mails to a `suppressed` address
bounced, its reader complained, or an operator stopped them.

Without ADDRESS the command reads the whole table, and lists its rows as they are stored. Each page ends with the cursor of
the next.";

/// `mails list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the mails to this address
    #[arg(value_name = "ADDRESS", value_parser = email, allow_hyphen_values = true)]
    address: Option<EmailAddress>,
    /// Only the mails that wait to be sent
    #[arg(long)]
    waiting: bool,
    /// Only the addresses that get no mail
    #[arg(long, conflicts_with = "waiting")]
    suppressed: bool,
    /// The most rows to list, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Continue after the page with this cursor; repeat its other options
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true, conflicts_with = "address")]
    cursor: Option<String>,
}

impl List {
    /// Whether this row is wanted.
    fn wants(&self, row: &MailRow) -> bool {
        match row {
            MailRow::Mail(mail) if self.waiting => mail.state == MailState::Waiting,
            MailRow::Mail(_) => !self.suppressed,
            MailRow::Suppressed(_) => !self.waiting,
            MailRow::Malformed { .. } => true,
        }
    }
}

pub(super) async fn list(context: &Context, command: List) -> Result<(), AdminError> {
    let table = outbox::open(&context.deployment)?;
    let (mut views, mut next) = (Vec::new(), None);
    if let Some(address) = &command.address {
        let rows = table.of_address(address).await?;
        views.extend(
            rows.iter().filter(|row| command.wants(row)).filter_map(|row| view(&context.console, row)),
        );
    } else {
        let mut start = command.cursor.as_deref().map(PageStart::after);
        'pages: loop {
            let page = table.page(start).await?;
            let count = page.rows.len();
            for (i, row) in page.rows.iter().enumerate() {
                if command.wants(row) {
                    views.extend(view(&context.console, row));
                }
                let is_last = i + 1 == count && page.next.is_none();
                if views.len() == command.limit as usize && !is_last {
                    next = Some(key(row));
                    break 'pages;
                }
            }
            match page.next {
                None => break,
                more => start = more,
            }
        }
    }
    context.console.print_page("mails", &MailView::columns(&views), &views, next.as_deref())
}

/// The printed form of a row. A malformed one is only noted.
fn view(console: &Console, row: &MailRow) -> Option<MailView> {
    match row {
        MailRow::Mail(mail) => Some(MailView::of_mail(mail)),
        MailRow::Suppressed(suppressed) => Some(MailView::of_suppressed(suppressed)),
        MailRow::Malformed { key, error } => {
            console.note(&format!("Left out {key}: {error}"));
            None
        }
    }
}

/// The key of a row.
fn key(row: &MailRow) -> String {
    match row {
        MailRow::Mail(mail) => mail.mailbox.as_str().to_owned(),
        MailRow::Suppressed(suppressed) => suppressed.address.suppression_key(),
        MailRow::Malformed { key, .. } => key.clone(),
    }
}
