//! Decides what a failed rotation means, from the item that the failed condition returned, without a further
//! read.

use std::time::Duration;

use shared::{
    clock::Timestamp,
    resource::{TargetError, WantedResource},
    scope::Scope,
    store::Session,
    thumbprint::Thumbprint,
};

/// The request's side of the decision.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The generation of the refresh token.
    pub generation: u32,
    /// The retry key of this request.
    pub retry_key: &'a str,
    /// The scope that the request names, if any.
    pub scope: Option<&'a Scope>,
    /// The resource that the access token is to be for.
    pub resource: WantedResource<'a>,
    /// The key of the request's proof.
    pub jkt: Option<Thumbprint>,
}

/// The limits for the decision.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The current time.
    pub now: Timestamp,
    /// How long a used token still gets the same successor.
    pub leeway: Duration,
    /// Sessions of this client that were created before this instant are over.
    pub not_before: Timestamp,
}

/// The meaning of a failed rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The session is over.
    Ended(End),
    /// The session lives, but its scope is narrower. Nothing was written.
    ScopeExceeded,
    /// The session lives, but was not granted the resource. Nothing was written.
    Target(TargetError),
    /// The session lives, but is bound to another key than the token's, for example after its row was changed
    /// by hand. Nothing was written.
    OtherKey,
    /// A retry of the last rotation, which gets the same successor. Nothing is written.
    Retried,
    /// The token was used before, which counts as theft.
    Reused(Reuse),
    /// The successor was used while this request was under way. This is no replay, but a request that its
    /// client has given up on, so nothing is revoked.
    Overtaken,
    /// The token is ahead of the table, which comes from a restored backup. Nothing is revoked.
    Ahead,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The session doesn't exist: it was ended, or removed after it expired.
    Absent,
    /// Its idle or absolute lifetime has passed.
    Expired,
    /// It was created before the client's `not_before`.
    CutOff,
}

/// How a token was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It was the last token, and the request comes too late for a retry.
    StaleReplay,
    /// Its successor has been used, too.
    Ancestor,
    /// The token was unbound, and its successor is bound to a key that this request doesn't prove. Two
    /// parties had the token, and one is a thief, possibly the one with the key.
    OtherKey,
}

impl Reuse {
    /// The name in audit events.
    pub fn subtype(self) -> &'static str {
        match self {
            Self::StaleReplay => "stale_replay",
            Self::Ancestor => "ancestor",
            Self::OtherKey => "other_key",
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
    let exceeded = exceeded(session, presented);
    match session.generation.checked_sub(presented.generation) {
        None => Decision::Ahead,
        // The generation fits, and so does all else that is checked above. So the condition failed because of
        // the scope, the resource, or the key.
        Some(0) => exceeded.unwrap_or(Decision::OtherKey),
        Some(1) => {
            let mine = session.undelivered || session.retry_key.as_deref() == Some(presented.retry_key);
            // A plain refusal would let a thief who comes first bind the session to the thief's key, and keep
            // it.
            if session.jkt.is_some() && session.jkt != presented.jkt {
                Decision::Reused(Reuse::OtherKey)
            } else if !mine && now.since(session.rotated_at) > leeway {
                Decision::Reused(Reuse::StaleReplay)
            } else {
                exceeded.unwrap_or(Decision::Retried)
            }
        }
        // A client may give up, retry, and use the retry's tokens before its first request arrives. That
        // isn't theft. A replay begins after the successor was used.
        Some(_) if now < session.rotated_at => Decision::Overtaken,
        Some(_) => Decision::Reused(Reuse::Ancestor),
    }
}

/// The decision about a request for more than was granted.
fn exceeded(session: &Session, presented: Presented<'_>) -> Option<Decision> {
    if presented.scope.is_some_and(|scope| !scope.is_within(&session.scope)) {
        return Some(Decision::ScopeExceeded);
    }
    presented.resource.among(&session.resources).err().map(Decision::Target)
}

#[cfg(test)]
mod tests {
    use shared::{
        ids::{ClientId, SessionId, UserId},
        resource::GrantedResources,
        store::SessionKey,
    };

    use super::*;

    const MINE: &str = "my retry key";
    /// A request without a resource.
    const API: WantedResource<'_> = WantedResource { audience: "api", named: None };

    /// Rotated to generation 5 at 1000, created at 500, idle until 2000, ends at 3000.
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
            resources: GrantedResources::default(),
            jkt: None,
            is_refreshable: true,
            device_name: None,
            user_agent: None,
            address: None,
            expires_at: at(2000),
            absolute_expires_at: at(3000),
        }
    }

    fn decision(session: &Session, generation: u32, now: u64) -> Decision {
        decision_of(session, generation, None, now)
    }

    fn decision_of(session: &Session, generation: u32, jkt: Option<Thumbprint>, now: u64) -> Decision {
        let presented = Presented { generation, retry_key: MINE, scope: None, resource: API, jkt };
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
    fn the_last_token_with_its_retry_key_is_a_retry_until_the_session_ends() {
        let mine = Session { retry_key: Some(MINE.to_owned()), ..session() };
        assert_eq!(decision(&mine, 4, 1999), Decision::Retried);
        assert_eq!(decision(&mine, 3, 1000), Decision::Reused(Reuse::Ancestor), "its successor was used");
    }

    #[test]
    fn an_undelivered_successor_is_given_again_until_the_session_ends() {
        let undelivered = Session { undelivered: true, ..session() };
        assert_eq!(decision(&undelivered, 4, 1999), Decision::Retried);
        assert_eq!(decision(&undelivered, 3, 1000), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn a_request_overtaken_by_a_rotation_is_not_theft() {
        assert_eq!(decision(&session(), 3, 999), Decision::Overtaken);
        assert_eq!(decision(&session(), 0, 999), Decision::Overtaken);
        assert_eq!(decision(&session(), 3, 1000), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn a_token_ahead_of_the_table_ends_nothing() {
        assert_eq!(decision(&session(), 6, 1000), Decision::Ahead);
    }

    #[test]
    fn too_wide_a_scope_is_neither_a_retry_nor_theft() {
        let wide = Scope::parse("read admin").unwrap();
        let bounds = Bounds {
            now: Timestamp::from_unix(1000),
            leeway: Duration::from_secs(10),
            not_before: Timestamp::default(),
        };
        for generation in [4, 5] {
            let presented =
                Presented { generation, retry_key: MINE, scope: Some(&wide), resource: API, jkt: None };
            assert_eq!(decide(Some(&session()), presented, bounds), Decision::ScopeExceeded);
        }
    }

    #[test]
    fn an_ungranted_resource_is_neither_a_retry_nor_theft() {
        let stored =
            |ids: &[&str]| GrantedResources::stored(&ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
        let of = |resources: &[&str], named, generation, now| {
            let session = Session { resources: stored(resources), ..session() };
            let resource = WantedResource { named, ..API };
            let presented = Presented { generation, retry_key: MINE, scope: None, resource, jkt: None };
            let bounds = Bounds {
                now: Timestamp::from_unix(now),
                leeway: Duration::from_secs(10),
                not_before: Timestamp::default(),
            };
            decide(Some(&session), presented, bounds)
        };
        let (notes, both) = (["https://notes"], ["https://notes", "https://other"]);
        let not_granted = Decision::Target(TargetError::NotGranted);
        for generation in [4, 5] {
            assert_eq!(of(&[], Some("https://notes"), generation, 1000), not_granted);
            assert_eq!(of(&notes, Some("api"), generation, 1000), not_granted);
            assert_eq!(of(&both, None, generation, 1000), Decision::Target(TargetError::Several));
        }
        assert_eq!(of(&notes, None, 4, 1000), Decision::Retried);
        assert_eq!(of(&both, Some("https://other"), 4, 1000), Decision::Retried);
        // Reuse stays theft, whichever resource the request names.
        assert_eq!(of(&notes, Some("api"), 4, 1011), Decision::Reused(Reuse::StaleReplay));
        assert_eq!(of(&notes, Some("api"), 3, 1000), Decision::Reused(Reuse::Ancestor));
    }

    #[test]
    fn a_token_whose_successor_is_bound_to_another_key_ends_the_session() {
        let [key, other] = [1, 2].map(|byte| Some(Thumbprint::from_bytes([byte; Thumbprint::LEN])));
        let bound = Session { jkt: key, ..session() };
        for presented in [None, other] {
            let mine = Session { retry_key: Some(MINE.to_owned()), ..bound.clone() };
            for (session, now) in [(&bound, 1000), (&bound, 1011), (&mine, 1000)] {
                let decision = decision_of(session, 4, presented, now);
                assert_eq!(decision, Decision::Reused(Reuse::OtherKey), "{presented:?} at {now}");
            }
            assert_eq!(decision_of(&bound, 5, presented, 1000), Decision::OtherKey, "a row that was changed");
        }
        assert_eq!(decision_of(&bound, 4, key, 1010), Decision::Retried);
        assert_eq!(decision_of(&bound, 4, key, 1011), Decision::Reused(Reuse::StaleReplay));
    }

    #[test]
    fn a_retry_may_add_a_proof() {
        let key = Some(Thumbprint::from_bytes([1; Thumbprint::LEN]));
        assert_eq!(decision_of(&session(), 4, key, 1010), Decision::Retried);
    }
}
