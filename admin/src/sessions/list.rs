//! Sessions are listed.

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    store::Session,
};

use super::{Enough, List, SessionTable, Whose};
use crate::{error::AdminError, run::Context, users::UserTables};

/// What is shown of a session; what isn't known is left out.
#[derive(Debug, Serialize)]
struct SessionView {
    user_id: UserId,
    client_id: ClientId,
    session_id: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    scope: Vec<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

const COLUMNS: &[&str] = &[
    "user_id",
    "client_id",
    "session_id",
    "device_name",
    "address",
    "created_at",
    "last_used_at",
    "expires_at",
];

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            expires_at: session.ends_at(),
            user_id: session.key.user_id,
            client_id: session.key.client_id,
            session_id: session.key.session_id,
            device_name: session.device_name,
            address: session.address,
            user_agent: session.user_agent,
            scope: session.scope.tokens().map(str::to_owned).collect(),
            created_at: session.created_at,
            last_used_at: session.rotated_at,
        }
    }
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
    let take = async |found: Vec<shared::store::FoundSession>| {
        for session in found {
            match session.session {
                Ok(session) if session.is_live(now) => sessions.push(session),
                Ok(_) => {}
                Err(error) => console.note(&format!("Left out: {error}")),
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
    console.list(COLUMNS, &views)
}
