//! The compiled schemas.

use boon::{Compiler, Draft, SchemaIndex, Schemas as Compiled};
use serde_json::{Value, json};

/// The document's URL among the schemas.
const ADDRESS: &str = "https://openapi.test/openapi.yaml";

/// A compiler for the document's schemas.
pub(super) struct SchemaCompiler {
    compiler: Compiler,
    compiled: Compiled,
}

/// The compiled schemas.
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
    /// The reason why a value doesn't match this schema.
    pub(crate) fn objection(&self, value: &Value, schema: SchemaIndex) -> Option<String> {
        self.0.validate(value, schema).err().map(|error| format!("{error:#}"))
    }
}

/// The document with closed answers: they may only have the named members. Clients must accept more members, since
/// later versions may add some; in these tests they would be undocumented ones.
fn closed(text: &Value) -> Value {
    let mut text = text.clone();
    for (name, schema) in text["components"]["schemas"].as_object_mut().unwrap() {
        if !name.ends_with("Request") && schema.get("properties").is_some() {
            schema["additionalProperties"] = json!(false);
        }
    }
    text
}
