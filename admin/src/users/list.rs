//! `users list`: finds the users and prints them, as a [`UserView`] each.

use shared::{
    environment::variable,
    ids::UserId,
    store::{Row, StoreError, User, attribute},
};

use super::view::UserView;
use crate::{context::Context, error::AdminError};

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
    context.console.print_list(UserView::COLUMNS, &views)
}
