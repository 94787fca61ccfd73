//! The doctor examines the API that is served: the stack's own, an HTTP API in front of the same functions, or both.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use admin::{
    deployment::Deployment,
    doctor::{Check, Outcome, examine},
};
use axum::{Router, extract::State, http::StatusCode};
use local::template::ApiKind;
use shared::clock::SystemClock;
use tokio::net::TcpListener;

use crate::harness::Api;

const STACK: &str = "latchgate";
const HTTP_STACK: &str = "latchgate-http";
const HTTP_ID: &str = "a1b2c3d4e5";
const ORIGINS: (&str, &str) = ("AllowedOrigins", "https://app.example.com");

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A CloudFormation with these named stacks. All of them import from the tests' stack.
#[derive(Default)]
struct Stacks {
    described: BTreeMap<String, String>,
    /// Whether it refuses to list the importing stacks.
    is_closed: bool,
}

impl Stacks {
    fn with(mut self, name: &str, parameters: Pairs<'_>, outputs: Pairs<'_>) -> Self {
        let members = |pairs: Pairs<'_>, kind: &str| {
            pairs.iter().fold(String::new(), |mut xml, (key, value)| {
                let (open, close) =
                    (format!("<{kind}Key>{key}</{kind}Key>"), format!("<{kind}Value>{value}</{kind}Value>"));
                write!(xml, "<member>{open}{close}</member>").unwrap();
                xml
            })
        };
        let described = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>{name}</StackName>\
             <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
             <Parameters>{}</Parameters><Outputs>{}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
            members(parameters, "Parameter"),
            members(outputs, "Output")
        );
        self.described.insert(name.to_owned(), described);
        self
    }

    fn answer(&self, request: &str) -> (StatusCode, String) {
        let error = |status, code: &str, message: &str| {
            let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
            (status, format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"))
        };
        if request.contains("Action=DescribeStacks") {
            let described = self.described.iter().find(|(name, _)| {
                request.contains(&format!("StackName={name}&"))
                    || request.ends_with(&format!("StackName={name}"))
            });
            return (StatusCode::OK, described.unwrap().1.clone());
        }
        assert!(
            request.contains("Action=ListImports") && request.contains("ExportName=latchgate-LoginArn"),
            "{request}"
        );
        if self.is_closed {
            return error(
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "not authorized to perform: cloudformation:ListImports",
            );
        }
        if self.described.is_empty() {
            return error(
                StatusCode::BAD_REQUEST,
                "ValidationError",
                "Export 'latchgate-LoginArn' is not imported by any stack.",
            );
        }
        let names: Vec<_> = self.described.keys().map(|name| format!("<member>{name}</member>")).collect();
        let names = names.concat();
        let imports = format!("<ListImportsResult><Imports>{names}</Imports></ListImportsResult>");
        (StatusCode::OK, format!("<ListImportsResponse>{imports}</ListImportsResponse>"))
    }

    async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let answer = async |State(stacks): State<Arc<Self>>, request: String| stacks.answer(&request);
        let router = Router::new().fallback(answer).with_state(Arc::new(self));
        tokio::spawn(async move { axum::serve(listener, router).await });
        endpoint
    }
}

/// A deployment with both APIs and their URLs.
struct Served {
    deployment: Deployment,
    rest: String,
    http: String,
}

impl Served {
    async fn start() -> Self {
        let api = Api::start().await;
        let deployed = local::functions::Deployment {
            api: ApiKind::Rest,
            clock: Arc::new(SystemClock),
            ..api.deployment.clone()
        };
        let http = local::functions::Deployment { api: ApiKind::Http, ..deployed.clone() };
        let (rest, http) =
            (api.redeployed(deployed).await.serve().await, api.redeployed(http).await.serve().await);
        let deployment = Deployment { clock: Arc::new(SystemClock), ..api.operator(None) };
        Self { deployment, rest, http }
    }

    /// The doctor's extra checks for the stack with these parameters at this URL.
    async fn examined(&self, url: &str, parameters: Pairs<'_>, stacks: Stacks) -> Vec<Check> {
        let endpoint = stacks.serve().await;
        let mut deployment = Deployment {
            api_url: Some(url.to_owned()),
            stack: Some(STACK.to_owned()),
            sdk_config: self.deployment.sdk_config.to_builder().endpoint_url(endpoint).build(),
            ..self.deployment.clone()
        };
        deployment
            .parameters
            .extend(parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        examine(&deployment).await.unwrap()
    }

    fn http_stack(&self) -> Stacks {
        Stacks::default().with(HTTP_STACK, &[ORIGINS], &[("ApiUrl", &self.http), ("ApiId", HTTP_ID)])
    }
}

/// The outcome and text of a check. `None` if it wasn't made.
fn said<'a>(checks: &'a [Check], name: &str) -> Option<(Outcome, &'a str)> {
    checks.iter().find(|check| check.name == name).map(|check| (check.outcome, check.detail.as_str()))
}

fn outcome(checks: &[Check], name: &str) -> Option<Outcome> {
    said(checks, name).map(|(outcome, _)| outcome)
}

fn wrong(checks: &[Check]) -> Vec<&str> {
    let wrong = checks.iter().filter(|check| check.outcome == Outcome::Wrong);
    wrong
        .inspect(|check| assert!(check.remedy.is_some(), "{check:?}"))
        .map(|check| check.name.as_str())
        .collect()
}

const CLOSED: (&str, &str) = ("RestApi", "closed");
const OPEN: (&str, &str) = ("RestApi", "open");
const DOMAIN: (&str, &str) = ("DomainName", "login.example.com");

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_rest_api_is_right_where_an_http_api_serves() {
    let served = Served::start().await;
    // No server listens at the REST API's former address.
    let gone = "http://127.0.0.1:9";
    // The alarms' stack imports the function too. A REST API's AllowedOrigins don't apply to an HTTP API.
    let stacks =
        served.http_stack().with("latchgate-alarms", &[], &[("DashboardUrl", "https://example.com")]);
    let parameters = [CLOSED, ("DomainName", ""), ("AllowedOrigins", "https://elsewhere.example.com")];
    let checks = served.examined(gone, &parameters, stacks).await;
    assert!(wrong(&checks).is_empty(), "{checks:?}");
    assert_eq!(
        said(&checks, "REST API"),
        Some((Outcome::Ok, "closed: the HTTP API of latchgate-http serves"))
    );
    for name in ["API", "clock", "trial", "logout takes effect"] {
        assert_eq!(outcome(&checks, name), Some(Outcome::Ok), "{name}: {checks:?}");
    }
    assert_eq!(said(&checks, "origins"), Some((Outcome::Ok, "pages of https://app.example.com may call")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_stack_is_wrong_and_a_reachable_one_is_not() {
    let served = Served::start().await;
    let checks = served.examined(&served.rest, &[CLOSED], Stacks::default()).await;
    assert_eq!(wrong(&checks), ["REST API"], "{checks:?}");
    let remedy = checks.iter().find(|check| check.name == "REST API").unwrap().remedy.as_ref().unwrap();
    assert!(remedy.contains("RestApi=open") && remedy.contains("LatchgateStack=latchgate"), "{remedy}");
    assert_eq!(outcome(&checks, "trial"), None, "there is nothing to try");

    let checks = served.examined(&served.rest, &[OPEN], Stacks::default()).await;
    assert!(wrong(&checks).is_empty(), "{checks:?}");
    assert_eq!((outcome(&checks, "trial"), outcome(&checks, "REST API")), (Some(Outcome::Ok), None));
    // A domain leads to the API, although its own address is closed.
    let checks = served.examined(&served.rest, &[CLOSED, DOMAIN], Stacks::default()).await;
    assert!(wrong(&checks).is_empty(), "{checks:?}");
    assert_eq!(said(&checks, "REST API"), Some((Outcome::Ok, "answers at the domain alone")));
    assert_eq!(outcome(&checks, "trial"), Some(Outcome::Ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_apis_are_tried_while_both_serve() {
    let served = Served::start().await;
    let checks = served.examined(&served.rest, &[OPEN], served.http_stack()).await;
    assert!(wrong(&checks).is_empty(), "{checks:?}");
    for name in [
        "API",
        "trial",
        "REST API",
        "API of latchgate-http",
        "origins of latchgate-http",
        "trial of latchgate-http",
    ] {
        assert_eq!(outcome(&checks, name), Some(Outcome::Ok), "{name}: {checks:?}");
    }
    let broken = Stacks::default().with(HTTP_STACK, &[], &[("ApiUrl", "http://127.0.0.1:9")]);
    let checks = served.examined(&served.rest, &[OPEN], broken).await;
    assert_eq!(wrong(&checks), ["API of latchgate-http", "trial of latchgate-http"], "{checks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_domain_leads_is_checked() {
    let served = Served::start().await;
    let mapped = |api: &'static str| [CLOSED, DOMAIN, ("DomainApi", api)];
    // Only the domain leads to it: the HTTP API's stack publishes no address.
    let behind =
        || Stacks::default().with(HTTP_STACK, &[ORIGINS, ("HttpApi", "closed")], &[("ApiId", HTTP_ID)]);
    let checks = served.examined(&served.http, &mapped(HTTP_ID), behind()).await;
    assert!(wrong(&checks).is_empty(), "{checks:?}");
    assert_eq!(said(&checks, "domain"), Some((Outcome::Ok, "leads to the HTTP API of latchgate-http")));
    assert_eq!(outcome(&checks, "REST API"), Some(Outcome::Ok));
    for name in ["API", "origins", "trial"] {
        assert_eq!(outcome(&checks, name), Some(Outcome::Ok), "{name}: {checks:?}");
    }
    // Its own address belongs to the same API, so one trial is enough.
    let checks = served.examined(&served.http, &mapped(HTTP_ID), served.http_stack()).await;
    assert_eq!(outcome(&checks, "trial of latchgate-http"), None, "{checks:?}");

    let checks = served.examined(&served.http, &mapped("zzzzzzzzzz"), served.http_stack()).await;
    assert_eq!(wrong(&checks), ["domain"], "{checks:?}");
    let old = Stacks::default().with(HTTP_STACK, &[], &[("ApiUrl", &served.http)]);
    let checks = served.examined(&served.http, &mapped(HTTP_ID), old).await;
    assert_eq!(outcome(&checks, "domain"), Some(Outcome::Unknown), "a stack of an older release doesn't say");
    let checks = served.examined(&served.rest, &mapped("rest"), behind()).await;
    assert_eq!(wrong(&checks), ["HTTP API"], "nothing leads to it: {checks:?}");
    let checks = served.examined("http://127.0.0.1:9", &mapped("none"), served.http_stack()).await;
    assert_eq!(wrong(&checks), ["domain"], "{checks:?}");
    assert_eq!(outcome(&checks, "trial"), Some(Outcome::Ok), "the HTTP API has an address of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_permission_to_list_imports_fails_only_where_it_matters() {
    let served = Served::start().await;
    let closed = || Stacks { is_closed: true, ..Stacks::default() };
    let found = |checks: &[Check]| checks.iter().find(|check| check.name == "HTTP API").cloned().unwrap();
    let checks = served.examined(&served.rest, &[OPEN], closed()).await;
    assert!(found(&checks).outcome == Outcome::Unknown && !found(&checks).failed, "{checks:?}");
    assert_eq!(outcome(&checks, "trial"), Some(Outcome::Ok), "the REST API is looked at all the same");
    for parameters in [&[CLOSED][..], &[CLOSED, DOMAIN, ("DomainApi", HTTP_ID)]] {
        let checks = served.examined(&served.http, parameters, closed()).await;
        assert!(found(&checks).failed && found(&checks).detail.contains("ListImports"), "{checks:?}");
        assert!(wrong(&checks).is_empty(), "not known, and not wrong: {checks:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_api_has_its_own_limits_and_needs_no_firewall() {
    let served = Served::start().await;
    let main = [CLOSED, ("LoginRate", "500"), ("LoginConcurrency", "0"), ("WafRequests", "0")];
    for (rate, expected) in [("500", Outcome::Unknown), ("20", Outcome::Warning)] {
        let outputs = [("ApiUrl", served.http.as_str()), ("ApiId", HTTP_ID)];
        let stacks = Stacks::default().with(HTTP_STACK, &[("LoginRate", rate)], &outputs);
        let checks = served.examined("http://127.0.0.1:9", &main, stacks).await;
        assert_eq!(outcome(&checks, "floods"), Some(expected), "{checks:?}");
        assert!(
            checks
                .iter()
                .all(|check| !check.remedy.as_ref().is_some_and(|remedy| remedy.contains("WafRequests")))
        );
    }
}
