//! Signs users in with a user name and a password. All sign-ins use this code, so they have the same budgets,
//! take the same time, and reveal equally little.

use shared::{
    clock::Timestamp,
    context::Context,
    environment::EnvironmentError,
    error::chain,
    ids::UserId,
    log::RequestLog,
    network::Network,
    store::{StoreError, User, Users},
    tokens::RefreshToken,
};

use crate::{
    Attempt, Budget, Counter, Credential, Credentials, NO_PASSWORD, Password, Passwords, SignInError,
    Username, Verdict,
};

/// Signs users in.
#[derive(Debug)]
pub struct SignIn {
    /// The table of the stored passwords.
    pub credentials: Credentials,
    /// Hashes passwords. A function has only one, since each limits how many hashes run at once.
    pub passwords: Passwords,
    /// The users who may sign in.
    pub users: Users,
}

/// A user name and a password, sent by a client that may take them.
#[derive(Debug)]
pub struct Attempted<'a> {
    /// The user name as parsed. [`SignIn::check`] looks up which of its forms is stored.
    pub username: &'a Username,
    /// The password as parsed.
    pub password: &'a Password,
    /// The device that the user signs in on.
    pub device: Device,
    /// The caller's network, for which a mail that the attempt causes counts; `None`, if it isn't counted.
    pub network: Option<Network>,
    /// The client's `not_before`.
    pub not_before: Timestamp,
}

/// The device that a user signs in on, known by an earlier session's refresh token. It is never a reason to
/// refuse.
#[derive(Debug)]
pub enum Device {
    /// The device sent no token.
    Stranger,
    /// The device sent text that proves nothing: it isn't a token, belongs to another client, or is bound to
    /// a key without proof.
    Unproven,
    /// The device sent a genuine token, with a proof of its key if it has one. Its session may be over.
    Proven(RefreshToken),
}

/// A user with a correct password, who may have a session.
pub struct SignedIn<'a> {
    /// The user's credential.
    pub credential: Credential,
    /// The user's record.
    pub user: User,
    /// When the session begins, which is never before the password's `valid_from`. So it tells which of two
    /// passwords was used.
    pub begins_at: Timestamp,
    pub(crate) username: Username,
    pub(crate) password: &'a Password,
    pub(crate) counter: Counter,
    pub(crate) verdict: Verdict,
}

/// A counted attempt on an existing user name.
struct Counted {
    username: Username,
    credential: Credential,
    counter: Counter,
}

impl SignIn {
    /// Uses the tables that the variables of the context name.
    ///
    /// # Errors
    ///
    /// If a variable is missing.
    pub fn new(context: &Context) -> Result<Self, EnvironmentError> {
        let Context { environment, dynamodb, random, hash_cost, .. } = context;
        Ok(Self {
            credentials: Credentials::new(environment, dynamodb)?,
            passwords: Passwords::with_cost(random.clone(), *hash_cost),
            users: Users::new(environment, dynamodb)?,
        })
    }

    /// Checks a user name and a password. It counts the attempt before hashing, and logs the user once known.
    /// After a success, call [`Self::follow_up`].
    ///
    /// # Errors
    ///
    /// [`SignInError`], if the user may not sign in, or a step fails.
    pub async fn check<'a>(
        &self,
        attempted: &Attempted<'a>,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<SignedIn<'a>, SignInError> {
        let username = self.credentials.stored_name(attempted.username).await?;
        let budget = self.budget(&username, &attempted.device).await?;
        let attempt = self.credentials.take_attempt(&username, &budget, now).await?;
        if let Attempt::Known(credential, _) | Attempt::Refused(Some(credential)) = &attempt {
            log.user(&credential.user_id);
        }
        match attempt {
            Attempt::Known(credential, counter) => {
                self.evaluate(attempted, Counted { username, credential, counter }, now).await
            }
            Attempt::Unknown(counter) => {
                tokio::join!(self.pretend(attempted.password), self.tidy(&username, &counter)).0?;
                Err(SignInError::UnknownUsername)
            }
            // At once: known and unknown user names are counted alike, so this doesn't tell them apart.
            Attempt::Refused(_) => Err(SignInError::BudgetSpent),
        }
    }

    /// The budget of the attempt. A device with a refresh token of this user, even of a session that is over,
    /// has a budget that strangers can't spend. Any token causes one read, so that the time doesn't tell
    /// anything about the token or the name.
    async fn budget(&self, username: &Username, device: &Device) -> Result<Budget, StoreError> {
        let token = match device {
            Device::Stranger => return Ok(Budget::Strangers),
            Device::Unproven => None,
            Device::Proven(token) => Some(token),
        };
        let nobody = UserId::nobody();
        let user = self.users.find(token.map_or(&nobody, RefreshToken::user_id)).await?;
        let is_own = user
            .and_then(|user| Username::stored(user.username.as_deref()?))
            .is_some_and(|stored| stored == *username);
        Ok(match token {
            Some(token) if is_own => Budget::of_device(token.user_id().clone(), &token.session_id()),
            _ => Budget::Strangers,
        })
    }

    /// Hashes the password, and meanwhile reads the user, tidies the counters, and has a user without a
    /// password told of it.
    async fn evaluate<'a>(
        &self,
        attempted: &Attempted<'a>,
        counted: Counted,
        now: Timestamp,
    ) -> Result<SignedIn<'a>, SignInError> {
        let Counted { username, credential, counter } = counted;
        let (verdict, user, (), ()) = tokio::join!(
            self.passwords.verify(attempted.password, Some(&credential.password_hash)),
            self.users.find(&credential.user_id),
            self.tidy(&username, &counter),
            self.tell_of_missing_password(&credential, attempted.network.as_ref(), now)
        );
        let verdict = verdict?;
        if verdict == Verdict::Wrong {
            return Err(SignInError::WrongPassword);
        }
        // Up to here, a correct password causes the same work as a wrong one. If the user may not sign in,
        // the check ends here: the time of any further work would reveal that the password was correct.
        let begins_at = credential.valid_from.max(now);
        let user = match user {
            Ok(user) => user.filter(|user| user.admits(begins_at) && begins_at >= attempted.not_before),
            // A failure of ours uses up no attempt.
            Err(error) => {
                self.forgive(&username, &counter).await;
                return Err(error.into());
            }
        };
        let user = user.ok_or(SignInError::CutOff)?;
        let password = attempted.password;
        Ok(SignedIn { credential, user, begins_at, username, password, counter, verdict })
    }

    /// Has the user told by mail that the account has no password yet, if it has none. A failure leaves this to
    /// the next attempt, and the answer as it is.
    async fn tell_of_missing_password(
        &self,
        credential: &Credential,
        network: Option<&Network>,
        now: Timestamp,
    ) {
        if credential.password_hash != NO_PASSWORD {
            return;
        }
        if let Err(error) = self.users.tell_of_missing_password(&credential.user_id, network, now).await {
            tracing::warn!(reason = chain(&error), "a user without a password could not be told of it");
        }
    }

    /// Does the same work as for a wrong password, so that the time doesn't reveal that a user name is
    /// unknown.
    async fn pretend(&self, password: &Password) -> Result<(), SignInError> {
        let nobody = UserId::nobody();
        let (verdict, _) = tokio::join!(self.passwords.verify(password, None), self.users.find(&nobody));
        verdict?;
        Ok(())
    }
}
