//! Intrinsic functions, as far as the templates use them: `!Ref`, `!Sub`, `!GetAtt`, `!Split` and `!If`, and conditions.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value, value::TaggedValue};

/// The values of parameters, by name.
#[derive(Clone, Debug)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn defaults(parameters: &Mapping) -> Self {
        let default = |(name, parameter): (&Value, &Value)| {
            Some((name.as_str()?.to_owned(), scalar(parameter.get("Default")?)?))
        };
        Self(parameters.iter().filter_map(default).collect())
    }

    /// Gives a parameter another value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The value of a parameter that has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text of a value. A reference to a resource resolves to its logical id: that is what things are called here.
    /// A parameter without a value resolves to nothing, and so does the variable that it is for.
    pub(super) fn resolve(&self, value: &Value) -> Option<String> {
        let Value::Tagged(tagged) = value else { return scalar(value) };
        let TaggedValue { tag, value } = tagged.as_ref();
        let text = value.as_str()?;
        if *tag == "Ref" {
            Some(self.reference(text))
        } else if *tag == "GetAtt" {
            Some(text.split('.').next()?.to_owned())
        } else if *tag == "Sub" {
            Some(self.substitute(text))
        } else {
            None
        }
    }

    fn reference(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(value) => value.clone(),
            // A pseudo parameter, like the name of the stack: there is none here.
            None if name.starts_with("AWS::") => String::new(),
            // Logical ids of resources are no parameters; a parameter without a value is known by what it lacks.
            None => name.to_owned(),
        }
    }

    fn substitute(&self, text: &str) -> String {
        let mut rest = text;
        let mut resolved = String::with_capacity(text.len());
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            resolved.push_str(before);
            resolved.push_str(&self.reference(name));
            rest = after;
        }
        resolved + rest
    }
}

/// Parameters, and the conditions of a template that depend on them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver<'a> {
    pub(super) conditions: &'a Mapping,
    pub(super) parameters: &'a Parameters,
}

impl Resolver<'_> {
    /// The text of a value. A list is a text with commas, which is what `!Split` makes a list of.
    pub(super) fn resolve(&self, value: &Value) -> Option<String> {
        match self.chosen(value)? {
            Value::Sequence(values) => {
                let texts: Option<Vec<_>> = values.iter().map(|value| self.resolve(value)).collect();
                texts.map(|texts| texts.join(","))
            }
            Value::Tagged(tagged) if tagged.tag == "Split" => {
                let [separator, text] = tagged.value.as_sequence()?.as_slice() else { return None };
                self.resolve(text).filter(|_| separator == ",")
            }
            value => self.parameters.resolve(value),
        }
    }

    /// The value, or of an `!If` the one of its two that counts.
    pub(super) fn chosen<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let Value::Tagged(tagged) = value else { return Some(value) };
        if tagged.tag != "If" {
            return Some(value);
        }
        let [condition, if_true, if_false] = tagged.value.as_sequence()?.as_slice() else { return None };
        let holds = self.holds(self.conditions.get(condition)?)?;
        Some(if holds { if_true } else { if_false })
    }

    /// Whether a condition holds; `None`, if it isn't understood.
    fn holds(&self, condition: &Value) -> Option<bool> {
        let Value::Tagged(tagged) = condition else { return None };
        if tagged.tag == "Condition" {
            return self.holds(self.conditions.get(&tagged.value)?);
        }
        let arguments = tagged.value.as_sequence()?.as_slice();
        if tagged.tag == "Equals" {
            let [left, right] = arguments else { return None };
            return Some(self.parameters.resolve(left)? == self.parameters.resolve(right)?);
        }
        if tagged.tag == "Not" {
            let [negated] = arguments else { return None };
            return self.holds(negated).map(|holds| !holds);
        }
        None
    }
}

/// What an intrinsic function is applied to, if it is this one.
pub(super) fn argument<'a>(value: &'a Value, function: &str) -> Option<&'a str> {
    let Value::Tagged(tagged) = value else { return None };
    tagged.value.as_str().filter(|_| tagged.tag == function)
}

pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
