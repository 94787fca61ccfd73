//! The mail addresses of restored users. A restore brings back no address that its user has left since, and keeps the links
//! that undo a change of the address.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    ids::UserId,
    store::{StoreError, User, attribute},
};

use crate::tables::users::UserTables;

/// The claims that say which address is the user's (OpenID Connect Core 1.0 section 5.1).
const CLAIMS: [&str; 2] = ["email", "email_verified"];

/// A user as of then, with today's address. A renamed user may have left the address of then, and another user may have it
/// today.
pub(super) fn with_address_of(today: &User, mut then: User) -> User {
    for claim in CLAIMS {
        match today.claims.get(claim) {
            Some(value) => then.claims.insert(claim.to_owned(), value.clone()),
            None => then.claims.remove(claim),
        };
    }
    then
}

/// The changes of the address that the user could undo then, in their stored form. A restored user gets them back: the mails with
/// the links still exist, and one of them may be the owner's only way back in.
///
/// # Errors
///
/// [`StoreError`], if the read fails.
pub(super) async fn undos(
    copies: &UserTables,
    user_id: &UserId,
) -> Result<Option<AttributeValue>, StoreError> {
    Ok(copies.user_item(user_id).await?.and_then(|mut item| item.remove(attribute::UNDOS)))
}
