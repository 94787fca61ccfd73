//! What a second asks of each table, with the keys that the functions use, and what that does to its partitions.

use std::time::Duration;

use shared::{clock::Timestamp, store::SessionKey};

use super::{
    keys::Place,
    limits::{NEW_TABLE_READS, NEW_TABLE_WRITES},
    load::{Fleets, Load},
    partitions::{Access, Heat, Partitions, Second},
    people::People,
};

/// Requests that are drawn for a second of one kind, at most: beyond that each stands for several.
const DRAWN: f64 = 100_000.0;
/// Partitions are to be left this much of what they take.
const HEADROOM: f64 = 0.8;
/// Between the second by which partitions are split and the one that shows what it was good for.
const MINUTES_LATER: Duration = Duration::from_secs(600);
/// The beginning of an hour.
const HOUR: u64 = 1_800_000_000;
/// Any hour's tenth minute.
const FIRST: Timestamp = Timestamp::from_unix(HOUR + 600);

/// A table under load.
#[derive(Clone, Debug)]
pub(crate) struct TableLoad {
    pub(crate) name: &'static str,
    /// Units a second.
    pub(crate) writes: f64,
    pub(crate) reads: f64,
    /// As it is created, at once.
    pub(crate) new: Heat,
    /// After DynamoDB has split what it can.
    pub(crate) split: Heat,
    /// What is to be set.
    pub(crate) warm: Option<Warm>,
}

/// A `WarmThroughput` with which the load is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Warm {
    pub(crate) writes: f64,
    pub(crate) reads: f64,
    pub(crate) heat: Heat,
    /// Whether DynamoDB also has to split a partition: that of one user, for instance.
    pub(crate) is_split: bool,
}

impl TableLoad {
    fn of(name: &'static str, mut second: impl FnMut(Timestamp) -> Vec<Access>) -> Self {
        let mut second = |at| Second::new(second(at));
        let (first, later) = (second(FIRST), second(FIRST + MINUTES_LATER));
        let (reads, writes) = later.units();
        let mut partitions = Partitions::ready_for(NEW_TABLE_WRITES, NEW_TABLE_READS);
        let new = partitions.heat(&first);
        partitions.split_for_heat(&first);
        let split = partitions.heat(&later);
        Self { name, writes, reads, new, split, warm: warm(writes, reads, &first, &later) }
    }
}

/// The least that leaves headroom, in thousands, and not less than a new table has; or else the least that is enough once hot
/// partitions are split. None where one key is more than a partition takes.
fn warm(writes: f64, reads: f64, first: &Second, later: &Second) -> Option<Warm> {
    let thousands = |units: f64| (units / HEADROOM / 1000.0).ceil() * 1000.0;
    let (writes, reads) = (thousands(writes).max(NEW_TABLE_WRITES), thousands(reads).max(NEW_TABLE_READS));
    let grown = (0..12).find_map(|step| {
        let more = |units: f64| (units * (1.0 + 0.05 * f64::from(step)) / 1000.0).ceil() * 1000.0;
        let (writes, reads) = (more(writes), more(reads));
        let heat = Partitions::ready_for(writes, reads).heat(later);
        (heat.hottest <= HEADROOM).then_some(Warm { writes, reads, heat, is_split: false })
    });
    grown.or_else(|| {
        let mut partitions = Partitions::ready_for(writes, reads);
        partitions.split_for_heat(first);
        let heat = partitions.heat(later);
        (heat.hottest < 1.0).then_some(Warm { writes, reads, heat, is_split: true })
    })
}

/// Draws `rate` requests, or fewer that stand for as many.
fn drawn(rate: f64, mut one: impl FnMut(f64) -> Access) -> Vec<Access> {
    let n = rate.min(DRAWN).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most DRAWN")]
    let count = n as usize;
    let each = rate / n.max(1.0);
    (0..count).map(|_| one(each)).collect()
}

fn read(place: Place, reads: f64) -> Access {
    Access { place, reads, writes: 0.0 }
}

fn write(place: Place, writes: f64) -> Access {
    Access { place, reads: 0.0, writes }
}

/// The tables, with `RevocationCheck` `session`.
pub(crate) fn tables(load: Load, fleets: &Fleets) -> Vec<TableLoad> {
    let mut people = People::who_refresh(load.refreshes);
    let sessions = TableLoad::of("Sessions", |_| {
        let mut second = drawn(load.refreshes, |each| write(Place::of_session(&people.session()), each));
        let ends = load.logins() + load.logouts();
        second.extend(drawn(ends, |each| {
            let session_id = people.other_session();
            write(Place::of_session(&SessionKey { session_id, ..people.session() }), each)
        }));
        second.extend(drawn(load.calls(), |each| read(Place::of_session(&people.session()), each)));
        second
    });
    let users = TableLoad::of("Users", |_| {
        drawn(load.refreshes + load.logins(), |each| read(Place::of_user(&people.session().user_id), each))
    });
    let credentials = TableLoad::of("Credentials", |_| {
        drawn(load.logins(), |each| write(Place::of_credential(&people.username()), 2.0 * each))
    });
    let revocations = TableLoad::of("Revocations", |at| {
        drawn(load.logouts(), |each| write(Place::of_revocation(&people.other_session(), at), each))
    });
    let client_id = people.session().client_id;
    let clients = TableLoad::of("Clients", |_| {
        drawn(fleets.client_reads(), |each| read(Place::of_client(&client_id), each))
    });
    let keys = TableLoad::of("Keys", |_| {
        drawn(fleets.key_reads(), |each| read(Place::of_published_key("kid"), each))
    });
    vec![sessions, users, credentials, revocations, clients, keys]
}

/// The Revocations table where authorizers pull it: what is written within a second, and all rows that the pulls of a second
/// come upon.
pub(crate) fn pulled(logouts: f64, pulls: f64, reaches_back: u64, row_bytes: f64) -> TableLoad {
    let mut people = People::who_refresh(1.0);
    TableLoad::of("Revocations", |at| {
        let mut second = Vec::new();
        for back in 0..reaches_back {
            let at = at - Duration::from_secs(back);
            second.extend(drawn(logouts, |each| Access {
                place: Place::of_revocation(&people.other_session(), at),
                reads: each * pulls * row_bytes / 4096.0,
                writes: if back == 0 { each } else { 0.0 },
            }));
        }
        second
    })
}
