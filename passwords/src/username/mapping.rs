//! Maps differences that don't matter in a name: width, case and composition (RFC 8265 section 3.3.2).

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointMapData, props::EastAsianWidth};

/// Maps the width, then the case, then the composition, in the order of RFC 8264 section 7.
pub(super) fn map(text: &str) -> String {
    let nfc = const { ComposingNormalizerBorrowed::new_nfc() };
    let usual: String = text.chars().map(usual_width).collect();
    // Characters are mapped one by one. Context would only change the sigma, which `sigma` handles.
    let lower: String = usual.chars().flat_map(char::to_lowercase).collect();
    nfc.normalize(&lower).into_owned()
}

/// The usual width of a full-width or half-width character, which is its compatibility decomposition.
fn usual_width(c: char) -> String {
    let width = const { CodePointMapData::<EastAsianWidth>::new() }.get(c);
    if matches!(width, EastAsianWidth::Fullwidth | EastAsianWidth::Halfwidth) {
        let nfkc = const { ComposingNormalizerBorrowed::new_nfkc() };
        nfkc.normalize(c.encode_utf8(&mut [0; 4])).into_owned()
    } else {
        c.to_string()
    }
}
