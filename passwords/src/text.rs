//! Text as people type it, in the form that is the same from every keyboard.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The normal form of a password: NFC, with the one space that every keyboard has (RFC 8265 section 4.2.2), and without
/// what says whether a character is shown as text or as a picture.
///
/// It keeps its value from one Unicode version to the next: NFC does for characters that are assigned, and what isn't
/// assigned yet is left as it is.
pub(crate) fn normalise_password(text: &str) -> String {
    let nfc = const { ComposingNormalizerBorrowed::new_nfc() };
    let mapped: String = text.chars().filter(|c| !is_presentation(*c)).map(usual_space).collect();
    nfc.normalize(&mapped).into_owned()
}

fn usual_space(c: char) -> char {
    let category = const { CodePointMapData::<GeneralCategory>::new() }.get(c);
    if category == GeneralCategory::SpaceSeparator { ' ' } else { c }
}

/// One keyboard sends a heart with U+FE0F, the next one without: nobody sees which.
fn is_presentation(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}
