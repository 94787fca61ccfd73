//! Checks docs/operations/parameters.md, which tells operators the effect of updating each parameter.

use std::collections::{BTreeMap, BTreeSet};

use super::update::{Fate, Update};
use crate::shell::{TaskError, root};

const PAGE: &str = "docs/operations/parameters.md";
const NOTHING: &str = "–";
/// The most resources of a type that are named; beyond that, the page has their number.
const NAMED: usize = 4;

/// The combined effects of updates of one parameter.
#[derive(Default)]
pub(super) struct Effects<'a> {
    /// The changed resources, those that come or go, and the replaced ones, each with its type.
    changed: BTreeSet<(&'a str, &'a str)>,
    comes_or_goes: BTreeSet<(&'a str, &'a str)>,
    replaced: BTreeSet<(&'a str, &'a str)>,
    restarted: BTreeSet<&'a str>,
    exports: BTreeSet<&'a str>,
}

impl<'a> Effects<'a> {
    pub(super) fn add(&mut self, update: &Update<'a>) {
        for (name, fate) in &update.fates {
            let resource = (update.kind(name), *name);
            match fate {
                // Every update of such an API is a deployment, which the page says above the tables.
                _ if resource.0 == "AWS::ApiGateway::Deployment" => false,
                Fate::Created | Fate::Removed => self.comes_or_goes.insert(resource),
                Fate::Replaced => self.replaced.insert(resource),
                Fate::Changed(paths) if *paths == ["/properties/DeploymentId".to_owned()].into() => false,
                Fate::Changed(paths) if resource.0 == "AWS::Lambda::Function" && restarts(paths) => {
                    self.restarted.insert(name)
                }
                Fate::Changed(_) => self.changed.insert(resource),
            };
        }
        self.exports.extend(&update.exports);
    }

    pub(super) fn is_empty(&self) -> bool {
        let resources = [&self.changed, &self.comes_or_goes, &self.replaced];
        resources.iter().all(|resources| resources.is_empty()) && self.restarted.is_empty()
    }

    /// The cells of its row, after the name. `functions` is the total number of functions.
    fn cells(&self, functions: usize) -> [String; 5] {
        let restarted = self.restarted.iter().map(|name| format!("`{}`", name.trim_end_matches("Function")));
        let restarted: Vec<String> = restarted.collect();
        let is_all = restarted.len() == functions && functions > 1;
        let restarted = if is_all { "all".to_owned() } else { listed(&restarted) };
        let exports: Vec<String> = self.exports.iter().map(|name| format!("`{name}`")).collect();
        [
            restarted,
            resources(&self.changed),
            resources(&self.comes_or_goes),
            resources(&self.replaced),
            listed(&exports),
        ]
    }
}

/// Whether Lambda restarts a function after a change at these paths.
fn restarts(paths: &BTreeSet<String>) -> bool {
    let others = ["CodeSigningConfigArn", "ReservedConcurrentExecutions", "Tags"];
    paths.iter().any(|path| !others.iter().any(|other| path.split('/').nth(2) == Some(other)))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { NOTHING.to_owned() } else { names.join(", ") }
}

fn resources(resources: &BTreeSet<(&str, &str)>) -> String {
    let mut of_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, name) in resources {
        of_type.entry(kind).or_default().push(name);
    }
    let words = of_type.into_iter().flat_map(|(kind, names)| match names.len() {
        0..=NAMED => names.iter().map(|name| format!("`{name}`")).collect(),
        count => vec![format!("{count} × `{kind}`")],
    });
    listed(&words.collect::<Vec<_>>())
}

/// Compares a template's table with the updates' effects. Exactly the parameters have rows.
pub(super) fn check(
    template: &str,
    effects: &BTreeMap<&str, Effects>,
    functions: usize,
) -> Result<(), TaskError> {
    let path = root().join(PAGE);
    let page = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    let heading = format!("## {template}");
    let rows = rows(&page, &heading);
    let (mut missing, mut others, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (parameter, effects) in effects {
        let cells = effects.cells(functions);
        let row = |know: &str| format!("| `{parameter}` | {} | {know} |", cells.join(" | "));
        match rows.get(*parameter) {
            None => missing.push(row(NOTHING)),
            Some((found, know)) if *found != cells => others.push(row(know)),
            Some(_) => {}
        }
    }
    let gone = rows.keys().filter(|parameter| !effects.contains_key(parameter.as_str()));
    let gone: Vec<_> = gone.cloned().collect();
    let mut fault = |what: &str, rows: &[String]| {
        if !rows.is_empty() {
            faults.push(format!("{what}:\n{}", rows.join("\n")));
        }
    };
    fault(
        "if that is meant, add these rows, with what else operators have to know in the last cell",
        &missing,
    );
    fault("if that is meant, make these rows so", &others);
    fault("remove the rows of these, which are no parameters", &gone);
    if faults.is_empty() {
        return Ok(());
    }
    Err(TaskError(format!("{PAGE}, below \"{heading}\", doesn't say what updates do; {}", faults.join("\n"))))
}

/// The rows below a heading, by parameter: the checked cells, and the last one.
fn rows(page: &str, heading: &str) -> BTreeMap<String, ([String; 5], String)> {
    let section =
        page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    section
        .filter_map(|line| {
            let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
            let (parameter, rest) = line.split_once("` | ")?;
            let mut cells: Vec<String> = rest.split(" | ").map(str::to_owned).collect();
            let know = cells.pop()?;
            Some((parameter.to_owned(), (cells.try_into().ok()?, know)))
        })
        .collect()
}
