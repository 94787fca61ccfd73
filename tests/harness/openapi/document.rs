//! The parsed document.

use std::sync::LazyLock;

use serde_json::Value;

use super::{
    operation::Operation,
    schemas::{SchemaCompiler, Schemas},
};

/// The document of this project.
pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::of_project);

/// The document.
pub(crate) struct Document {
    /// The document as YAML.
    pub(crate) text: Value,
    pub(crate) operations: Vec<Operation>,
    pub(crate) schemas: Schemas,
}

impl Document {
    fn of_project() -> Self {
        let text: Value = serde_yaml_ng::from_str(include_str!("../../../openapi.yaml")).unwrap();
        let mut schemas = SchemaCompiler::of(&text);
        let mut operations = Vec::new();
        for (path, item) in text["paths"].as_object().unwrap() {
            for (method, operation) in
                item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters")
            {
                operations.push(Operation::read(&text, path, item, method, operation, &mut schemas));
            }
        }
        Self { text, operations, schemas: schemas.finish() }
    }

    /// The operation of a request.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let mut of_method = self.operations.iter().filter(|operation| operation.method == method);
        of_method.find(|operation| operation.fits(path))
    }
}
