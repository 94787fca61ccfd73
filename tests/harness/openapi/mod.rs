//! `openapi.yaml`: its operations, and whether it documents a real answer.

mod answer;
mod document;
mod operation;
mod schemas;

pub(crate) use self::{
    answer::{Answered, Asked, assert_documented, objection},
    document::DOCUMENT,
    operation::Operation,
};
