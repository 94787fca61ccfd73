//! The address at which mails reach a user.

use serde_json::Value;
use shared::store::User;

use crate::EmailAddress;

/// The claim with the address of a user (OpenID Connect Core 1.0, section 5.1).
const EMAIL: &str = "email";
/// The claim that says whether the address is the user's.
const EMAIL_VERIFIED: &str = "email_verified";

/// The address for mails to a user: the user name, if that is an address; otherwise the claim `email`, if it
/// is verified.
pub fn address_of(user: &User) -> Option<EmailAddress> {
    match user.username.as_deref().and_then(EmailAddress::parse) {
        Some(name) => Some(own_address(Some(user), &name)),
        None if user.claims.get(EMAIL_VERIFIED) == Some(&Value::Bool(true)) => {
            user.claims.get(EMAIL).and_then(Value::as_str).and_then(EmailAddress::parse)
        }
        None => None,
    }
}

/// The address of a user, as the user's record spells it; otherwise in its normal form. The asker may be a
/// stranger, and a mail server that tells upper from lower case would bring the stranger's spelling to
/// another mailbox.
#[expect(clippy::missing_panics_doc, reason = "an address stays one in lower case")]
pub fn own_address(user: Option<&User>, asked: &EmailAddress) -> EmailAddress {
    let claim = user.and_then(|user| user.claims.get(EMAIL)).and_then(Value::as_str);
    let own = claim.and_then(EmailAddress::parse).filter(|own| own.normal() == asked.normal());
    // Unwrap safety: an address stays one in lower case.
    own.unwrap_or_else(|| EmailAddress::parse(asked.normal()).expect("an address in lower case is one"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mail_goes_to_the_users_own_spelling_and_never_to_the_askers() {
        let asked = EmailAddress::parse("ADA@Example.com").unwrap();
        for (claim, expected) in [
            (json!("Ada@example.com"), "Ada@example.com"),
            (json!("ada@other.example"), "ada@example.com"),
            (json!("Ada"), "ada@example.com"),
            (json!(["Ada@example.com"]), "ada@example.com"),
            (Value::Null, "ada@example.com"),
        ] {
            let mut user = User::default();
            user.claims.insert(EMAIL.to_owned(), claim.clone());
            assert_eq!(own_address(Some(&user), &asked).as_str(), expected, "{claim}");
        }
        for user in [None, Some(&User::default())] {
            assert_eq!(own_address(user, &asked).as_str(), "ada@example.com");
        }
    }

    fn user(username: Option<&str>, claims: &Value) -> User {
        let claims = claims.as_object().unwrap().clone();
        User { username: username.map(str::to_owned), claims, ..User::default() }
    }

    #[test]
    fn a_user_is_told_at_the_user_name_or_at_a_verified_claim() {
        let verified = |email: &str| json!({ "email": email, "email_verified": true });
        for (username, claims, address) in [
            (Some("ada@example.com"), json!({}), Some("ada@example.com")),
            (Some("ada@example.com"), verified("Ada@example.com"), Some("Ada@example.com")),
            (Some("ada@example.com"), verified("ada@other.example"), Some("ada@example.com")),
            (Some("ada"), verified("Ada@example.com"), Some("Ada@example.com")),
            (None, verified("Ada@example.com"), Some("Ada@example.com")),
            (Some("ada"), json!({ "email": "ada@example.com" }), None),
            (Some("ada"), json!({ "email": "ada@example.com", "email_verified": false }), None),
            (Some("ada"), json!({ "email": "ada@example.com", "email_verified": "true" }), None),
            (Some("ada"), verified("ada"), None),
            (Some("ada"), json!({ "email_verified": true }), None),
        ] {
            let found = address_of(&user(username, &claims));
            assert_eq!(found.as_ref().map(EmailAddress::as_str), address, "{username:?} {claims}");
        }
    }
}
