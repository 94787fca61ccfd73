//! Resolves the templates with values in several partitions, as CloudFormation does. Checks the results against its
//! registry's schemas, and checks the effect of updating each parameter.
//!
//! A new parameter needs a row in docs/operations/parameters.md. If it is free text, it also needs values in
//! `samples.rs`.

mod conditions;
mod functions;
mod page;
mod partition;
mod resolved;
mod samples;
mod update;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs,
    io::ErrorKind,
};

use serde_json::{Value, json};

use self::{
    page::Effects,
    resolved::Resolved,
    update::{Fate, Replacing, Update},
    world::{PARTITIONS, Parameters, Partition, World},
};
use super::{
    templates::{ALARMS_TEMPLATE, HTTP_TEMPLATE, TEMPLATE},
    tools::Tools,
};
use crate::shell::{TaskError, root, run};

/// Resources with the users' data, or with names that clients know. None may be replaced, and none removed unless it
/// outlives the stack.
const STATE: [&str; 7] = [
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::SecretsManager::Secret",
];

/// Intended exceptions: another domain is another name.
const MEANT: [(&str, &str); 2] = [("DomainName", "ApiDomain"), ("DomainName", "Domain")];

/// The folder of the resolved templates, with a subfolder for each region.
const RESOLVED: &str = "target/values";
const SAMPLES: &str = "xtask/src/sam/values/samples.rs";

/// The number of worlds checked in other partitions: one with the defaults, and one that uses everything.
const ELSEWHERE: usize = 2;
/// The number of worlds in which updates begin: these two, and a third with the options that exclude those of the
/// second.
const UPDATED: usize = 3;

/// Takes a minute and a half on two processors: half for the translation, once for each value of each parameter, half for the linter.
pub(super) fn check(tools: &Tools, examples: &[&str]) -> Result<(), TaskError> {
    let ours = [TEMPLATE, HTTP_TEMPLATE, ALARMS_TEMPLATE];
    let stacks = ours.iter().chain(examples).map(|template| Stack::read(template));
    let stacks = stacks.collect::<Result<Vec<_>, _>>()?;
    let settings = |stack: &Stack| stack.all().map(|world| world.setting(stack.template)).collect::<Vec<_>>();
    let settings: Vec<Value> = stacks.iter().flat_map(settings).collect();
    let mut answer = tools.translations(&json!(settings))?;
    let replacing = serde_json::from_value(answer["replacing"].take());
    let replacing: Replacing = replacing.map_err(|e| TaskError(e.to_string()))?;
    let mut translations = answer["translations"].as_array().into_iter().flatten();

    let cleared = fs::remove_dir_all(root().join(RESOLVED));
    cleared.or_else(|e| {
        if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(TaskError(format!("{RESOLVED}: {e}"))) }
    })?;
    let mut faults = Vec::new();
    for stack in &stacks {
        let resolved = stack.all().zip(translations.by_ref());
        let resolved = resolved.map(|(world, translation)| Resolved::new(translation, world));
        let checked = resolved
            .collect::<Result<Vec<_>, _>>()
            .and_then(|resolved| stack.check(&resolved, &replacing, ours.contains(&stack.template)));
        if let Err(TaskError(fault)) = checked {
            faults.push(format!("{}: {fault}", stack.template));
        }
    }
    if !faults.is_empty() {
        return Err(TaskError(faults.join("\n")));
    }
    lint(tools)
}

/// Lints the resolved templates with the schemas of their regions.
fn lint(tools: &Tools) -> Result<(), TaskError> {
    for Partition { region, .. } in PARTITIONS.iter().filter(|partition| partition.name != "aws-iso") {
        let files = format!("{RESOLVED}/{region}/*.json");
        run(&mut tools.program("cfn-lint", &["--regions", region, "--", &files]))?;
    }
    Ok(())
}

/// A template, and the sets of values to try.
struct Stack<'a> {
    template: &'a str,
    conditions: Vec<String>,
    worlds: Vec<World>,
    /// Updates of single parameters: the parameter, the index of the initial world, and the resulting world.
    updates: Vec<(String, usize, World)>,
}

impl<'a> Stack<'a> {
    fn read(template: &'a str) -> Result<Self, TaskError> {
        let failed = |e: &dyn Display| TaskError(format!("{template}: {e}"));
        let text = fs::read_to_string(root().join(template)).map_err(|e| failed(&e))?;
        let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).map_err(|e| failed(&e))?;
        let parameters = serde_json::to_value(yaml.get("Parameters")).map_err(|e| failed(&e))?;
        let parameters = parameters.as_object().cloned().unwrap_or_default();
        let conditions = yaml.get("Conditions").and_then(|conditions| conditions.as_mapping()).into_iter();
        let conditions =
            conditions.flatten().filter_map(|(name, _)| name.as_str().map(str::to_owned)).collect();
        let worlds = worlds(&parameters).map_err(|TaskError(e)| failed(&e))?;
        let updates = updates(&parameters, &worlds)?;
        Ok(Self { template, conditions, worlds, updates })
    }

    fn all(&self) -> impl Iterator<Item = &World> {
        self.worlds.iter().chain(self.updates.iter().map(|(_, _, world)| world))
    }

    /// Checks the resolved template in each world. It is `None` where the template's rules refuse the world.
    fn check(
        &self,
        resolved: &[Option<Resolved>],
        replacing: &Replacing,
        is_ours: bool,
    ) -> Result<(), TaskError> {
        let (of_worlds, of_updates) = resolved.split_at(self.worlds.len());
        self.every_condition_is_switched(resolved)?;
        for (world, resolved) in self.worlds.iter().zip(of_worlds) {
            let refused =
                || TaskError(format!("its own rules refuse the values {}: see samples.rs", world.name));
            let resolved = resolved.as_ref().ok_or_else(refused)?;
            let named = partition::check(world.partition(), &resolved.template());
            named.map_err(|e| TaskError(format!("{}: {e}", world.name)))?;
            self.write(world, resolved)?;
        }

        let mut effects: BTreeMap<&str, Effects> = BTreeMap::new();
        for ((parameter, index, _), after) in self.updates.iter().zip(of_updates) {
            let effects = effects.entry(parameter).or_default();
            // The template's rules refuse such an update.
            let (Some(before), Some(after)) = (&of_worlds[*index], after) else { continue };
            for (before, after) in [(before, after), (after, before)] {
                let update = Update::new(before, after, replacing);
                is_harmless(parameter, &update)?;
                effects.add(&update);
            }
        }
        if let Some((parameter, _)) = effects.iter().find(|(_, effects)| effects.is_empty()) {
            return Err(TaskError(format!(
                "no value of {parameter} changes anything: give it, or what it depends on, others in {SAMPLES}"
            )));
        }
        if is_ours {
            page::check(self.template, &effects, functions(resolved))?;
        }
        println!(
            "{}: {} sets of values; {} updates, which do what they are meant to",
            self.template,
            self.worlds.len(),
            2 * self.updates.len()
        );
        Ok(())
    }

    /// Otherwise one side of the condition would go unchecked.
    fn every_condition_is_switched(&self, resolved: &[Option<Resolved>]) -> Result<(), TaskError> {
        for condition in &self.conditions {
            let holds: BTreeSet<bool> =
                resolved.iter().flatten().map(|resolved| resolved.conditions.contains(condition)).collect();
            if let Some(always) = holds.first().filter(|_| holds.len() == 1) {
                return Err(TaskError(format!(
                    "the condition {condition} is {always} with every set of values: give its parameters others in {SAMPLES}"
                )));
            }
        }
        Ok(())
    }

    fn write(&self, world: &World, resolved: &Resolved) -> Result<(), TaskError> {
        let folder = root().join(RESOLVED).join(world.partition().region);
        let name = self.template.replace('/', "-").replace(".yaml", "");
        let file = folder.join(format!("{name}.{}.json", world.name));
        let text = format!("{:#}", resolved.template());
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, text));
        written.map_err(|e| TaskError(format!("{}: {e}", file.display())))
    }
}

/// The worlds to lint: all in the first partition, including the bounds of numbers, and the first ones in each other
/// partition.
fn worlds(parameters: &Parameters) -> Result<Vec<World>, TaskError> {
    let mut worlds = World::all(parameters, 0)?;
    let bounds = worlds[ELSEWHERE - 1].bounds(parameters);
    worlds.extend(bounds);
    for partition in 1..PARTITIONS.len() {
        worlds.extend(World::all(parameters, partition)?.into_iter().take(ELSEWHERE));
    }
    Ok(worlds)
}

fn updates(parameters: &Parameters, worlds: &[World]) -> Result<Vec<(String, usize, World)>, TaskError> {
    let mut updates = Vec::new();
    for (name, definition) in parameters {
        for (index, world) in worlds.iter().enumerate().take(UPDATED) {
            let others = world.others(name, definition)?.into_iter();
            updates.extend(others.map(|other| (name.clone(), index, other)));
        }
    }
    Ok(updates)
}

/// Checks that the served API is the new one, and that nothing is lost.
fn is_harmless(parameter: &str, update: &Update) -> Result<(), TaskError> {
    if update.is_undeployed() {
        return Err(TaskError(format!(
            "another {parameter} changes the API and deploys nothing, so its stage goes on serving the old one: set AlwaysDeploy, \
                 or the AutoDeploy of an HTTP API"
        )));
    }
    for (name, fate) in &update.fates {
        let is_lost = match fate {
            Fate::Replaced => true,
            Fate::Removed => !stays(&update.before.resources[*name]),
            Fate::Created | Fate::Changed(_) => false,
        };
        if is_lost && STATE.contains(&update.kind(name)) && !MEANT.contains(&(parameter, name)) {
            return Err(TaskError(format!("another {parameter} loses {name}: {fate:?}")));
        }
    }
    Ok(())
}

/// Whether CloudFormation keeps a resource that is removed from its stack.
fn stays(resource: &Value) -> bool {
    resource["DeletionPolicy"].as_str().is_some_and(|policy| policy.starts_with("Retain"))
}

/// The highest number of functions in any of these.
fn functions(resolved: &[Option<Resolved>]) -> usize {
    let count = |resolved: &Resolved| {
        resolved.resources.values().filter(|it| it["Type"] == "AWS::Lambda::Function").count()
    };
    resolved.iter().flatten().map(count).max().unwrap_or_default()
}
