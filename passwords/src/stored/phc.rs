//! PHC strings: `$KIND$NAME=VALUE,…$SALT$KEY`, salt and key in base64 without padding.

use std::ops::RangeInclusive;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// A derived key shorter than that is guessed; one longer is nobody's.
const KEY_LEN: RangeInclusive<usize> = 10..=128;
const MAX_SALT_LEN: usize = 256;

/// What a key was derived to, and with which salt.
#[derive(Clone)]
pub(super) struct Derived {
    pub(super) salt: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// The parameters of a PHC string, in the order of their names in `wanted`, and what was derived by them.
pub(super) fn parse<const N: usize>(text: &str, wanted: [&str; N]) -> Option<([u32; N], Derived)> {
    let parts: Vec<&str> = text.split('$').collect();
    let ["", _, parameters, salt, key] = parts[..] else { return None };
    let named: Vec<(&str, &str)> = parameters.split(',').map(|p| p.split_once('=')).collect::<Option<_>>()?;
    if named.len() != N {
        return None;
    }
    let mut values = [0; N];
    for (value, wanted) in values.iter_mut().zip(wanted) {
        let (_, digits) = named.iter().find(|(name, _)| *name == wanted)?;
        *value = number(digits)?;
    }
    let (salt, key) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(key).ok()?);
    (KEY_LEN.contains(&key.len()) && salt.len() <= MAX_SALT_LEN).then_some((values, Derived { salt, key }))
}

/// Digits, and nothing else that Rust reads as a number.
pub(crate) fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}
