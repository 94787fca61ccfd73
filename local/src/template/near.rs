//! Suggests corrections of misspelt names.

/// The least similarity of two names, from 0 to 1: it allows one or two wrong letters in a word.
const LIKENESS: f64 = 0.75;

/// The most similar of these names, if one is similar enough.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let folded = name.to_lowercase();
    names
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(&folded, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.to_owned())
}

/// The end of a sentence about a misspelt name.
pub fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(": did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let names = ["ScopeRules", "ScopeDefault", "AccessTtl"];
        for (name, near) in [
            ("SopeRules", Some("ScopeRules")),
            ("scope_rules", Some("ScopeRules")),
            ("AccesTTL", Some("AccessTtl")),
            ("Nothing", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names).as_deref(), near, "{name}");
        }
    }
}
