//! Tests names and passwords over all of Unicode, and against the earlier normalisation.

use icu_properties::{CodePointMapData, props::GeneralCategory as Category};
use precis_profiles::{OpaqueString, UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use proptest::{
    char::range,
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{Username, class, mapping};
use crate::text::normalise_password;

/// Text around a character: letters, characters that join or compose with it, other directions, sigmas.
const SURROUNDINGS: &[(&str, &str)] = &[
    ("a", "b"),
    ("l", "l"),
    ("", "\u{301}"),
    ("A\u{327}", "\u{345}"),
    ("か", "\u{3099}"),
    ("\u{1100}", "\u{11a8}"),
    ("\u{5d0}", "\u{5d1}"),
    ("\u{628}\u{64b}", "\u{64b}\u{628}"),
    ("\u{915}\u{94d}", "\u{915}"),
    ("\u{915}\u{94d}", ""),
    ("\u{915}\u{94d}", " "),
    ("Σ", "ς"),
];

/// Every character alone, and those that may react to context within surroundings. Ideographs and syllables
/// all behave alike there.
fn all_of_unicode() -> impl Iterator<Item = String> {
    let alone = ('\0'..=char::MAX).map(String::from);
    let scripts =
        ['\0'..='\u{33ff}', '\u{a000}'..='\u{abff}', '\u{d7b0}'..='\u{ffff}', '\u{10000}'..='\u{1efff}'];
    let assigned = scripts.into_iter().flatten().filter(|c| {
        !matches!(
            CodePointMapData::<Category>::new().get(*c),
            Category::Unassigned | Category::PrivateUse | Category::OtherLetter | Category::OtherSymbol
        )
    });
    let around = |c: char| SURROUNDINGS.iter().map(move |(before, after)| format!("{before}{c}{after}"));
    alone.chain(assigned.flat_map(around))
}

/// Checks that a valid name has a normal form that is valid and stable. Names of earlier releases are valid
/// too, and are looked up where they were stored.
fn check_name(text: &str) {
    let today = Username::parse(text);
    if let Some(name) = &today {
        let again = Username::parse(name.as_str());
        assert_eq!(again.as_ref().map(Username::as_str), Some(name.as_str()), "{text:?}");
    }
    if let Ok(earlier) = UsernameCaseMapped::enforce(text) {
        let name = today.unwrap_or_else(|| panic!("{text:?} was a name, and is none"));
        assert_eq!(first_place(&name), earlier, "{text:?}");
        // As operators paste it from a list.
        let listed =
            Username::parse(&earlier).unwrap_or_else(|| panic!("{earlier:?} is stored, and is no name"));
        assert_eq!(first_place(&listed), earlier, "{text:?}");
    }
}

/// The first name that is looked up.
fn first_place(name: &Username) -> &str {
    name.candidates().first().map_or(name.as_str(), String::as_str)
}

fn check_password(text: &str) {
    let normal = normalise_password(text);
    assert_eq!(normalise_password(&normal), normal, "{text:?}");
    if let Ok(earlier) = OpaqueString::enforce(text) {
        assert_eq!(normal, earlier, "{text:?}");
        assert!(crate::Password::parse(&text.into()).is_some(), "{text:?}");
    }
}

#[test]
fn every_character_is_normalised_once_and_as_before() {
    for text in all_of_unicode() {
        check_name(&text);
        check_password(&text);
    }
}

/// Arbitrary text, with many characters that compose, reorder, join and fold.
fn text() -> impl Strategy<Value = String> {
    let tricky: Vec<char> = "aAlLiIß·ΣσςΐᾳΩ\u{130}\u{345}\u{301}\u{327}\u{3099}\u{309a}かハﾊﾞﾟ\u{1100}\u{1161}\u{11a8}\u{ac00}\
        \u{5d0}\u{5f3}\u{627}\u{628}\u{64b}\u{660}\u{6f0}0@.-\u{200c}\u{200d}\u{94d}\u{915}\u{30fb}\u{a0}\u{fe0f}\u{13a0}\u{ab70}\
        \u{1f1}\u{1f2}\u{1f88}\u{2126}\u{212a}\u{212b}\u{1e9e}\u{344}\u{958}\u{2adc}\u{fb1d}\u{1d15e}"
        .chars()
        .collect();
    let c = prop_oneof![3 => select(tricky), 1 => any::<char>(), 1 => range('\u{300}', '\u{3ff}')];
    vec(c, 1..8).prop_map(|chars| chars.into_iter().collect())
}

#[test]
fn any_text_is_normalised_once_and_as_before() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config { cases: 5_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let checked = runner.run(&text(), |text| {
        check_name(&text);
        check_password(&text);
        Ok(())
    });
    // Unwrap safety: a failure is the test's result, and names the text that failed.
    checked.unwrap();
}

#[test]
fn names_are_read_by_tables_of_today() {
    // Assigned since 2013: Osage, Adlam, Georgian capitals, Vithkuqi.
    for c in ['\u{104b0}', '\u{1e900}', '\u{1c90}', '\u{10570}'] {
        assert!(UsernameCaseMapped::enforce(c.to_string()).is_err());
        assert!(Username::parse(&c.to_string()).is_some(), "{c:?}");
    }
    let refused = ('\0'..=char::MAX).filter(|c| UsernameCaseMapped::enforce(c.to_string()).is_ok());
    let refused = refused.filter(|c| !class::is_identifier(&mapping::map(&c.to_string())));
    assert_eq!(refused.collect::<String>(), "");
}
