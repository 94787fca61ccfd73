//! Every example matches its schema.

use serde_json::Value;

use crate::harness::openapi::DOCUMENT;

fn assert_fits(value: &Value, schema: boon::SchemaIndex, place: &str) {
    if let Some(objection) = DOCUMENT.schemas.objection(value, schema) {
        panic!("{place}: {objection}\n{value}");
    }
}

#[test]
fn every_parameter_and_header_has_an_example_that_fits() {
    for operation in &DOCUMENT.operations {
        for parameter in &operation.parameters {
            assert_fits(&parameter.text["example"], parameter.schema, &parameter.name);
        }
        for (name, header) in operation.responses.values().flat_map(|response| &response.headers) {
            assert_fits(&header.text["example"], header.schema, name);
        }
    }
}

#[test]
fn every_body_has_examples_and_they_fit() {
    for operation in &DOCUMENT.operations {
        let answers = operation.responses.values();
        let answers = answers.flat_map(|response| response.content.iter().chain(&response.page));
        for content in operation.bodies.values().chain(answers) {
            assert!(!content.examples.is_empty(), "{} {}", operation.method, operation.path);
            for (name, example) in &content.examples {
                assert_fits(example, content.schema, name);
            }
        }
    }
}
