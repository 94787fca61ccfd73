//! Decides what a refused redemption means, from the row that the failed condition returned, without a
//! further read.

use shared::{
    resource::TargetError,
    store::{Code, Redemption, SessionKey},
};

/// The meaning of a refused redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The code doesn't match this request. Nothing is written.
    Refused(Mismatch),
    /// The code is valid, but not for this resource. Nothing was written.
    Target(TargetError),
    /// The code was used before, and the request matches in everything else. With the session that the code
    /// began.
    Reused(SessionKey),
}

/// How a request doesn't match its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The code has no row: it was removed an hour after it was issued.
    Absent,
    /// The code belongs to another client, for example after its row was changed by hand.
    Client,
    /// The code was sent to another `redirect_uri`.
    RedirectUri,
    /// The verifier doesn't match the challenge.
    Verifier,
    /// The code is bound to a key, and the request has no proof.
    NoProof,
    /// The code is bound to a key, and the proof is by another.
    Key,
    /// The code was used, and its row doesn't name the session.
    Used,
    /// The code's minute has passed.
    Expired,
}

impl Mismatch {
    /// The name in audit events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Absent => "code_absent",
            Self::Client => "other_client",
            Self::RedirectUri => "other_redirect_uri",
            Self::Verifier => "wrong_verifier",
            Self::NoProof => "no_proof",
            Self::Key => "other_key",
            Self::Used => "code_used",
            Self::Expired => "code_expired",
        }
    }
}

/// Decides what a refused redemption means, from the row as it was then.
///
/// An earlier use only counts if everything else matches. URLs contain codes, and histories and logs contain
/// URLs: anyone who finds a code there, without the verifier, must not be able to end the session. An earlier
/// use counts before expiry, which is why the row is kept.
pub fn decide(stored: Option<&Code>, asked: &Redemption<'_>) -> Decision {
    let Some(code) = stored else { return Decision::Refused(Mismatch::Absent) };
    let mismatch = if code.client_id != *asked.client_id {
        Mismatch::Client
    } else if code.redirect_uri != asked.redirect_uri {
        Mismatch::RedirectUri
    } else if code.code_challenge != asked.code_challenge {
        Mismatch::Verifier
    } else if code.jkt.is_some() && code.jkt != asked.jkt {
        if asked.jkt.is_none() { Mismatch::NoProof } else { Mismatch::Key }
    } else if let Some(session_id) = &code.redeemed_by {
        return Decision::Reused(SessionKey {
            user_id: code.user_id.clone(),
            client_id: code.client_id.clone(),
            session_id: session_id.clone(),
        });
    } else if code.redeemer.is_some() {
        Mismatch::Used
    } else if code.is_live(asked.now)
        && let Err(error) = asked.resource.among(&code.resources)
    {
        return Decision::Target(error);
    } else {
        // Only the time is left of the condition.
        Mismatch::Expired
    };
    Decision::Refused(mismatch)
}

#[cfg(test)]
mod tests {
    use shared::{
        clock::Timestamp,
        ids::{ClientId, SessionId, UserId},
        resource::{GrantedResources, WantedResource},
        scope::Scope,
        thumbprint::Thumbprint,
    };

    use super::*;

    fn key(byte: u8) -> Thumbprint {
        Thumbprint::from_bytes([byte; Thumbprint::LEN])
    }

    /// A code that was issued at 1000.
    fn code() -> Code {
        let at = Timestamp::from_unix;
        Code {
            code_hash: "hash".to_owned(),
            client_id: ClientId::parse("app").unwrap(),
            redirect_uri: "https://app.example.com/callback".to_owned(),
            code_challenge: "challenge".to_owned(),
            nonce: None,
            scope: Scope::parse("read").unwrap(),
            resources: GrantedResources::default(),
            user_id: UserId::parse("u1").unwrap(),
            browser_session: SessionId::of_secret(b"browser"),
            auth_time: at(500),
            issued_at: at(1000),
            jkt: None,
            is_refreshable: true,
            redeemed_by: None,
            redeemer: None,
        }
    }

    fn used() -> Code {
        Code {
            redeemed_by: Some(SessionId::of_secret(b"first")),
            redeemer: Some("first".to_owned()),
            ..code()
        }
    }

    /// A request that matches in everything but these fields.
    struct Asked {
        client_id: &'static str,
        redirect_uri: &'static str,
        code_challenge: &'static str,
        jkt: Option<Thumbprint>,
        resource: Option<&'static str>,
        now: u64,
    }

    const RIGHT: Asked = Asked {
        client_id: "app",
        redirect_uri: "https://app.example.com/callback",
        code_challenge: "challenge",
        jkt: None,
        resource: None,
        now: 1001,
    };

    fn decision(code: Option<&Code>, asked: &Asked) -> Decision {
        let redemption = Redemption {
            code_hash: "hash",
            client_id: &ClientId::parse(asked.client_id).unwrap(),
            redirect_uri: asked.redirect_uri,
            code_challenge: asked.code_challenge,
            jkt: asked.jkt,
            resource: WantedResource { audience: "api", named: asked.resource },
            session_id: &SessionId::of_secret(b"second"),
            redeemer: "second",
            now: Timestamp::from_unix(asked.now),
        };
        decide(code, &redemption)
    }

    /// Requests with one mismatch each.
    fn wrong() -> [(Asked, Mismatch); 3] {
        [
            (Asked { client_id: "other", ..RIGHT }, Mismatch::Client),
            (Asked { redirect_uri: "https://app.example.com/callback/", ..RIGHT }, Mismatch::RedirectUri),
            (Asked { code_challenge: "Challenge", ..RIGHT }, Mismatch::Verifier),
        ]
    }

    #[test]
    fn an_unknown_or_expired_code_is_refused() {
        assert_eq!(decision(None, &RIGHT), Decision::Refused(Mismatch::Absent));
        assert_eq!(
            decision(Some(&code()), &Asked { now: 1060, ..RIGHT }),
            Decision::Refused(Mismatch::Expired)
        );
    }

    #[test]
    fn a_second_use_always_ends_the_session_of_the_first() {
        let SessionKey { user_id, client_id, session_id } = match decision(Some(&used()), &RIGHT) {
            Decision::Reused(key) => key,
            other => panic!("{other:?}"),
        };
        assert_eq!((user_id.as_str(), client_id.as_str()), ("u1", "app"));
        assert_eq!(session_id, SessionId::of_secret(b"first"));
        for now in [999, 1059, 1060, 4600] {
            assert!(matches!(decision(Some(&used()), &Asked { now, ..RIGHT }), Decision::Reused(_)), "{now}");
        }
    }

    /// For example after the row was changed by hand: the code's session is unknown, and the code begins no
    /// other.
    #[test]
    fn a_used_code_that_names_no_session_stays_used() {
        let code = Code { redeemed_by: None, ..used() };
        assert_eq!(decision(Some(&code), &RIGHT), Decision::Refused(Mismatch::Used));
    }

    #[test]
    fn a_mismatch_is_refused_for_used_and_unused_codes() {
        for code in [code(), used()] {
            for (asked, mismatch) in wrong() {
                assert_eq!(
                    decision(Some(&code), &asked),
                    Decision::Refused(mismatch),
                    "{:?}",
                    code.redeemed_by
                );
            }
            let bound = Code { jkt: Some(key(1)), ..code };
            assert_eq!(decision(Some(&bound), &RIGHT), Decision::Refused(Mismatch::NoProof));
            let other = Asked { jkt: Some(key(2)), ..RIGHT };
            assert_eq!(decision(Some(&bound), &other), Decision::Refused(Mismatch::Key));
        }
    }

    #[test]
    fn a_resource_that_was_not_granted_matters_only_while_the_code_is_good() {
        let stored =
            |ids: &[&str]| GrantedResources::stored(&ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
        let notes = Code { resources: stored(&["https://notes"]), ..code() };
        let both = Code { resources: stored(&["https://notes", "https://other"]), ..code() };
        let named = |resource| Asked { resource: Some(resource), ..RIGHT };
        for (code, asked, error) in [
            (&code(), named("https://notes"), TargetError::NotGranted),
            (&notes, named("api"), TargetError::NotGranted),
            (&both, RIGHT, TargetError::Several),
        ] {
            assert_eq!(decision(Some(code), &asked), Decision::Target(error));
            let late = Asked { now: 1060, ..asked };
            assert_eq!(decision(Some(code), &late), Decision::Refused(Mismatch::Expired));
        }
        for (wrong, mismatch) in wrong() {
            let asked = Asked { resource: Some("api"), ..wrong };
            assert_eq!(decision(Some(&notes), &asked), Decision::Refused(mismatch));
        }
        assert!(matches!(decision(Some(&used()), &named("https://notes")), Decision::Reused(_)));
    }

    #[test]
    fn the_second_use_of_an_unbound_code_counts_with_any_key() {
        for jkt in [None, Some(key(1))] {
            assert!(
                matches!(decision(Some(&used()), &Asked { jkt, ..RIGHT }), Decision::Reused(_)),
                "{jkt:?}"
            );
        }
        let bound = Code { jkt: Some(key(1)), ..used() };
        assert!(matches!(decision(Some(&bound), &Asked { jkt: Some(key(1)), ..RIGHT }), Decision::Reused(_)));
    }
}
