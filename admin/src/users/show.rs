//! `users show`: prints a user, as a [`UserView`].

use clap::Args;
use passwords::Username;
use shared::{ids::UserId, store::Sessions};

use super::view::UserView;
use crate::{
    context::Context,
    error::AdminError,
    options::{user_id, username},
    tables::users::{UserTables, not_found},
};

/// `users show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The user's name, or the identifier
    #[arg(value_name = "NAME", value_parser = who, allow_hyphen_values = true, required_unless_present = "id", conflicts_with = "id")]
    who: Option<Who>,
    /// The user's identifier
    #[arg(long, value_name = "ID", value_parser = user_id, allow_hyphen_values = true)]
    id: Option<UserId>,
}

/// A name or an identifier. Names ignore case, and identifiers don't.
#[derive(Clone, Debug)]
struct Who {
    username: Username,
    user_id: Option<UserId>,
}

fn who(text: &str) -> Result<Who, &'static str> {
    Ok(Who { username: username(text)?, user_id: UserId::parse(text) })
}

pub(super) async fn show(context: &Context, command: &Show) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    match (&command.who, &command.id) {
        (Some(who), _) => match (tables.named(&who.username).await, &who.user_id) {
            (Ok(named), _) => print(context, &named.user_id, Some(&named.username)).await,
            (Err(AdminError::NotFound { .. }), Some(user_id))
                if tables.users.find(user_id).await?.is_some() =>
            {
                print(context, user_id, None).await
            }
            (Err(error), _) => Err(error),
        },
        (None, Some(user_id)) => print(context, user_id, None).await,
        (None, None) => Err(AdminError::Usage("which user? Give the name, or --id ID")),
    }
}

/// Prints a user. If the name isn't given, looks it up.
pub(super) async fn print(
    context: &Context,
    user_id: &UserId,
    username: Option<&Username>,
) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let user = tables.users.find(user_id).await?.ok_or_else(|| not_found(user_id.as_str()))?;
    let username = username.cloned().or_else(|| Username::stored(user.username.as_deref()?));
    let credential = match &username {
        Some(username) => tables.credentials.find(username).await?.filter(|c| c.user_id == *user_id),
        None => None,
    };
    let now = context.deployment.now();
    let mut view = UserView::of(user_id, &user).with(credential.as_ref());
    if let Some(username) = username.as_ref().filter(|_| credential.is_some()) {
        view = view.guessed(tables.credentials.spent(username, user_id, now).await?);
    }
    view.username = username.map(|username| username.as_str().to_owned());
    let sessions = Sessions::new(&context.deployment.environment, &context.deployment.dynamodb)?;
    let found = sessions.of_user(user_id).await?;
    let live: Vec<_> =
        found.iter().filter_map(|found| found.session.as_ref().ok()).filter(|s| s.is_live(now)).collect();
    view.sessions = Some(live.len());
    view.last_login_at = live.iter().map(|session| session.auth_time).max();
    context.console.print_one(UserView::LINES, &view)?;
    if user.deleting {
        context.console.note(
            "This user is being deleted, at the user's own request: `latchgate users delete` completes that, and \
             `latchgate users enable` stops it.",
        );
    }
    Ok(())
}
