//! `openapi.yaml` describes exactly what the templates and the functions do.
//!
//! Other tests check real answers against it: `tests/harness/openapi`.

mod check;
mod code;
mod errors;
mod examples;
mod headers;
mod parameters;

use std::collections::BTreeSet;

use local::template::{Api, HttpApiTemplate, Template};
use serde_json::json;

use crate::harness::openapi::DOCUMENT;

/// Paths, methods, and whether the authorizer is asked.
type Routes = BTreeSet<(String, String, bool)>;

/// OpenAPI has no parameter for several segments.
fn routes(api: Api) -> Routes {
    let routes = api.routes.into_iter();
    routes.map(|route| (route.path.replace("+}", "}"), route.method, route.is_protected)).collect()
}

fn documented() -> Routes {
    let operations = DOCUMENT.operations.iter();
    let routes = operations.map(|operation| {
        let is_protected =
            operation.text["security"] == json!([{ "accessToken": [] }, { "boundAccessToken": [] }]);
        (operation.path.clone(), operation.method.clone(), is_protected)
    });
    routes.collect()
}

#[test]
fn the_operations_are_the_routes_of_template_yaml() {
    let template = Template::of_project().unwrap();
    assert_eq!(documented(), routes(template.api(&template.parameters()).unwrap()));
}

/// An HTTP API answers every preflight itself.
#[test]
fn the_operations_but_preflights_are_the_routes_of_template_http_yaml() {
    let (template, http) = (Template::of_project().unwrap(), HttpApiTemplate::of_project().unwrap());
    let mut documented = documented();
    documented.retain(|(_, method, _)| method != "OPTIONS");
    assert_eq!(documented, routes(http.api(&template, &template.parameters()).unwrap()));
}

#[test]
fn clients_authenticate_where_the_function_asks_them_to() {
    for operation in DOCUMENT.operations.iter().filter(|operation| operation.method == "POST") {
        let asks = code::of(operation).contains("client_credentials(request");
        // By Basic, or in the body, which has no security scheme.
        let is_documented = operation.text["security"] == json!([{ "clientBasic": [] }, {}]);
        assert_eq!(asks, is_documented, "{}", operation.path);
    }
}

#[test]
fn the_document_has_the_version_of_the_workspace() {
    assert_eq!(DOCUMENT.text["info"]["version"], env!("CARGO_PKG_VERSION"));
}
