//! Detects proofs that are used again (RFC 9449 section 11.1).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{
        AttributeValue::{N, S},
        ReturnValuesOnConditionCheckFailure,
    },
};
use shared::{
    clock::Timestamp,
    dpop::{Proof, WINDOW},
    environment::{Environment, EnvironmentError, variable},
    random::{self, Random},
    store::{Item, Revocations, Row, StoreError, attribute},
};

/// How long a proof has to be remembered. A proof from a clock that is ahead stays valid until its own window
/// ends.
const TTL: Duration = Duration::from_secs(2 * WINDOW.as_secs());
/// How many proofs a half of the memory holds. A busy function remembers at least this many, and at most
/// twice as many, which take some megabytes.
const CAPACITY: u16 = 16_384;

/// How repeated proofs are detected.
#[derive(Debug)]
pub(crate) enum ReplayCheck {
    /// Each warm function remembers the proofs that it has seen. Another function may accept a proof again.
    Window(Mutex<Seen>),
    /// A proof is stored before it passes, so none passes twice.
    Store(ProofRows),
}

impl ReplayCheck {
    /// Reads `DPOP_REPLAY`.
    pub(crate) fn new(
        environment: &Environment,
        client: &Client,
        random: &Arc<dyn Random>,
    ) -> Result<Self, EnvironmentError> {
        if environment.choice(variable::DPOP_REPLAY, [("window", false), ("store", true)])? {
            let revocations = Revocations::new(environment, client)?;
            Ok(Self::Store(ProofRows { revocations, random: random.clone() }))
        } else {
            Ok(Self::Window(Mutex::default()))
        }
    }

    /// Records a proof. `false`, if it was known.
    pub(crate) async fn is_first(&self, proof: &Proof, now: Timestamp) -> Result<bool, StoreError> {
        match self {
            Self::Window(seen) => {
                Ok(seen.lock().unwrap_or_else(PoisonError::into_inner).insert(proof.id, now))
            }
            Self::Store(rows) => rows.insert(proof.id, now).await,
        }
    }
}

/// The proofs of the last minutes, in two halves. The older half is dropped as a whole, once all its proofs
/// have expired or the space runs out.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    newer: HashSet<u128>,
    older: HashSet<u128>,
    /// When the newer half began.
    since: Timestamp,
}

impl Seen {
    fn insert(&mut self, id: u128, now: Timestamp) -> bool {
        if now.since(self.since) >= TTL || self.newer.len() >= CAPACITY.into() {
            self.older = std::mem::take(&mut self.newer);
            self.since = now;
        }
        !self.older.contains(&id) && self.newer.insert(id)
    }
}

/// The proofs in the Revocations table, each in its own partition. There are too many for one partition per
/// hour, and nothing reads them together.
#[derive(Debug)]
pub(crate) struct ProofRows {
    revocations: Revocations,
    random: Arc<dyn Random>,
}

impl ProofRows {
    async fn insert(&self, id: u128, now: Timestamp) -> Result<bool, StoreError> {
        // If the SDK repeats a put whose answer was lost, this value recognises its own row.
        let mine = random::identifier(&*self.random);
        let put = self
            .revocations
            .table
            .put_item()
            .set_item(Some(row(id, &mine, now)))
            .condition_expression("attribute_not_exists(#bucket)")
            .expression_attribute_names("#bucket", attribute::BUCKET)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = put else { return Ok(true) };
        if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
            let stored = failed.item().cloned().unwrap_or_default();
            return Ok(Row::new("Revocations", &stored).optional_text(attribute::RETRY_KEY)? == Some(&mine));
        }
        Err(StoreError::unavailable("PutItem on Revocations", error))
    }
}

fn row(id: u128, mine: &str, now: Timestamp) -> Item {
    // Larger than any hour's bucket.
    let bucket = id >> 64 | 1 << 63;
    Item::from([
        (attribute::BUCKET.to_owned(), N(bucket.to_string())),
        (attribute::REVOCATION.to_owned(), S(format!("proof#{id:032x}"))),
        (attribute::RETRY_KEY.to_owned(), S(mine.to_owned())),
        (attribute::EXPIRES_AT.to_owned(), N((now + TTL).to_string())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_remembered_for_as_long_as_it_is_good() {
        let mut seen = Seen::default();
        let start = 1_800_000_000;
        for (seconds, is_first) in
            [(0, true), (0, false), (300, false), (599, false), (1199, false), (2400, true)]
        {
            assert_eq!(seen.insert(1, Timestamp::from_unix(start + seconds)), is_first, "{seconds}");
        }
    }

    #[test]
    fn a_stored_proof_is_in_a_partition_that_no_hour_has() {
        let now = Timestamp::from_unix(1_800_000_000);
        for (id, bucket, name) in [
            (0, 1 << 63, "proof#00000000000000000000000000000000"),
            (1 << 64, 1 << 63 | 1, "proof#00000000000000010000000000000000"),
            (u128::MAX, u64::MAX, "proof#ffffffffffffffffffffffffffffffff"),
        ] {
            let row = row(id, "mine", now);
            assert_eq!(row[attribute::BUCKET], N(bucket.to_string()), "{name}");
            assert_eq!(row[attribute::REVOCATION], S(name.to_owned()));
            assert_eq!(row[attribute::EXPIRES_AT], N((now + TTL).to_string()), "{name}");
        }
    }

    #[test]
    fn the_number_of_remembered_proofs_is_bounded() {
        let (mut seen, now) = (Seen::default(), Timestamp::from_unix(1_800_000_000));
        for number in 0..5 * u128::from(CAPACITY) {
            assert!(seen.insert(number, now));
            assert!(seen.newer.len() + seen.older.len() <= 2 * usize::from(CAPACITY));
        }
        for number in 4 * u128::from(CAPACITY)..5 * u128::from(CAPACITY) {
            assert!(!seen.insert(number, now), "{number}");
        }
    }
}
