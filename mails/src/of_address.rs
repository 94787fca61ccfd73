//! The Mails table: the rows of an address, for operators.

use shared::store::StoreError;

use crate::{EmailAddress, MailRow, Mails, Purpose};

impl Mails {
    /// Returns the rows of an address: its latest mail for each purpose, and the one that stops mails to it. It
    /// reads each consistently, in the order of [`Purpose::ALL`].
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a read fails.
    pub async fn of_address(&self, address: &EmailAddress) -> Result<Vec<MailRow>, StoreError> {
        let mailboxes = Purpose::ALL.map(|purpose| address.mailbox(purpose).as_str().to_owned());
        let mut rows = Vec::new();
        for key in mailboxes.into_iter().chain([address.suppression_key()]) {
            rows.extend(self.row(&key).await?.as_ref().and_then(MailRow::from_item));
        }
        Ok(rows)
    }
}
