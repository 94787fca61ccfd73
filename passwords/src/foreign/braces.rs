//! Hashes in their usual form after a name in braces, as in Spring Security, Dovecot and LDAP:
//! `{bcrypt}$2a$10$…`.

use super::translation::Translation;

pub(super) fn translate(text: &str) -> Translation {
    let (_, hash) = text.strip_prefix('{')?.split_once('}')?;
    hash.starts_with('$').then(|| Ok(hash.to_owned()))
}
