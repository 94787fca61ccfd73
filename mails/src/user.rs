//! How many mails a user may ask for.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::ids::UserId;

use crate::quota::Quota;

/// Separates these hashes from other hashes.
const LABEL: &[u8] = b"latchgate user 1";
/// The prefix of the key, which no mailbox has.
pub(crate) const PREFIX: &str = "user#";
/// How many mails to other addresses a user may ask for in an hour. People make typing errors; a thief of a
/// session mustn't write to hundreds of addresses.
pub(crate) const QUOTA: Quota = Quota::per_hour(10);

/// The key of the row that counts a user's requests. It's a hash, like all keys of the table, since the
/// table's stream has the keys.
pub(crate) fn key(user_id: &UserId) -> String {
    let hash = digest::digest(&digest::SHA256, &[LABEL, user_id.as_str().as_bytes()].concat());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mailbox;

    #[test]
    fn each_user_has_a_row_whose_key_is_no_mailbox_and_never_changes() {
        let key = |text| key(&UserId::parse(text).unwrap());
        assert_eq!(key("u1"), "user#QpWrw_10gzmttZrR321nnAa_CBi-2cZjKRTvc6h-xJA");
        assert_ne!(key("u1"), key("U1"));
        assert_eq!(Mailbox::parse(&key("u1")), None);
    }
}
