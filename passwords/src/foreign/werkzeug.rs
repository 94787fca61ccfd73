//! Werkzeug, and thus Flask: `pbkdf2:sha256:600000$SALT$KEY`, `scrypt:32768:8:1$SALT$KEY`, with a plain salt
//! and the key in hexadecimal.

use super::translation::{Translation, parts, pbkdf2, scrypt};
use crate::stored::{HashRejection, phc::number};

pub(super) fn translate(text: &str) -> Translation {
    if !text.starts_with("pbkdf2:") && !text.starts_with("scrypt:") {
        return None;
    }
    Some(stored(text).ok_or(HashRejection::Malformed("Werkzeug's")))
}

fn stored(text: &str) -> Option<String> {
    let [method, salt, key] = parts(text)?;
    let key = from_hex(key)?;
    let method: Vec<&str> = method.split(':').collect();
    match method[..] {
        ["pbkdf2", digest @ ("sha1" | "sha256" | "sha512"), iterations] => {
            Some(pbkdf2(digest, number(iterations)?, salt.as_bytes(), &key))
        }
        ["scrypt", n, r, p] => scrypt(number(n)?, number(r)?, number(p)?, salt.as_bytes(), &key),
        _ => None,
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |i| text.get(i..i + 2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(byte(i)?, 16).ok()).collect()
}
