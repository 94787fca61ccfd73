//! Reads properties of a template. Errors name the property.

use serde_yaml_ng::Value;

use super::{near, place};

/// Errors from reading a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The template isn't YAML: its file, and the fault with its line.
    #[error("{0} is not YAML: {1}")]
    Yaml(&'static str, String),
    /// A property is missing, has another type, or uses features that this program doesn't support.
    #[error("{0} is missing, or `cargo run` doesn't understand it ({place})", place = place::of(.0))]
    Property(String),
    /// A reference names neither a parameter nor a resource.
    #[error("{file}, line {line}: {name} is no parameter and no resource{}", near::hint(.near.as_deref()))]
    Reference {
        /// The template.
        file: &'static str,
        /// The line.
        line: usize,
        /// The name.
        name: String,
        /// The most similar name.
        near: Option<String>,
    },
}

/// The error for a value that is missing, or isn't understood.
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
