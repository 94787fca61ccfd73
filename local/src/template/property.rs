//! A property of a template: read, or an error that names it.

use serde_yaml_ng::Value;

/// What of the template can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML.
    #[error("a template is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// A property is missing, of another type, or beyond what is understood here.
    #[error("{0} is missing from a template, or not understood")]
    Property(String),
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
