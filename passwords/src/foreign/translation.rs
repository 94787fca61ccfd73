//! Conversions from other systems' forms.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use crate::stored::HashRejection;

/// The result of converting one system's form. `None`, if the text doesn't have that form.
pub(super) type Translation = Option<Result<String, HashRejection>>;

/// PBKDF2 as a PHC string.
pub(super) fn pbkdf2(digest: &str, iterations: u32, salt: &[u8], key: &[u8]) -> String {
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    format!("$pbkdf2-{digest}$i={iterations}${salt}${key}")
}

/// scrypt as a PHC string. `None`, if N is not a power of two.
pub(super) fn scrypt(n: u32, r: u32, p: u32, salt: &[u8], key: &[u8]) -> Option<String> {
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    n.is_power_of_two().then(|| format!("$scrypt$ln={},r={r},p={p}${salt}${key}", n.trailing_zeros()))
}

pub(super) fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}
