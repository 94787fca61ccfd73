//! `users rename`: gives a user another name.

use clap::Args;
use mails::MailId;
use passwords::Username;
use serde_json::{Map, Value};

use super::show;
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::username,
    tables::{
        outbox::{self, Outbox},
        users::{Named, Renaming, UserTables, not_found},
    },
};

pub(super) const HELP: &str = "\
Example:
  latchgate users rename ada@example.com ada.lovelace@example.com

The user signs in under the new name from now on, with the same password, and stays signed in. Failed
attempts on the old name still count. The claims stay the same: `users set-claims` changes an email address
in them. The old name is free at once. If the stack sends mails, one to the user's address of before tells of
the change, without the new name.";

/// `users rename`
#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// The user's name
    #[arg(value_name = "OLD", value_parser = username, allow_hyphen_values = true)]
    old: Username,
    /// The user's new name: 1 to 256 bytes of letters, digits and ASCII symbols; case makes no difference
    #[arg(value_name = "NEW", value_parser = username, allow_hyphen_values = true)]
    new: Username,
}

pub(super) async fn rename(context: &Context, command: &Rename) -> Result<(), AdminError> {
    let Rename { old, new } = command;
    let tables = UserTables::of(&context.deployment)?;
    let Named { username: old, user_id, .. } = tables.named(old).await?;
    if old == *new {
        return Err(AdminError::Refused(
            "that is the user's name already: case and the like make no difference",
        ));
    }
    let audit = context.audit_log().await?;
    let mails = outbox::to_tell(&context.deployment)?;
    let outbox = mails.as_ref().map(|mails| Outbox { mails, id: MailId::new(&*context.deployment.random) });
    match tables.rename(&old, new, outbox, context.deployment.now()).await? {
        Renaming::Done => {}
        Renaming::NotFound => return Err(not_found(old.as_str())),
        Renaming::NameTaken => {
            return Err(AdminError::Exists { kind: "user", name: new.as_str().to_owned() });
        }
        Renaming::HalfDeleted => {
            return Err(AdminError::Refused(
                "the user is half deleted: finish that with `latchgate users delete`",
            ));
        }
    }
    let subject = Subject::user(&user_id, Some(new.as_str()));
    let former_username = Some(old.as_str().to_owned());
    audit.record(OperatorEvent::UserRenamed, &Subject { former_username, ..subject })?;
    if let Some(user) = tables.users.find(&user_id).await? {
        for name in naming(&user.claims, &old) {
            context.console.note(&format!(
                "The claim {name} still has the old name: `latchgate users set-claims` changes it."
            ));
        }
    }
    show::print(context, &user_id, Some(new)).await
}

/// The claims whose value is the name.
fn naming<'a>(claims: &'a Map<String, Value>, name: &Username) -> impl Iterator<Item = &'a String> {
    let is_name =
        |value: &Value| value.as_str().and_then(Username::parse).is_some_and(|value| value == *name);
    claims.iter().filter(move |(_, value)| is_name(value)).map(|(claim, _)| claim)
}
