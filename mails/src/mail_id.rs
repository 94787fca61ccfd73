//! Identifiers of requests for mails.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::random::{self, Random};

/// The length in bytes: 128 bits, so that no two requests have the same.
pub(crate) const LEN: usize = 16;

/// The random identifier of a request for a mail. The row of its address has it. It opens nothing without the
/// key, from which the link and the code are derived with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailId([u8; LEN]);

impl MailId {
    /// A new identifier.
    pub fn new(random: &dyn Random) -> Self {
        Self(random::bytes(random))
    }

    /// The stored form, in base64url.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Parses the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn from_bytes(bytes: [u8; LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; LEN] {
        &self.0
    }
}
