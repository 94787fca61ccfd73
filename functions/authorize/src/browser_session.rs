//! A browser's session at the pages: a row of the Sessions table under a reserved client, and a cookie in the
//! form of a refresh token. It is never rotated, since a browser sends several requests at once; each use
//! postpones its end.

use std::{fmt::Write, time::Duration};

use aws_sdk_dynamodb::{
    error::SdkError,
    types::AttributeValue::{N, S},
};
use mails::EmailAddress;
use shared::{
    clock::Timestamp,
    context::Context,
    environment::{EnvironmentError, variable},
    http::Peer,
    ids::{ClientId, UserId},
    lifetimes::{self, Lifetimes},
    resource::GrantedResources,
    scope::Scope,
    store::{NewSession, Session, SessionKey, Sessions, StoreError, User, Users, attribute},
    tokens::RefreshToken,
};
use tokio::try_join;

const DAY: u64 = 24 * 60 * 60;
/// How long a browser stays signed in after its last use at the pages, where no variable says otherwise.
const IDLE_TTL: Duration = Duration::from_secs(DAY);
/// How long it stays signed in at most, where no variable says otherwise.
const ABSOLUTE_TTL: Duration = Duration::from_secs(14 * DAY);

/// The session of a user in a browser.
#[derive(Debug)]
pub(crate) struct BrowserSession {
    pub(crate) session: Session,
    pub(crate) user: User,
    /// The refresh token in the cookie.
    pub(crate) token: RefreshToken,
    /// Whether this request began the session.
    pub(crate) is_fresh: bool,
}

impl BrowserSession {
    pub(crate) fn user_id(&self) -> &UserId {
        &self.session.key.user_id
    }

    /// The name under which the user signs in.
    pub(crate) fn username(&self) -> &str {
        self.user.username.as_deref().unwrap_or(self.user_id().as_str())
    }

    /// Whether that name is a mail address, which the user can change.
    pub(crate) fn has_address(&self) -> bool {
        let name = self.user.username.as_deref().unwrap_or_default();
        EmailAddress::parse(name).is_some_and(|address| address.normal() == name)
    }
}

/// A browser whose user may delete the account, or has begun to.
#[derive(Debug)]
pub(crate) struct Leaving {
    pub(crate) key: SessionKey,
    /// When the session was created.
    pub(crate) created_at: Timestamp,
    /// `None`, if the account is deleted: only the session may be left.
    pub(crate) user: Option<User>,
}

impl Leaving {
    /// The name under which the user signs in.
    pub(crate) fn username(&self) -> &str {
        let name = self.user.as_ref().and_then(|user| user.username.as_deref());
        name.unwrap_or(self.key.user_id.as_str())
    }
}

/// The browsers' sessions.
#[derive(Debug)]
pub(crate) struct BrowserSessions {
    sessions: Sessions,
    users: Users,
    lifetimes: Lifetimes,
}

impl BrowserSessions {
    /// Reads the lifetimes from the variables.
    pub(crate) fn new(context: &Context) -> Result<Self, EnvironmentError> {
        let Context { environment, dynamodb, .. } = context;
        let idle_ttl = environment.seconds(variable::BROWSER_IDLE_TTL, IDLE_TTL, lifetimes::IDLE_TTL)?;
        let absolute_ttl =
            environment.seconds(variable::BROWSER_ABSOLUTE_TTL, ABSOLUTE_TTL, lifetimes::ABSOLUTE_TTL)?;
        Ok(Self {
            sessions: Sessions::new(environment, dynamodb)?,
            users: Users::new(environment, dynamodb)?,
            // A session at the pages gets no access tokens.
            lifetimes: Lifetimes {
                access_ttl: Duration::ZERO,
                idle_ttl,
                absolute_ttl,
                leeway: Duration::ZERO,
            },
        })
    }

    /// Returns the session of a genuine cookie, if it lives and its user is admitted. It makes two reads in
    /// parallel.
    pub(crate) async fn find(
        &self,
        token: Option<&RefreshToken>,
        now: Timestamp,
    ) -> Result<Option<BrowserSession>, StoreError> {
        let Some(token) = token else { return Ok(None) };
        let key = token.session_key(&ClientId::browser());
        let session = async { unless_unreadable(self.sessions.find(&key).await) };
        let (session, user) = try_join!(session, self.users.find(&key.user_id))?;
        let session = session.filter(|session| session.is_live(now));
        Ok(session
            .zip(user)
            .filter(|(session, user)| user.admits(session.created_at))
            .map(|(session, user)| BrowserSession { session, user, token: token.clone(), is_fresh: false }))
    }

    /// Returns the session of a genuine cookie for the deletion of its user's account. A deletion that failed
    /// half-way has disabled the user, so the same form can complete it. It makes two reads in parallel.
    pub(crate) async fn find_leaving(
        &self,
        token: Option<&RefreshToken>,
        now: Timestamp,
    ) -> Result<Option<Leaving>, StoreError> {
        let Some(token) = token else { return Ok(None) };
        let key = token.session_key(&ClientId::browser());
        let session = async { unless_unreadable(self.sessions.find(&key).await) };
        let (session, user) = try_join!(session, self.users.find(&key.user_id))?;
        let Some(user) = user else { return Ok(Some(Leaving { key, created_at: now, user: None })) };
        let is_admitted = |session: &Session| {
            let is_leaving = user.deleting && session.created_at >= user.not_before;
            session.is_live(now) && (is_leaving || user.admits(session.created_at))
        };
        let created_at = session.filter(is_admitted).map(|session| session.created_at);
        Ok(created_at.map(|created_at| Leaving { key, created_at, user: Some(user) }))
    }

    /// Begins a session for this token's user, who has just entered the password. `created_at` is the
    /// earliest start that the password allows.
    pub(crate) async fn begin(
        &self,
        token: RefreshToken,
        user: User,
        created_at: Timestamp,
        peer: Peer,
        now: Timestamp,
    ) -> Result<BrowserSession, StoreError> {
        let new = NewSession {
            key: token.session_key(&ClientId::browser()),
            created_at,
            auth_time: now,
            scope: Scope::default(),
            resources: GrantedResources::default(),
            jkt: None,
            is_refreshable: true,
            device_name: None,
            user_agent: peer.user_agent,
            address: peer.address,
        };
        let session = Session::begin(new, self.lifetimes, now);
        self.sessions.put(&session).await?;
        Ok(BrowserSession { session, user, token, is_fresh: true })
    }

    /// Postpones the end of a session in use. `None`, if the session was ended meanwhile: this must not
    /// revive it.
    pub(crate) async fn touch(
        &self,
        session: &Session,
        peer: &Peer,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let expires_at = now + self.lifetimes.idle_ttl;
        let mut set = "SET #rotated_at = :now, #expires_at = :expires_at".to_owned();
        let mut update = self.sessions.table.update_item().set_key(Some(session.key.to_item()));
        let last_use = [(attribute::ADDRESS, &peer.address), (attribute::USER_AGENT, &peer.user_agent)];
        for (name, value) in last_use.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            let _ = write!(set, ", #{name} = :{name}");
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), S(value.clone()));
        }
        let touched = update
            .update_expression(set)
            .condition_expression("#expires_at > :now AND #absolute_expires_at > :now")
            .expression_attribute_names("#rotated_at", attribute::ROTATED_AT)
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .expression_attribute_values(":now", N(now.to_string()))
            .expression_attribute_values(":expires_at", N(expires_at.to_string()))
            .send()
            .await;
        match touched {
            Ok(_) => Ok(Some(Session { expires_at, rotated_at: now, ..session.clone() })),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Sessions", error)),
        }
    }
}

/// Treats a malformed session as absent. Its user signs in again, which ends it.
fn unless_unreadable(found: Result<Option<Session>, StoreError>) -> Result<Option<Session>, StoreError> {
    match found {
        Err(error @ StoreError::Malformed { .. }) => {
            tracing::error!(function = "authorize", reason = %error, "left out");
            Ok(None)
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_lifetimes_are_those_of_the_template() {
        let template = include_str!("../../../template.yaml");
        let default = |name: &str| {
            let (_, parameter) = template.split_once(&format!("\n  {name}:\n")).unwrap();
            let (_, value) = parameter.split_once("Default: ").unwrap();
            Duration::from_secs(value.lines().next().unwrap().parse().unwrap())
        };
        assert_eq!(default("BrowserIdleTtl"), IDLE_TTL);
        assert_eq!(default("BrowserAbsoluteTtl"), ABSOLUTE_TTL);
    }
}
