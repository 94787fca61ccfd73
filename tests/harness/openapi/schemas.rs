//! The schemas, compiled.

use boon::{Compiler, Draft, SchemaIndex, Schemas as Compiled};
use serde_json::{Value, json};

/// What the document is called among the schemas.
const ADDRESS: &str = "https://openapi.test/openapi.yaml";

/// Compiles schemas of the document.
pub(super) struct SchemaCompiler {
    compiler: Compiler,
    compiled: Compiled,
}

/// The schemas that were compiled.
pub(crate) struct Schemas(Compiled);

impl SchemaCompiler {
    pub(super) fn of(text: &Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource(ADDRESS, closed(text)).unwrap();
        Self { compiler, compiled: Compiled::new() }
    }

    /// Compiles the schema at a pointer like `/components/schemas/Error`.
    pub(super) fn compile(&mut self, pointer: &str) -> SchemaIndex {
        let address = format!("{ADDRESS}#{}", pointer.replace('{', "%7B").replace('}', "%7D"));
        self.compiler.compile(&address, &mut self.compiled).unwrap_or_else(|e| panic!("{pointer}: {e:#}"))
    }

    pub(super) fn finish(self) -> Schemas {
        Schemas(self.compiled)
    }
}

impl Schemas {
    /// Why a value isn't one of this schema.
    pub(crate) fn objection(&self, value: &Value, schema: SchemaIndex) -> Option<String> {
        self.0.validate(value, schema).err().map(|error| format!("{error:#}"))
    }
}

/// The document with answers that have no members but those that it names. A client has to bear others, since later versions
/// may add some; here they are members that somebody forgot to document.
fn closed(text: &Value) -> Value {
    let mut text = text.clone();
    for (name, schema) in text["components"]["schemas"].as_object_mut().unwrap() {
        if !name.ends_with("Request") && schema.get("properties").is_some() {
            schema["additionalProperties"] = json!(false);
        }
    }
    text
}
