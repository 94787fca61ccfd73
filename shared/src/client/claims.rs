//! Which of a user's claims a client's access tokens carry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The user claims that a client's record selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClaimSelection {
    /// All claims of the user's record.
    #[default]
    All,
    /// The claims with these names; an empty set selects none.
    Named(BTreeSet<String>),
}

impl ClaimSelection {
    /// Selects no claims.
    pub const NONE: Self = Self::Named(BTreeSet::new());
    /// The most names.
    pub const MAX_NAMES: usize = 64;
    /// The longest name, in bytes.
    pub const MAX_NAME_LEN: usize = 128;

    /// The selection of these names. `None`, if there are too many, or one is empty or too long.
    pub fn named(names: impl IntoIterator<Item = String>) -> Option<Self> {
        let names: BTreeSet<String> = names.into_iter().collect();
        let fits = names.len() <= Self::MAX_NAMES
            && names.iter().all(|name| (1..=Self::MAX_NAME_LEN).contains(&name.len()));
        fits.then_some(Self::Named(names))
    }

    /// Reads the stored JSON array of names.
    pub(super) fn from_json(json: &str) -> Option<Self> {
        Self::named(serde_json::from_str::<Vec<String>>(json).ok()?)
    }

    /// The stored form. `None` for [`Self::All`], which isn't stored.
    pub(super) fn to_json(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Named(names) => Some(names.iter().map(String::as_str).collect::<Value>().to_string()),
        }
    }

    /// Returns the user's claims that are selected.
    pub fn select<'a>(&self, claims: &'a Map<String, Value>) -> BTreeMap<&'a str, &'a Value> {
        let is_selected = |name: &str| match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        };
        claims.iter().map(|(name, value)| (name.as_str(), value)).filter(|(n, _)| is_selected(n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_of_claims_round_trip() {
        assert_eq!(ClaimSelection::All.to_json(), None);
        for names in [vec![], vec!["email".to_owned(), "a \"quoted\" name".to_owned()]] {
            let selection = ClaimSelection::named(names).unwrap();
            assert_eq!(ClaimSelection::from_json(&selection.to_json().unwrap()), Some(selection));
        }
        for bad in ["", "{}", "[1]", "[\"\"]", "\"email\""] {
            assert_eq!(ClaimSelection::from_json(bad), None, "{bad}");
        }
        assert_eq!(ClaimSelection::named((0..65).map(|i| i.to_string())), None);
    }
}
