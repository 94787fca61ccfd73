//! Invites an address: checks that its owner could use the invitation, and puts that into the outbox.

use std::collections::HashMap;

use mails::{Invited, MailId, MailRow, MailState, Mails, NewInvitation, Purpose, Ticket};
use passwords::{Credentials, Username};
use serde_json::{Map, Value};
use shared::{client::SignUp, http::Language, ids::ClientId};

use super::{
    invitation::{Invitation, check_claims},
    outcome::Outcome,
};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    deployment::Deployment,
    error::AdminError,
    tables::{
        clients::{ClientTable, not_found},
        outbox,
        users::UserTables,
    },
};

/// The command's options for all addresses.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) client_id: Option<ClientId>,
    pub(super) language: Language,
    pub(super) claims: Map<String, Value>,
    /// Whether an invitation replaces one whose link still works.
    pub(super) again: bool,
}

/// Why no invitation could be used at a client.
#[derive(Clone, Copy, Debug)]
enum Obstacle {
    Unknown,
    Disabled,
    Closed,
}

/// Invites addresses.
pub(super) struct Inviter {
    deployment: Deployment,
    mails: Mails,
    credentials: Credentials,
    clients: ClientTable,
    defaults: Defaults,
    /// The clients that were looked at.
    seen: HashMap<ClientId, Option<Obstacle>>,
    /// `None` in a dry run, which writes nothing.
    audit: Option<AuditLog>,
}

impl Inviter {
    /// An inviter. Without an audit log, it only predicts the results.
    pub(super) fn new(
        deployment: &Deployment,
        defaults: Defaults,
        audit: Option<AuditLog>,
    ) -> Result<Self, AdminError> {
        Ok(Self {
            mails: outbox::to_send(deployment)?,
            credentials: UserTables::of(deployment)?.credentials,
            clients: ClientTable::of(deployment)?,
            deployment: deployment.clone(),
            defaults,
            seen: HashMap::new(),
            audit,
        })
    }

    /// Invites an address.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if a request fails, or no address can be invited at the client that the command names.
    pub(super) async fn invite(&mut self, invitation: &Invitation) -> Result<Outcome, AdminError> {
        let Invitation { address, client_id, language, claims } = invitation;
        if let Some(obstacle) = self.obstacle(client_id.as_ref()).await? {
            return Ok(Outcome::Bad(obstacle));
        }
        let client_id = client_id.as_ref().or(self.defaults.client_id.as_ref());
        let claims = claims.as_ref().unwrap_or(&self.defaults.claims);
        if let Err(reason) = check_claims(claims, Some(address)) {
            return Ok(Outcome::Bad(reason));
        }
        // Every address is a user name.
        let Some(username) = Username::parse(address.normal()) else {
            return Ok(Outcome::Bad("its address can't be a user name"));
        };
        if self.credentials.find(&username).await?.is_some() {
            return Ok(Outcome::There);
        }
        if self.mails.is_suppressed(address).await? {
            return Ok(Outcome::Bad("mails to its address are suppressed"));
        }
        let client_id = client_id.cloned().unwrap_or_else(ClientId::browser);
        let now = self.deployment.now();
        let id = MailId::new(&*self.deployment.random);
        let new = NewInvitation {
            address,
            ticket: &Ticket::new(Purpose::Invitation, address, id, now),
            client_id: &client_id,
            language: language.unwrap_or(self.defaults.language),
            claims,
            again: self.defaults.again,
            now,
        };
        let Some(audit) = &self.audit else { return self.would_invite(&new).await };
        match self.mails.invite(&new).await? {
            Invited::Pending(until) => Ok(Outcome::Pending(until)),
            Invited::Stored => {
                let subject = Subject { client_id: Some(client_id), ..Subject::address(address) };
                audit.record(OperatorEvent::UserInvited, &subject)?;
                Ok(Outcome::Invited)
            }
        }
    }

    /// The result of inviting, without the write.
    async fn would_invite(&self, new: &NewInvitation<'_>) -> Result<Outcome, AdminError> {
        let rows = if new.again { Vec::new() } else { self.mails.of_address(new.address).await? };
        let pending = rows.into_iter().find_map(|row| match row {
            MailRow::Mail(mail) if mail.purpose == Purpose::Invitation && mail.state != MailState::Used => {
                mail.expires_at.filter(|until| *until > new.now)
            }
            MailRow::Mail(_) | MailRow::Suppressed(_) | MailRow::Malformed { .. } => None,
        });
        Ok(pending.map_or(Outcome::Invited, Outcome::Pending))
    }

    /// Why no invitation could be used at the client of a line. The client of the command is no line's
    /// fault, and an obstacle there is an error.
    async fn obstacle(&mut self, of_line: Option<&ClientId>) -> Result<Option<&'static str>, AdminError> {
        let client_id =
            of_line.or(self.defaults.client_id.as_ref()).cloned().unwrap_or_else(ClientId::browser);
        let known = self.seen.get(&client_id).copied();
        let obstacle = match known {
            Some(obstacle) => obstacle,
            None => self.look_at(&client_id).await?,
        };
        self.seen.insert(client_id.clone(), obstacle);
        match obstacle {
            None => Ok(None),
            Some(obstacle) if of_line.is_some() => Ok(Some(obstacle.reason())),
            Some(obstacle) => Err(obstacle.error(&client_id)),
        }
    }

    /// Looks at a client. If it isn't known who may sign up, an invitation is not refused for that.
    async fn look_at(&self, client_id: &ClientId) -> Result<Option<Obstacle>, AdminError> {
        let default = self.deployment.sign_up();
        let sign_up = if client_id.is_reserved() {
            default
        } else {
            match self.clients.find(client_id).await? {
                None => return Ok(Some(Obstacle::Unknown)),
                Some(client) if client.disabled => return Ok(Some(Obstacle::Disabled)),
                Some(client) => client.sign_up.or(default),
            }
        };
        Ok((sign_up == Some(SignUp::Closed)).then_some(Obstacle::Closed))
    }
}

impl Obstacle {
    /// Why a line is rejected.
    fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "its client_id is no client's",
            Self::Disabled => "its client is disabled",
            Self::Closed => "its client takes no sign-ups",
        }
    }

    /// The error for all lines.
    fn error(self, client_id: &ClientId) -> AdminError {
        match self {
            Self::Unknown => not_found(client_id),
            Self::Disabled => AdminError::Refused("the client is disabled, so no invitation could be used"),
            Self::Closed if client_id.is_reserved() => AdminError::Refused(
                "sign-up is closed, so no invitation could be used: deploy with `SignUp=invited`, or name a \
                 client that takes invitations with --client",
            ),
            Self::Closed => AdminError::Refused(
                "sign-up is closed at this client, so no invitation could be used: `latchgate clients update \
                 ID --sign-up invited` allows it",
            ),
        }
    }
}
