//! Which keys a rotation makes, and which it drops: a matter of instants alone.

use std::time::Duration;

use shared::{
    cached::{FRESH_TTL, STALE_TTL},
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    keys::{Jwk, KeysetDocument, PublishedKeys, SigningAlgorithm, UnknownAlgorithm},
    lifetimes,
    random::Random,
};

use crate::generate::{self, GenerateError};

/// A day, in seconds.
const DAY: u64 = 24 * 3600;

/// How long before it makes tokens a new key is published, unless configured: API Gateway's own JWT authorizer keeps
/// its copy of the keys for two hours.
const LEAD: Duration = Duration::from_secs(3 * 3600);
/// The least that can be configured: no function of ours uses an older copy, and steps may take as long again.
const MIN_LEAD: u64 = 2 * STALE_TTL.as_secs();
const MAX_LEAD: u64 = 7 * DAY;

/// Age at which an HMAC key is replaced, unless configured.
const REFRESH_KEY_TTL: Duration = Duration::from_secs(180 * DAY);
/// Rotations don't come to the minute. One that is a day early for an HMAC key replaces it rather than leave it for a
/// whole interval more.
const EARLY: Duration = Duration::from_secs(DAY);

/// How long after it was replaced the last token of a signing key may still be valid.
const SIGNED_TTL: Duration =
    Duration::from_secs(*lifetimes::ACCESS_TTL.end() + STALE_TTL.as_secs() + FRESH_TTL.as_secs());
/// The same of an HMAC key: "old ones verify until the idle lifetime has passed", the longest that a client may have.
const AUTHENTICATED_TTL: Duration = Duration::from_secs(*lifetimes::IDLE_TTL.end() + STALE_TTL.as_secs());

/// What rotations make.
#[derive(Clone, Copy, Debug)]
pub struct KeyPlan {
    /// What new signing keys are for.
    pub algorithm: SigningAlgorithm,
    /// How long before it makes tokens a new key is published.
    pub lead: Duration,
    /// Age at which an HMAC key is replaced. A signing key is replaced at every rotation.
    pub refresh_key_ttl: Duration,
}

impl Default for KeyPlan {
    fn default() -> Self {
        Self { algorithm: SigningAlgorithm::default(), lead: LEAD, refresh_key_ttl: REFRESH_KEY_TTL }
    }
}

impl KeyPlan {
    /// The plan in the variables `SIGNING_ALGORITHM`, `KEY_LEAD` and `REFRESH_KEY_TTL`.
    ///
    /// # Errors
    ///
    /// If one makes no sense.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let name = variable::SIGNING_ALGORITHM;
        let algorithm = environment.optional(name).map(str::parse).transpose();
        let algorithm = algorithm
            .map_err(|error: UnknownAlgorithm| EnvironmentError::Unusable(name, error.to_string()))?;
        Ok(Self {
            algorithm: algorithm.unwrap_or_default(),
            lead: environment.seconds(variable::KEY_LEAD, LEAD, MIN_LEAD..=MAX_LEAD)?,
            refresh_key_ttl: environment.seconds(
                variable::REFRESH_KEY_TTL,
                REFRESH_KEY_TTL,
                DAY..=3650 * DAY,
            )?,
        })
    }

    /// The first keyset. Nobody has another, so it makes tokens at once.
    ///
    /// # Errors
    ///
    /// [`GenerateError`]
    pub fn first(&self, now: Timestamp, random: &dyn Random) -> Result<KeysetDocument, GenerateError> {
        Ok(KeysetDocument {
            replaces: None,
            signing_keys: vec![from(now, generate::signing_key(self.algorithm, random)?)],
            refresh_keys: vec![from(now, generate::refresh_key(random))],
        })
    }

    /// The keyset that replaces the current one.
    ///
    /// # Errors
    ///
    /// [`GenerateError`]
    pub fn next(
        &self,
        current: &KeysetDocument,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<KeysetDocument, GenerateError> {
        let mut signing_keys = vec![from(now + self.lead, generate::signing_key(self.algorithm, random)?)];
        signing_keys.extend(current.signing_keys.iter().cloned());
        let mut refresh_keys = Vec::new();
        let newest = current.refresh_keys.first().map(activates_at).unwrap_or_default();
        if newest + self.refresh_key_ttl <= now + EARLY {
            refresh_keys.push(from(now + self.lead, generate::refresh_key(random)));
        }
        refresh_keys.extend(current.refresh_keys.iter().cloned());
        Ok(KeysetDocument {
            replaces: None,
            signing_keys: without_spent(signing_keys, SIGNED_TTL, now),
            refresh_keys: without_spent(refresh_keys, AUTHENTICATED_TTL, now),
        })
    }
}

/// Whether each key that `next` has and `current` doesn't makes tokens only when no older copy of either is in use.
pub(crate) fn is_in_time(next: &KeysetDocument, current: &KeysetDocument, now: Timestamp) -> bool {
    let is_new = |key: &&Jwk, known: &[Jwk]| !known.iter().any(|other| other.kid == key.kid);
    let signing = next.signing_keys.iter().filter(|key| is_new(key, &current.signing_keys));
    let refresh = next.refresh_keys.iter().filter(|key| is_new(key, &current.refresh_keys));
    signing.chain(refresh).all(|key| now + STALE_TTL <= activates_at(key))
}

/// When the last token of this signing key has expired, as far as this keyset tells.
pub(crate) fn expires_at(document: &KeysetDocument, kid: &str, now: Timestamp) -> Timestamp {
    match document.signing_keys.iter().position(|key| key.kid == kid) {
        Some(0) => PublishedKeys::NEVER,
        Some(i) => activates_at(&document.signing_keys[i - 1]) + SIGNED_TTL,
        // Of a rotation that was given up, or dropped: should it have signed anything, then not after now.
        None => now + SIGNED_TTL,
    }
}

/// The newest keys, and those that were replaced so lately that tokens of theirs may be out.
fn without_spent(keys: Vec<Jwk>, ttl: Duration, now: Timestamp) -> Vec<Jwk> {
    let replaced_at: Vec<_> = keys.iter().map(activates_at).collect();
    let is_spent = |i: usize| i > 0 && replaced_at[i - 1] + ttl <= now;
    keys.into_iter().enumerate().filter(|(i, _)| !is_spent(*i)).map(|(_, key)| key).collect()
}

fn from(activates_at: Timestamp, key: Jwk) -> Jwk {
    Jwk { activates_at: Some(activates_at), ..key }
}

fn activates_at(key: &Jwk) -> Timestamp {
    key.activates_at.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use shared::random::SystemRandom;

    use super::*;

    const START: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn days(days: u64) -> Duration {
        Duration::from_secs(days * DAY)
    }

    fn kids(keys: &[Jwk]) -> Vec<&str> {
        keys.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn signing_keys_are_replaced_at_every_rotation_and_hmac_keys_at_their_age() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let mut document = plan.first(START, &random).unwrap();
        let (mut signing, mut refresh) = (0, 0);
        for month in 1..=24 {
            let now = START + days(30 * month);
            let next = plan.next(&document, now, &random).unwrap();
            signing += usize::from(next.signing_keys[0].kid != document.signing_keys[0].kid);
            refresh += usize::from(next.refresh_keys[0].kid != document.refresh_keys[0].kid);
            assert_eq!(next.signing_keys.len(), 2, "the new one and the one that still signs");
            assert!(is_in_time(&next, &document, now));
            document = next;
        }
        assert_eq!((signing, refresh), (24, 4));
        // 400 days and no longer, since the one after it came.
        assert_eq!(document.refresh_keys.len(), 4);
    }

    #[test]
    fn a_key_that_was_replaced_is_kept_for_as_long_as_its_tokens_live() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let first = plan.first(START, &random).unwrap();
        let second = plan.next(&first, START + days(30), &random).unwrap();
        let replaced_at = START + days(30) + LEAD;
        let kid = &first.signing_keys[0].kid;
        assert_eq!(expires_at(&second, kid, START), replaced_at + SIGNED_TTL);
        assert_eq!(expires_at(&second, &second.signing_keys[0].kid, START), PublishedKeys::NEVER);
        for (after, is_kept) in
            [(SIGNED_TTL.saturating_sub(Duration::from_secs(1)), true), (SIGNED_TTL, false)]
        {
            let third = plan.next(&second, replaced_at + after, &random).unwrap();
            assert_eq!(kids(&third.signing_keys).contains(&kid.as_str()), is_kept, "{after:?}");
        }
    }

    #[test]
    fn keys_that_would_make_tokens_before_everybody_knows_them_are_not_in_time() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let first = plan.first(START, &random).unwrap();
        let next = plan.next(&first, START, &random).unwrap();
        assert!(is_in_time(&next, &first, START + LEAD.saturating_sub(STALE_TTL)));
        assert!(!is_in_time(&next, &first, START + LEAD.saturating_sub(STALE_TTL) + Duration::from_secs(1)));
    }
}
