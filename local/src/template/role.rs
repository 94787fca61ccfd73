//! Roles: the rights of functions. Each role is a resource of the template, never one that SAM generates.

use serde_yaml_ng::{Mapping, Value};

use super::{
    property::{TemplateError, at, missing},
    resolve::{Resolver, argument},
};

/// A statement of an IAM policy: actions on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The actions, like `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// The logical id of the resource; `*` for all of them.
    pub resource: String,
}

/// Reads roles and the policies that they name.
pub(super) struct Roles<'a> {
    pub(super) resources: &'a Mapping,
    pub(super) resolver: Resolver<'a>,
}

impl<'a> Roles<'a> {
    /// The statements of a function's role: its own, and those of the template's managed policies that it names.
    pub(super) fn statements(
        &self,
        function: &Value,
    ) -> Result<(Vec<Statement>, Vec<Statement>), TemplateError> {
        let role = at(function, &["Properties", "Role"]).and_then(|role| argument(role, "GetAtt"));
        let role = role.and_then(|role| role.strip_suffix(".Arn")).ok_or_else(|| missing("a Role"))?;
        let properties = self.properties(role, "AWS::IAM::Role")?;
        let list = |name: &str| properties.get(name).and_then(Value::as_sequence);
        let mut own = Vec::new();
        for policy in list("Policies").ok_or_else(|| missing(format!("{role}.Policies")))? {
            own.extend(self.document(role, policy)?);
        }
        let mut named = Vec::new();
        for policy in list("ManagedPolicyArns").into_iter().flatten() {
            // A policy of AWS may allow more than the function needs, and can change.
            let id = argument(policy, "Ref").ok_or_else(|| missing(format!("a managed policy of {role}")))?;
            named.extend(self.document(id, self.properties(id, "AWS::IAM::ManagedPolicy")?)?);
        }
        Ok((own, named))
    }

    fn properties(&self, id: &str, kind: &str) -> Result<&'a Value, TemplateError> {
        let resource =
            self.resources.get(id).filter(|resource| at(resource, &["Type"]) == Some(&kind.into()));
        resource
            .and_then(|resource| resource.get("Properties"))
            .ok_or_else(|| missing(format!("{kind} {id}")))
    }

    /// The statements of a policy document, without those whose condition is false.
    fn document(&self, id: &str, policy: &Value) -> Result<Vec<Statement>, TemplateError> {
        let fault = || missing(format!("a policy of {id}"));
        let statements = at(policy, &["PolicyDocument", "Statement"]).and_then(Value::as_sequence);
        let mut read = Vec::new();
        for statement in statements.ok_or_else(fault)? {
            let statement = self.resolver.chosen(statement).ok_or_else(fault)?;
            if argument(statement, "Ref") != Some("AWS::NoValue") {
                read.push(self.statement(statement).ok_or_else(fault)?);
            }
        }
        Ok(read)
    }

    fn statement(&self, statement: &Value) -> Option<Statement> {
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        let actions = statement.get("Action").and_then(Value::as_sequence).filter(|_| allows)?;
        let actions = actions.iter().map(|action| action.as_str().map(str::to_owned));
        let resource = self.resolver.resolve(statement.get("Resource")?)?;
        Some(Statement { actions: actions.collect::<Option<_>>()?, resource })
    }
}
