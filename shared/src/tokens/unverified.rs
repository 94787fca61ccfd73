//! What a refresh token says of itself, for an operator who looks at one: nothing here shows that it is genuine.

use super::refresh::{parse_fields, pop_prefixed, split};
use crate::ids::{SessionId, UserId};

/// The fields of a text that has the shape of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedRefreshToken {
    /// The key that it says it was made with.
    pub kid: String,
    /// Whose it says it is.
    pub user_id: UserId,
    /// Which session its secret would be of.
    pub session_id: SessionId,
    /// How many rotations it says came before it.
    pub generation: u32,
}

impl UnverifiedRefreshToken {
    /// Takes a text apart.
    pub fn parse(text: &str) -> Option<Self> {
        let (fields, _tag) = split(text)?;
        let (kid, rest) = pop_prefixed(&fields)?;
        let token = parse_fields(rest)?;
        Some(Self {
            kid: String::from_utf8(kid.to_vec()).ok()?,
            user_id: token.user_id().clone(),
            session_id: token.session_id(),
            generation: token.generation(),
        })
    }
}
