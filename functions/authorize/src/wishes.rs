//! The wishes of users for mails about new devices.

use aws_sdk_dynamodb::{
    error::SdkError,
    types::AttributeValue::{Bool, S},
};
use mails::{NewDeviceMails, address_of};
use shared::{
    context::Context,
    environment::EnvironmentError,
    ids::UserId,
    store::{StoreError, User, Users, attribute},
};

/// The wishes of users for mails about new devices.
#[derive(Debug)]
pub(crate) struct Wishes {
    users: Users,
    mails: NewDeviceMails,
}

impl Wishes {
    /// Opens the table of users, and reads `NEW_DEVICE_MAILS`.
    pub(crate) fn new(context: &Context) -> Result<Self, EnvironmentError> {
        let Context { environment, dynamodb, .. } = context;
        Ok(Self {
            users: Users::new(environment, dynamodb)?,
            mails: NewDeviceMails::from_environment(environment)?,
        })
    }

    /// The user's wish. `None`, if no user is asked, or no mail reaches this one.
    pub(crate) fn of(&self, user: &User) -> Option<bool> {
        let is_asked = self.mails == NewDeviceMails::Wanted && address_of(user).is_some();
        is_asked.then_some(user.new_device_mails)
    }

    /// Stores the user's wish. Repeating it changes nothing. Returns `false`, if the user doesn't exist.
    pub(crate) async fn store(&self, user_id: &UserId, is_wanted: bool) -> Result<bool, StoreError> {
        let update = self
            .users
            .table
            .update_item()
            .key(attribute::USER_ID, S(user_id.to_string()))
            // This must not recreate a user who was deleted meanwhile.
            .condition_expression("attribute_exists(#user_id)")
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_names("#new_device_mails", attribute::NEW_DEVICE_MAILS);
        let update = if is_wanted {
            update
                .update_expression("SET #new_device_mails = :true")
                .expression_attribute_values(":true", Bool(true))
        } else {
            update.update_expression("REMOVE #new_device_mails")
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Users", error)),
        }
    }
}
