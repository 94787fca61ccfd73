//! The built-in templates, and the lines of their resources.

/// A built-in template.
pub(super) struct Source {
    /// Its name.
    pub(super) file: &'static str,
    /// Its text.
    pub(super) text: &'static str,
}

/// The stack.
pub(super) const STACK: Source =
    Source { file: "template.yaml", text: include_str!("../../../template.yaml") };
/// The HTTP API in front of the stack's functions.
pub(super) const HTTP_API: Source =
    Source { file: "template-http.yaml", text: include_str!("../../../template-http.yaml") };

/// The line on which a parameter or a resource begins, from 1.
pub(super) fn line_of<'a>(mut lines: impl Iterator<Item = &'a str>, id: &str) -> Option<usize> {
    let heading = format!("  {id}:");
    lines.position(|line| line.starts_with(&heading)).map(|line| line + 1)
}

/// The template and the line of the resource that this text names. Without a name, the first template.
pub(super) fn of(what: &str) -> String {
    let words = || what.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1);
    let within = |source: Source| {
        let line = words().find_map(|word| line_of(source.text.lines(), word))?;
        Some(format!("{}, line {line}", source.file))
    };
    [STACK, HTTP_API].into_iter().find_map(within).unwrap_or_else(|| STACK.file.to_owned())
}

/// The fault in a text that isn't YAML, with its line. The parser doesn't give the line of a repeated key, so this
/// looks for it.
pub(super) fn of_fault(source: &str, error: &serde_yaml_ng::Error) -> String {
    let said = error.to_string();
    let Some(key) = said.split('"').nth(1).filter(|_| !said.contains(" line ")) else { return said };
    let is_key = |line: &&str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = source.lines().enumerate().filter(|(_, line)| is_key(line));
    lines.nth(1).map_or_else(|| said.clone(), |(i, _)| format!("{said}, line {}", i + 1))
}
