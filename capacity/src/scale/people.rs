//! Who asks: users of whom a few are far more active than the others.

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use shared::{
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

const SEED: u64 = 7;

/// Zipf's law: the user of rank r is as active as r to the power of this, turned round. At 1.0 one user would be a twentieth
/// of all there is; 0.8 is skewed enough for robots that work under one name.
const EXPONENT: f64 = 0.8;

/// How often a session that is in use is refreshed: at the end of each access token, `AccessTtl`.
const ACCESS_TTL: f64 = 1800.0;

const CLIENTS: [&str; 3] = ["web", "mobile", "backend"];

/// The users of a deployment, and a source of chance that is the same in every run.
pub(crate) struct People {
    /// Sessions that are in use, and as many users.
    sessions: f64,
    random: ChaCha20Rng,
}

impl People {
    /// Those who make so many refreshes in a second.
    pub(crate) fn who_refresh(refreshes: f64) -> Self {
        Self { sessions: refreshes * ACCESS_TTL, random: ChaCha20Rng::seed_from_u64(SEED) }
    }

    pub(crate) fn sessions(&self) -> f64 {
        self.sessions
    }

    /// The most active user's share of all that is asked.
    pub(crate) fn highest_share(&self) -> f64 {
        self.share(1)
    }

    /// A user's session, the more often the more active the user is.
    pub(crate) fn session(&mut self) -> SessionKey {
        let rank = self.rank();
        let sessions = (self.share(rank) * self.sessions).round().max(1.0);
        let number = whole(self.uniform() * sessions);
        let secret = [rank.to_be_bytes(), number.to_be_bytes()].concat();
        // Unwrap safety: a constant that is one.
        let client_id =
            ClientId::parse(CLIENTS[usize::from(secret[15]) % CLIENTS.len()]).expect("a client_id");
        SessionKey { user_id: user_id(rank), client_id, session_id: SessionId::of_secret(&secret) }
    }

    /// A session that nobody has asked about yet: one that was just begun, or one of those that end.
    pub(crate) fn other_session(&mut self) -> SessionId {
        SessionId::of_secret(&self.random.next_u64().to_be_bytes())
    }

    pub(crate) fn username(&mut self) -> String {
        format!("{}@example.com", self.rank())
    }

    /// By the inverse of the integral of `r^-EXPONENT`.
    fn rank(&mut self) -> u64 {
        let u = self.uniform();
        whole((1.0 + u * self.all()).powf(1.0 / (1.0 - EXPONENT)))
    }

    fn share(&self, rank: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "there are fewer users than 2^53")]
        let (from, to) = (rank as f64, (rank + 1) as f64);
        (to.powf(1.0 - EXPONENT) - from.powf(1.0 - EXPONENT)) / self.all()
    }

    fn all(&self) -> f64 {
        self.sessions.powf(1.0 - EXPONENT) - 1.0
    }

    /// From 0 to 1, without 1.
    fn uniform(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Like those that are made for new users: 128 bits in base64url.
fn user_id(rank: u64) -> UserId {
    let id = SessionId::of_secret(&rank.to_be_bytes());
    // Unwrap safety: base64url is printable ASCII.
    UserId::parse(id.as_str()).expect("a user_id")
}

fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and below 2^53"
    )]
    let whole = number as u64;
    whole
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_few_users_are_far_more_active_and_all_are_drawn_by_their_share() {
        let mut people = People::who_refresh(10.0);
        let mut drawn: HashMap<String, u32> = HashMap::new();
        for _ in 0..50_000 {
            *drawn.entry(people.session().user_id.to_string()).or_default() += 1;
        }
        let first = f64::from(drawn[user_id(1).as_str()]) / 50_000.0;
        assert!((first - people.highest_share()).abs() < 0.005, "{first}, {}", people.highest_share());
        assert!(drawn.len() > 5000, "{} of 18,000 users", drawn.len());
    }
}
