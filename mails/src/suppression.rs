//! Addresses that get no mail.
//!
//! The row of such an address is not one of its requests: it has another key, and doesn't expire.

use aws_lc_rs::digest;
use aws_sdk_dynamodb::types::AttributeValue::S;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::store::{StoreError, attribute};

use crate::{EmailAddress, Mails, update::OPERATION};

/// Separates these hashes from other hashes.
const LABEL: &[u8] = b"latchgate suppressed 1";
/// The prefix of the key, which no mailbox has.
pub(crate) const PREFIX: &str = "suppressed#";

/// Why no mail is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppression {
    /// Mails to it came back for good.
    Bounce,
    /// Its owner complained.
    Complaint,
    /// An operator stopped them.
    Operator,
}

impl Suppression {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Bounce, Self::Complaint, Self::Operator];

    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Operator => "operator",
        }
    }

    /// Parses the stored form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suppression| suppression.name() == text)
    }
}

impl EmailAddress {
    /// The key of the row that stops mails to the address, for every purpose.
    pub fn suppression_key(&self) -> String {
        let hash = digest::digest(&digest::SHA256, &[LABEL, self.normal().as_bytes()].concat());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(hash))
    }
}

impl Mails {
    /// Stops mails to an address, until an operator allows them again.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn suppress(&self, address: &EmailAddress, suppression: Suppression) -> Result<(), StoreError> {
        let update = self
            .update(&address.suppression_key())
            .update_expression("SET #suppressed = :suppressed, #address = :address")
            .expression_attribute_names("#suppressed", attribute::SUPPRESSED)
            .expression_attribute_names("#address", attribute::ADDRESS)
            .expression_attribute_values(":suppressed", S(suppression.name().to_owned()))
            .expression_attribute_values(":address", S(address.as_str().to_owned()));
        update.send().await.map_err(|e| StoreError::unavailable(OPERATION, e))?;
        Ok(())
    }

    /// Allows mails to an address again. `false`, if they weren't stopped. A mail that wasn't sent meanwhile
    /// isn't sent now.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a request fails.
    pub async fn unsuppress(&self, address: &EmailAddress) -> Result<bool, StoreError> {
        // The SDK repeats a deletion whose answer was lost, so only the read can tell.
        let was_suppressed = self.is_suppressed(address).await?;
        let delete = self.table.delete_item().key(attribute::MAILBOX, S(address.suppression_key()));
        delete.send().await.map_err(|e| StoreError::unavailable("DeleteItem on Mails", e))?;
        Ok(was_suppressed)
    }

    /// Whether mails to an address are stopped. The row alone decides, whatever it says: a mail too few is
    /// better than one to a person who complained.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn is_suppressed(&self, address: &EmailAddress) -> Result<bool, StoreError> {
        Ok(self.row(&address.suppression_key()).await?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_key_in_any_case_which_never_changes() {
        let key = |text| EmailAddress::parse(text).unwrap().suppression_key();
        assert_eq!(key("Ada@Example.com"), key("ada@example.COM"));
        assert_eq!(key("ada@example.com"), "suppressed#XkMnd-FtZEfBA4ylEP89BDFnMmoLSPRkOJpA56aIY3A");
    }

    #[test]
    fn a_reason_is_read_back_and_an_unknown_one_is_none() {
        let names = ["bounce", "complaint", "operator"];
        assert_eq!(Suppression::ALL.map(Suppression::name), names);
        assert_eq!(names.map(Suppression::parse), Suppression::ALL.map(Some));
        assert_eq!(Suppression::parse("Bounce"), None);
    }
}
