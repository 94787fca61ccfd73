//! How long a document is used before it is fetched again (RFC 9111 section 5.2.2), within our own limits
//! (draft section 5.2).

use std::time::Duration;

use lambda_http::http::{HeaderMap, header::CACHE_CONTROL};

/// The minimum, so that a client can't cause a fetch at every request.
const MIN: Duration = Duration::from_secs(60);
/// The time without caching headers.
const DEFAULT: Duration = Duration::from_secs(300);
/// The maximum: a redirect URI that leaves a document is refused after an hour.
const MAX: Duration = Duration::from_secs(3600);

/// How long a response with these headers is used.
pub(super) fn freshness(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut found = None;
    for directive in values.flat_map(|value| value.split(',')).map(str::trim) {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return MIN,
            "max-age" => found = argument.trim_matches('"').parse().ok(),
            _ => {}
        }
    }
    found.map_or(DEFAULT, |seconds| Duration::from_secs(seconds).clamp(MIN, MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_how_long_within_a_minute_and_an_hour() {
        for (values, seconds) in [
            (&[][..], 300),
            (&["public"], 300),
            (&["max-age=600"], 600),
            (&["public, Max-Age=\"600\""], 600),
            (&["max-age=0"], 60),
            (&["max-age=59"], 60),
            (&["max-age=31536000, immutable"], 3600),
            (&["max-age=18446744073709551615"], 3600),
            (&["max-age=-1"], 300),
            (&["max-age=x"], 300),
            (&["max-age=600, no-store"], 60),
            (&["max-age=600", "no-cache"], 60),
        ] {
            let headers = values.iter().map(|value| (CACHE_CONTROL, value.parse().unwrap())).collect();
            assert_eq!(freshness(&headers), Duration::from_secs(seconds), "{values:?}");
        }
    }
}
