//! Your functions, added to template.yaml.

use local::template::{ApiKind, Template};
use serde_json::json;

use super::server::{KINDS, Place, Server, reply};
use crate::harness::USER_ID;

const ADDED: &str = r#"
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: app.handler
      CodeUri: hello/
      Events:
        Hello: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /hello, Method: get } }
        Open: { Type: Api, Properties: { RestApiId: !Ref Api, Path: "/open/{id}", Method: post, Auth: { Authorizer: NONE } } }
  InlineFunction:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.13, Handler: index.handler, InlineCode: "def handler(e, c): return 1" }

Outputs:
"#;

fn template() -> Template {
    let (before, after) = include_str!("../../template.yaml").split_once("\nOutputs:\n").unwrap();
    Template::parse(&format!("{before}\n{ADDED}{after}")).unwrap()
}

#[tokio::test]
async fn the_route_of_an_absent_function_is_501_and_the_others_work() {
    for kind in KINDS {
        let place = Place::of_template(&template(), kind, &[], &[], None).await;
        for answer in [place.get("/hello").await, reply(place.open("POST", "/open/7")).await] {
            answer.assert_error(501, "not_implemented");
        }
        assert_eq!(reply(place.open("GET", "/hello")).await.status, 401, "who is calling comes first");
        assert_eq!(place.get("/sessions").await.status, 200);
        for (method, path) in [("POST", "/hello"), ("GET", "/nowhere")] {
            assert_eq!(place.request(method, path).send().await.unwrap().status(), 404, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_route_of_a_function_goes_to_a_server_that_is_given_for_it() {
    for kind in KINDS {
        let server = Server::start().await;
        let upstream = format!("http://{}", server.address);
        let place = Place::of_template(&template(), kind, &[&upstream], &[], None).await;
        assert_eq!(place.get("/hello").await.status, 200);
        assert_eq!(server.one().header("x-latchgate-sub"), [USER_ID]);
        assert_eq!(reply(place.open("GET", "/hello")).await.status, 401);
        // A route that the template leaves open is open here.
        let answer = reply(place.open("POST", "/open/7").header("x-latchgate-sub", "admin")).await;
        assert_eq!((answer.status, answer.body), (200, json!({})));
        let seen = server.one();
        assert!(seen.headers.keys().all(|name| !name.as_str().starts_with("x-latchgate")), "{seen:?}");
    }
}

/// A scope rule applies to the function's route as to any other.
#[tokio::test]
async fn a_scope_rule_counts_for_the_route_of_a_function() {
    let server = Server::start().await;
    let upstream = format!("http://{}", server.address);
    let rules = [("ScopeRules", "GET /hello admin; GET /sessions -")];
    let place = Place::of_template(&template(), ApiKind::Rest, &[&upstream], &rules, None).await;
    place.get("/hello").await.assert_error(403, "insufficient_scope");
    assert!(server.take().is_empty());
}
