//! `openapi.yaml`: what it says of each operation, and whether a real answer is one of those that it documents.

mod answer;
mod document;
mod operation;
mod reference;
mod schemas;

pub(crate) use self::{
    answer::{Answered, Asked, assert_documented, objection},
    document::DOCUMENT,
    operation::Operation,
};
