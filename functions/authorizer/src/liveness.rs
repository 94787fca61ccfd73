//! Checks whether a token's session lives, by one consistent read.

use aws_sdk_dynamodb::Client;
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError},
    store::{Row, Sessions, StoreError, attribute},
    tokens::AccessToken,
};

#[derive(Debug)]
pub(crate) struct LiveSessions(Sessions);

impl LiveSessions {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Sessions::new(environment, client).map(Self)
    }

    /// Whether the session lives. The read is consistent, so a logout takes effect at the next request.
    pub(crate) async fn is_live(&self, token: &AccessToken, now: Timestamp) -> Result<bool, StoreError> {
        let table = &self.0.table;
        let output = table
            .get_item()
            .set_key(Some(token.session.to_item()))
            .projection_expression("#expires_at, #absolute_expires_at")
            .expression_attribute_names("#expires_at", attribute::EXPIRES_AT)
            .expression_attribute_names("#absolute_expires_at", attribute::ABSOLUTE_EXPIRES_AT)
            .consistent_read(true)
            .send()
            .await
            .map_err(|e| StoreError::unavailable("GetItem on Sessions", e))?;
        let Some(item) = output.item else { return Ok(false) };
        let row = Row::new("Sessions", &item);
        Ok(now < row.instant(attribute::EXPIRES_AT)? && now < row.instant(attribute::ABSOLUTE_EXPIRES_AT)?)
    }
}
