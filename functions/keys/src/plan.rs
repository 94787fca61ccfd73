//! Decides which keys a rotation makes and drops, by instants only.

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

/// How long a new key is published before it makes tokens, by default. API Gateway's own JWT authorizer
/// caches keys for two hours.
const LEAD: Duration = Duration::from_secs(3 * 3600);
/// The shortest lead. Our functions use copies that are at most half as old, and the steps of a rotation may
/// take the other half.
const MIN_LEAD: u64 = 2 * STALE_TTL.as_secs();
const MAX_LEAD: u64 = 7 * DAY;

/// The age at which an HMAC key is replaced, by default.
const REFRESH_KEY_TTL: Duration = Duration::from_secs(180 * DAY);
/// How much too early a rotation may replace an HMAC key. Rotations aren't exact to the minute, and without
/// this a key could stay for another interval.
const EARLY: Duration = Duration::from_secs(DAY);

/// How long a signing key's last token may be valid after the key was replaced.
const SIGNED_TTL: Duration =
    Duration::from_secs(*lifetimes::ACCESS_TTL.end() + STALE_TTL.as_secs() + FRESH_TTL.as_secs());
/// How long an HMAC key's last token may be valid after the key was replaced, for the longest idle lifetime
/// that a client may have.
const AUTHENTICATED_TTL: Duration = Duration::from_secs(*lifetimes::IDLE_TTL.end() + STALE_TTL.as_secs());

/// The plan for new keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyPlan {
    /// The algorithm of new signing keys.
    pub algorithm: SigningAlgorithm,
    /// How long a new key is published before it makes tokens.
    pub lead: Duration,
    /// The age at which an HMAC key is replaced. Every rotation replaces the signing key.
    pub refresh_key_ttl: Duration,
}

impl Default for KeyPlan {
    fn default() -> Self {
        Self { algorithm: SigningAlgorithm::default(), lead: LEAD, refresh_key_ttl: REFRESH_KEY_TTL }
    }
}

impl KeyPlan {
    /// Reads `SIGNING_ALGORITHM`, `KEY_LEAD` and `REFRESH_KEY_TTL`.
    ///
    /// # Errors
    ///
    /// If a variable is malformed.
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

    /// The first keyset. There is no other, so its keys make tokens at once.
    ///
    /// # Errors
    ///
    /// [`GenerateError`], if no key can be generated.
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
    /// [`GenerateError`], if no key can be generated.
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

/// Whether each new key makes tokens only when no older copy of the keyset or the published keys is in use.
pub(crate) fn is_in_time(next: &KeysetDocument, current: &KeysetDocument, now: Timestamp) -> bool {
    let is_new = |key: &&Jwk, known: &[Jwk]| !known.iter().any(|other| other.kid == key.kid);
    let signing = next.signing_keys.iter().filter(|key| is_new(key, &current.signing_keys));
    let refresh = next.refresh_keys.iter().filter(|key| is_new(key, &current.refresh_keys));
    signing.chain(refresh).all(|key| now + STALE_TTL <= activates_at(key))
}

/// When the last token of this signing key has expired, according to this keyset.
pub(crate) fn expires_at(document: &KeysetDocument, kid: &str, now: Timestamp) -> Timestamp {
    match document.signing_keys.iter().position(|key| key.kid == kid) {
        Some(0) => PublishedKeys::NEVER,
        Some(i) => activates_at(&document.signing_keys[i - 1]) + SIGNED_TTL,
        // The key is of an abandoned rotation, or was dropped. If it has signed anything, then not after now.
        None => now + SIGNED_TTL,
    }
}

/// The newest keys, and replaced keys that may still have valid tokens.
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
    fn a_plan_is_read_within_its_bounds() {
        let read = |variables: &[(&str, u64)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
            KeyPlan::from_environment(&Environment::from_variables(variables))
        };
        let plan = read(&[]).unwrap();
        assert_eq!((plan.lead, plan.refresh_key_ttl), (Duration::from_secs(10_800), days(180)));
        for (name, least, most) in
            [(variable::KEY_LEAD, 7200, 604_800), (variable::REFRESH_KEY_TTL, 86_400, 315_360_000)]
        {
            for (seconds, is_taken) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
                assert_eq!(read(&[(name, seconds)]).is_ok(), is_taken, "{name} {seconds}");
            }
        }
    }

    #[test]
    fn an_hmac_key_is_replaced_up_to_a_day_early() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let first = plan.first(START, &random).unwrap();
        let due = START + days(179);
        for (now, count) in [(due - Duration::from_secs(1), 1), (due, 2)] {
            assert_eq!(plan.next(&first, now, &random).unwrap().refresh_keys.len(), count, "{now}");
        }
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
        // A replaced key stays for 400 days, counted from its replacement.
        assert_eq!(document.refresh_keys.len(), 4);
    }

    #[test]
    fn a_key_that_was_replaced_is_kept_for_as_long_as_its_tokens_live() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let first = plan.first(START, &random).unwrap();
        let second = plan.next(&first, START + days(30), &random).unwrap();
        let replaced_at = START + days(30) + LEAD;
        let kid = &first.signing_keys[0].kid;
        assert_eq!(SIGNED_TTL.as_secs(), 24 * 3600 + 3600 + 300, "and for as long as copies are in use");
        assert_eq!(AUTHENTICATED_TTL.as_secs(), 400 * 24 * 3600 + 3600);
        assert_eq!(expires_at(&second, kid, START), replaced_at + SIGNED_TTL);
        assert_eq!(expires_at(&second, "dropped", START), START + SIGNED_TTL);
        assert_eq!(expires_at(&second, &second.signing_keys[0].kid, START), PublishedKeys::NEVER);
        for (after, is_kept) in
            [(SIGNED_TTL.saturating_sub(Duration::from_secs(1)), true), (SIGNED_TTL, false)]
        {
            let third = plan.next(&second, replaced_at + after, &random).unwrap();
            assert_eq!(kids(&third.signing_keys).contains(&kid.as_str()), is_kept, "{after:?}");
        }
    }

    #[test]
    fn keys_are_in_time_if_every_copy_has_them_before_they_sign() {
        let (plan, random) = (KeyPlan::default(), SystemRandom::new());
        let first = plan.first(START, &random).unwrap();
        let next = plan.next(&first, START, &random).unwrap();
        assert!(is_in_time(&next, &first, START + LEAD.saturating_sub(STALE_TTL)));
        assert!(!is_in_time(&next, &first, START + LEAD.saturating_sub(STALE_TTL) + Duration::from_secs(1)));
    }
}
