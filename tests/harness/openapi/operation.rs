//! An operation of the document.

use std::collections::BTreeMap;

use boon::SchemaIndex;
use serde_json::Value;

use super::schemas::SchemaCompiler;

/// One method of one path.
pub(crate) struct Operation {
    /// In upper case.
    pub(crate) method: String,
    /// With `{parameters}`.
    pub(crate) path: String,
    /// The operation as YAML.
    pub(crate) text: Value,
    pub(crate) parameters: Vec<Parameter>,
    /// The schema and the examples of the body, by media type.
    pub(crate) bodies: BTreeMap<String, Content>,
    pub(crate) responses: BTreeMap<u16, Response>,
}

/// A parameter outside the body.
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `query`, `header`, `path` or `cookie`.
    pub(crate) place: String,
    pub(crate) text: Value,
    pub(crate) schema: SchemaIndex,
}

/// A body of one media type.
pub(crate) struct Content {
    pub(crate) text: Value,
    pub(crate) schema: SchemaIndex,
    /// By name.
    pub(crate) examples: BTreeMap<String, Value>,
}

/// The response with one status.
pub(crate) struct Response {
    /// By name, in lower case.
    pub(crate) headers: BTreeMap<String, Header>,
    /// The JSON body, if it can have one.
    pub(crate) content: Option<Content>,
    /// The page, if it can have one.
    pub(crate) page: Option<Content>,
}

/// A response header.
pub(crate) struct Header {
    pub(crate) text: Value,
    pub(crate) schema: SchemaIndex,
}

impl Operation {
    pub(super) fn read(
        document: &Value,
        path: &str,
        item: &Value,
        method: &str,
        operation: &Value,
        schemas: &mut SchemaCompiler,
    ) -> Self {
        let at = format!("/paths/{}/{method}", path.replace('/', "~1"));
        let mut read = Reader { document, schemas };
        let of_path = item["parameters"].as_array().into_iter().flatten();
        let own = operation["parameters"].as_array().into_iter().flatten();
        let parameters = of_path.chain(own).map(|parameter| read.parameter(parameter)).collect();
        let bodies =
            read.contents(&operation["requestBody"]["content"], &format!("{at}/requestBody/content"));
        let responses = operation["responses"].as_object().unwrap().iter();
        let responses = responses
            .map(|(status, response)| {
                let (response, at) = place(document, response, &format!("{at}/responses/{status}"));
                (status.parse().unwrap(), read.response(response, &at))
            })
            .collect();
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            text: operation.clone(),
            parameters,
            bodies,
            responses,
        }
    }

    /// Whether a path matches this operation. `{issuer_path}` and `{resource}` may span several segments.
    pub(super) fn fits(&self, path: &str) -> bool {
        match self.path.split_once("/{") {
            None => self.path == path,
            Some((before, name)) => {
                let rest = path.strip_prefix(before).and_then(|rest| rest.strip_prefix('/'));
                let is_long = ["issuer_path}", "resource}"].contains(&name);
                rest.is_some_and(|rest| !rest.is_empty() && (is_long || !rest.contains('/')))
            }
        }
    }
}

struct Reader<'a> {
    document: &'a Value,
    schemas: &'a mut SchemaCompiler,
}

impl Reader<'_> {
    fn parameter(&mut self, parameter: &Value) -> Parameter {
        let (text, at) = place(self.document, parameter, "");
        assert!(!at.is_empty(), "a parameter is one of the components: {text}");
        Parameter {
            name: text["name"].as_str().unwrap().to_owned(),
            place: text["in"].as_str().unwrap().to_owned(),
            text: text.clone(),
            schema: self.schemas.compile(&format!("{at}/schema")),
        }
    }

    fn response(&mut self, response: &Value, at: &str) -> Response {
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers = headers
            .map(|(name, header)| {
                let (text, at) = place(self.document, header, &format!("{at}/headers/{name}"));
                let schema = self.schemas.compile(&format!("{at}/schema"));
                (name.to_lowercase(), Header { text: text.clone(), schema })
            })
            .collect();
        let mut contents = self.contents(&response["content"], &format!("{at}/content"));
        let content = contents.remove("application/json");
        let page = contents.remove("text/html");
        assert!(contents.is_empty(), "{at}: every answer is JSON or a page");
        Response { headers, content, page }
    }

    fn contents(&mut self, contents: &Value, at: &str) -> BTreeMap<String, Content> {
        let contents = contents.as_object().into_iter().flatten();
        contents
            .map(|(media_type, content)| {
                let at = format!("{at}/{}/schema", media_type.replace('/', "~1"));
                let (_, at) = place(self.document, &content["schema"], &at);
                let examples = content["examples"].as_object().into_iter().flatten();
                let examples = examples
                    .map(|(name, example)| (name.clone(), resolve(self.document, example)["value"].clone()));
                let examples = examples.collect();
                let schema = self.schemas.compile(&at);
                (media_type.clone(), Content { text: content.clone(), schema, examples })
            })
            .collect()
    }
}

/// The value at a reference like `#/components/examples/login`, or the value itself if it isn't a reference.
fn resolve<'a>(text: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        None => value,
        Some(pointer) => {
            let found = text.pointer(pointer.strip_prefix('#').unwrap());
            found.unwrap_or_else(|| panic!("there is no {pointer}"))
        }
    }
}

/// The value that [`resolve`] finds, and the pointer to it.
fn place<'a>(text: &'a Value, value: &'a Value, at: &str) -> (&'a Value, String) {
    let named = value.get("$ref").and_then(Value::as_str).and_then(|pointer| pointer.strip_prefix('#'));
    (resolve(text, value), named.unwrap_or(at).to_owned())
}
