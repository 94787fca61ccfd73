//! `latchgate tokens`: what a token is, without printing it.

mod access;
mod refresh;

use clap::Subcommand;
use secrecy::ExposeSecret;
use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    store::{Session, SessionKey, Sessions, User, Users},
    tokens::RefreshToken,
};

use crate::{deployment::Deployment, error::AdminError, run::Context};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    /// Say what a token is: which kind, whose, made with which key, and whether it is valid or why not. It is asked for,
    /// or read from standard input, and never printed
    #[command(after_help = "\
Examples:
  latchgate --stack latchgate-prod tokens inspect
  echo \"$TOKEN\" | latchgate --local tokens inspect --output json")]
    Inspect,
}

/// What a token is.
#[derive(Debug, Default, Serialize)]
pub struct TokenView {
    kind: &'static str,
    /// Whether it would be accepted now.
    valid: bool,
    /// Why not; or what was left unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

const NAMES: [&str; 12] = [
    "kind",
    "valid",
    "why",
    "kid",
    "user_id",
    "username",
    "client_id",
    "session_id",
    "session",
    "scope",
    "generation",
    "expires_at",
];

impl TokensCommand {
    /// Carries it out.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be.
    pub async fn run(self, context: &Context) -> Result<(), AdminError> {
        let Self::Inspect = self;
        let token = context.console.read_secret("Token: ")?;
        let view = inspect(&context.deployment, token.expose_secret().trim()).await?;
        context.console.single(&NAMES, &view)
    }
}

/// Says what a token is.
///
/// # Errors
///
/// [`AdminError`], if it can't be found out.
pub async fn inspect(deployment: &Deployment, text: &str) -> Result<TokenView, AdminError> {
    if RefreshToken::is_meant_by(text) {
        refresh::inspect(deployment, text).await
    } else if text.split('.').count() == 3 {
        access::inspect(deployment, text).await
    } else {
        let why = Some("It is neither a JWT nor one of Latchgate's refresh tokens.".to_owned());
        Ok(TokenView { kind: "unknown", why, ..TokenView::default() })
    }
}

/// What is stored of the token's session, and of its user.
struct Stored {
    session: Option<Session>,
    user: Option<User>,
}

impl Stored {
    async fn find(deployment: &Deployment, key: &SessionKey) -> Result<Self, AdminError> {
        let sessions = Sessions::new(&deployment.environment, &deployment.dynamodb)?;
        let users = Users::new(&deployment.environment, &deployment.dynamodb)?;
        let (session, user) = tokio::join!(sessions.find(key), users.find(&key.user_id));
        Ok(Self { session: session?, user: user? })
    }

    /// The session in a word.
    fn state(&self, now: Timestamp) -> &'static str {
        match &self.session {
            None => "over: logged out, revoked, or swept after it expired",
            Some(session) if !session.is_live(now) => "expired",
            Some(session) if !self.admits(session) => "cut off: its user is gone, disabled or cut off",
            Some(_) => "live",
        }
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.session.as_ref().is_some_and(|session| session.is_live(now) && self.admits(session))
    }

    fn admits(&self, session: &Session) -> bool {
        self.user.as_ref().is_some_and(|user| user.admits(session.created_at))
    }

    fn username(&self) -> Option<String> {
        self.user.as_ref()?.username.clone()
    }
}
