//! Stored hashes: an accepted hash can be compared with a password, at a bounded cost.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use passwords::{NO_PASSWORD, Password, Passwords, StoredHash, stored_form};
use shared::random::SystemRandom;
use tokio::runtime::{Builder, Runtime};

const MIB: u64 = 1024 * 1024;
/// The most memory of a comparison, whatever the hash says. A function has some hundreds of MB.
const MAX_MEMORY: u64 = 272 * MIB;
/// The most work, as bytes of memory that are passed over: 256 MiB ten times, 128 MiB with eight lanes, and so on.
const MAX_WORK: u64 = 2560 * MIB;
/// The highest cost of a comparison that the fuzzer really carries out.
const CHEAP: u64 = MIB;

/// Reads bytes as an imported hash.
pub fn password_hash(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let form = stored_form(text);
    if StoredHash::parse(text).is_ok() {
        assert_eq!(form.as_deref().map(str::trim), Ok(text.trim()), "what can be stored is stored as it is");
    }
    let Ok(stored) = form else { return false };
    assert!(StoredHash::parse(&stored).is_ok(), "{stored:?}");
    assert_eq!(stored_form(&stored).as_ref(), Ok(&stored), "stored again it is the same");
    let cost = Cost::of(&stored).unwrap_or_else(|| panic!("accepted: {stored:?}"));
    assert!(cost.memory <= MAX_MEMORY && cost.work <= MAX_WORK, "{stored:?} costs {cost:?}");
    if cost.memory <= CHEAP && cost.work <= CHEAP {
        let (runtime, passwords) = &*PASSWORDS;
        let compared = runtime.block_on(passwords.verify(&PASSWORD, Some(&stored)));
        assert!(compared.is_ok(), "{stored:?} was accepted, and can't be compared with");
    }
    true
}

/// The cost of a comparison, computed from the text.
#[derive(Debug)]
struct Cost {
    /// In bytes.
    memory: u64,
    /// In bytes that are passed over, or other work that takes as long.
    work: u64,
}

impl Cost {
    fn of(stored: &str) -> Option<Self> {
        if stored == NO_PASSWORD {
            // The cost of a new hash.
            return Some(Self { memory: 19 * MIB, work: 38 * MIB });
        }
        let stored = stored.strip_prefix("bcrypt_sha256$").or(stored.strip_prefix("$wp")).unwrap_or(stored);
        let parts: Vec<&str> = stored.split('$').skip(1).collect();
        let kind = *parts.first()?;
        if kind.starts_with('2') {
            return Self::of_bcrypt(parts.get(1)?);
        }
        if kind == "bcrypt-sha256" {
            return Self::of_bcrypt(parts.get(1)?.rsplit(',').next()?.trim_start_matches("r="));
        }
        if kind == "P" || kind == "H" {
            let digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            let log_rounds = digits.find(parts.get(1)?.chars().next()?)?;
            return Some(Self {
                memory: 4096,
                work: 1_u64.checked_shl(log_rounds.try_into().ok()?)?.checked_mul(1024)?,
            });
        }
        let parameters = parts[1..].iter().filter(|part| part.contains('=')).flat_map(|part| part.split(','));
        let numbers: HashMap<&str, u64> = parameters
            .filter_map(|pair| pair.split_once('='))
            .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
            .collect();
        let number = |name: &str| numbers.get(name).copied();
        Some(if kind.starts_with("argon2") {
            // The library's defaults, for parameters that the text lacks.
            let (m, t) = (number("m").unwrap_or(19_456), number("t").unwrap_or(2));
            Self { memory: m.checked_mul(1024)?, work: m.checked_mul(t)?.checked_mul(1024)? }
        } else if kind == "5" || kind == "6" {
            Self { memory: 4096, work: number("rounds").unwrap_or(5000).checked_mul(2048)? }
        } else if kind == "scrypt" || kind == "fbscrypt" {
            let log_n = number("ln").or(number("n"))?;
            let n = 1_u64.checked_shl(log_n.try_into().ok()?)?;
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

impl Cost {
    /// At cost 14, about a second and a half.
    fn of_bcrypt(cost: &str) -> Option<Self> {
        let cost: u32 = cost.parse().ok()?;
        Some(Self { memory: 4096, work: 1_u64.checked_shl(cost)?.checked_mul(100 * 1024)? })
    }
}

static PASSWORD: LazyLock<Password> = LazyLock::new(|| Password::parse(&"correct horse".into()).unwrap());

static PASSWORDS: LazyLock<(Runtime, Passwords)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().unwrap();
    (runtime, Passwords::new(Arc::new(SystemRandom::new())))
});
