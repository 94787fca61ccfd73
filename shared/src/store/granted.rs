//! The condition that the wanted resource was granted. It's part of the write that redeems a code or rotates
//! a session, so a request for another resource uses nothing up (RFC 8707 section 2.2).

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};

use crate::resource::WantedResource;

/// A condition on `#resources`, and the value of its `:wanted`. [`WantedResource::among`] makes the same
/// decision on a row.
pub fn granted_condition(wanted: WantedResource<'_>) -> (&'static str, AttributeValue) {
    let Some(named) = wanted.named else {
        let at_most_one = "(attribute_not_exists(#resources) OR size(#resources) = :wanted)";
        return (at_most_one, N("1".to_owned()));
    };
    let is_granted = if named == wanted.audience {
        "(attribute_not_exists(#resources) OR contains(#resources, :wanted))"
    } else {
        "contains(#resources, :wanted)"
    };
    (is_granted, S(named.to_owned()))
}
