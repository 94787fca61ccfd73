//! `latchgate users invite`: mails invitations, by which people create their accounts themselves, and withdraws them.

mod invitation;
mod inviter;
mod outcome;
mod pace;
mod run;
mod withdrawer;

use std::path::PathBuf;

use clap::{Args, value_parser};
use mails::EmailAddress;
use shared::{http::Language, ids::ClientId};

use self::{
    inviter::{Defaults, Inviter},
    outcome::Counts,
    pace::Pace,
    run::{Run, Work},
    withdrawer::Withdrawer,
};
use crate::{
    context::Context,
    error::AdminError,
    import::{self, lines, progress::Progress, seen::Seen},
    options::{client_id, email, language},
    users::claims,
};

pub(super) const HELP: &str = "\
Examples:
  latchgate users invite ada@example.com grace@example.com --client shop
  latchgate users invite ada@example.com --claims '{\"roles\": [\"admin\"]}' --language vi
  latchgate users invite --file addresses.txt --dry-run
  latchgate users invite --file addresses.txt --client shop --from-line 4001
  latchgate users invite ada@example.com --withdraw

Each address gets a mail with a link, which is good for seven days. Its reader chooses a password, and then has an account with
the address as its name. That takes a deployment that sends mail, with a SignUp of `invited` or `open`, or such a client.

In a file, each line is an address or an object:
  {\"email\": …, \"language\"?: \"en\" or \"vi\", \"claims\"?: {…}, \"client_id\"?: …}
The options are for lines without such a field. An address with an account or with an unused invitation is left alone, so you
can run the command again. Bad lines are reported by their number and copied to the rejects.

--withdraw takes unused invitations back: their links stop working, and mails that wait aren't sent. An invitation that was
accepted stays as it is, and so does the account.";

/// `users invite`
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// The addresses
    #[arg(value_name = "ADDRESS", value_parser = email, required_unless_present = "file")]
    addresses: Vec<EmailAddress>,
    /// A file of addresses; `-` is standard input
    #[arg(long, value_name = "PATH", conflicts_with = "addresses")]
    file: Option<PathBuf>,
    /// The client at which they sign up, and to which the link leads back [default: none, only the pages]
    #[arg(long, value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client: Option<ClientId>,
    /// The language of the mails
    #[arg(long, value_name = "en|vi", value_parser = language, default_value = "en")]
    language: Language,
    /// The claims in the users' access tokens, a JSON object; the address is added
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Replace unused invitations: their links stop working
    #[arg(long)]
    again: bool,
    /// Withdraw the unused invitations of these addresses, and invite nobody
    #[arg(long, conflicts_with_all = ["client", "language", "claims", "again", "per_second"])]
    withdraw: bool,
    /// The most invitations in a second, 1 to 100: SES has a rate, and other users' mails wait behind these
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u32).range(1..=100))]
    per_second: u32,
    /// Check the addresses, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Skip the lines before this one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u64).range(1..), conflicts_with = "addresses")]
    from_line: u64,
    /// The file for rejected lines [default: FILE.rejected; import.rejected for standard input]
    #[arg(long, value_name = "PATH", conflicts_with = "addresses")]
    rejects: Option<PathBuf>,
}

const UNKNOWN: &str = "It isn't known here whether this deployment sends mail and takes sign-ups: name a stack \
                       with --stack, or the local server with --local.";

pub(super) async fn invite(context: &Context, command: Invite) -> Result<(), AdminError> {
    let Invite { addresses, file, per_second, .. } = &command;
    let mut work = work(context, &command).await?;
    let pace = Pace::per_second(*per_second);
    if let Some(file) = file {
        return of_file(context, &command, file, work, pace).await;
    }
    let mut counts = work.counts();
    let result = run::each(&mut work, pace, addresses.clone(), &context.console, &mut counts).await;
    context.console.print_one(Counts::LINES, &counts)?;
    result?;
    if counts.rejected == 0 { Ok(()) } else { Err(AdminError::Uninvited(counts.rejected)) }
}

/// What the command does with each address, by its options.
async fn work(context: &Context, command: &Invite) -> Result<Work, AdminError> {
    let Invite { client, language, claims, again, withdraw, dry_run, .. } = command;
    let claims = claims.as_ref().map(|json| claims::parse(json.as_bytes())).transpose()?.unwrap_or_default();
    invitation::check_claims(&claims, None).map_err(AdminError::Refused)?;
    let audit = if *dry_run { None } else { Some(context.audit_log().await?) };
    if *withdraw {
        return Ok(Work::Withdraw(Box::new(Withdrawer::new(&context.deployment, audit)?)));
    }
    let defaults = Defaults { client_id: client.clone(), language: *language, claims, again: *again };
    let inviter = Inviter::new(&context.deployment, defaults, audit)?;
    if context.deployment.sends_mail().is_none() || context.deployment.sign_up().is_none() {
        context.console.note(UNKNOWN);
    }
    Ok(Work::Invite(Box::new(inviter)))
}

async fn of_file(
    context: &Context,
    command: &Invite,
    file: &std::path::Path,
    work: Work,
    pace: Pace,
) -> Result<(), AdminError> {
    let Invite { dry_run, from_line, rejects, .. } = command;
    let (source, rejects) = import::open(file, rejects.as_deref(), *from_line, *dry_run)?;
    let (progress, none) = (Progress::new(source.len()), work.counts());
    let mut run = Run { work, pace, progress, rejects, seen: Seen::default(), counts: none };
    let result = run.all(lines::read(source, *from_line), *from_line).await;
    run.progress.finish();
    let (counts, name) = (run.counts, run.rejects.finish()?);
    if result.is_ok() && counts == none {
        import::note_empty(&context.console, *from_line);
    }
    context.console.print_one(Counts::LINES, &counts)?;
    result?;
    import::result(counts.rejected, name, *dry_run)
}
