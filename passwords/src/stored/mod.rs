//! Stored hashes: our own, and those imported from other systems.
//!
//! Each kind has a file, and caps. A hash beyond them is refused, since computing it would use up the
//! function's memory or time.

mod absent;
mod argon2;
mod bcrypt;
mod bcrypt_sha256;
mod firebase;
mod pbkdf2;
pub(crate) mod phc;
mod phpass;
mod rejection;
mod scrypt;
mod sha_crypt;
mod wordpress;

use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use shared::hash_cost::HashCost;

pub(crate) use self::absent::of_nobody;
pub use self::{absent::NO_PASSWORD, rejection::HashRejection};
use self::{
    argon2::Argon2, bcrypt::Bcrypt, bcrypt_sha256::BcryptSha256, firebase::Firebase, pbkdf2::Pbkdf2,
    phpass::Phpass, scrypt::Scrypt, sha_crypt::ShaCrypt, wordpress::WordPress,
};
use crate::{error::PasswordError, memory::HashMemory, password::Password};

/// The result of comparing a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong.
    Wrong,
    /// The password is correct, but its hash is of another kind than today's, or has a lower cost.
    RightButWeak,
    /// The password is correct.
    Right,
}

/// A stored hash to compare with.
#[derive(Clone)]
pub struct StoredHash(Kind);

#[derive(Clone)]
enum Kind {
    /// Argon2id is the kind of new hashes.
    Argon2(Argon2),
    Bcrypt(Bcrypt),
    BcryptSha256(BcryptSha256),
    Firebase(Firebase),
    /// The user has no password.
    Absent,
    Pbkdf2(Pbkdf2),
    Phpass(Phpass),
    Scrypt(Scrypt),
    ShaCrypt(ShaCrypt),
    WordPress(WordPress),
}

impl StoredHash {
    /// Parses a hash, by its prefix.
    ///
    /// # Errors
    ///
    /// [`HashRejection`], if the kind is unknown, the hash is incomplete, or it exceeds the caps of its kind.
    pub fn parse(text: &str) -> Result<Self, HashRejection> {
        if text.starts_with("bcrypt_sha256$") {
            return BcryptSha256::of_django(text).map(Kind::BcryptSha256).map(Self);
        }
        if text == NO_PASSWORD {
            return Ok(Self(Kind::Absent));
        }
        let kind = text.strip_prefix('$').and_then(|rest| rest.split('$').next()).unwrap_or_default();
        let kind = match kind {
            "argon2id" | "argon2i" | "argon2d" => Kind::Argon2(Argon2::parse(text)?),
            "2a" | "2b" | "2x" | "2y" => Kind::Bcrypt(Bcrypt::parse(text)?),
            "bcrypt-sha256" => Kind::BcryptSha256(BcryptSha256::of_passlib(text)?),
            "fbscrypt" => Kind::Firebase(Firebase::parse(text)?),
            "pbkdf2-sha256" => Kind::Pbkdf2(Pbkdf2::parse(text, PBKDF2_HMAC_SHA256)?),
            "pbkdf2-sha512" => Kind::Pbkdf2(Pbkdf2::parse(text, PBKDF2_HMAC_SHA512)?),
            "pbkdf2-sha1" | "pbkdf2" => Kind::Pbkdf2(Pbkdf2::parse(text, PBKDF2_HMAC_SHA1)?),
            "P" | "H" => Kind::Phpass(Phpass::parse(text)?),
            "scrypt" => Kind::Scrypt(Scrypt::parse(text)?),
            "5" | "6" => Kind::ShaCrypt(ShaCrypt::parse(text)?),
            "wp" => Kind::WordPress(WordPress::parse(text)?),
            _ => return Err(HashRejection::Unknown),
        };
        Ok(Self(kind))
    }

    /// Compares a password with this hash. A hash with a lower cost than `cost` is weak. So is a hash of the
    /// password as typed, since another keyboard would type it differently. A user without a password takes
    /// the work of one with a hash at `cost`.
    pub(crate) fn verify(
        &self,
        password: &Password,
        cost: HashCost,
        memory: &mut HashMemory,
    ) -> Result<Verdict, PasswordError> {
        let (normal, is_weak) = (password.expose().as_bytes(), self.is_weak(cost));
        let right = if is_weak { Verdict::RightButWeak } else { Verdict::Right };
        let typed = password.expose_typed().map(str::as_bytes);
        // Weak hashes come from other systems, which hash passwords as typed. Most others are ours, of the
        // normal form.
        let (first, second) = match typed {
            Some(typed) if is_weak => ((typed, Verdict::RightButWeak), Some((normal, right))),
            Some(typed) => ((normal, right), Some((typed, Verdict::RightButWeak))),
            None => ((normal, right), None),
        };
        for (form, verdict) in [Some(first), second].into_iter().flatten() {
            if self.matches(form, cost, memory)? {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Wrong)
    }

    fn matches(
        &self,
        password: &[u8],
        cost: HashCost,
        memory: &mut HashMemory,
    ) -> Result<bool, PasswordError> {
        match &self.0 {
            Kind::Argon2(hash) => hash.matches(password, memory),
            Kind::Bcrypt(hash) => hash.matches(password),
            Kind::BcryptSha256(hash) => hash.matches(password),
            Kind::Firebase(hash) => hash.matches(password),
            Kind::Absent => absent::refuse(password, cost, memory),
            Kind::Pbkdf2(hash) => Ok(hash.matches(password)),
            Kind::Phpass(hash) => Ok(hash.matches(password)),
            Kind::Scrypt(hash) => hash.matches(password),
            Kind::ShaCrypt(hash) => Ok(hash.matches(password)),
            Kind::WordPress(hash) => hash.matches(password),
        }
    }

    /// Every hash but argon2id's is replaced at the first opportunity.
    pub(crate) fn is_weak(&self, cost: HashCost) -> bool {
        match &self.0 {
            Kind::Argon2(hash) => hash.is_weak(cost),
            Kind::Absent => false,
            Kind::Bcrypt(_)
            | Kind::BcryptSha256(_)
            | Kind::Firebase(_)
            | Kind::Pbkdf2(_)
            | Kind::Phpass(_)
            | Kind::Scrypt(_)
            | Kind::ShaCrypt(_)
            | Kind::WordPress(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "bGF0Y2hnYXRlIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /// "correct horse" in each kind, made with argon2-cffi, bcrypt and passlib.
    const BROUGHT: &[&str] = &[
        "$argon2id$v=19$m=8192,t=1,p=1$nQ3qRKQjIzKBBnIVGw3Ljg$QGmqs5foMxwVHV5I+O1djG+UgLrDsMfTWWAW4ODVlxs",
        "$argon2i$v=19$m=4096,t=3,p=4$kbCECY7QWO9TMzVri/b18A$V9GqsxnPjoZLoskqdSbgUy6IluiTqLshcvGXh3iqitM",
        "$argon2d$v=19$m=4096,t=2,p=1$YrKxWUDg3QDv2PIr8wFnKg$/dnxeusKRhNVkZVm0pyrjPZC6zZX/+YQeR9RpR9nJ54",
        "$2a$04$boXaph7xYkPAYy2UrYLVv.NgE8p1TS3L497LSeiS38eHNYrvltXKq",
        "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6",
        "$2y$04$f0v.I2XrUs1WBP2CLlcr0u9d4MhbHxJyRO9GNWK6PERYDuIyuO5YS",
        "$scrypt$ln=10,r=8,p=1$1zrHeI9xjpEypnRujfGeMw$ch3xM0ksDvM1b+ob98AMzqoPW6ni/zcOps4j6HFGFHM",
    ];

    fn password(text: &str) -> Password {
        Password::parse(&text.into()).unwrap()
    }

    fn rejection(text: &str) -> Option<HashRejection> {
        StoredHash::parse(text).err()
    }

    #[test]
    fn imported_hashes_verify_and_are_to_be_replaced() {
        let mut memory = HashMemory::default();
        for text in BROUGHT {
            let hash = StoredHash::parse(text).unwrap_or_else(|_| panic!("{text}"));
            let mut verdict = |text| hash.verify(&password(text), HashCost::PRODUCTION, &mut memory);
            assert_eq!(verdict("correct horse"), Ok(Verdict::RightButWeak), "{text}");
            assert_eq!(verdict("correct house"), Ok(Verdict::Wrong), "{text}");
        }
    }

    #[test]
    fn a_hash_of_the_typed_form_is_replaced_by_one_of_the_normal_form() {
        // Hashes of "pa\u{308}ss", with a decomposed letter, from argon2-cffi, at today's cost and below.
        for (text, right) in [
            (
                "$argon2id$v=19$m=19456,t=2,p=1$gZxiHJ6Ztr3SOjMrxS9Gww$1wxvyhrGMc0fAiIQog0fB9syZx5c6wpcgh7dW9+4OHA",
                Verdict::RightButWeak,
            ),
            (
                "$argon2id$v=19$m=8192,t=1,p=1$OUuAmDhxtwQvfKB29xWBpA$eXY8btMTuaA1sFZbzMdD4w+laeITjxb1K2XLd+81r9w",
                Verdict::RightButWeak,
            ),
        ] {
            let hash = StoredHash::parse(text).unwrap();
            let verify =
                |text: &str| hash.verify(&password(text), HashCost::PRODUCTION, &mut HashMemory::default());
            assert_eq!(verify("pa\u{308}ss"), Ok(right), "{text}");
            assert_eq!(verify("p\u{e4}ss"), Ok(Verdict::Wrong), "nobody typed that where the hash was made");
        }
        // A hash of "p\u{e4}ss".
        let hash = StoredHash::parse("$argon2id$v=19$m=19456,t=2,p=1$SvvV1oQInYNzc4GaRFKH7Q$naDJALscM8oSDRpywcwCQVz9AvOD9i5EknoSOlIPQvg").unwrap();
        let verify =
            |text: &str| hash.verify(&password(text), HashCost::PRODUCTION, &mut HashMemory::default());
        assert_eq!(verify("pa\u{308}ss"), Ok(Verdict::Right));
        assert_eq!(verify("p\u{e4}ss"), Ok(Verdict::Right));
    }

    #[test]
    fn a_hash_is_weak_if_a_guess_costs_less_than_today() {
        let is_weak =
            |head: &str| StoredHash::parse(&format!("{head}${TAIL}")).unwrap().is_weak(HashCost::PRODUCTION);
        for strong in [
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2id$v=19$m=9728,t=4,p=1",
            "$argon2id$v=19$m=65536,t=1,p=1",
        ] {
            assert!(!is_weak(strong), "{strong}");
        }
        for weak in [
            "$argon2id$v=19$m=19455,t=2,p=1",
            "$argon2id$v=19$m=8192,t=4,p=1",
            "$argon2id$v=16$m=65536,t=2,p=1",
            "$argon2id$m=65536,t=2,p=1",
            "$argon2i$v=19$m=65536,t=2,p=1",
            "$scrypt$ln=17,r=8,p=1",
            "$pbkdf2-sha256$i=2000000",
        ] {
            assert!(is_weak(weak), "{weak}");
        }
    }

    #[test]
    fn a_hash_beyond_the_cap_is_refused_instead_of_computed() {
        for head in [
            "$argon2id$v=19$m=4294967295,t=2,p=1",
            "$argon2id$v=19$m=262145,t=2,p=1",
            "$argon2id$v=19$m=19456,t=11,p=1",
            "$argon2id$v=19$m=19456,t=2,p=17",
            "$scrypt$ln=18,r=8,p=1",
            "$scrypt$ln=17,r=9,p=1",
            "$scrypt$ln=63,r=8,p=1",
            "$scrypt$ln=64,r=8,p=1",
            "$scrypt$ln=14,r=8,p=9",
            "$scrypt$ln=1,r=524288,p=8",
            "$scrypt$ln=1,r=33,p=1",
            "$pbkdf2-sha256$i=2000001",
        ] {
            let found = rejection(&format!("{head}${TAIL}"));
            assert!(matches!(found, Some(HashRejection::BeyondCap(_))), "{head}: {found:?}");
        }
        for head in [
            "$argon2id$v=19$m=262144,t=10,p=16",
            "$scrypt$ln=17,r=8,p=8",
            "$scrypt$ln=10,r=32,p=1",
            "$pbkdf2-sha256$i=2000000",
        ] {
            assert_eq!(rejection(&format!("{head}${TAIL}")), None, "{head}");
        }
        let bcrypt = "abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        let sha = format!("abcdefghijklmnop${}", "a".repeat(86));
        let phpass = "abcdefgh0123456789012345678901";
        let key = "A".repeat(22);
        let firebase = |n: u32| format!("$fbscrypt$v=1,n={n},r=8,p=1,ss=Bw==,sk={key}$AAAA${key}");
        for (within, beyond) in [
            (format!("$2b$14${bcrypt}"), format!("$2b$15${bcrypt}")),
            (format!("$wp$2y$14${bcrypt}"), format!("$wp$2y$15${bcrypt}")),
            (format!("bcrypt_sha256$$2b$14${bcrypt}"), format!("bcrypt_sha256$$2b$31${bcrypt}")),
            (
                format!("$bcrypt-sha256$v=2,t=2b,r=14${}${}", &bcrypt[..22], &bcrypt[22..]),
                format!("$bcrypt-sha256$v=2,t=2b,r=15${}${}", &bcrypt[..22], &bcrypt[22..]),
            ),
            (format!("$6$rounds=1000000${sha}"), format!("$6$rounds=1000001${sha}")),
            (format!("$P$I{phpass}"), format!("$P$J{phpass}")),
            (firebase(17), firebase(18)),
        ] {
            assert_eq!(rejection(&within), None, "{within}");
            let found = rejection(&beyond);
            assert!(matches!(found, Some(HashRejection::BeyondCap(_))), "{beyond}: {found:?}");
        }
    }

    #[test]
    fn a_malformed_hash_is_refused() {
        let bcrypt = "abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
        let sha = "a".repeat(86);
        let key = "A".repeat(22);
        for text in [
            format!("$argon2id$v=18$m=19456,t=2,p=1${TAIL}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA${TAIL}"),
            format!("$argon2id$v=19$m=19456,t=2,p=1,data=AAAA${TAIL}"),
            "$argon2id$v=19$m=19456,t=2,p=1".to_owned(),
            format!("$scrypt$ln=14${TAIL}"),
            format!("$scrypt$ln=14,r=8,p=1,x=1${TAIL}"),
            format!("$scrypt$ln=+4,r=8,p=1${TAIL}"),
            "$scrypt$ln=14,r=8,p=1$AAAA$AAAA".to_owned(),
            format!("$pbkdf2-sha256$i=0${TAIL}"),
            "$pbkdf2-sha256".to_owned(),
            "$2b$12".to_owned(),
            format!("$2b$14${bcrypt}x"),
            format!("$2b$03${bcrypt}"),
            format!("$2b$00${bcrypt}"),
            format!("$wp$2y$14${bcrypt}x"),
            format!("bcrypt_sha256${bcrypt}"),
            format!("$bcrypt-sha256$v=3,t=2b,r=12${}${}", &bcrypt[..22], &bcrypt[22..]),
            format!("$bcrypt-sha256$2b,12${}${}", &bcrypt[..21], &bcrypt[21..]),
            format!("$6$rounds=999$abcdefgh${sha}"),
            format!("$6$rounds=+5000$abcdefgh${sha}"),
            format!("$5$abcdefgh${sha}"),
            format!("$6$abcdefgh${}!", &sha[1..]),
            "$6$abcdefgh".to_owned(),
            "$P$4abcdefgh0123456789012345678901".to_owned(),
            "$P$Babcdefgh012345678901234567890".to_owned(),
            "$P$Babcdefgh012345678901234567890!".to_owned(),
            format!("$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==,sk={key}$AAAA${key}"),
            format!("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={key}$AAAA$AAAA"),
            "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=$AAAA$".to_owned(),
        ] {
            let found = rejection(&text);
            assert!(matches!(found, Some(HashRejection::Malformed(_))), "{text}: {found:?}");
        }
        for text in
            ["", "$", "$1", &format!("$argon2x$v=19$m=19456,t=2,p=1${TAIL}"), "$pbkdf2-md5$i=1000$AAAA$AAAA"]
        {
            assert_eq!(rejection(text), Some(HashRejection::Unknown), "{text}");
        }
    }

    #[test]
    fn reasons_repeat_nothing_of_the_hash() {
        let reasons = [
            HashRejection::Unknown,
            HashRejection::Malformed("bcrypt"),
            HashRejection::BeyondCap("10 passes for argon2"),
        ];
        assert_eq!(
            reasons.map(|reason| reason.to_string()),
            [
                "is of an unknown kind",
                "looks like bcrypt, but is malformed",
                "costs more than the limit of 10 passes for argon2",
            ]
        );
    }
}
