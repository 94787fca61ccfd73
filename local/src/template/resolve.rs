//! Intrinsic functions, as far as the template uses them: `!Ref`, `!Sub` and `!GetAtt`.

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

/// What an intrinsic function is applied to, if it is this one.
pub(super) fn argument<'a>(value: &'a Value, function: &str) -> Option<&'a str> {
    let Value::Tagged(tagged) = value else { return None };
    tagged.value.as_str().filter(|_| tagged.tag == function)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
