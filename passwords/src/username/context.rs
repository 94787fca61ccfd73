//! Characters that a name may have only in their context (RFC 5892 appendix A).

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{CanonicalCombiningClass, DefaultIgnorableCodePoint, JoiningType, Script},
};

/// Removes invisible characters at the ends of a name: spaces, line ends, and marks from pasted text. A
/// joiner after a virama stays, since it changes the letter before, as in older spellings of Malayalam.
pub(super) fn trim(text: &str) -> &str {
    let start = text.trim_start_matches(is_invisible);
    let trimmed = start.trim_end_matches(is_invisible);
    let joiner = start[trimmed.len()..].chars().next().filter(|c| ['\u{200c}', '\u{200d}'].contains(c));
    match joiner {
        Some(joiner) if trimmed.ends_with(is_virama) => &start[..trimmed.len() + joiner.len_utf8()],
        _ => trimmed,
    }
}

fn is_invisible(c: char) -> bool {
    c.is_whitespace() || const { CodePointSetData::new::<DefaultIgnorableCodePoint>() }.contains(c)
}

/// Whether the character at this position fits its context.
pub(super) fn fits(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied();
    let after = chars.get(at + 1).copied();
    let is_script = |c: Option<char>, script| c.is_some_and(|c| script_of(c) == script);
    match chars[at] {
        // A.1, zero width non-joiner.
        '\u{200c}' => before.is_some_and(is_virama) || breaks_cursive(&chars[..at], &chars[at + 1..]),
        // A.2, zero width joiner.
        '\u{200d}' => before.is_some_and(is_virama),
        // A.3, middle dot: the Catalan `l·l`.
        '\u{b7}' => before == Some('l') && after == Some('l'),
        // A.4, Greek lower numeral sign.
        '\u{375}' => is_script(after, Script::Greek),
        // A.5 and A.6, Hebrew geresh and gershayim.
        '\u{5f3}' | '\u{5f4}' => is_script(before, Script::Hebrew),
        // A.7, Katakana middle dot: the name also has a Japanese letter.
        '\u{30fb}' => {
            chars.iter().any(|c| matches!(script_of(*c), Script::Hiragana | Script::Katakana | Script::Han))
        }
        // A.8 and A.9, Arabic-Indic digits of one kind.
        '\u{660}'..='\u{669}' => !chars.iter().any(|c| ('\u{6f0}'..='\u{6f9}').contains(c)),
        '\u{6f0}'..='\u{6f9}' => !chars.iter().any(|c| ('\u{660}'..='\u{669}').contains(c)),
        _ => false,
    }
}

fn script_of(c: char) -> Script {
    const { CodePointMapData::<Script>::new() }.get(c)
}

fn is_virama(c: char) -> bool {
    const { CodePointMapData::<CanonicalCombiningClass>::new() }.get(c) == CanonicalCombiningClass::Virama
}

/// Whether this is between letters that would join, as in Persian.
fn breaks_cursive(before: &[char], after: &[char]) -> bool {
    let joining = const { CodePointMapData::<JoiningType>::new() };
    let is_solid = |kind: &JoiningType| *kind != JoiningType::Transparent;
    let left = before.iter().rev().map(|c| joining.get(*c)).find(is_solid);
    let right = after.iter().map(|c| joining.get(*c)).find(is_solid);
    matches!(left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}
