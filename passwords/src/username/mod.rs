//! User names (RFC 8265 section 3.3, with current Unicode tables).

mod bidi;
mod class;
mod context;
mod mapping;
mod sigma;
#[cfg(test)]
mod unicode_tests;

/// A user name in its normal form, which ignores width, case, composition, and the two forms of the Greek
/// sigma. Normalising it again changes nothing.
#[derive(Clone, Debug)]
pub struct Username {
    normal: String,
    /// The names under which earlier releases may have stored this one, the likeliest first. Empty, if that
    /// is only the normal form.
    candidates: Vec<String>,
}

impl Username {
    /// The longest user name, in bytes: an email address has 254 at most (RFC 5321 section 4.5.3.1.3).
    pub const MAX_LEN: usize = 256;

    /// Parses 1 to 256 bytes of letters, digits and ASCII symbols. Surrounding spaces are removed, since
    /// keyboards add one after completing a word.
    pub fn parse(text: &str) -> Option<Self> {
        let text = context::trim(text);
        if text.len() > Self::MAX_LEN {
            return None;
        }
        let mapped = mapping::map(text);
        let normal = sigma::fold(&mapped);
        if !(1..=Self::MAX_LEN).contains(&normal.len()) || !class::is_identifier(&normal) {
            return None;
        }
        let candidates = sigma::candidates(&mapped, &normal);
        Some(Self { normal, candidates })
    }

    /// A name as stored by any release. `None`, if it is empty.
    pub fn stored(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self { normal: name.to_owned(), candidates: Vec::new() })
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.normal
    }

    /// The names to look up before using this one, in order. If none exists, the normal form counts. Empty,
    /// if only the normal form is possible.
    pub(crate) fn candidates(&self) -> &[String] {
        &self.candidates
    }
}

/// Compares the normal forms.
impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Username {}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        Username::parse(text).map(|name| name.normal)
    }

    #[test]
    fn case_width_and_composition_do_not_change_a_name() {
        assert_eq!(name("Ada@Example.com").as_deref(), Some("ada@example.com"));
        assert_eq!(name("\u{ff21}da"), name("ada"), "full width");
        assert_eq!(name("J\u{fc}rgen"), name("ju\u{308}rgen"), "composition");
        assert_eq!(name("\u{1112}\u{1161}\u{11ab}").as_deref(), Some("\u{d55c}"), "composition");
        assert_eq!(name("PARAL\u{b7}LEL"), name("paral\u{b7}lel"), "case, around a middle dot");
        assert_eq!(name("\u{13a0}\u{13a1}").as_deref(), Some("\u{ab70}\u{ab71}"), "Cherokee");
        assert_eq!(name("\u{1e900}\u{1e901}").as_deref(), Some("\u{1e922}\u{1e923}"), "Adlam, since 2016");
        assert!(name(&"x".repeat(256)).is_some());
        // The last has 86 bytes after normalisation, and 258 as sent.
        for bad in ["", " ", "two words", "a\u{0}", &"x".repeat(257), &"\u{ff21}".repeat(86)] {
            assert_eq!(name(bad), None, "{bad:.10?}");
        }
        for bad in ["a\u{200b}b", "a\u{202e}b", "\u{1f600}", "\u{fb01}", "\u{115f}", "l\u{b7}x", "a\u{378}"] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn spaces_and_invisible_characters_around_a_name_are_left_out() {
        for around in [" ", "\u{a0}", "\u{3000}", "\t", "\r\n", "\u{200e}", "\u{202a}\u{202c}", "\u{feff}"] {
            assert_eq!(name(&format!("{around}Ada{around}")).as_deref(), Some("ada"), "{around:?}");
            assert_eq!(name(&format!("a{around}da")), None, "{around:?}");
        }
        let padded = format!("{}{}{}", " ".repeat(300), "x".repeat(256), " ".repeat(300));
        assert!(name(&padded).is_some(), "the name is short enough, whatever stands around it");
    }

    #[test]
    fn a_greek_sigma_is_one_letter() {
        let forms = ["ΓΙΏΡΓΟΣ", "Γιώργος", "γιώργος", "γιώργοσ", "ΓΙΏΡΓΟΣ "];
        for form in forms {
            assert_eq!(name(form).as_deref(), Some("γιώργοσ"), "{form}");
        }
        assert_ne!(name("γιώργος"), name("γιώργο"));
    }

    #[test]
    fn a_name_of_an_earlier_release_is_looked_up_as_it_was_stored() {
        let candidates = |text: &str| Username::parse(text).unwrap().candidates;
        assert_eq!(candidates("Γιώργος"), ["γιώργος", "γιώργοσ"]);
        assert_eq!(candidates("ΓΙΏΡΓΟΣ"), ["γιώργοσ", "γιώργος"]);
        assert_eq!(candidates("ΑΣ.ΒΑΣ@x.gr"), ["ασ.βασ@x.gr", "ας.βας@x.gr"]);
        assert_eq!(candidates("ςας"), ["ςας", "σασ", "σας"]);
        for ordinary in ["ada@example.com", "Σοφία", "weiß", "müller", "한글"] {
            assert_eq!(candidates(ordinary), [""; 0], "{ordinary}");
        }
    }

    #[test]
    fn a_stored_name_is_taken_as_it_is() {
        assert_eq!(Username::stored("γιώργος").unwrap().as_str(), "γιώργος");
        assert_eq!(Username::stored(""), None);
    }
}
