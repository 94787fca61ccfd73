//! passlib's PBKDF2: `$pbkdf2-sha256$29000$SALT$KEY`, in base64 with `.` for `+`.

use super::translation::{Translation, parts};
use crate::stored::{HashRejection, phc::number};

pub(super) fn translate(text: &str) -> Translation {
    let rest = text.strip_prefix("$pbkdf2")?;
    let (digest, rest) = rest.split_once('$')?;
    let [iterations, salt, key] = parts(rest)?;
    if iterations.contains('=') {
        // This is a PHC string.
        return None;
    }
    let standard = |encoded: &str| encoded.replace('.', "+");
    let iterations = number(iterations).ok_or(HashRejection::Malformed("passlib's PBKDF2"));
    Some(iterations.map(|i| format!("$pbkdf2{digest}$i={i}${}${}", standard(salt), standard(key))))
}
