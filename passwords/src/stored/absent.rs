//! Hashes that no password matches: of a user without a password, and of an unknown user name.

use shared::hash_cost::HashCost;

use super::argon2::Argon2;
use crate::{error::PasswordError, memory::HashMemory, parameters::LANES};

/// The stored form of a user who has no password yet, such as one who was imported without any. Such a user
/// sets a password by mail. Until then each login is refused, with the work of a wrong password.
pub const NO_PASSWORD: &str = "$none";

/// The hash to compute in place of one that isn't stored: at this cost, with an output that no password has.
pub(crate) fn of_nobody(cost: HashCost) -> String {
    let (m, t) = (cost.memory_kib(), cost.passes());
    format!("$argon2id$v=19$m={m},t={t},p={LANES}$bGF0Y2hnYXRlIG5vYm9keQ${}", "A".repeat(43))
}

/// Does the work of a comparison with [`of_nobody`]. No password matches.
pub(super) fn refuse(
    password: &[u8],
    cost: HashCost,
    memory: &mut HashMemory,
) -> Result<bool, PasswordError> {
    let hash = Argon2::parse(&of_nobody(cost)).map_err(|_| PasswordError::Failed)?;
    hash.matches(password, memory)?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Password, StoredHash, Verdict, parameters::params, stored_form};

    fn verify(stored: &str, cost: HashCost) -> Verdict {
        let password = Password::parse(&"a guess".into()).unwrap();
        let stored = StoredHash::parse(stored).unwrap();
        assert!(!stored.is_weak(cost), "nothing replaces it at a login");
        stored.verify(&password, cost, &mut HashMemory::default()).unwrap()
    }

    #[test]
    fn the_hash_for_unknown_users_costs_as_much_as_a_real_one() {
        for cost in [HashCost::PRODUCTION, HashCost::new(16, 1).unwrap()] {
            let text = of_nobody(cost);
            assert!(text.contains(&format!("m={},t={},p={LANES}$", cost.memory_kib(), cost.passes())));
            assert_eq!(verify(&text, cost), Verdict::Wrong);
        }
    }

    #[test]
    fn a_user_without_a_password_is_refused_every_password() {
        assert_eq!(verify(NO_PASSWORD, HashCost::PRODUCTION), Verdict::Wrong);
        let cost = HashCost::new(16, 1).unwrap();
        for typed in ["", "$none", "none", "pa\u{308}ss"] {
            let Some(password) = Password::parse(&typed.into()) else { continue };
            let stored = StoredHash::parse(NO_PASSWORD).unwrap();
            assert_eq!(stored.verify(&password, cost, &mut HashMemory::default()), Ok(Verdict::Wrong));
        }
    }

    #[test]
    fn a_guess_at_a_user_without_a_password_fills_the_memory_of_a_real_hash() {
        let (cost, mut memory) = (HashCost::new(64, 1).unwrap(), HashMemory::default());
        let password = Password::parse(&"a guess".into()).unwrap();
        let before = memory.blocks(&params(cost)).to_vec();
        StoredHash::parse(NO_PASSWORD).unwrap().verify(&password, cost, &mut memory).unwrap();
        let after = memory.blocks(&params(cost));
        let is_filled =
            before.iter().zip(after.iter()).all(|(before, after)| before.as_ref() != after.as_ref());
        assert!(is_filled);
    }

    #[test]
    fn the_form_of_no_password_is_imported_as_it_is_and_nothing_like_it() {
        assert_eq!(stored_form(NO_PASSWORD).as_deref(), Ok(NO_PASSWORD));
        assert_eq!(stored_form(" $none\n").as_deref(), Ok(NO_PASSWORD));
        for other in ["$none$", "$none$salt$hash", "none", "$nonesuch", "$None", "!", "*"] {
            assert!(stored_form(other).is_err(), "{other}");
        }
    }
}
