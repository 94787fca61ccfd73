//! `users new-device-mails`: sets a user's wish for mails about new devices.

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use clap::Args;
use mails::address_of;
use passwords::Username;
use shared::store::attribute;

use super::show;
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::username,
    tables::users::{Named, UserTables, not_found},
    update::Change,
};

pub(super) const HELP: &str = "\
Examples:
  latchgate users new-device-mails ada@example.com
  latchgate users new-device-mails ada@example.com --not

The user's own form on the account page does the same. It counts if the parameter NewDeviceMails is `wanted`: with
`no` and `yes` the deployment decides for all users.";

/// `users new-device-mails`
#[derive(Debug, Args)]
pub(crate) struct WantMails {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Stop these mails
    #[arg(long)]
    not: bool,
}

pub(super) async fn want(context: &Context, command: &WantMails) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = tables.named(&command.username).await?;
    let audit = context.audit_log().await?;
    let change = Change::default().set(attribute::NEW_DEVICE_MAILS, (!command.not).then_some(Bool(true)));
    if !tables.change(&user_id, &change).await? {
        return Err(not_found(username.as_str()));
    }
    let changed = Some(vec![attribute::NEW_DEVICE_MAILS]);
    let subject = Subject { changed, ..Subject::user(&user_id, Some(username.as_str())) };
    audit.record(OperatorEvent::UserUpdated, &subject)?;
    let user = tables.users.find(&user_id).await?.ok_or_else(|| not_found(username.as_str()))?;
    if !command.not && address_of(&user).is_none() {
        context
            .console
            .note("No mail reaches this user: the name is no address, and no claim `email` is verified.");
    }
    show::print(context, &user_id, Some(&username)).await
}
