//! PHC strings: `$KIND$NAME=VALUE,…$SALT$KEY`, with salt and key in base64 without padding.

use std::ops::RangeInclusive;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// The lengths of derived keys. Shorter keys can be guessed, and no system has longer ones.
const KEY_LEN: RangeInclusive<usize> = 10..=128;
const MAX_SALT_LEN: usize = 256;

/// A derived key with its salt.
#[derive(Clone)]
pub(super) struct Derived {
    pub(super) salt: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// Parses a PHC string into its parameters, in the order of `wanted`, and its derived key.
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

/// Parses digits. It refuses other texts that Rust reads as numbers.
pub(crate) fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}
