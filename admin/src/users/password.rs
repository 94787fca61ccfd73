//! Sets passwords.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use passwords::{NewPassword, Passwords, Username};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::{
    ids::UserId,
    random::{self, Random},
    store::{Notice, WRITE_DELAY},
};

use crate::{
    audit::{OperatorEvent, Subject},
    console::Console,
    context::Context,
    error::AdminError,
    options::username,
    sessions::{Ended, Ending},
    tables::{
        sessions::Whose,
        users::{Named, UserTables, not_found},
    },
    update::Change,
};

/// The source of a password. It is never the command line, which everyone on the machine can read. Without an
/// option, the command asks for it.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of standard input, instead of asking for it
    #[arg(long)]
    password_stdin: bool,
    /// Generate a random password, and show it once
    #[arg(long)]
    generate: bool,
}

/// A new password, which the policy allows.
pub(super) struct Chosen {
    pub(super) new: NewPassword,
    /// The password itself, if it was generated.
    pub(super) generated: Option<SecretString>,
}

impl PasswordSource {
    pub(super) fn choose(
        self,
        console: &Console,
        username: &Username,
        random: &dyn Random,
    ) -> Result<Chosen, AdminError> {
        let text = if self.generate {
            // 120 bits, as twenty characters that people can copy by hand.
            URL_SAFE_NO_PAD.encode(random::bytes::<15>(random)).into()
        } else if self.password_stdin {
            console.read_password()?
        } else {
            console.ask_password()?
        };
        let new = NewPassword::parse(&text, username)?;
        Ok(Chosen { new, generated: self.generate.then_some(text) })
    }
}

impl Chosen {
    /// Prints a note about a generated password.
    pub(super) fn note(&self, console: &Console) {
        if self.generated.is_some() {
            console.note("The password is stored as a hash, and is not shown again: hand it over now.");
        }
    }
}

pub(super) const SET_PASSWORD_HELP: &str = "\
Examples:
  latchgate users set-password ada@example.com
  latchgate users set-password ada@example.com --generate --must-change

The user's sessions end, unless you add --keep-sessions. Failed attempts on the old password no longer count. The
user gets a mail about the new password, if the deployment sends mail.";

pub(super) const MUST_CHANGE_HELP: &str = "\
Examples:
  latchgate users must-change ada@example.com
  latchgate users must-change ada@example.com --not

The user has to change it at the next login. Existing sessions continue.";

/// `users set-password`
#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    #[command(flatten)]
    password: PasswordSource,
    /// Make the user change the password at the next login
    #[arg(long)]
    must_change: bool,
    /// Keep the user's sessions
    #[arg(long)]
    keep_sessions: bool,
    /// Don't search again for sessions of logins that were under way
    #[arg(long, conflicts_with = "keep_sessions")]
    no_wait: bool,
}

/// `users must-change`
#[derive(Debug, Args)]
pub(crate) struct MustChange {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Let the password stay after all
    #[arg(long)]
    not: bool,
}

/// The result of setting a password.
#[derive(Serialize)]
struct PasswordView<'a> {
    user_id: &'a UserId,
    username: &'a str,
    must_change: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_ended: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

const LINES: &[&str] = &["user_id", "username", "must_change", "sessions_ended", "password"];

pub(super) async fn set(context: &Context, command: &SetPassword) -> Result<(), AdminError> {
    let SetPassword { username, password, must_change, keep_sessions, no_wait } = command;
    let deployment = &context.deployment;
    let tables = UserTables::of(deployment)?;
    let username = &tables.named(username).await?.username;
    let chosen = password.choose(&context.console, username, &*deployment.random)?;
    let audit = context.audit_log().await?;
    let hash = Passwords::new(deployment.random.clone()).hash(chosen.new.password()).await?;
    let replaced = tables.credentials.set_password(username, &hash, *must_change, deployment.now()).await?;
    let (user_id, valid_from) = replaced.ok_or_else(|| not_found(username.as_str()))?;
    let recorded =
        audit.record(OperatorEvent::UserPasswordSet, &Subject::user(&user_id, Some(username.as_str())));
    let told = Change::default().tell(Notice::PasswordChanged, valid_from);
    let ended = if *keep_sessions {
        tables.change(&user_id, &told).await.map(|_| None).map_err(AdminError::from)
    } else {
        let end = async {
            tables.change(&user_id, &told.cut_off(valid_from)).await?;
            let ending = Ending::created_before(Whose::User(user_id.clone()), valid_from);
            ending.again_after(WRITE_DELAY, *no_wait).carry_out(context, &audit).await
        };
        end.await.map(|ended: Ended| Some(ended.sessions_ended))
    };
    // Even if ending the sessions failed: a generated password is shown nowhere else.
    let view = PasswordView {
        user_id: &user_id,
        username: username.as_str(),
        must_change: *must_change,
        sessions_ended: *ended.as_ref().unwrap_or(&None),
        password: chosen.generated.as_ref().map(ExposeSecret::expose_secret),
    };
    context.console.print_one(LINES, &view)?;
    chosen.note(&context.console);
    recorded?;
    ended.map(drop)
}

pub(super) async fn must_change(context: &Context, command: &MustChange) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = tables.named(&command.username).await?;
    let audit = context.audit_log().await?;
    if !tables.credentials.require_change(&username, !command.not).await? {
        return Err(not_found(username.as_str()));
    }
    let subject =
        Subject { changed: Some(vec!["must_change"]), ..Subject::user(&user_id, Some(username.as_str())) };
    audit.record(OperatorEvent::UserPasswordSet, &subject)?;
    let view = PasswordView {
        user_id: &user_id,
        username: username.as_str(),
        must_change: !command.not,
        sessions_ended: None,
        password: None,
    };
    context.console.print_one(LINES, &view)
}
