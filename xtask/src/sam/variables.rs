//! The environment of each function in the template.

use std::collections::BTreeMap;

use serde_json::Value;

use super::translated::Translated;
use crate::shell::TaskError;

/// The variables of a function, by name.
pub(super) type Variables = BTreeMap<String, String>;

impl Translated {
    /// The variables of this function. A reference to a resource becomes its logical id, as `cargo run` names the
    /// tables. A reference to a parameter becomes its value in `parameters`, or its default. Of an `Fn::If`, the chosen
    /// alternative counts.
    pub(super) fn variables(
        &self,
        function: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Variables, TaskError> {
        let mut functions = self.of_type("AWS::Lambda::Function").filter(|(id, _)| *id == function);
        let (_, found) =
            functions.next().ok_or_else(|| TaskError(format!("the template has no {function}")))?;
        let variables = found["Properties"]["Environment"]["Variables"].as_object().into_iter().flatten();
        variables
            .map(|(name, value)| {
                let value = self.resolve(value, parameters);
                let value =
                    value.ok_or_else(|| TaskError(format!("{function}: {name} is not understood")))?;
                Ok((name.clone(), value))
            })
            .collect()
    }

    /// The time limit of this function in seconds.
    pub(super) fn timeout(&self, function: &str) -> u64 {
        let mut functions = self.of_type("AWS::Lambda::Function").filter(|(id, _)| *id == function);
        functions.next().and_then(|(_, found)| found["Properties"]["Timeout"].as_u64()).unwrap_or_default()
    }

    fn resolve(&self, value: &Value, parameters: &[(&str, &str)]) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Object(_) if value.get("Fn::If").is_some() => {
                let alternatives = &value["Fn::If"];
                let condition = self.condition(alternatives[0].as_str()?)?;
                let chosen = if self.holds(condition, parameters)? { 1 } else { 2 };
                self.resolve(&alternatives[chosen], parameters)
            }
            Value::Object(_) => {
                let name = value["Ref"].as_str()?;
                let given = parameters.iter().find(|(parameter, _)| *parameter == name);
                match (given, self.parameter(name)) {
                    (Some((_, given)), _) => Some((*given).to_owned()),
                    (None, Some(parameter)) => self.resolve(parameter.get("Default")?, parameters),
                    (None, None) => Some(name.to_owned()),
                }
            }
            Value::Null | Value::Array(_) => None,
        }
    }

    /// Whether a condition holds that compares a parameter with a text. `None` for any other condition.
    fn holds(&self, condition: &Value, parameters: &[(&str, &str)]) -> Option<bool> {
        if let Some(negated) = condition.get("Fn::Not") {
            return self.holds(&negated[0], parameters).map(|holds| !holds);
        }
        let [left, right] = condition["Fn::Equals"].as_array()?.as_slice() else { return None };
        Some(self.resolve(left, parameters)? == self.resolve(right, parameters)?)
    }
}
