//! Intrinsic functions, as far as the templates use them: `!Ref`, `!Sub`, `!GetAtt`, `!Split`, `!Select`, `!If` and
//! conditions.

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

    /// The value of a parameter, if it has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text of a value. A reference to a resource resolves to its logical id, which names it here. A reference to a
    /// parameter that was left empty resolves to empty text, and so does the variable that it sets.
    pub(super) fn resolve(&self, value: &Value) -> Option<String> {
        let Value::Tagged(tagged) = value else { return scalar(value) };
        let TaggedValue { tag, value } = tagged.as_ref();
        if *tag == "Ref" {
            Some(self.reference(value.as_str()?))
        } else if *tag == "GetAtt" {
            Some(value.as_str()?.split('.').next()?.to_owned())
        } else if *tag == "Sub" {
            self.substituted(value)
        } else if *tag == "Select" {
            self.selected(value)
        } else {
            None
        }
    }

    /// The text of a `!Sub`, which may define its own names and values.
    fn substituted(&self, value: &Value) -> Option<String> {
        let (text, names) = match value {
            Value::Sequence(values) => match values.as_slice() {
                [text, names] => (text, names.as_mapping()?.clone()),
                _ => return None,
            },
            text => (text, Mapping::new()),
        };
        let mut known = self.clone();
        for (name, value) in &names {
            known.0.insert(name.as_str()?.to_owned(), self.resolve(value)?);
        }
        Some(known.substitute(text.as_str()?))
    }

    /// The part of a `!Split` that a `!Select` takes.
    fn selected(&self, value: &Value) -> Option<String> {
        let [index, Value::Tagged(split)] = value.as_sequence()?.as_slice() else { return None };
        let [separator, text] = split.value.as_sequence()?.as_slice() else { return None };
        let (index, text) = (usize::try_from(index.as_u64()?).ok()?, self.resolve(text)?);
        text.split(separator.as_str()?).nth(index).filter(|_| split.tag == "Split").map(str::to_owned)
    }

    fn reference(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(value) => value.clone(),
            // Pseudo parameters, like the stack's name, are empty here.
            None if name.starts_with("AWS::") => String::new(),
            // A resource, which goes by its logical id here, or a parameter without a value.
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
    /// The text of a value. A list becomes text with commas, as `!Split` needs it.
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

    /// The value itself, or the chosen branch of an `!If`.
    pub(super) fn chosen<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let Value::Tagged(tagged) = value else { return Some(value) };
        if tagged.tag != "If" {
            return Some(value);
        }
        let [condition, if_true, if_false] = tagged.value.as_sequence()?.as_slice() else { return None };
        let holds = self.holds(self.conditions.get(condition)?)?;
        Some(if holds { if_true } else { if_false })
    }

    /// Whether a resource is there: it names no condition, or one that holds. `None` if that isn't understood.
    pub(super) fn has(&self, resource: &Value) -> Option<bool> {
        match resource.get("Condition") {
            None => Some(true),
            Some(condition) => self.holds(self.conditions.get(condition)?),
        }
    }

    /// Whether a condition holds. `None` if it isn't understood.
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
        let each = arguments.iter().map(|condition| self.holds(condition));
        let each: Vec<bool> = each.collect::<Option<_>>()?;
        if tagged.tag == "And" {
            Some(each.into_iter().all(|holds| holds))
        } else if tagged.tag == "Or" {
            Some(each.into_iter().any(|holds| holds))
        } else {
            None
        }
    }
}

/// The argument of this intrinsic function, if the value is a call of it.
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
