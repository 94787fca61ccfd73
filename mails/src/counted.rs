//! Updates that count on a quota.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::AttributeValue::N};
use shared::{
    clock::Timestamp,
    store::{StoreError, attribute},
};

use crate::{
    quota::{Quota, Step},
    update::is_written,
};

/// An update that counts on a quota.
pub(crate) struct Counted {
    pub(crate) update: UpdateItemFluentBuilder,
    /// What it sets beside the quota, with the names and values that are in the update.
    pub(crate) changes: &'static str,
}

impl Counted {
    /// Carries the update out. `false`, if the quota is spent. There are one or two writes; which of them
    /// depends on earlier requests alone.
    pub(crate) async fn write_within(self, quota: Quota, now: Timestamp) -> Result<bool, StoreError> {
        let Step { now, latest, restarted } = quota.step(now);
        let restart = self
            .update("#quota = :restarted", "attribute_not_exists(#quota) OR #quota < :now", now)
            .expression_attribute_values(":restarted", N(restarted.to_string()));
        if is_written(restart).await? {
            return Ok(true);
        }
        let go_on = self
            .update("#quota = #quota + :interval", "#quota >= :now AND #quota <= :latest", now)
            .expression_attribute_values(":interval", N(quota.interval().as_secs().to_string()))
            .expression_attribute_values(":latest", N(latest.to_string()));
        is_written(go_on).await
    }

    fn update(&self, count: &str, condition: &str, now: Timestamp) -> UpdateItemFluentBuilder {
        self.update
            .clone()
            .update_expression(format!("SET {count}, {}", self.changes))
            .condition_expression(condition)
            .expression_attribute_names("#quota", attribute::QUOTA)
            .expression_attribute_values(":now", N(now.to_string()))
    }
}
