//! The rules for new passwords (NIST SP 800-63B section 3.1.1.2, ASVS 5.0 section 6.2): long enough, not
//! common, and not the user name. There are no composition rules and no expiry.

use std::{collections::HashSet, sync::LazyLock};

use secrecy::SecretString;

use crate::{Password, Username};

/// The shortest new password, in characters.
pub const MIN_LEN: usize = 8;

/// Those of the 20,000 most common leaked passwords that have eight characters or more, in lower case. By
/// Royce Williams, <https://gist.github.com/roycewilliams/226886fd01572964e1431ac8afc999ce>.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// Why a new password is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRejection {
    /// It is longer than 1024 bytes, or has control characters.
    #[error("a password has at most 1024 bytes and no control characters")]
    Malformed,
    /// It is shorter than [`MIN_LEN`].
    #[error("a password has at least {MIN_LEN} characters")]
    TooShort,
    /// It is a common password.
    #[error("that password is among the most common ones")]
    Common,
    /// It is little more than the user name.
    #[error("that password is little more than the user name")]
    LikeUsername,
}

impl PasswordRejection {
    /// The explanation for the user, in an error response.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Malformed => "A password has at most 1024 bytes and no control characters.",
            Self::TooShort => "A password has at least 8 characters.",
            Self::Common => "That password is among the most common ones.",
            Self::LikeUsername => "That password is little more than the user name.",
        }
    }

    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_password",
            Self::TooShort => "password_too_short",
            Self::Common => "common_password",
            Self::LikeUsername => "password_like_username",
        }
    }
}

/// A password that the policy allows.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Checks a new password of this user.
    ///
    /// # Errors
    ///
    /// [`PasswordRejection`], if the policy doesn't allow it.
    pub fn parse(text: &SecretString, username: &Username) -> Result<Self, PasswordRejection> {
        let password = Password::parse(text).ok_or(PasswordRejection::Malformed)?;
        if password.expose().chars().count() < MIN_LEN {
            return Err(PasswordRejection::TooShort);
        }
        let lower = password.expose().to_lowercase();
        if COMMON.contains(lower.as_str()) {
            return Err(PasswordRejection::Common);
        }
        if without_name(&lower.replace('ς', "σ"), username).chars().count() < MIN_LEN {
            return Err(PasswordRejection::LikeUsername);
        }
        Ok(Self(password))
    }

    /// The password.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

/// The rest of a password without the user name and, for an email address, without the part before the `@`.
/// Names of one to three characters stay, since many words contain them.
fn without_name(password: &str, username: &Username) -> String {
    // With final sigmas as in a name's normal form, since a name from an earlier release may have others.
    let name = username.as_str().replace('ς', "σ");
    let name = name.as_str();
    let local_part = name.split_once('@').map_or(name, |(local, _)| local);
    let names = [name, local_part].into_iter().filter(|name| name.chars().count() > 3);
    names.fold(password.to_owned(), |password, name| password.replace(name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str, username: &str) -> Result<(), PasswordRejection> {
        NewPassword::parse(&text.into(), &Username::parse(username).unwrap()).map(drop)
    }

    #[test]
    fn length_counts_in_characters_and_composition_does_not() {
        assert_eq!(choose("short77", "ada"), Err(PasswordRejection::TooShort));
        assert_eq!(
            choose("пароль7", "ada"),
            Err(PasswordRejection::TooShort),
            "seven characters, thirteen bytes"
        );
        assert_eq!(choose("1234567\u{fe0f}", "ada"), Err(PasswordRejection::TooShort), "seven that are seen");
        assert_eq!(choose("👍🏽👍🏽👍🏽👍🏽", "ada"), Ok(()), "a skin tone is a character");
        assert_eq!(choose("₽·€·₽·€·", "ada"), Ok(()));
        assert_eq!(choose(&"long and plain ".repeat(68), "ada"), Ok(()));
        assert_eq!(choose(&"x".repeat(1025), "ada"), Err(PasswordRejection::Malformed));
        assert_eq!(choose("tab\there, bell\u{7}", "ada"), Err(PasswordRejection::Malformed));
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for common in ["password", "PassWord", "12345678", "iloveyou", "qwertyuiop"] {
            assert_eq!(choose(common, "ada"), Err(PasswordRejection::Common), "{common}");
        }
        // ASVS 6.2.4 asks for 3,000 passwords that are long enough.
        assert!(COMMON.len() > 3000 && COMMON.iter().all(|p| p.chars().count() >= MIN_LEN));
    }

    #[test]
    fn rejections_have_their_names_in_audit_events() {
        let reason = |text: &str| choose(text, "ada.lovelace").unwrap_err().reason();
        let rejected = ["tab\there", "short77", "password", "ada.lovelace"].map(reason);
        let names = ["malformed_password", "password_too_short", "common_password", "password_like_username"];
        assert_eq!(rejected, names);
    }

    #[test]
    fn the_user_name_does_not_count_towards_the_length() {
        let rejected = Err(PasswordRejection::LikeUsername);
        for like in ["ada.lovelace", "Ada.Lovelace1843", "xxada.lovelacexx", "ada.lovelace@example.com"] {
            assert_eq!(choose(like, "ada.lovelace@example.com"), rejected, "{like}");
        }
        for like in ["Γιώργος1843", "ΓΙΏΡΓΟΣ1843", "γιώργοσ1843"] {
            assert_eq!(choose(like, "Γιώργος"), rejected, "{like}");
        }
        assert_eq!(choose("annapolis", "ann"), Ok(()), "a short name is in many words");
        assert_eq!(choose("ada.lovelace likes engines", "ada.lovelace"), Ok(()));
        assert_eq!(choose("ada.lovelace12345678", "ada.lovelace"), Ok(()), "eight characters are left");
        assert_eq!(choose("ada.lovelace1234567", "ada.lovelace"), rejected);
    }
}
