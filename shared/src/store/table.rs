//! A DynamoDB table, and the requests to it.

use aws_sdk_dynamodb::{
    Client,
    operation::{
        delete_item::builders::DeleteItemFluentBuilder, get_item::builders::GetItemFluentBuilder,
        put_item::builders::PutItemFluentBuilder, query::builders::QueryFluentBuilder,
        update_item::builders::UpdateItemFluentBuilder,
    },
};

use crate::environment::{Environment, EnvironmentError};

/// A table, with the client that reaches it.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client, shared by all tables of a function.
    pub client: Client,
    /// The table's name in this deployment.
    pub name: String,
}

impl Table {
    /// Opens the table that the variable names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn from_environment(
        variable: &'static str,
        environment: &Environment,
        client: &Client,
    ) -> Result<Self, EnvironmentError> {
        Ok(Self { client: client.clone(), name: environment.required(variable)?.to_owned() })
    }

    /// A GetItem on this table.
    pub fn get_item(&self) -> GetItemFluentBuilder {
        self.client.get_item().table_name(&self.name)
    }

    /// A PutItem on this table.
    pub fn put_item(&self) -> PutItemFluentBuilder {
        self.client.put_item().table_name(&self.name)
    }

    /// An UpdateItem on this table.
    pub fn update_item(&self) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name)
    }

    /// A DeleteItem on this table.
    pub fn delete_item(&self) -> DeleteItemFluentBuilder {
        self.client.delete_item().table_name(&self.name)
    }

    /// A Query on this table.
    pub fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }
}
