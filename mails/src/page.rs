//! The Mails table: pages of its rows, for operators.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::store::{Item, StoreError, attribute};

use crate::{MailRow, Mails};

/// A page of rows, in no particular order.
#[derive(Debug)]
pub struct Page {
    /// The rows. A page may have none, and another follow.
    pub rows: Vec<MailRow>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<PageStart>,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageStart(String);

impl PageStart {
    /// The place behind the row with this key.
    pub fn after(key: &str) -> Self {
        Self(key.to_owned())
    }

    fn of_key(key: &Item) -> Option<Self> {
        key.get(attribute::MAILBOX)?.as_s().ok().cloned().map(Self)
    }

    fn to_key(&self) -> Item {
        Item::from([(attribute::MAILBOX.to_owned(), S(self.0.clone()))])
    }
}

impl Mails {
    /// Reads a page of the table, consistently. A malformed row doesn't hide the others.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the read fails.
    pub async fn page(&self, start: Option<PageStart>) -> Result<Page, StoreError> {
        let scan = self
            .table
            .client
            .scan()
            .table_name(&self.table.name)
            .consistent_read(true)
            .set_exclusive_start_key(start.as_ref().map(PageStart::to_key));
        let page = scan.send().await.map_err(|e| StoreError::unavailable("Scan on Mails", e))?;
        Ok(Page {
            rows: page.items().iter().filter_map(MailRow::from_item).collect(),
            next: page.last_evaluated_key.as_ref().and_then(PageStart::of_key),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_starts_at_the_key_where_the_last_ended() {
        let key = Item::from([("mailbox".to_owned(), S("m".to_owned()))]);
        assert_eq!(PageStart::of_key(&key).unwrap().to_key(), key);
        assert_eq!(PageStart::of_key(&Item::new()), None);
    }
}
