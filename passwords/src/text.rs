//! Normal forms of typed text, which don't depend on the keyboard.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The normal form of a password: NFC, with the ASCII space for all spaces (RFC 8265 section 4.2.2), and
/// without the selectors between text and emoji presentation.
///
/// It's stable across Unicode versions: NFC is stable for assigned characters, and unassigned characters stay
/// unchanged.
pub(crate) fn normalise_password(text: &str) -> String {
    let nfc = const { ComposingNormalizerBorrowed::new_nfc() };
    let mapped: String = text.chars().filter(|c| !is_presentation(*c)).map(usual_space).collect();
    nfc.normalize(&mapped).into_owned()
}

fn usual_space(c: char) -> char {
    let category = const { CodePointMapData::<GeneralCategory>::new() }.get(c);
    if category == GeneralCategory::SpaceSeparator { ' ' } else { c }
}

/// Whether this selects a presentation. Some keyboards send a heart with U+FE0F and others without, and both
/// look the same.
fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}
