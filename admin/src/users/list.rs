//! Users are listed and shown.

use passwords::Username;
use shared::{
    environment::variable,
    ids::UserId,
    store::{Row, Sessions, StoreError, User, attribute},
};

use super::{Show, UserTables, table::not_found, view::UserView};
use crate::{error::AdminError, run::Context};

pub(super) async fn list(context: &Context, limit: usize) -> Result<(), AdminError> {
    let table = context.deployment.table(variable::USERS_TABLE)?;
    let scan = table.client.scan().table_name(&table.name).consistent_read(true);
    let mut items = scan.into_paginator().items().send();
    let mut views = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(|e| StoreError::unavailable("Scan on Users", e))?;
        if views.len() == limit {
            context.console.note(&format!("There are more than {limit}: --limit shows more of them."));
            break;
        }
        let user_id = Row::new("Users", &item).parsed(attribute::USER_ID, UserId::parse)?;
        match User::from_item(&item) {
            Ok(user) => views.push(UserView::of(&user_id, &user)),
            Err(error) => context.console.note(&format!("Left out {user_id}: {error}")),
        }
    }
    views.sort_by(|a, b| (&a.username, a.user_id.as_str()).cmp(&(&b.username, b.user_id.as_str())));
    context.console.list(UserView::COLUMNS, &views)
}

pub(super) async fn show(context: &Context, command: &Show) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    match (&command.username, &command.id) {
        (Some(username), _) => {
            let user_id = tables.named(username).await?.user_id;
            print(context, &user_id, Some(username)).await
        }
        (None, Some(user_id)) => print(context, user_id, None).await,
        (None, None) => Err(AdminError::Usage("which user? Say the name, or --id ID")),
    }
}

/// Shows a user; the name is looked up where it isn't given.
pub(super) async fn print(
    context: &Context,
    user_id: &UserId,
    username: Option<&Username>,
) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let user = tables.users.find(user_id).await?.ok_or_else(|| not_found(user_id.as_str()))?;
    let username = username.cloned().or_else(|| Username::parse(user.username.as_deref()?));
    let credential = match &username {
        Some(username) => tables.credentials.find(username).await?.filter(|c| c.user_id == *user_id),
        None => None,
    };
    let mut view = UserView::of(user_id, &user).with(credential.as_ref());
    view.username = username.map(|username| username.as_str().to_owned());
    let sessions = Sessions::new(&context.deployment.environment, &context.deployment.dynamodb)?;
    let now = context.deployment.now();
    let found = sessions.of_user(user_id).await?;
    let live: Vec<_> =
        found.iter().filter_map(|found| found.session.as_ref().ok()).filter(|s| s.is_live(now)).collect();
    view.sessions = Some(live.len());
    view.last_login_at = live.iter().map(|session| session.auth_time).max();
    context.console.single(UserView::LINES, &view)
}
