//! The fields of an unverified refresh token, for an operator who inspects one. They may be forged.

use super::refresh::{Parts, parse_fields, pop_prefixed};
use crate::{
    ids::{SessionId, UserId},
    thumbprint::Thumbprint,
};

/// The fields of a text with the form of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedRefreshToken {
    /// The identifier of the key that authenticates it.
    pub kid: String,
    /// The user.
    pub user_id: UserId,
    /// The session of its secret.
    pub session_id: SessionId,
    /// The number of rotations before it.
    pub generation: u32,
    /// The thumbprint of the key that it is bound to, if any.
    pub jkt: Option<Thumbprint>,
}

impl UnverifiedRefreshToken {
    /// Parses a text.
    pub fn parse(text: &str) -> Option<Self> {
        let Parts { version, fields, .. } = Parts::of(text)?;
        let (kid, rest) = pop_prefixed(&fields)?;
        let token = parse_fields(version, rest)?;
        Some(Self {
            kid: String::from_utf8(kid.to_vec()).ok()?,
            user_id: token.user_id().clone(),
            session_id: token.session_id(),
            generation: token.generation(),
            jkt: token.jkt(),
        })
    }
}
