//! The resources that were granted, and the one that a token is for (RFC 8707 section 2.2).

use std::collections::BTreeSet;

/// The resources of a code, a session or a consent: their identifiers as registered at the time. An empty set
/// means the deployment's audience alone. If a client asks for the audience and for resources, the set
/// contains the audience too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantedResources(BTreeSet<String>);

impl GrantedResources {
    /// Makes a set. The audience alone becomes the empty set.
    pub fn new(identifiers: BTreeSet<String>, audience: &str) -> Self {
        let is_audience = identifiers.len() == 1 && identifiers.contains(audience);
        Self(if is_audience { BTreeSet::new() } else { identifiers })
    }

    /// Reads the set of a row.
    pub fn stored(identifiers: &[String]) -> Self {
        Self(identifiers.iter().cloned().collect())
    }

    /// The stored form. `None` for the empty set, which isn't stored.
    pub fn to_stored(&self) -> Option<Vec<String>> {
        (!self.0.is_empty()).then(|| self.0.iter().cloned().collect())
    }

    /// Whether the set means the audience alone.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The identifiers, sorted.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The same set, but with the audience as a member where the set is empty.
    #[must_use]
    pub fn spelled_out(&self, audience: &str) -> Self {
        if self.is_empty() { Self([audience.to_owned()].into()) } else { self.clone() }
    }

    /// Whether all of these are among the others.
    pub fn is_within(&self, others: &Self, audience: &str) -> bool {
        self.spelled_out(audience).0.is_subset(&others.spelled_out(audience).0)
    }
}

/// The resource that a token request names for its access token.
#[derive(Clone, Copy, Debug)]
pub struct WantedResource<'a> {
    /// The audience of the deployment.
    pub audience: &'a str,
    /// The name in the request: a registered identifier or the audience. `None`, if there is none.
    pub named: Option<&'a str>,
}

impl<'a> WantedResource<'a> {
    /// The identifier that the token is for: the named one, or the only one that was granted.
    ///
    /// # Errors
    ///
    /// [`TargetError`], if it was not granted, or several were granted and the request names none.
    pub fn among(self, granted: &'a GrantedResources) -> Result<&'a str, TargetError> {
        let mut all = granted.identifiers();
        match (self.named, all.next(), all.next()) {
            (None, None, _) => Ok(self.audience),
            (None, Some(only), None) => Ok(only),
            (None, Some(_), Some(_)) => Err(TargetError::Several),
            (Some(named), None, _) if named == self.audience => Ok(named),
            (Some(named), _, _) if granted.0.contains(named) => Ok(named),
            (Some(_), _, _) => Err(TargetError::NotGranted),
        }
    }
}

/// Why there is no token for a resource (RFC 8707 section 2, `invalid_target`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is malformed or not registered.
    #[error("an unknown resource")]
    Unknown,
    /// The client's record doesn't name it.
    #[error("a resource that the client may not ask for")]
    NotAllowed,
    /// It was not granted.
    #[error("a resource that was not granted")]
    NotGranted,
    /// Several resources were granted, and an access token can only be for one.
    #[error("several resources for one token")]
    Several,
}

impl TargetError {
    /// The description for the client.
    pub fn description(self) -> &'static str {
        match self {
            // Both get the same description, which doesn't reveal the resources of others.
            Self::Unknown | Self::NotAllowed => "The client may not ask for that resource.",
            Self::NotGranted => "The resource was not granted.",
            Self::Several => "An access token is for one resource: name one that was granted.",
        }
    }

    /// The name of this error in audit events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_resource",
            Self::NotAllowed => "resource_not_allowed",
            Self::NotGranted => "resource_not_granted",
            Self::Several => "several_resources",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(identifiers: &[&str]) -> GrantedResources {
        GrantedResources::new(identifiers.iter().map(|&text| text.to_owned()).collect(), "api")
    }

    #[test]
    fn a_token_is_for_the_named_resource_or_the_only_granted_one() {
        use TargetError::{NotGranted, Several};
        for (resources, named, expected) in [
            (&[][..], None, Ok("api")),
            (&["api"], None, Ok("api")),
            (&["https://a"], None, Ok("https://a")),
            (&["https://a", "https://b"], None, Err(Several)),
            (&["https://a", "api"], None, Err(Several)),
            (&[], Some("api"), Ok("api")),
            (&[], Some("https://a"), Err(NotGranted)),
            (&["https://a"], Some("https://a"), Ok("https://a")),
            (&["https://a"], Some("https://b"), Err(NotGranted)),
            (&["https://a"], Some("api"), Err(NotGranted)),
            (&["https://a", "api"], Some("api"), Ok("api")),
            (&["https://a", "https://b"], Some("https://b"), Ok("https://b")),
        ] {
            let wanted = WantedResource { audience: "api", named };
            assert_eq!(wanted.among(&granted(resources)), expected, "{resources:?} {named:?}");
        }
    }

    #[test]
    fn the_audience_alone_is_stored_as_nothing() {
        assert_eq!(granted(&["api"]).to_stored(), None);
        assert_eq!(granted(&["https://b", "api"]).to_stored().unwrap(), ["api", "https://b"]);
        assert!(granted(&[]).is_within(&granted(&["api", "https://a"]), "api"));
        assert!(!granted(&[]).is_within(&granted(&["https://a"]), "api"), "it is one of what is agreed to");
        assert!(!granted(&["https://a"]).is_within(&granted(&[]), "api"));
        assert!(granted(&["https://a"]).is_within(&granted(&["https://a", "https://b"]), "api"));
    }
}
