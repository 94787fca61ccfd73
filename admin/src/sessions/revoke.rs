//! Revokes sessions: first cuts them off, so that none is refreshed or begins unnoticed, and then ends them.

use std::time::Duration;

use clap::{ArgGroup, Args};
use passwords::Username;
use shared::{
    ids::{ClientId, SessionId, UserId},
    store::{
        CLOCK_TOLERANCE, CODE_TTL, Notice, SessionKey, SessionRevoker, Sessions, WRITE_DELAY, attribute,
    },
};

use super::ending::{Ended, Ending};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options,
    tables::{
        clients::{ClientTable, not_found},
        sessions::Whose,
        users::UserTables,
    },
    update::Change,
};

pub(super) const REVOKE_HELP: &str = "\
Examples:
  latchgate sessions revoke --user ada@example.com
  latchgate sessions revoke --user ada@example.com --client shop-web
  latchgate sessions revoke --user ada@example.com --session 47DEQpj8HBSa-_TImW-5JA
  latchgate sessions revoke --client shop-web
  latchgate sessions revoke --all --yes

Refresh tokens stop working at once. Access tokens depend on the deployment's RevocationCheck: they stop at
once with `session`, within seconds with `denylist`, and when they expire with `none`. Users can sign in
again: to prevent that, disable the user or the client.";

/// `sessions revoke`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).multiple(true).args(["user", "client", "all"]))]
pub(crate) struct Revoke {
    /// Sessions of this user
    #[arg(long, value_name = "NAME", value_parser = options::username, allow_hyphen_values = true)]
    user: Option<Username>,
    /// Sessions on this client
    #[arg(long, value_name = "ID", value_parser = options::client_id, allow_hyphen_values = true)]
    client: Option<ClientId>,
    /// Only this session of the user
    #[arg(long, value_name = "SID", value_parser = options::session_id, allow_hyphen_values = true, requires = "user", conflicts_with = "client")]
    session: Option<SessionId>,
    /// All sessions of all users
    #[arg(long, conflicts_with_all = ["user", "client", "session"])]
    all: bool,
    /// Don't search again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn revoke(context: &Context, command: &Revoke) -> Result<(), AdminError> {
    let Revoke { user, client, session, .. } = command;
    let user_id = match user {
        None => None,
        Some(username) => Some(UserTables::of(&context.deployment)?.named(username).await?.user_id),
    };
    if let (Some(user_id), Some(session_id)) = (&user_id, session) {
        return one(context, user_id, session_id).await;
    }
    let (whose, what) = match (user_id, client) {
        (Some(user_id), None) => (Whose::User(user_id), "all sessions of this user".to_owned()),
        (Some(user_id), Some(client_id)) => {
            (Whose::UserOn(user_id, client_id.clone()), format!("this user's sessions on {client_id}"))
        }
        (None, Some(client_id)) => {
            (Whose::Client(client_id.clone()), format!("all users' sessions on {client_id}"))
        }
        (None, None) => (Whose::Everybody, "all sessions of all users".to_owned()),
    };
    // Sessions at the pages have no client in the table.
    if let Some(client_id) = client
        && !client_id.is_reserved()
        && !ClientTable::of(&context.deployment)?.has(client_id).await?
    {
        return Err(not_found(client_id));
    }
    context.console.confirm(&format!("This ends {what}."))?;
    let audit = context.audit_log().await?;
    cut_off(context, &whose).await?;
    audit.record(OperatorEvent::SessionsRevoked, &subject(&whose))?;
    let ended = end(context, &audit, whose, command.no_wait).await?;
    ended.print(&context.console)
}

/// Cuts off the user or the client. No `not_before` exists for one user on one client, so those sessions are
/// only ended. Only the end of all sessions of one user sends a mail: the others end some of them, or
/// everyone's.
async fn cut_off(context: &Context, whose: &Whose) -> Result<(), AdminError> {
    let deployment = &context.deployment;
    let now = deployment.now();
    let change = Change::default().cut_off(now);
    match whose {
        Whose::User(user_id) => {
            let change = change.tell(Notice::SessionsEnded, now);
            UserTables::of(deployment)?.change(user_id, &change).await?;
        }
        Whose::UserOn(..) => {}
        Whose::Client(client_id) => {
            ClientTable::of(deployment)?.change(client_id, &lasting(change)).await?;
        }
        Whose::Everybody => {
            let change = lasting(change);
            let clients = ClientTable::of(deployment)?;
            for client_id in clients.ids().await? {
                clients.change(&client_id, &change).await?;
            }
        }
    }
    Ok(())
}

/// Keeps the row of a client that describes itself from expiring: without its cut-off, earlier consents would
/// count again.
fn lasting(change: Change) -> Change {
    change.set(attribute::EXPIRES_AT, None)
}

fn subject(whose: &Whose) -> Subject {
    let (user_id, client_id): (Option<&UserId>, Option<&ClientId>) = match whose {
        Whose::User(user_id) => (Some(user_id), None),
        Whose::UserOn(user_id, client_id) => (Some(user_id), Some(client_id)),
        Whose::Client(client_id) => (None, Some(client_id)),
        Whose::Everybody => (None, None),
    };
    let (user_id, client_id) = (user_id.cloned(), client_id.cloned());
    Subject { user_id, client_id, cause: Some("operator"), ..Subject::default() }
}

/// How long another session may still begin after a user's sessions on one client have ended. The client may
/// have an unused code, which stays valid: no `not_before` exists for one user on one client.
const LAST_OF_A_CODE: Duration = Duration::from_secs(CODE_TTL.as_secs() + WRITE_DELAY.as_secs());

/// Ends these sessions, and again those whose sign-in was under way.
pub(crate) async fn end(
    context: &Context,
    audit: &AuditLog,
    whose: Whose,
    no_wait: bool,
) -> Result<Ended, AdminError> {
    let latest = context.deployment.now() + CLOCK_TOLERANCE;
    let delay = if matches!(whose, Whose::UserOn(..)) { LAST_OF_A_CODE } else { WRITE_DELAY };
    let ending = Ending::all(whose).again_after(delay, no_wait).then_signed_in_by(latest);
    ending.carry_out(context, audit).await
}

/// Ends one session. A running refresh can't restore a deleted session.
async fn one(context: &Context, user_id: &UserId, session_id: &SessionId) -> Result<(), AdminError> {
    let deployment = &context.deployment;
    let sessions = Sessions::new(&deployment.environment, &deployment.dynamodb)?;
    let found =
        sessions.of_user(user_id).await?.into_iter().find(|found| found.key.session_id == *session_id);
    let Some(found) = found else {
        return Err(AdminError::NotFound { kind: "session of this user", name: session_id.to_string() });
    };
    context.console.confirm("This ends the session.")?;
    let audit = context.audit_log().await?;
    let revoker = SessionRevoker::new(&deployment.environment, &deployment.dynamodb)?;
    let mut recorded = Ok(());
    let on_denied = |key: &SessionKey| {
        recorded = audit.record(OperatorEvent::SessionRevoked, &Subject::session(key));
    };
    revoker.revoke(&found.key, deployment.now(), on_denied).await?;
    recorded?;
    Ended { sessions_ended: 1 }.print(&context.console)
}
