//! Refresh tokens, and the keys that they are bound to (RFC 9449).

use shared::thumbprint::Thumbprint;

/// A key by its thumbprint, as bound tokens name it. Only the key's holder can make its proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Jkt {
    /// The client's key.
    Clients,
    /// The thief's key.
    Thiefs,
}

impl Jkt {
    /// The thumbprint in the code's own type.
    pub fn thumbprint(self) -> Thumbprint {
        match self {
            Self::Clients => Thumbprint::from_bytes([1; Thumbprint::LEN]),
            Self::Thiefs => Thumbprint::from_bytes([2; Thumbprint::LEN]),
        }
    }
}

/// A refresh token of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// The number of rotations before it.
    pub generation: u8,
    /// The key that it is bound to, if any.
    pub jkt: Option<Jkt>,
}

/// A set of a session's refresh tokens. It has a bit for each generation, once for unbound tokens and once for each
/// key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tokens([u16; 3]);

impl Tokens {
    const JKTS: [Option<Jkt>; 3] = [None, Some(Jkt::Clients), Some(Jkt::Thiefs)];

    /// All tokens.
    pub const ALL: Self = Self([u16::MAX; 3]);

    /// Adds this token.
    pub fn insert(&mut self, token: Token) {
        for (bits, jkt) in self.0.iter_mut().zip(Self::JKTS) {
            *bits |= u16::from(jkt == token.jkt) << token.generation;
        }
    }

    /// Whether the set contains this token.
    pub fn contains(&self, token: Token) -> bool {
        self.iter().any(|known| known == token)
    }

    /// Whether the set contains a token of this generation.
    pub fn has_generation(&self, generation: u8) -> bool {
        self.0.iter().any(|bits| bits & (1 << generation) != 0)
    }

    /// The tokens of the set.
    pub fn iter(self) -> impl Iterator<Item = Token> {
        let of = move |generation| {
            let is_in =
                move |(bits, jkt)| (bits & (1_u16 << generation) != 0).then_some(Token { generation, jkt });
            self.0.into_iter().zip(Self::JKTS).filter_map(is_in)
        };
        (0..16).flat_map(of)
    }
}
