//! The conditions and rules of a template, which decide whether its resources exist.

use serde_json::{Map, Value};

use super::{samples::text, world::World};
use crate::shell::TaskError;

/// A translated template, and the values to resolve it with.
pub(super) struct Resolver<'a> {
    pub(super) template: &'a Value,
    pub(super) world: &'a World,
}

impl Resolver<'_> {
    /// The existing members of a section, resolved.
    pub(super) fn present(&self, section: &str) -> Result<Map<String, Value>, TaskError> {
        let mut present = Map::new();
        for (name, member) in self.template[section].as_object().into_iter().flatten() {
            if !self.is_present(member)? {
                continue;
            }
            let resolved = self.resolve(member).map_err(|TaskError(e)| TaskError(format!("{name}: {e}")))?;
            let Some(Value::Object(mut resolved)) = resolved else { continue };
            resolved.remove("Condition");
            // CloudFormation ignores dependencies that don't exist.
            let is_there =
                |name: &Value| name.as_str().is_some_and(|name| self.exists(name).unwrap_or_default());
            match resolved.get_mut("DependsOn") {
                Some(Value::Array(needed)) => needed.retain(is_there),
                Some(needed) if !is_there(needed) => {
                    resolved.remove("DependsOn");
                }
                _ => {}
            }
            present.insert(name.clone(), Value::Object(resolved));
        }
        Ok(present)
    }

    fn is_present(&self, member: &Value) -> Result<bool, TaskError> {
        member["Condition"].as_str().map_or(Ok(true), |name| self.condition(name))
    }

    pub(super) fn exists(&self, resource: &str) -> Result<bool, TaskError> {
        self.template["Resources"].get(resource).map_or(Ok(false), |resource| self.is_present(resource))
    }

    pub(super) fn rules_hold(&self) -> Result<bool, TaskError> {
        for (_, rule) in self.template["Rules"].as_object().into_iter().flatten() {
            if rule.get("RuleCondition").map_or(Ok(true), |condition| self.holds(condition))? {
                for assertion in rule["Assertions"].as_array().into_iter().flatten() {
                    if !self.holds(&assertion["Assert"])? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    pub(super) fn condition(&self, name: &str) -> Result<bool, TaskError> {
        let condition = self.template["Conditions"].get(name);
        self.holds(condition.ok_or_else(|| TaskError(format!("there is no condition {name}")))?)
    }

    fn holds(&self, expression: &Value) -> Result<bool, TaskError> {
        let (name, argument) = only(expression).ok_or_else(|| unknown(expression))?;
        let of = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match name {
            "Condition" => self.condition(argument.as_str().unwrap_or_default()),
            "Fn::Not" => Ok(!self.holds(&argument[0])?),
            "Fn::And" => of(argument).iter().try_fold(true, |all, one| Ok(all & self.holds(one)?)),
            "Fn::Or" => of(argument).iter().try_fold(false, |any, one| Ok(any | self.holds(one)?)),
            "Fn::Equals" => Ok(self.scalar(&argument[0])? == self.scalar(&argument[1])?),
            "Fn::Contains" => {
                let wanted = self.scalar(&argument[1])?;
                of(&argument[0]).iter().try_fold(false, |any, one| Ok(any | (self.scalar(one)? == wanted)))
            }
            _ => Err(unknown(expression)),
        }
    }

    /// A value that has to be known. CloudFormation compares values as text.
    fn scalar(&self, value: &Value) -> Result<String, TaskError> {
        match self.resolve(value)? {
            Some(known @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => Ok(text(&known)),
            _ => Err(unknown(value)),
        }
    }
}

/// The name and value of an object's only member.
pub(super) fn only(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.iter().next().map(|(name, value)| (name.as_str(), value))
}

pub(super) fn unknown(expression: &Value) -> TaskError {
    TaskError(format!("xtask/src/sam/values doesn't know what CloudFormation makes of {expression}"))
}
