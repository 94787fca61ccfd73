//! The cursor of a list of sessions.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::{
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

/// Separates these hashes from others.
const LABEL: &[u8] = b"latchgate sessions cursor 1";
const CHECK_LEN: usize = 8;
/// The longest cursor: a sort key, and the check.
const MAX_LEN: usize = (ClientId::MAX_LEN + 1 + SessionId::LEN + CHECK_LEN).div_ceil(3) * 4;

/// A place in the list of a user's sessions: after the session with this key, or before all if the first page
/// had only the caller's session.
///
/// Its text contains a hash of the user and the place, so that a truncated, changed or foreign cursor is
/// recognised. The hash has no key: forged cursors only reach places in the caller's own list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) after: Option<SessionKey>,
}

impl Cursor {
    /// Parses a cursor of this user.
    pub(crate) fn parse(text: &str, user_id: &UserId) -> Option<Self> {
        let mut place = URL_SAFE_NO_PAD.decode(Some(text).filter(|text| text.len() <= MAX_LEN)?).ok()?;
        let check = place.split_off(place.len().checked_sub(CHECK_LEN)?);
        if check != check_of(&place, user_id) {
            return None;
        }
        if place.is_empty() {
            return Some(Self { after: None });
        }
        let (client_id, session_id) = std::str::from_utf8(&place).ok()?.split_once('#')?;
        let (client_id, session_id) = (ClientId::parse(client_id)?, SessionId::parse(session_id)?);
        Some(Self { after: Some(SessionKey { user_id: user_id.clone(), client_id, session_id }) })
    }

    pub(crate) fn to_text(&self, user_id: &UserId) -> String {
        let place = self.after.as_ref().map(|key| format!("{}#{}", key.client_id, key.session_id));
        let place = place.unwrap_or_default().into_bytes();
        let check = check_of(&place, user_id);
        URL_SAFE_NO_PAD.encode([place, check].concat())
    }
}

fn check_of(place: &[u8], user_id: &UserId) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(LABEL);
    context.update(user_id.as_str().as_bytes());
    // No identifier contains a space.
    context.update(b" ");
    context.update(place);
    context.finish().as_ref()[..CHECK_LEN].to_vec()
}
