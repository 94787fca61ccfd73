//! A uniform sample of the stored sessions, with their tokens.

use shared::{
    random::{SystemRandom, bytes},
    tokens::RefreshToken,
};

/// A reservoir sample: later tokens replace earlier ones at random, so that all have the same chance.
#[derive(Debug)]
pub(crate) struct Sample {
    size: usize,
    offered: u64,
    pub(crate) tokens: Vec<RefreshToken>,
}

impl Sample {
    pub(crate) fn of(size: usize) -> Self {
        Self { size, offered: 0, tokens: Vec::with_capacity(size) }
    }

    pub(crate) fn offer(&mut self, token: RefreshToken, random: &SystemRandom) {
        self.offered += 1;
        if self.tokens.len() < self.size {
            self.tokens.push(token);
            return;
        }
        let place = u64::from_be_bytes(bytes(random)) % self.offered;
        if let Some(kept) = usize::try_from(place).ok().and_then(|place| self.tokens.get_mut(place)) {
            *kept = token;
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::UserId;

    use super::*;

    #[test]
    fn early_and_late_samples_have_the_same_chance() {
        let (mut sample, random) = (Sample::of(1000), SystemRandom::new());
        for i in 0..10_000 {
            let half = if i < 5000 { "early" } else { "late" };
            sample.offer(RefreshToken::first(UserId::parse(half).unwrap(), &random), &random);
        }
        let late = sample.tokens.iter().filter(|token| token.user_id().as_str() == "late").count();
        assert!(sample.tokens.len() == 1000 && (400..600).contains(&late), "{late}");
    }
}
