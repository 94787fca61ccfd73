//! The redirect URIs and resources of a client.

use shared::{
    client::{Client, RedirectUri},
    resource::check_identifier,
    store::attribute,
};

/// The most URIs of each kind. A client's record contains them all, and `/authorize` compares each.
const MOST: usize = 20;

pub(super) const TOO_MANY: &str =
    "a client has at most 20 redirect URIs, 20 post-logout redirect URIs and 20 resources";

/// The explanation for a URI that can't be registered.
const ALLOWED: &str = "allowed are https, http on 127.0.0.1, [::1] or localhost, and an app's own scheme with a dot in it, like \
                       com.example.app:/callback; each without a fragment or a user name";

/// Parses a URI that can be registered.
pub(super) fn parse(text: &str) -> Result<String, String> {
    RedirectUri::check(text).map(|uri| uri.to_string()).map_err(|error| format!("{error} ({ALLOWED})"))
}

/// Parses the identifier of a resource.
pub(super) fn parse_resource(text: &str) -> Result<String, String> {
    check_identifier(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

/// The given URIs without duplicates; `None` without any.
pub(super) fn each_once(said: &[String]) -> Option<Vec<String>> {
    let mut uris: Vec<String> = Vec::new();
    for uri in said {
        if !uris.contains(uri) {
            uris.push(uri.clone());
        }
    }
    Some(uris).filter(|uris| !uris.is_empty())
}

/// Whether the client has more URIs than it may.
pub(super) fn are_too_many(client: &Client) -> bool {
    let counts = [client.redirect_uris.len(), client.post_logout_redirect_uris.len(), client.resources.len()];
    counts.into_iter().any(|count| count > MOST)
}

/// Checks the URIs of a client to import. The error repeats none of them.
pub(super) fn check(client: &Client) -> Result<(), String> {
    if are_too_many(client) {
        return Err(TOO_MANY.to_owned());
    }
    for (name, uris) in [
        (attribute::REDIRECT_URIS, &client.redirect_uris),
        (attribute::POST_LOGOUT_REDIRECT_URIS, &client.post_logout_redirect_uris),
    ] {
        for (i, uri) in uris.iter().enumerate() {
            RedirectUri::check(uri)
                .map_err(|error| format!("number {} of its {name} is invalid: {error}", i + 1))?;
        }
    }
    for resource in &client.resources {
        check_identifier(resource).map_err(|error| format!("one of its resources is invalid: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_why_and_what_is_allowed() {
        let said = parse("http://shop.example.com/callback").unwrap_err();
        assert!(said.starts_with("http is for the loopback hosts"), "{said}");
        assert!(said.contains("allowed are https, http on 127.0.0.1"), "{said}");
        assert_eq!(parse("http://localhost/cb").as_deref(), Ok("http://localhost/cb"));
    }

    #[test]
    fn repeated_uris_are_kept_once_in_order() {
        let said = ["b:/", "a:/", "b:/"].map(str::to_owned);
        assert_eq!(each_once(&said), Some(vec!["b:/".to_owned(), "a:/".to_owned()]));
        assert_eq!(each_once(&[]), None);
    }
}
