//! `latchgate destroy` and `latchgate adopt`: delete a stack, and make a new one from what another left.
//!
//! `cloudformation` is a client for CloudFormation, and `resources` for the services with the resources that
//! outlive a stack: tables, the secret, log groups. `plan` finds what `destroy` would delete. For `adopt`,
//! `record` finds what a deleted stack left, `template` writes the template that imports it, and `next` the
//! command to run afterwards.

mod adopt;
mod cloudformation;
mod destroy;
mod error;
mod next;
mod plan;
mod record;
mod resources;
mod template;

pub(crate) use self::{
    adopt::{AdoptOptions, adopt},
    destroy::{DestroyOptions, destroy},
};
pub use self::{
    error::StackError,
    template::{
        Encryption, ImportedResource, TableState, import_template, mail_key_properties, secret_properties,
        table_properties,
    },
};
