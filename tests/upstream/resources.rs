//! An API in front of a server that is a separate resource (RFC 8707), like one with the stage variable
//! `latchgate_resource` in AWS.

use local::template::ApiKind;
use reqwest::RequestBuilder;
use serde_json::json;
use serde_yaml_ng::Value;
use shared::route;

use super::server::{KINDS, Place, Server, reply};
use crate::{harness::Forge, operations::untagged};

/// The examples' REST APIs, whose challenges `cargo run` repeats.
const EXAMPLES: [&str; 2] = [
    include_str!("../../examples/consumer/rest/template.yaml"),
    include_str!("../../examples/consumer/server-rest/template.yaml"),
];

/// The challenge that names the metadata, with its references.
fn challenge_of(example: &str, response: &str) -> String {
    let example: Value = serde_yaml_ng::from_str(example).unwrap();
    let responses = &example["Resources"]["Api"]["Properties"]["GatewayResponses"];
    let header = untagged(&responses[response]["ResponseParameters"]["Headers"]["WWW-Authenticate"]);
    untagged(&header[1])[0].as_str().unwrap().trim_matches('\'').to_owned()
}

const GIVEN: [&str; 1] = ["/mcp notes:read notes:write [Notes]"];

impl Place {
    /// A token of the demo user for this resource.
    fn token_for(&self, resource: &str) -> String {
        Forge::new(&self.api, &self.tokens.access).with_claim("aud", json!(resource))
    }
}

#[tokio::test]
async fn tokens_for_a_resource_open_only_that_resource() {
    for kind in KINDS {
        let server = Server::start().await;
        let place = Place::of_resources(kind, server.address, &GIVEN, "").await;
        let localhost = place.url.replace("127.0.0.1", "localhost");
        let (own, of_mcp) = (place.tokens.access.clone(), place.token_for(&format!("{}/mcp", place.url)));
        let of_localhost = place.token_for(&format!("{localhost}/mcp"));
        let [host, by_name] = [&place.url, &localhost].map(|url| url.trim_start_matches("http://"));
        for (token, host, path, status) in [
            (&of_mcp, host, "/mcp", 200),
            (&of_mcp, host, "/mcp/tools", 200),
            (&of_mcp, host, "/orders", 401),
            (&of_mcp, host, route::SESSIONS, 401),
            (&of_mcp, host, route::USERINFO, 401),
            (&own, host, "/mcp", 401),
            (&own, host, "/orders", 200),
            (&own, host, route::SESSIONS, 200),
            (&of_localhost, by_name, "/mcp", 200),
            (&of_localhost, host, "/mcp", 401),
        ] {
            let answer = reply(place.open("GET", path).header("host", host).bearer_auth(token)).await;
            assert_eq!(answer.status, status, "{kind:?} {host} {path}");
            let is_passed_on = status == 200 && path != route::SESSIONS;
            assert_eq!(server.take().len(), usize::from(is_passed_on), "{kind:?} {host} {path}");
        }
    }
}

/// A REST API's own refusals have fixed text, and an HTTP API's can't be configured.
#[tokio::test]
async fn only_refusals_of_a_rest_api_name_the_metadata_and_the_scopes() {
    for kind in KINDS {
        let server = Server::start().await;
        let place =
            Place::of_resources(kind, server.address, &GIVEN, "* /mcp notes:write; * /orders admin").await;
        let token = place.token_for(&format!("{}/mcp", place.url));
        let metadata = format!("{}{}/mcp", place.url, route::PROTECTED_RESOURCE);
        let parameters = format!(r#", scope="notes:read notes:write", resource_metadata="{metadata}""#);
        let (dpop, error) = (r#", DPoP algs="ES256 EdDSA Ed25519 RS256""#, r#", error="insufficient_scope""#);
        let of_examples = |kind: &str| {
            let named = |text: String| {
                let text = text.replace("${Scope}", r#", scope="notes:read notes:write""#);
                let place = format!("${{Issuer}}{}/${{Place}}", route::PROTECTED_RESOURCE);
                text.replace(&place, &metadata).replace("orders", "latchgate")
            };
            EXAMPLES.map(|example| named(challenge_of(example, kind)))
        };
        for (path, token, status, challenge) in [
            ("/mcp", None, 401, format!(r#"Bearer realm="latchgate"{parameters}{dpop}"#)),
            ("/mcp", Some("x"), 401, format!(r#"Bearer realm="latchgate"{parameters}{dpop}"#)),
            (
                "/mcp",
                Some(&*token),
                403,
                format!(r#"Bearer realm="latchgate"{error}{parameters}{dpop}{error}"#),
            ),
            ("/orders", None, 401, format!(r#"Bearer realm="latchgate"{dpop}"#)),
        ] {
            let request = place.open("POST", path);
            let answer = reply(token.into_iter().fold(request, RequestBuilder::bearer_auth)).await;
            assert_eq!(answer.status, status, "{kind:?} {path}");
            let response = if status == 401 { "UNAUTHORIZED" } else { "ACCESS_DENIED" };
            if path == "/mcp" {
                assert_eq!(of_examples(response), [challenge.clone(), challenge.clone()], "{status}");
            }
            let challenge = (kind == ApiKind::Rest).then_some(&*challenge);
            assert_eq!(answer.header("www-authenticate"), challenge, "{kind:?} {path}");
        }
        assert!(server.take().is_empty());
    }
}

/// An MCP client compares the document's `resource` with the address it was given.
#[tokio::test]
async fn the_well_known_place_of_each_host_has_the_document_of_the_resource_there() {
    for kind in KINDS {
        let place = Place::of_resources(kind, Server::start().await.address, &GIVEN, "").await;
        let localhost = place.url.replace("127.0.0.1", "localhost");
        for origin in [&place.url, &localhost] {
            let host = origin.trim_start_matches("http://");
            let get = |path: &str| reply(place.open("GET", path).header("host", host));
            let document = get("/.well-known/oauth-protected-resource/mcp").await;
            assert_eq!((document.status, &document.body["resource"]), (200, &json!(format!("{origin}/mcp"))));
            assert_eq!(document.body["scopes_supported"], json!(["notes:read", "notes:write"]));
            let servers = &document.body["authorization_servers"];
            assert_eq!(servers, &json!(["https://issuer.example.com"]), "{kind:?} {origin}");
            let server = get(route::AUTHORIZATION_SERVER).await;
            let listed = server.body["protected_resources"].as_array().unwrap();
            assert!(listed.contains(&document.body["resource"]), "{listed:?}");
            assert_eq!(get("/.well-known/oauth-protected-resource").await.status, 404);
        }
    }
}
