//! The search of a list of users.

use passwords::Username;
use serde_json::Value;
use shared::store::User;

/// A text to find in names and claims, and a prefix of names.
#[derive(Debug, Default)]
pub(super) struct Search {
    text: Option<String>,
    text_in_names: Option<String>,
    prefix: Option<String>,
}

impl Search {
    pub(super) fn new(text: Option<&str>, prefix: Option<&str>) -> Self {
        Self { text: text.map(str::to_lowercase), text_in_names: text.map(fold), prefix: prefix.map(fold) }
    }

    /// Whether the search matches this user.
    pub(super) fn finds(&self, user: &User) -> bool {
        let name = fold(user.username.as_deref().unwrap_or_default());
        let is_named = self.text_in_names.as_ref().is_none_or(|text| name.contains(text));
        let has_claim = || {
            let text = self.text.as_deref().unwrap_or_default();
            user.claims.values().any(|claim| is_in(claim, text))
        };
        self.prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix)) && (is_named || has_claim())
    }
}

/// Normalises a part of a name as a login would, if possible.
fn fold(text: &str) -> String {
    Username::parse(text).map_or_else(|| text.to_lowercase(), |name| name.as_str().to_owned())
}

/// Whether a claim, or a value within it, contains the text, which is in lower case.
fn is_in(claim: &Value, text: &str) -> bool {
    match claim {
        Value::String(value) => value.to_lowercase().contains(text),
        Value::Number(number) => number.to_string() == text,
        Value::Array(values) => values.iter().any(|value| is_in(value, text)),
        Value::Object(values) => values.values().any(|value| is_in(value, text)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_claims_are_searched_without_regard_to_case() {
        let claims = json!({"email": "Ada@Example.COM", "roles": ["admin"], "org": {"id": 7}});
        let Value::Object(claims) = claims else { unreachable!() };
        let user = User { username: Some("ju\u{308}rgen".to_owned()), claims, ..User::default() };
        let finds = |text: &str| Search::new(Some(text), None).finds(&user);
        for text in ["J\u{fc}rg", "RGEN", "ada@", "example.com", "ADMIN", "7", ""] {
            assert!(finds(text), "{text}");
        }
        for text in ["jurg", "email", "8", "grace"] {
            assert!(!finds(text), "{text}");
        }
        assert!(Search::new(None, Some("J\u{fc}")).finds(&user) && Search::default().finds(&user));
        assert!(!Search::new(None, Some("rgen")).finds(&user));
        assert!(!Search::new(Some("grace"), Some("ju")).finds(&user));
    }

    #[test]
    fn the_two_forms_of_a_sigma_are_found_by_either() {
        let user = User { username: Some("γιώργος".to_owned()), ..User::default() };
        for text in ["γιώργος", "γιώργοσ", "ΓΙΏΡΓΟΣ", "ώργο"] {
            assert!(Search::new(Some(text), None).finds(&user), "{text}");
        }
    }
}
