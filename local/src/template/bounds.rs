//! Checks parameters against the template, as CloudFormation does before a deployment.

use regex_lite::Regex;
use serde_yaml_ng::{Mapping, Value};
use shared::{duration, environment::EnvironmentError};

use super::{Parameters, Template, near, resolve::scalar};

/// A parameter that the template doesn't have, or a value that it doesn't allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// No such parameter.
    #[error("template.yaml has no parameter {name}{}", near::hint(.near.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// The parameter with the most similar name.
        near: Option<String>,
    },
    /// The template doesn't allow the value.
    #[error("the parameter {name} can't be {value}: it {bound} (template.yaml, line {line})")]
    Refused {
        /// The parameter.
        name: String,
        /// The value, hidden if the parameter is secret.
        value: String,
        /// The rule that the value breaks.
        bound: String,
        /// The template's line.
        line: usize,
    },
    /// The template allows the value, but a function rejects it.
    #[error("the parameter {name} can't be {value}: {reason} (template.yaml, line {line})")]
    Unusable {
        /// The parameter.
        name: String,
        /// The value, hidden if the parameter is secret.
        value: String,
        /// The function's reason.
        reason: String,
        /// The template's line.
        line: usize,
    },
}

impl Template {
    /// Checks a value against the parameter's type, `AllowedValues`, `AllowedPattern`, `MinValue`, `MaxValue`,
    /// `MinLength` and `MaxLength`.
    ///
    /// # Errors
    ///
    /// [`ParameterError`]. It never contains the value of a `NoEcho` parameter.
    pub fn check(&self, name: &str, value: &str) -> Result<(), ParameterError> {
        let Some(parameter) = self.parameter(name) else {
            let names = self.parameters.keys().filter_map(Value::as_str);
            return Err(ParameterError::Unknown { name: name.to_owned(), near: near::nearest(name, names) });
        };
        let kind = text(parameter, "Type").unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let parts = if is_list { value.split(',').map(str::trim).collect() } else { vec![value] };
        let violated = parts.into_iter().find_map(|part| violated(parameter, &kind, part));
        violated.map_or(Ok(()), |bound| {
            Err(ParameterError::Refused {
                name: name.to_owned(),
                value: shown(parameter, value),
                bound,
                line: self.line_of(name),
            })
        })
    }
}

impl Template {
    /// Turns a function's error about a variable into an error about the parameter that sets it. `None` if no parameter
    /// does.
    pub fn refused(&self, parameters: &Parameters, error: &EnvironmentError) -> Option<ParameterError> {
        let (variable, reason) = match error {
            EnvironmentError::Missing(variable) => (variable, "it needs a value".to_owned()),
            EnvironmentError::Malformed(variable) => (variable, "it is malformed".to_owned()),
            EnvironmentError::Unusable(variable, reason) => (variable, reason.clone()),
            EnvironmentError::Seconds { name, min, max } => {
                (name, format!("it must be a whole number of seconds from {min} to {max}"))
            }
            EnvironmentError::Count { name, min, max } => {
                (name, format!("it must be a whole number from {min} to {max}"))
            }
        };
        let name = self.parameters_by_variable().remove(*variable)?;
        let value = shown(self.parameter(&name)?, parameters.value(&name).unwrap_or_default());
        let line = self.line_of(&name);
        Some(ParameterError::Unusable { name, value, reason, line })
    }
}

/// The rule that the value breaks, if it breaks one.
fn violated(parameter: &Mapping, kind: &str, value: &str) -> Option<String> {
    let allowed: Vec<String> = parameter
        .get("AllowedValues")
        .and_then(Value::as_sequence)
        .map(|values| values.iter().filter_map(scalar).collect())
        .unwrap_or_default();
    if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == value) {
        let near = near::nearest(value, allowed.iter().map(String::as_str));
        return Some(format!("must be one of {}{}", allowed.join(", "), near::hint(near.as_deref())));
    }
    // The template's own explanation is the best, if it has one.
    let constraint = |otherwise: String| text(parameter, "ConstraintDescription").unwrap_or(otherwise);
    if kind == "Number" || kind == "List<Number>" {
        return number(parameter, value)
            .map(|bound| if allowed.is_empty() { constraint(bound) } else { bound });
    }
    let length = value.chars().count() as u64;
    let bound = |name: &str| parameter.get(name).and_then(scalar).and_then(|bound| bound.parse::<u64>().ok());
    if let Some(max) = bound("MaxLength").filter(|max| length > *max) {
        return Some(format!("has {length} characters, and at most {max} are allowed"));
    }
    if let Some(min) = bound("MinLength").filter(|min| length < *min) {
        return Some(format!("has {length} characters, and at least {min} are needed"));
    }
    let pattern = text(parameter, "AllowedPattern")?;
    let is_match = Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(value));
    (!is_match).then(|| constraint(format!("must match {pattern}")))
}

fn number(parameter: &Mapping, value: &str) -> Option<String> {
    let bound = |name: &str| parameter.get(name).and_then(scalar);
    let range = match (bound("MinValue"), bound("MaxValue")) {
        (Some(min), Some(max)) => format!("must be a number from {min} to {max}"),
        (Some(min), None) => format!("must be a number of at least {min}"),
        (None, Some(max)) => format!("must be a number of at most {max}"),
        (None, None) => "must be a number".to_owned(),
    };
    let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        let seconds = duration::parse(value).map(|seconds| format!("; {value} is {seconds} seconds"));
        return Some(range + &seconds.unwrap_or_default());
    };
    let parsed = |name: &str| bound(name).and_then(|bound| bound.parse::<f64>().ok());
    let is_within = parsed("MinValue").is_none_or(|min| number >= min)
        && parsed("MaxValue").is_none_or(|max| number <= max);
    (!is_within).then_some(range)
}

fn text(parameter: &Mapping, name: &str) -> Option<String> {
    parameter.get(name).and_then(scalar)
}

/// The value in quotes, unless it is secret.
fn shown(parameter: &Mapping, value: &str) -> String {
    if text(parameter, "NoEcho").is_some_and(|no_echo| no_echo.eq_ignore_ascii_case("true")) {
        "what was given".to_owned()
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
Parameters:
  Size: { Type: Number, MinValue: 1, MaxValue: 10 }
  Kind: { Type: String, AllowedValues: [session, denylist] }
  Word: { Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: must be a word }
  Long: { Type: String, MinLength: 2, MaxLength: 3 }
  List: { Type: CommaDelimitedList, AllowedPattern: '[a-z]+' }
  Secret:
    Type: String
    NoEcho: true
    AllowedPattern: '[a-z]+'
Resources: {}
Conditions: {}
Outputs: {}
";

    fn said(name: &str, value: &str) -> String {
        let template = Template::checked("template.yaml", SOURCE).unwrap();
        template.check(name, value).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn a_value_must_meet_the_templates_constraints() {
        for (name, value) in [
            ("Size", "10"),
            ("Size", "1.5"),
            ("Kind", "session"),
            ("Word", "word"),
            ("Long", "äöü"),
            ("List", "a, b,c"),
            ("Secret", "word"),
        ] {
            assert_eq!(said(name, value), "fine", "{name} {value}");
        }
        for (name, value, expected) in [
            (
                "Size",
                "11",
                "the parameter Size can't be \"11\": it must be a number from 1 to 10 (template.yaml, line 2)",
            ),
            ("Size", "NaN", "it must be a number from 1 to 10"),
            ("Size", "2m", "from 1 to 10; 2m is 120 seconds"),
            ("Kind", "sesion", "must be one of session, denylist: did you mean session?"),
            ("Word", "two words", "\"two words\": it must be a word"),
            ("Word", "word\n", "must be a word"),
            ("Long", "x", "has 1 characters, and at least 2 are needed (template.yaml, line 5)"),
            ("Long", "xxxx", "at most 3 are allowed"),
            ("List", "a,B", "must match [a-z]+"),
            ("Wrod", "x", "template.yaml has no parameter Wrod: did you mean Word?"),
            ("Nothing", "x", "template.yaml has no parameter Nothing"),
        ] {
            assert!(said(name, value).contains(expected), "{name} {value}: {}", said(name, value));
        }
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let said = said("Secret", "HUNTER2");
        assert!(said.contains("Secret can't be what was given") && !said.contains("HUNTER2"), "{said}");
    }

    #[test]
    fn every_default_of_the_project_is_allowed_and_every_pattern_is_understood() {
        let template = Template::of_project().unwrap();
        for (name, parameter) in &template.parameters {
            let (name, parameter) = (name.as_str().unwrap(), parameter.as_mapping().unwrap());
            if let Some(default) = text(parameter, "Default") {
                assert_eq!(template.check(name, &default), Ok(()), "{name}");
            }
            if let Some(pattern) = text(parameter, "AllowedPattern") {
                assert!(Regex::new(&pattern).is_ok(), "{name}");
            }
        }
        assert_eq!(template.check("Issuer", "https://login.example.com"), Ok(()));
        let said = template.check("SopeRules", "").unwrap_err().to_string();
        assert!(said.ends_with("did you mean ScopeRules?"), "{said}");
    }
}
