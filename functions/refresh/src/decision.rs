//! What a failed rotation means: decided from the item that the failed condition returned, with no further read.

use std::time::Duration;

use shared::{clock::Timestamp, scope::Scope, store::Session};

/// What the request brought.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The generation of the refresh token.
    pub generation: u32,
    /// The retry key of this request.
    pub retry_key: &'a str,
    /// The scope that was asked for, if any was.
    pub scope: Option<&'a Scope>,
}

/// What the decision is measured against.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The current time.
    pub now: Timestamp,
    /// For how long a used token still gets the same successor.
    pub leeway: Duration,
    /// Sessions of this client created before this instant are over.
    pub not_before: Timestamp,
}

/// What a failed rotation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The session is over.
    Ended(End),
    /// The session lives, and its scope does not reach that far. Nothing was written.
    ScopeExceeded,
    /// A retry of the last rotation: the same successor again. Nothing was written, and nothing will be.
    Retried,
    /// The token was used before. Theft, as far as we can know.
    Reused(Reuse),
    /// The successor was used while this request was under way: it is no replay, but a request that somebody has given up
    /// waiting for. Nobody's fault, so nothing is revoked.
    Overtaken,
    /// The table knows less than the token: a restored backup. Nobody's fault, so nothing is revoked.
    Ahead,
}

/// How a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// There is none: logged out, revoked, or removed after it expired.
    Absent,
    /// Its idle or its absolute lifetime has passed.
    Expired,
    /// It is older than what the client's operator allows.
    CutOff,
}

/// How a token was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The last one, too late to be a retry.
    StaleReplay,
    /// One whose successor has itself been used.
    Ancestor,
}

impl Reuse {
    /// The name in the audit event.
    pub fn subtype(self) -> &'static str {
        match self {
            Self::StaleReplay => "stale_replay",
            Self::Ancestor => "ancestor",
        }
    }
}

/// Decides what a failed rotation means, from the item as it was then.
pub fn decide(stored: Option<&Session>, presented: Presented<'_>, bounds: Bounds) -> Decision {
    let Bounds { now, leeway, not_before } = bounds;
    let Some(session) = stored else { return Decision::Ended(End::Absent) };
    if !session.is_live(now) {
        return Decision::Ended(End::Expired);
    }
    if session.created_at < not_before {
        return Decision::Ended(End::CutOff);
    }
    let scope_exceeded = presented.scope.is_some_and(|scope| !scope.is_within(&session.scope));
    match session.generation.checked_sub(presented.generation) {
        None => Decision::Ahead,
        // This is the item that the condition was checked against, and the rest of it holds: it was the scope.
        Some(0) => Decision::ScopeExceeded,
        Some(1) => {
            let mine = session.undelivered || session.retry_key.as_deref() == Some(presented.retry_key);
            if !mine && now.since(session.rotated_at) > leeway {
                Decision::Reused(Reuse::StaleReplay)
            } else if scope_exceeded {
                Decision::ScopeExceeded
            } else {
                Decision::Retried
            }
        }
        // A client that gave up waiting, tried again, and used what it got is no thief because its first request arrives
        // at last. Whoever replays a token begins later than its successor was used.
        Some(_) if now < session.rotated_at => Decision::Overtaken,
        Some(_) => Decision::Reused(Reuse::Ancestor),
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        ids::{ClientId, SessionId, UserId},
        store::SessionKey,
    };

    use super::*;

    const MINE: &str = "my retry key";

    /// Rotated to generation 5 at 1000, created at 500, idle until 2000, alive until 3000 at most.
    fn session() -> Session {
        let at = Timestamp::from_unix;
        Session {
            key: SessionKey {
                user_id: UserId::parse("u1").unwrap(),
                client_id: ClientId::parse("app").unwrap(),
                session_id: SessionId::of_secret(b"secret"),
            },
            generation: 5,
            rotated_at: at(1000),
            retry_key: Some("another's".to_owned()),
            undelivered: false,
            created_at: at(500),
            auth_time: at(500),
            scope: Scope::parse("read write").unwrap(),
            device_name: None,
            user_agent: None,
            address: None,
            expires_at: at(2000),
            absolute_expires_at: at(3000),
        }
    }

    fn decision(session: &Session, generation: u32, now: u64) -> Decision {
        let presented = Presented { generation, retry_key: MINE, scope: None };
        let bounds = Bounds {
            now: Timestamp::from_unix(now),
            leeway: Duration::from_secs(10),
            not_before: Timestamp::from_unix(500),
        };
        decide(Some(session), presented, bounds)
    }

    #[test]
    fn a_session_that_is_over_outweighs_everything_else() {
        let expired = Decision::Ended(End::Expired);
        for generation in [3, 4, 5, 6] {
            assert_eq!(decision(&session(), generation, 2000), expired);
            let absolute = Session { expires_at: Timestamp::from_unix(9000), ..session() };
            assert_eq!(decision(&absolute, generation, 3000), expired);
            let older = Session { created_at: Timestamp::from_unix(499), ..session() };
            assert_eq!(decision(&older, generation, 1000), Decision::Ended(End::CutOff));
        }
        assert_eq!(decision(&session(), 3, 1999), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn the_last_token_is_a_retry_up_to_the_leeway_and_a_replay_after_it() {
        assert_eq!(decision(&session(), 4, 1000), Decision::Retried);
        assert_eq!(decision(&session(), 4, 1010), Decision::Retried);
        assert_eq!(decision(&session(), 4, 1011), Decision::Reused(Reuse::StaleReplay));
        assert_eq!(decision(&session(), 4, 990), Decision::Retried, "a clock that is behind");
    }

    #[test]
    fn with_its_retry_key_the_last_token_is_a_retry_as_long_as_the_session_lives() {
        let mine = Session { retry_key: Some(MINE.to_owned()), ..session() };
        assert_eq!(decision(&mine, 4, 1999), Decision::Retried);
        assert_eq!(decision(&mine, 3, 1000), Decision::Reused(Reuse::Ancestor), "its successor was used");
    }

    #[test]
    fn a_successor_that_never_left_is_given_again_as_long_as_the_session_lives() {
        let undelivered = Session { undelivered: true, ..session() };
        assert_eq!(decision(&undelivered, 4, 1999), Decision::Retried);
        assert_eq!(decision(&undelivered, 3, 1000), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn a_request_that_began_before_the_last_rotation_is_no_theft() {
        assert_eq!(decision(&session(), 3, 999), Decision::Overtaken);
        assert_eq!(decision(&session(), 0, 999), Decision::Overtaken);
        assert_eq!(decision(&session(), 3, 1000), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn a_token_ahead_of_the_table_ends_nothing() {
        assert_eq!(decision(&session(), 6, 1000), Decision::Ahead);
    }

    #[test]
    fn too_wide_a_scope_is_no_retry_and_no_theft() {
        let wide = Scope::parse("read admin").unwrap();
        let bounds = Bounds {
            now: Timestamp::from_unix(1000),
            leeway: Duration::from_secs(10),
            not_before: Timestamp::default(),
        };
        for generation in [4, 5] {
            let presented = Presented { generation, retry_key: MINE, scope: Some(&wide) };
            assert_eq!(decide(Some(&session()), presented, bounds), Decision::ScopeExceeded);
        }
    }
}
