//! A form of a page, and the request that it sends. This is a small and strict HTML parser, since all pages are
//! Latchgate's.

use std::{collections::BTreeMap, sync::LazyLock};

use regex_lite::{Captures, Regex};
use reqwest::Url;

use super::form;

static CONTROL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<(input|button|select|textarea)\b([^>]*)>").unwrap());
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"([a-z-]+)(?:="([^"]*)")?"#).unwrap());
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"&(#?[0-9a-zA-Z]+);").unwrap());

/// A form of a page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// In lower case.
    pub(crate) method: String,
    /// Resolved.
    pub(crate) action: Url,
    controls: Vec<Control>,
}

/// A field or a button.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) name: String,
    /// The input type, or `button`.
    pub(crate) kind: String,
    pub(crate) value: String,
}

impl Control {
    /// Parses a control. `None` if it sends nothing.
    fn read(control: &Captures<'_>) -> Option<Self> {
        let attributes = attributes(&control[2]);
        let attribute = |name: &str| attributes.get(name).cloned();
        let kind =
            if &control[1] == "button" { "button".to_owned() } else { attribute("type").unwrap_or_default() };
        Some(Self { name: attribute("name")?, kind, value: attribute("value").unwrap_or_default() })
    }
}

impl Form {
    /// Parses a form of the page at this URL.
    pub(super) fn read(tag: &str, content: &str, page: &Url) -> Self {
        let attributes = attributes(tag);
        let action = attributes.get("action").map_or("", String::as_str);
        let controls = CONTROL.captures_iter(content).filter_map(|control| Control::read(&control));
        Self {
            method: attributes.get("method").map_or("get", String::as_str).to_ascii_lowercase(),
            // An empty action is the page's own URL.
            action: if action.is_empty() { page.clone() } else { page.join(action).unwrap() },
            controls: controls.collect(),
        }
    }

    /// The form with a field that a script of its page added.
    pub(crate) fn with_field(mut self, name: &str, value: &str) -> Self {
        let (name, kind, value) = (name.to_owned(), "hidden".to_owned(), value.to_owned());
        self.controls.push(Control { name, kind, value });
        self
    }

    /// Whether the form has a field or button of this name, and of this value if one is given.
    pub(crate) fn has(&self, name: &str, value: Option<&str>) -> bool {
        self.controls.iter().any(|c| c.name == name && value.is_none_or(|value| c.value == value))
    }

    /// The initial value of a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        &self.controls.iter().find(|control| control.name == name).unwrap().value
    }

    /// The hidden fields.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let hidden = self.controls.iter().filter(|control| control.kind == "hidden");
        hidden.map(|control| (control.name.clone(), control.value.clone())).collect()
    }

    /// The form with another value in a hidden field, as a foreign page might send it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        value.clone_into(&mut self.controls.iter_mut().find(|control| control.name == name).unwrap().value);
        self
    }

    /// The form without a field.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.controls.retain(|control| control.name != name);
        self
    }

    /// The body of the filled-in form. Only existing fields and buttons can be used.
    #[track_caller]
    pub(super) fn filled(&self, fields: &[(&str, &str)], button: Option<(&str, &str)>) -> String {
        let visible = |name: &str| self.controls.iter().any(|c| c.name == name && c.kind != "hidden");
        assert!(fields.iter().all(|(name, _)| visible(name)), "{fields:?}: {self:?}");
        if let Some((name, value)) = button {
            let is_there = |c: &Control| c.kind == "button" && c.name == name && c.value == value;
            assert!(self.controls.iter().any(is_there), "{name}={value}: {self:?}");
        }
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for control in self.controls.iter().filter(|control| control.kind != "button") {
            let given = fields.iter().find(|(name, _)| *name == control.name).map(|(_, value)| *value);
            if given.is_some() || !["checkbox", "radio"].contains(&control.kind.as_str()) {
                pairs.push((&control.name, given.unwrap_or(&control.value)));
            }
        }
        pairs.extend(button);
        form(&pairs)
    }
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let attributes = ATTRIBUTE.captures_iter(text);
    let value =
        |found: &Captures<'_>| found.get(2).map(|value| unescaped(value.as_str())).unwrap_or_default();
    attributes.map(|found| (found[1].to_owned(), value(&found))).collect()
}

/// The text with its character references resolved.
pub(crate) fn unescaped(text: &str) -> String {
    let resolve = |reference: &Captures<'_>| match &reference[1] {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        number => {
            let code = number.strip_prefix('#').and_then(|code| match code.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => code.parse().ok(),
            });
            code.and_then(char::from_u32).map_or_else(|| reference[0].to_owned(), String::from)
        }
    };
    REFERENCE.replace_all(text, resolve).into_owned()
}
