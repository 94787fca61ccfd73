//! The language of mails that a user didn't ask for.

use shared::{http::Language, store::User};

/// The claim with the user's language and region (OpenID Connect Core 1.0 section 5.1).
const LOCALE: &str = "locale";

/// The language of the user's claim `locale`, such as `vi-VN`, or the `vi_VN` of older systems. `None`, if the
/// user has none, or one that no mail is written in.
pub fn language_of(user: &User) -> Option<Language> {
    Language::of_tag(&user.claims.get(LOCALE)?.as_str()?.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_claim_locale_names_the_language() {
        for (locale, language) in [
            (json!("vi"), Some(Language::Vietnamese)),
            (json!("vi-VN"), Some(Language::Vietnamese)),
            (json!("vi_VN"), Some(Language::Vietnamese)),
            (json!("en-GB"), Some(Language::English)),
            (json!("fr"), None),
            (json!(""), None),
            (json!(7), None),
            (Value::Null, None),
        ] {
            let mut user = User::default();
            user.claims.insert(LOCALE.to_owned(), locale.clone());
            assert_eq!(language_of(&user), language, "{locale}");
        }
        assert_eq!(language_of(&User::default()), None);
    }
}
