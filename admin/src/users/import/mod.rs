//! `latchgate users import`: imports users from other systems, as JSON lines.

mod disable;
mod missing;
mod plan;
mod record;
mod run;
mod settle;
mod waiting;
mod worker;

use std::sync::Arc;

use clap::Args;

use self::run::Run;
pub(crate) use self::{
    record::{Record, Secret},
    worker::{Outcome, Worker},
};
use crate::{
    context::Context,
    error::AdminError,
    import::{ImportOptions, lines, progress::Progress},
};

pub(super) const HELP: &str = "\
Examples:
  latchgate users import users.jsonl --dry-run
  latchgate users import users.jsonl
  latchgate users import users.jsonl --from-line 40001
  latchgate users import users.jsonl --without-passwords
  gunzip -c users.jsonl.gz | latchgate users import - --rejects users.rejected
  latchgate --stack standby --yes users import users.jsonl --update --disable-missing

Each line is an object:
  {\"username\": …, \"user_id\"?: …, \"claims\"?: {…}, \"password_hash\" or \"password\": …,
   \"disabled\"?: bool, \"not_before\"?: seconds, \"new_device_mails\"?: bool, \"must_change\"?: bool,
   \"valid_from\"?: seconds}

Hashes may be argon2, scrypt, PBKDF2, bcrypt, SHA-crypt or phpass, as PHC strings and as Django, Werkzeug,
passlib, PHP, WordPress, ASP.NET Identity, Keycloak and Firebase have them: docs/guide/moving-users.md says
which fields to give. Existing users are left alone, so you can import a file again. Of two lines with the
same username or user_id, the second is rejected. Bad lines are reported by their number and copied to the
rejects. A dry run makes the same checks and counts, and writes nothing.

With --update, an existing user gets what the line says and keeps the rest. An import never lowers not_before,
and never replaces a newer password. It ends sessions that the user may not keep.

With --without-passwords, a line may lack password and hash. Its user can't log in: the first attempt sends a
mail with a link to choose a password, as /forgot does. So its username has to be a mail address, and the deployment has to send mail.

With --disable-missing, the file must contain all users of another deployment. If a user was created again
there, under the same name with another user_id, the new user takes the name here too. The old user is deleted
and signed out, unless a line has that user.";

/// `users import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    options: ImportOptions,
    /// Also create users whose lines have neither a password nor a hash: they choose a password by mail
    #[arg(long)]
    without_passwords: bool,
    /// Don't search again for sessions of logins that were under way when a user was disabled
    #[arg(long, requires = "update")]
    no_wait: bool,
}

const NO_MAIL: &str = "This deployment sends no mail: users without a password can't sign in until it does, or until \
                       you set their passwords.";

const LINES: &[&str] = &["imported", "updated", "there_already", "rejected", "disabled"];

pub(super) async fn import(context: &Context, command: Import) -> Result<(), AdminError> {
    let Import { options, without_passwords, no_wait } = command;
    let (source, rejects) = options.open()?;
    if options.disable_missing && !options.dry_run {
        context.console.confirm(
            "This disables every user who is not in the file, and deletes users whose name has another \
             user_id there.",
        )?;
    }
    let audit = if options.dry_run { None } else { Some(Arc::new(context.audit_log().await?)) };
    if without_passwords && context.deployment.sends_mail() == Some(false) {
        context.console.note(NO_MAIL);
    }
    let worker =
        Worker::new(&context.deployment, &options, audit.clone())?.creating_without(without_passwords);
    let progress = Progress::new(source.len());
    let mut run = Run::new(worker, rejects, progress, &options);
    let result = run.all(lines::read(source, options.from_line), options.from_line).await;
    let (mut summary, name) = run.finish()?;
    let result = match result {
        Ok(()) => missing::conclude(context, audit.as_deref(), &options, no_wait, &mut summary).await,
        Err(error) => Err(error),
    };
    context.console.print_one(LINES, &summary.counts)?;
    result?;
    options.result(summary.counts.rejected, name)
}
