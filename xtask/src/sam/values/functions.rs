//! CloudFormation's intrinsic functions.

use serde_json::{Map, Value, json};

use super::{
    conditions::{Resolver, only, unknown},
    samples::text,
};
use crate::shell::TaskError;

const ACCOUNT: &str = "123456789012";
const STACK: &str = "latchgate";

impl Resolver<'_> {
    /// The resolved value. `None` stands for `AWS::NoValue`.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, TaskError> {
        if let Some((name, argument)) = only(value)
            && (name == "Ref" || name.starts_with("Fn::"))
        {
            return self.function(name, argument);
        }
        Ok(Some(match value {
            Value::Object(members) => {
                let mut resolved = Map::new();
                for (name, member) in members {
                    if let Some(member) = self.resolve(member)? {
                        resolved.insert(name.clone(), member);
                    }
                }
                Value::Object(resolved)
            }
            Value::Array(members) => {
                let resolved: Result<Vec<_>, _> = members.iter().map(|member| self.resolve(member)).collect();
                Value::Array(resolved?.into_iter().flatten().collect())
            }
            scalar => scalar.clone(),
        }))
    }

    fn function(&self, name: &str, argument: &Value) -> Result<Option<Value>, TaskError> {
        let call = |argument: Value| Value::Object(Map::from_iter([(name.to_owned(), argument)]));
        if name == "Fn::If" {
            let holds = self.condition(argument[0].as_str().unwrap_or_default())?;
            return self.resolve(&argument[if holds { 1 } else { 2 }]);
        }
        if name == "Fn::Sub" {
            return self.substitute(argument).map(Some);
        }
        let argument = self.resolve(argument)?.unwrap_or_default();
        Ok(Some(match (name, &argument) {
            ("Ref", Value::String(referred)) => return self.reference(referred),
            ("Fn::GetAtt", attribute) => {
                let of = attribute.as_str().and_then(|text| text.split('.').next()).or(attribute[0].as_str());
                self.must_exist(of.unwrap_or_default())?;
                call(argument)
            }
            ("Fn::Join", joined) => join(joined).unwrap_or_else(|| call(argument)),
            ("Fn::Split", split) => match (split[0].as_str(), split[1].as_str()) {
                (Some(by), Some(text)) => text.split(by).map(Value::from).collect(),
                _ => call(argument),
            },
            ("Fn::Select", select) => match select[1].as_array() {
                Some(members) => {
                    let index: usize = text(&select[0]).parse().map_err(|_| unknown(select))?;
                    members.get(index).cloned().ok_or_else(|| unknown(select))?
                }
                None => call(argument),
            },
            ("Fn::FindInMap", path) => {
                let found = &self.template["Mappings"][text(&path[0])][text(&path[1])][text(&path[2])];
                if found.is_null() {
                    return Err(unknown(&call(argument)));
                }
                found.clone()
            }
            ("Fn::ImportValue" | "Fn::Base64" | "Fn::GetAZs" | "Fn::Cidr", _) => call(argument),
            _ => return Err(unknown(&call(argument))),
        }))
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, TaskError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.known(name) {
            let kind = self.template["Parameters"][name]["Type"].as_str().unwrap_or_default();
            let is_list = kind.starts_with("List<") || kind == "CommaDelimitedList";
            return Ok(Some(if is_list {
                value.split(',').map(Value::from).collect()
            } else {
                value.into()
            }));
        }
        self.must_exist(name)?;
        Ok(Some(json!({ "Ref": name })))
    }

    /// The value of a parameter or pseudo parameter.
    fn known(&self, name: &str) -> Option<String> {
        let partition = self.world.partition();
        let region = partition.region;
        Some(match name {
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => partition.name.to_owned(),
            "AWS::Region" => region.to_owned(),
            "AWS::StackId" => {
                format!("arn:{}:cloudformation:{region}:{ACCOUNT}:stack/{STACK}/0", partition.name)
            }
            "AWS::StackName" => STACK.to_owned(),
            "AWS::URLSuffix" => partition.suffix.to_owned(),
            parameter => return self.world.values.get(parameter).cloned(),
        })
    }

    fn must_exist(&self, resource: &str) -> Result<(), TaskError> {
        let missing = || TaskError(format!("{resource} is referred to, and isn't there"));
        if self.exists(resource)? { Ok(()) } else { Err(missing()) }
    }

    /// `Fn::Sub`: text if everything is known, otherwise an `Fn::Sub` of the unknown parts.
    fn substitute(&self, argument: &Value) -> Result<Value, TaskError> {
        let template = argument.as_str().or(argument[0].as_str()).ok_or_else(|| unknown(argument))?;
        let own = self.resolve(&argument[1])?.unwrap_or_default();
        let (mut done, mut unknowns, mut is_text) = (String::new(), Map::new(), true);
        let mut parts = template.split("${");
        done.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(|| unknown(argument))?;
            let value = match own.get(name) {
                Some(Value::String(value)) => Some(value.clone()),
                Some(value) => {
                    unknowns.insert(name.to_owned(), value.clone());
                    None
                }
                None => match name.strip_prefix('!') {
                    Some(literal) => Some(format!("${{{literal}}}")),
                    None => self.known(name),
                },
            };
            if let Some(value) = value {
                done.push_str(&value.replace("${", "${!"));
            } else {
                if own.get(name).is_none() {
                    self.must_exist(name.split('.').next().unwrap_or_default())?;
                }
                is_text = false;
                done.extend(["${", name, "}"]);
            }
            done.push_str(rest);
        }
        Ok(match (is_text, unknowns.is_empty()) {
            (true, _) => done.replace("${!", "${").into(),
            (false, true) => json!({ "Fn::Sub": done }),
            (false, false) => json!({ "Fn::Sub": [done, unknowns] }),
        })
    }
}

fn join(argument: &Value) -> Option<Value> {
    let members: Option<Vec<&str>> = argument[1].as_array()?.iter().map(Value::as_str).collect();
    Some(members?.join(argument[0].as_str()?).into())
}

#[cfg(test)]
mod tests {
    use super::{super::world::World, *};

    /// Resolves an expression in China, with `Name` and `Empty`, a condition that holds, and a resource that doesn't
    /// exist.
    fn resolved(expression: &Value) -> Result<Option<Value>, TaskError> {
        let template = json!({
            "Parameters": { "Name": { "Type": "String" }, "Empty": { "Type": "String" }, "List": { "Type": "CommaDelimitedList" } },
            "Mappings": { "Hosts": { "aws-cn": { "Console": "amazonaws.cn" } } },
            "Conditions": {
                "IsNamed": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Name" }, ""] }] },
                "IsEmpty": { "Fn::And": [{ "Condition": "IsNamed" }, { "Fn::Equals": [{ "Ref": "Empty" }, 0] }] },
            },
            "Resources": { "Table": { "Type": "X" }, "Gone": { "Type": "X", "Condition": "IsEmpty" } },
        });
        let values = [("Name", "a${b"), ("Empty", ""), ("List", "a,b")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let world = World { partition: 1, name: String::new(), values };
        Resolver { template: &template, world: &world }.resolve(expression)
    }

    #[test]
    fn known_values_are_substituted() {
        let cases = [
            (json!({ "Ref": "Name" }), json!("a${b")),
            (json!({ "Ref": "List" }), json!(["a", "b"])),
            (json!({ "Fn::If": ["IsNamed", { "Ref": "AWS::Region" }, "x"] }), json!("cn-north-1")),
            (json!({ "Fn::If": ["IsEmpty", "x", ["y", { "Ref": "AWS::NoValue" }]] }), json!(["y"])),
            (json!({ "Fn::Join": ["-", ["a", { "Ref": "Empty" }, "b"]] }), json!("a--b")),
            (json!({ "Fn::Select": ["1", { "Fn::Split": [",", "a,b"] }] }), json!("b")),
            (
                json!({ "Fn::FindInMap": ["Hosts", { "Ref": "AWS::Partition" }, "Console"] }),
                json!("amazonaws.cn"),
            ),
            (json!({ "Fn::Sub": "${Name}.${AWS::URLSuffix}${!x}" }), json!("a${b.amazonaws.com.cn${x}")),
            (json!({ "Fn::Sub": ["${X}-${Name}", { "X": { "Ref": "Name" } }] }), json!("a${b-a${b")),
        ];
        for (expression, expected) in cases {
            assert_eq!(resolved(&expression).unwrap(), Some(expected), "{expression}");
        }
    }

    #[test]
    fn values_that_only_a_stack_knows_stay() {
        let cases = [
            (json!({ "Ref": "Table" }), json!({ "Ref": "Table" })),
            (json!({ "Fn::GetAtt": ["Table", "Arn"] }), json!({ "Fn::GetAtt": ["Table", "Arn"] })),
            (json!({ "Fn::Sub": "${Table.Arn}/${Name}" }), json!({ "Fn::Sub": "${Table.Arn}/a${!b" })),
            (
                json!({ "Fn::Sub": ["${X}${AWS::Partition}", { "X": { "Fn::ImportValue": { "Fn::Sub": "${Empty}b" } } }] }),
                json!({ "Fn::Sub": ["${X}aws-cn", { "X": { "Fn::ImportValue": "b" } }] }),
            ),
            (
                json!({ "Fn::Join": ["", ["a", { "Ref": "Table" }]] }),
                json!({ "Fn::Join": ["", ["a", { "Ref": "Table" }]] }),
            ),
        ];
        for (expression, expected) in cases {
            assert_eq!(resolved(&expression).unwrap(), Some(expected), "{expression}");
        }
    }

    #[test]
    fn an_expression_that_cloudformation_would_refuse_is_an_error() {
        for refused in [
            json!({ "Ref": "Gone" }),
            json!({ "Ref": "Nowhere" }),
            json!({ "Fn::GetAtt": "Gone.Arn" }),
            json!({ "Fn::Sub": "${Gone.Arn}" }),
            json!({ "Fn::If": ["Nowhere", "x", "y"] }),
            json!({ "Fn::FindInMap": ["Hosts", "aws", "Console"] }),
            json!({ "Fn::Select": [2, ["a", "b"]] }),
            json!({ "Fn::Nothing": [] }),
        ] {
            assert!(resolved(&refused).is_err(), "{refused}");
        }
    }
}
