//! The Mails table: invitations.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue::N, ReturnValuesOnConditionCheckFailure::AllOld},
};
use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    http::Language,
    ids::ClientId,
    store::{Item, Row, StoreError, attribute},
};

use crate::{
    EmailAddress, Mails, Ticket,
    new_row::{Changes, NewRow},
    slot::has_mail,
    update::OPERATION,
};

/// An operator's invitation to an account.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'a> {
    /// The address that the mail goes to.
    pub address: &'a EmailAddress,
    /// The new ticket, which replaces the address's earlier invitation.
    pub ticket: &'a Ticket,
    /// The client at which the user signs up.
    pub client_id: &'a ClientId,
    /// The language of the mail.
    pub language: Language,
    /// The claims of the new user, at most [`User::MAX_CLAIMS_LEN`](shared::store::User::MAX_CLAIMS_LEN) bytes
    /// of JSON.
    pub claims: &'a Map<String, Value>,
    /// Whether it replaces an invitation whose link still works.
    pub again: bool,
    /// When the command began.
    pub now: Timestamp,
}

/// The outcome of inviting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Invited {
    /// The invitation is stored, and waits to be sent.
    Stored,
    /// The address has an unused invitation, whose link works until then. It stays as it is.
    Pending(Timestamp),
}

impl Mails {
    /// Stores an invitation in place of the address's earlier one. No bound applies: an operator invites.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails, or the earlier invitation is malformed and isn't to be replaced.
    pub async fn invite(&self, invitation: &NewInvitation<'_>) -> Result<Invited, StoreError> {
        let id = invitation.ticket.id.to_text();
        let Err(error) = self.invitation(invitation).send().await else { return Ok(Invited::Stored) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                refused(&failed.item().cloned().unwrap_or_default(), &id)
            }
            _ => Err(StoreError::unavailable(OPERATION, error)),
        }
    }

    fn invitation(&self, invitation: &NewInvitation<'_>) -> UpdateItemFluentBuilder {
        let NewInvitation { address, ticket, client_id, language, claims, again, now } = *invitation;
        let row = NewRow {
            address,
            ticket,
            client_id,
            language,
            user_id: None,
            claims: (!claims.is_empty()).then(|| Value::Object(claims.clone()).to_string()),
            asked_at: Some(now),
            noticed_at: None,
            device: None,
            now,
        };
        let Changes { expression, names, values } = row.changes();
        let update = self
            .update(ticket.mailbox.as_str())
            .update_expression(format!("SET {expression}"))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(AllOld);
        // Either condition fails, if the SDK repeats a write whose answer was lost: the mail goes out once.
        if again {
            update.condition_expression("attribute_not_exists(#mail_id) OR #mail_id <> :mail_id")
        } else {
            update
                .condition_expression("attribute_not_exists(#mail_id) OR #mail_expires_at <= :now")
                .expression_attribute_values(":now", N(now.to_string()))
        }
    }
}

/// What a row says that refused an invitation with this identifier.
fn refused(item: &Item, id: &str) -> Result<Invited, StoreError> {
    if has_mail(item, id) {
        return Ok(Invited::Stored);
    }
    Ok(Invited::Pending(Row::new("Mails", item).instant(attribute::MAIL_EXPIRES_AT)?))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::S;

    use super::*;

    #[test]
    fn a_refused_write_was_carried_out_before_or_met_a_living_invitation() {
        let attributes = [("mail_id", S("mine".to_owned())), ("mail_expires_at", N("1000".to_owned()))];
        let mut item: Item = attributes.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(refused(&item, "mine").unwrap(), Invited::Stored);
        assert_eq!(refused(&item, "other").unwrap(), Invited::Pending(Timestamp::from_unix(1000)));
        item.remove("mail_expires_at");
        assert!(refused(&item, "other").is_err());
        assert!(refused(&Item::new(), "other").is_err());
    }
}
