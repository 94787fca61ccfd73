//! `sessions list`: prints each session as a [`SessionView`].

use clap::Args;
use passwords::Username;
use shared::{ids::ClientId, store::FoundSession};

use super::view::SessionView;
use crate::{
    context::Context,
    error::AdminError,
    options,
    tables::{
        sessions::{Enough, SessionTable, Whose},
        users::UserTables,
    },
};

/// `sessions list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only sessions of this user
    #[arg(long, value_name = "NAME", value_parser = options::username, allow_hyphen_values = true)]
    user: Option<Username>,
    /// Only sessions on this client
    #[arg(long, value_name = "ID", value_parser = options::client_id, allow_hyphen_values = true)]
    client: Option<ClientId>,
    /// The most sessions to list
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

pub(super) async fn list(context: &Context, command: &List) -> Result<(), AdminError> {
    let (deployment, console) = (&context.deployment, &context.console);
    let user_id = match &command.user {
        None => None,
        Some(username) => Some(UserTables::of(deployment)?.named(username).await?.user_id),
    };
    let whose = match (user_id, command.client.clone()) {
        (None, None) => Whose::Everybody,
        (Some(user_id), None) => Whose::User(user_id),
        (None, Some(client_id)) => Whose::Client(client_id),
        (Some(user_id), Some(client_id)) => Whose::UserOn(user_id, client_id),
    };
    let (now, mut sessions) = (deployment.now(), Vec::new());
    let take = async |found: Vec<FoundSession>| {
        for session in found {
            match session.session {
                Ok(session) if session.is_live(now) => sessions.push(session),
                Ok(_) => {}
                Err(error) => {
                    let key = &session.key;
                    console.note(&format!(
                        "Left out the session {} of {}: {error}",
                        key.session_id, key.user_id
                    ));
                }
            }
        }
        Ok(if sessions.len() > command.limit { Enough::Yes } else { Enough::No })
    };
    SessionTable::of(deployment)?.each_page(&whose, take).await?;
    if sessions.len() > command.limit {
        console.note(&format!("There are more than {}: --limit shows more of them.", command.limit));
        sessions.truncate(command.limit);
    }
    sessions.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
    let views: Vec<SessionView> = sessions.into_iter().map(SessionView::from).collect();
    console.print_list(SessionView::COLUMNS, &views)
}
