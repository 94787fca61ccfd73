//! What the forms of other systems become.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use crate::stored::HashRejection;

/// What a system's own form becomes: nothing, if it is none of that system's.
pub(super) type Translation = Option<Result<String, HashRejection>>;

/// PBKDF2 as a PHC string.
pub(super) fn pbkdf2(digest: &str, iterations: u32, salt: &[u8], key: &[u8]) -> String {
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    format!("$pbkdf2-{digest}$i={iterations}${salt}${key}")
}

/// scrypt as a PHC string; `None`, if N is no power of two.
pub(super) fn scrypt(n: u32, r: u32, p: u32, salt: &[u8], key: &[u8]) -> Option<String> {
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    n.is_power_of_two().then(|| format!("$scrypt$ln={},r={r},p={p}${salt}${key}", n.trailing_zeros()))
}

pub(super) fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}
