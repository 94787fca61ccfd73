//! The characters that a name may have: PRECIS's IdentifierClass (RFC 8264 sections 4.2 and 8), with current
//! Unicode tables.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, GeneralCategory as Category, HangulSyllableType as Hangul,
        NoncharacterCodePoint,
    },
};

use super::{bidi, context};

/// Whether this is an identifier: letters, digits and ASCII symbols, each in its context, in an order that
/// reads in one direction.
pub(super) fn is_identifier(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let is_allowed = |(at, c): (usize, &char)| match property(*c) {
        Property::Valid => true,
        Property::InContext => context::fits(&chars, at),
        Property::Disallowed => false,
    };
    chars.iter().enumerate().all(is_allowed) && bidi::is_orderly(name)
}

enum Property {
    Valid,
    /// Allowed only among certain other characters (RFC 5892 appendix A).
    InContext,
    Disallowed,
}

/// The property of a character, in the order of RFC 8264 section 8.
fn property(c: char) -> Property {
    if let Some(property) = listed(c) {
        return property;
    }
    if is_old_hangul(c) || is_ignorable(c) || has_compatibility_mapping(c) {
        return Property::Disallowed;
    }
    // Section 9.1. Unassigned characters have none of these.
    match const { CodePointMapData::<Category>::new() }.get(c) {
        Category::LowercaseLetter
        | Category::UppercaseLetter
        | Category::OtherLetter
        | Category::ModifierLetter
        | Category::DecimalNumber
        | Category::NonspacingMark
        | Category::SpacingMark => Property::Valid,
        _ => Property::Disallowed,
    }
}

/// Characters that are listed individually: the exceptions of section 9.6, ASCII of section 9.11, and the
/// joiners of section 9.8.
fn listed(c: char) -> Option<Property> {
    match c {
        'ß' | 'ς' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '〇' | '!'..='~' => Some(Property::Valid),
        '\u{b7}'
        | '\u{375}'
        | '\u{5f3}'
        | '\u{5f4}'
        | '\u{660}'..='\u{669}'
        | '\u{6f0}'..='\u{6f9}'
        | '\u{200c}'
        | '\u{200d}'
        | '\u{30fb}' => Some(Property::InContext),
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            Some(Property::Disallowed)
        }
        _ => None,
    }
}

/// Section 9.9: conjoining Hangul that is left after syllables were composed.
fn is_old_hangul(c: char) -> bool {
    let kind = const { CodePointMapData::<Hangul>::new() }.get(c);
    matches!(kind, Hangul::LeadingJamo | Hangul::VowelJamo | Hangul::TrailingJamo)
}

/// Section 9.13.
fn is_ignorable(c: char) -> bool {
    const { CodePointSetData::new::<DefaultIgnorableCodePoint>() }.contains(c)
        || const { CodePointSetData::new::<NoncharacterCodePoint>() }.contains(c)
}

/// Section 9.17: another character has the same meaning.
fn has_compatibility_mapping(c: char) -> bool {
    let nfkc = const { ComposingNormalizerBorrowed::new_nfkc() };
    !nfkc.is_normalized(c.encode_utf8(&mut [0; 4]))
}
