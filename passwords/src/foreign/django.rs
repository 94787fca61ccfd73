//! Django: `pbkdf2_sha256$600000$SALT$KEY`, `scrypt$16384$SALT$8$5$KEY`, with a plain salt and the key in
//! padded base64. Its bcrypt and argon2 hashes have their usual form after a name.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::translation::{Translation, parts, pbkdf2, scrypt};
use crate::stored::{HashRejection, phc::number};

pub(super) fn translate(text: &str) -> Translation {
    let (kind, rest) = text.split_once('$')?;
    match kind {
        "argon2" => Some(Ok(format!("${rest}"))),
        "bcrypt" => Some(Ok(rest.to_owned())),
        "scrypt" => Some(of_scrypt(rest).ok_or(HashRejection::Malformed("Django's scrypt"))),
        "pbkdf2_sha256" | "pbkdf2_sha1" | "pbkdf2_sha512" => {
            let digest = kind.strip_prefix("pbkdf2_")?;
            Some(of_pbkdf2(digest, rest).ok_or(HashRejection::Malformed("Django's PBKDF2")))
        }
        _ => None,
    }
}

fn of_pbkdf2(digest: &str, rest: &str) -> Option<String> {
    let [iterations, salt, key] = parts(rest)?;
    Some(pbkdf2(digest, number(iterations)?, salt.as_bytes(), &STANDARD.decode(key).ok()?))
}

fn of_scrypt(rest: &str) -> Option<String> {
    let [n, salt, r, p, key] = parts(rest)?;
    scrypt(number(n)?, number(r)?, number(p)?, salt.as_bytes(), &STANDARD.decode(key).ok()?)
}
