//! A translated template with values: its parameters, conditions and functions are resolved as CloudFormation does.
//!
//! Values that only exist with a resource stay: `Ref` and `Fn::GetAtt` of a resource, and `Fn::ImportValue`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{conditions::Resolver, world::World};
use crate::shell::TaskError;

/// The resources and outputs for one set of values.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) resources: Map<String, Value>,
    pub(super) outputs: Map<String, Value>,
    /// The conditions that hold.
    pub(super) conditions: BTreeSet<String>,
    /// The names of API deployments with SAM's suffix. In `resources` they lack it.
    pub(super) deployments: BTreeSet<String>,
}

impl Resolved {
    /// Resolves a template. `None` if its rules refuse these values.
    pub(super) fn new(translated: &Value, world: &World) -> Result<Option<Self>, TaskError> {
        let deployments = deployments(translated);
        let translated = &renamed(translated, &deployments)?;
        let resolver = Resolver { template: translated, world };
        let resolve = || {
            if !resolver.rules_hold()? {
                return Ok(None);
            }
            let resources = resolver.present("Resources")?;
            let outputs = resolver.present("Outputs")?;
            let mut conditions = BTreeSet::new();
            for name in names(&translated["Conditions"]) {
                if resolver.condition(name)? {
                    conditions.insert(name.to_owned());
                }
            }
            Ok(Some(Self { resources, outputs, conditions, deployments }))
        };
        resolve().map_err(|TaskError(e)| TaskError(format!("with the values {}: {e}", world.name)))
    }

    /// As a template for CloudFormation or a linter.
    pub(super) fn template(&self) -> Value {
        json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": self.resources, "Outputs": self.outputs })
    }
}

/// The length of a deployment name's suffix, ten digits of a hash.
const HASH: usize = 10;

fn deployments(translated: &Value) -> BTreeSet<String> {
    let resources = translated["Resources"].as_object().into_iter().flatten();
    let deployments = resources.filter(|(_, resource)| resource["Type"] == "AWS::ApiGateway::Deployment");
    deployments.map(|(name, _)| name.clone()).filter(|name| name.len() > HASH).collect()
}

fn renamed(translated: &Value, deployments: &BTreeSet<String>) -> Result<Value, TaskError> {
    let mut text = translated.to_string();
    for name in deployments {
        text = text.replace(name, &name[..name.len() - HASH]);
    }
    serde_json::from_str(&text).map_err(|e| TaskError(e.to_string()))
}

fn names(section: &Value) -> impl Iterator<Item = &str> {
    section.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}
