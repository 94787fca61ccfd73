//! What a request for a mail is for.

use std::time::Duration;

/// What a request for a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new account.
    SignUp,
    /// A new password.
    Reset,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 2] = [Self::SignUp, Self::Reset];

    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Reset => "reset",
        }
    }

    /// Parses the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == text)
    }

    /// How long the link and the code in the mail are valid.
    pub fn ttl(self) -> Duration {
        match self {
            Self::SignUp | Self::Reset => Duration::from_secs(3600),
        }
    }

    /// The byte in tokens.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::SignUp => 1,
            Self::Reset => 2,
        }
    }

    /// The purpose with this byte.
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.byte() == byte)
    }
}
