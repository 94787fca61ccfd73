//! A property of a template: read, or an error that names it.

use serde_yaml_ng::Value;

use super::{near, place};

/// What of the template can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML: in which template, and what is wrong where.
    #[error("{0} is not YAML: {1}")]
    Yaml(&'static str, String),
    /// A property is missing, of another type, or beyond what is understood here.
    #[error("{0} is missing, or `cargo run` doesn't understand it ({place})", place = place::of(.0))]
    Property(String),
    /// A name is used that is no parameter and no resource.
    #[error("{file}, line {line}: {name} is no parameter and no resource{}", near::hint(.near.as_deref()))]
    Reference {
        /// The template.
        file: &'static str,
        /// Where.
        line: usize,
        /// The name.
        name: String,
        /// The most similar name that there is.
        near: Option<String>,
    },
}

/// A value that a template has not, or not so that it is understood.
pub(super) fn missing(what: impl Into<String>) -> TemplateError {
    TemplateError::Property(what.into())
}

/// The value at this path.
pub(super) fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(*name))
}

/// The text at this path.
pub(super) fn text_at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str()
}
