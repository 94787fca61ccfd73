//! Lengths of time as people write them on a command line: `90`, `45s`, `30m`, `2h`, `14d`, `1h30m`.

use std::ops::RangeInclusive;

/// The units, the longest first, with their lengths in seconds.
const UNITS: [(char, u64); 4] = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60), ('s', 1)];

/// Why a text is not a length of time in the range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It's not a whole number with units.
    #[error("write a time like 90 (seconds), 45s, 30m, 2h or 14d; here from {0} to {1}")]
    Malformed(String, String),
    /// It's too short or too long.
    #[error("it has to be from {0} to {1}")]
    OutOfRange(String, String),
}

/// Returns a parser for lengths of time in this range, in seconds. A number without a unit is in seconds.
pub fn within(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<u64, DurationError> + Clone + Send + Sync + 'static {
    move |text| {
        let bounds = (show(*range.start()), show(*range.end()));
        match parse(text) {
            None => Err(DurationError::Malformed(bounds.0, bounds.1)),
            Some(seconds) if range.contains(&seconds) => Ok(seconds),
            Some(_) => Err(DurationError::OutOfRange(bounds.0, bounds.1)),
        }
    }
}

/// Parses a length of time into seconds. Each unit may occur once, the longest first. A sum beyond 64 bits
/// becomes `u64::MAX`.
pub fn parse(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u64::MAX));
    }
    let (mut rest, mut sum, mut units) = (text, 0_u64, &UNITS[..]);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let unit = after.chars().next()?;
        let place = units.iter().position(|(name, _)| *name == unit)?;
        if number.is_empty() {
            return None;
        }
        sum = sum.saturating_add(number.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(units[place].1));
        (rest, units) = (&after[unit.len_utf8()..], &units[place + 1..]);
    }
    (!text.is_empty()).then_some(sum)
}

/// The shortest text for this length of time: `1h30m` for 5400.
pub fn show(seconds: u64) -> String {
    let mut rest = seconds;
    let mut part = |(unit, length): (char, u64)| {
        let count = rest / length;
        rest %= length;
        (count > 0).then(|| format!("{count}{unit}"))
    };
    let text: String = UNITS.into_iter().filter_map(&mut part).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_seconds_or_has_units() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("45s", 45),
            ("30m", 1800),
            ("2h", 7200),
            ("14d", 1_209_600),
            ("1h30m", 5400),
            ("1d1s", 86_401),
            ("007m", 420),
            ("99999999999999999999", u64::MAX),
            ("99999999999999999999d1s", u64::MAX),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for bad in [
            "", " ", "m", "30 m", "30M", "30min", "1.5h", "-1", "+1", "30m1h", "1m1m", "1h30", "2w", "d1",
            "٣m", "1é",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn shown_durations_round_trip() {
        for seconds in [0, 1, 59, 60, 61, 3600, 5400, 86_400, 90_061, 400 * 86_400, u64::MAX] {
            assert_eq!(parse(&show(seconds)), Some(seconds), "{seconds}");
        }
        assert_eq!(show(5400), "1h30m");
    }

    #[test]
    fn the_bounds_are_shown_in_the_same_units() {
        let ttl = within(1..=86_400);
        assert_eq!(ttl("30m"), Ok(1800));
        assert_eq!(ttl("2d").unwrap_err().to_string(), "it has to be from 1s to 1d");
        assert_eq!(ttl("0").unwrap_err().to_string(), "it has to be from 1s to 1d");
        assert!(ttl("half an hour").unwrap_err().to_string().ends_with("14d; here from 1s to 1d"));
    }
}
