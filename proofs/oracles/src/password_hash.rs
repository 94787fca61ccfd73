//! Stored hashes: what is accepted can be compared with, and at a cost that is bounded.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use passwords::{Password, Passwords, StoredHash, stored_form};
use shared::random::SystemRandom;
use tokio::runtime::{Builder, Runtime};

const MIB: u64 = 1024 * 1024;
/// The most memory that a comparison takes, whatever the hash says: a function has some hundreds.
const MAX_MEMORY: u64 = 160 * MIB;
/// The most work, as memory that is passed over. 64 MiB ten times, 128 MiB of eight lanes…
const MAX_WORK: u64 = 2048 * MIB;
/// What is so cheap that a fuzzer can really compare with it.
const CHEAP: u64 = MIB;

/// Takes bytes as a hash that was brought along.
pub fn password_hash(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let form = stored_form(text);
    if StoredHash::parse(text).is_some() {
        assert_eq!(
            form.as_deref().map(str::trim),
            Some(text.trim()),
            "what can be stored is stored as it is"
        );
    }
    let Some(stored) = form else { return false };
    assert!(StoredHash::parse(&stored).is_some(), "{stored:?}");
    assert_eq!(stored_form(&stored).as_ref(), Some(&stored), "stored again it is the same");
    let cost = Cost::of(&stored).unwrap_or_else(|| panic!("accepted: {stored:?}"));
    assert!(cost.memory <= MAX_MEMORY && cost.work <= MAX_WORK, "{stored:?} costs {cost:?}");
    if cost.memory <= CHEAP && cost.work <= CHEAP {
        let (runtime, passwords) = &*PASSWORDS;
        let compared = runtime.block_on(passwords.verify(&PASSWORD, Some(&stored)));
        assert!(compared.is_ok(), "{stored:?} was accepted, and can't be compared with");
    }
    true
}

/// What a comparison costs, worked out from the text.
#[derive(Debug)]
struct Cost {
    /// In bytes.
    memory: u64,
    /// In bytes that are passed over, or in other things that take about as long.
    work: u64,
}

impl Cost {
    fn of(stored: &str) -> Option<Self> {
        let parts: Vec<&str> = stored.split('$').skip(1).collect();
        let kind = *parts.first()?;
        if kind.starts_with('2') {
            let cost: u32 = parts.get(1)?.parse().ok()?;
            // A second and a half at 14.
            return Some(Self { memory: 4096, work: 1_u64.checked_shl(cost)?.checked_mul(100 * 1024)? });
        }
        let parameters = parts[1..].iter().filter(|part| part.contains('=')).flat_map(|part| part.split(','));
        let numbers: HashMap<&str, u64> = parameters
            .filter_map(|pair| pair.split_once('='))
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect();
        let number = |name: &str| numbers.get(name).copied();
        Some(if kind.starts_with("argon2") {
            // The defaults of the library, where the text does not say.
            let (m, t) = (number("m").unwrap_or(19_456), number("t").unwrap_or(2));
            Self { memory: m.checked_mul(1024)?, work: m.checked_mul(t)?.checked_mul(1024)? }
        } else if kind == "scrypt" {
            let n = 1_u64.checked_shl(number("ln")?.try_into().ok()?)?;
            let (r, p) = (number("r")?, number("p")?);
            let (table, lanes) = (n.checked_mul(r)?.checked_mul(128)?, p.checked_mul(r)?.checked_mul(128)?);
            Self { memory: table.checked_add(lanes)?, work: table.checked_mul(p)? }
        } else if kind.starts_with("pbkdf2") {
            Self { memory: 4096, work: number("i")?.checked_mul(1024)? }
        } else {
            return None;
        })
    }
}

static PASSWORD: LazyLock<Password> = LazyLock::new(|| Password::parse(&"correct horse".into()).unwrap());

static PASSWORDS: LazyLock<(Runtime, Passwords)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().unwrap();
    (runtime, Passwords::new(Arc::new(SystemRandom::new())))
});
