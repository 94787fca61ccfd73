//! Checks that each name that a template refers to is one of its parameters or resources.

use std::collections::BTreeSet;

use serde_yaml_ng::{Mapping, Value};

use super::{near, property::TemplateError};

/// The prefix of names that CloudFormation sets itself.
const PSEUDO: &str = "AWS::";

/// Looks for an unresolved reference.
///
/// # Errors
///
/// [`TemplateError::Reference`], for the first one.
pub(super) fn check(file: &'static str, source: &str, document: &Value) -> Result<(), TemplateError> {
    let section = |name: &str| document.get(name).and_then(Value::as_mapping);
    let sections = [section("Parameters"), section("Resources")];
    let known: BTreeSet<&str> =
        sections.into_iter().flatten().flat_map(Mapping::keys).filter_map(Value::as_str).collect();
    let mut used = Vec::new();
    references(document, &mut used);
    let unknown = used.into_iter().find(|name| !known.contains(name.as_str()) && !name.starts_with(PSEUDO));
    unknown.map_or(Ok(()), |name| {
        Err(TemplateError::Reference {
            file,
            line: line_of(source, &name),
            near: near::nearest(&name, known),
            name,
        })
    })
}

/// The names in `!Ref`, `!GetAtt` and `!Sub`, at any depth.
fn references(value: &Value, used: &mut Vec<String>) {
    match value {
        Value::Sequence(values) => values.iter().for_each(|value| references(value, used)),
        Value::Mapping(values) => values.values().for_each(|value| references(value, used)),
        Value::Tagged(tagged) => match tagged.value.as_str() {
            // SAM also has `!Ref Api.Stage`.
            Some(name) if tagged.tag == "Ref" || tagged.tag == "GetAtt" => used.extend(first_part(name)),
            Some(text) if tagged.tag == "Sub" => used.extend(substituted(text)),
            // A `!Sub` with a list defines its own names.
            _ if tagged.tag == "Sub" => {}
            _ => references(&tagged.value, used),
        },
        _ => {}
    }
}

fn first_part(name: &str) -> Option<String> {
    name.split('.').next().map(str::to_owned)
}

fn substituted(text: &str) -> impl Iterator<Item = String> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name).filter(|name| !name.starts_with('!')).filter_map(first_part)
}

/// The line of the name's first use.
fn line_of(source: &str, name: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric();
    let has = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
    source.lines().position(has).map_or(1, |line| line + 1)
}
