//! The user's name for a device.

/// The longest device name that is stored, in bytes.
const MAX_DEVICE_NAME_LEN: usize = 128;

/// The name for the list of devices, with spaces for control characters, and cut to the longest length.
/// Programs derive it from the system's name, so no name is a reason to refuse a login.
pub fn device_name(text: &str) -> Option<String> {
    let printable: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect();
    let name = printable.trim();
    let name = name[..name.floor_char_boundary(MAX_DEVICE_NAME_LEN)].trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Unicode's category Cc, its line and paragraph separators, and the characters of UAX #9 that change the
/// reading order of text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
