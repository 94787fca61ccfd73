//! The doctor accepts a correct deployment, and names the fault of any other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use admin::{
    deployment::Deployment,
    doctor::{Check, EXPECTED, ExpectedStream, Outcome, examine},
};
use aws_sdk_dynamodb::{config::retry::RetryConfig, types::TimeToLiveSpecification};
use axum::{Router, http::StatusCode};
use local::template::Template;
use shared::clock::{Clock, SystemClock, Timestamp};
use tokio::net::TcpListener;

use crate::{
    harness::{Api, Command, Secrets, with_mail},
    key_rotation::rotate,
};

async fn deployment(api: &Api, secrets: Option<&Secrets>) -> Deployment {
    let url = api.serve().await;
    Deployment { api_url: Some(url), clock: Arc::new(SystemClock), ..api.operator(secrets) }
}

async fn wrong(deployment: &Deployment) -> Vec<Check> {
    let checks = examine(deployment).await.unwrap();
    assert!(checks.len() > 12, "everything is looked at: {checks:?}");
    wrong_of(checks)
}

fn wrong_of(checks: Vec<Check>) -> Vec<Check> {
    let wrong: Vec<_> = checks.into_iter().filter(|check| check.outcome == Outcome::Wrong).collect();
    assert!(wrong.iter().all(|check| check.remedy.is_some()), "what mends it is said: {wrong:?}");
    wrong
}

fn names(checks: &[Check]) -> Vec<&str> {
    checks.iter().map(|check| check.name.as_str()).collect()
}

#[test]
fn the_doctor_expects_the_tables_of_the_template() {
    for (id, definition) in Template::of_project().unwrap().tables().unwrap() {
        let expected = EXPECTED.iter().find(|expected| expected.id == id).unwrap();
        let key = |(name, kind): (&str, &str)| (name.to_owned(), kind.to_owned());
        assert_eq!(key(expected.partition_key), definition.partition_key, "{id}");
        assert_eq!(expected.sort_key.map(key), definition.sort_key, "{id}");
        assert_eq!(expected.ttl_attribute.map(str::to_owned), definition.ttl_attribute, "{id}");
    }
    assert_eq!(EXPECTED.len(), Template::of_project().unwrap().tables().unwrap().len());
}

#[test]
fn the_doctor_expects_the_streams_of_the_template() {
    let template = Template::of_project().unwrap();
    let streams = |new_devices| {
        let parameters = with_mail(template.parameters()).with("NewDeviceMails", new_devices);
        let streams = template.streams("mailer", &parameters).unwrap().into_iter();
        streams.map(|stream| (stream.table, stream.view)).collect::<BTreeMap<_, _>>()
    };
    let expected = |is_expected: fn(ExpectedStream) -> bool| {
        let streams = EXPECTED.iter().filter_map(|table| Some((table.id, table.stream?)));
        let streams = streams.filter(|(_, stream)| is_expected(*stream));
        streams.map(|(id, stream)| (id.to_owned(), stream.view().as_str().to_owned())).collect()
    };
    for told in ["wanted", "yes"] {
        assert_eq!(streams(told), expected(|_| true), "{told}");
    }
    assert_eq!(streams("no"), expected(|stream| stream != ExpectedStream::NewSessions));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_deployment_is_green_and_left_unchanged() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    api.clock.set(SystemClock.now().as_unix());
    rotate(&keys::KeyRotation::start(&api.context("keys")).unwrap(), &secrets, "first").await.unwrap();
    secrets.schedule(true);
    let api = api.restarted().await;
    let deployment = deployment(&api, Some(&secrets)).await;
    assert!(wrong(&deployment).await.is_empty(), "{:?}", wrong(&deployment).await);
    for (table, left) in
        [("ClientsTable", 2), ("UsersTable", 1), ("CredentialsTable", 1), ("SessionsTable", 0)]
    {
        assert_eq!(api.items(table).await.len(), left, "{table}");
    }
    let command = Command::on(deployment);
    admin::doctor::run(&command.context).await.unwrap();
    assert_eq!(command.events(), ["doctor_ran"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_expiry_is_wrong() {
    let api = Api::start().await;
    let deployment = deployment(&api, None).await;
    let off = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(false).build().unwrap();
    let table = &api.deployment.tables["SessionsTable"];
    api.store.update_time_to_live().table_name(table).time_to_live_specification(off).send().await.unwrap();
    let wrong = wrong(&deployment).await;
    assert_eq!(names(&wrong), ["expiry of SessionsTable"]);
    assert!(wrong[0].remedy.as_ref().unwrap().contains("update-time-to-live"));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_keys_are_wrong_and_so_are_their_consequences() {
    let api = Api::start().await;
    let deployment = deployment(&api, None).await;
    api.delete_all("KeysTable").await;
    let found = wrong(&deployment).await;
    assert_eq!(names(&found)[..1], ["published keys"], "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpublished_or_unrotated_keyset_is_wrong() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    api.clock.set(SystemClock.now().as_unix());
    rotate(&keys::KeyRotation::start(&api.context("keys")).unwrap(), &secrets, "first").await.unwrap();
    let api = api.restarted().await;
    secrets.put(&crate::harness::keyset().to_json()).await;
    let found = wrong(&deployment(&api, Some(&secrets)).await).await;
    assert_eq!(names(&found), ["keyset", "rotation"], "{found:?}");
    secrets.put("{}").await;
    let found = wrong(&deployment(&api, Some(&secrets)).await).await;
    assert_eq!(names(&found)[0], "keyset", "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_takes_effect_later_than_promised_is_wrong() {
    let api = Api::start().await;
    let mut cached = api.deployment.clone();
    cached.authorizer_cache_ttl = Some(Duration::from_secs(5));
    cached.clock = Arc::new(SystemClock);
    let api = api.redeployed(cached).await;
    let deployment = deployment(&api, None).await;
    let found = wrong(&deployment).await;
    assert_eq!(names(&found), ["logout takes effect"], "{found:?}");
    assert!(found[0].remedy.as_ref().unwrap().contains("ReauthorizeEvery"));
    // The deployment promises no more, so this is correct.
    let mut parameters = deployment.parameters.clone();
    parameters.insert("RevocationCheck".to_owned(), "denylist".to_owned());
    parameters.insert("DenylistInterval".to_owned(), "10".to_owned());
    assert!(wrong(&Deployment { parameters, ..deployment }).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_a_flood_would_close_is_warned_and_not_called_wrong() {
    let api = Api::start().await;
    let stack = deployment(&api, None).await;
    let warned = async |rate: &str, executions: &str, firewall: &str| {
        let mut stack = stack.clone();
        let set = [("LoginRate", rate), ("LoginConcurrency", executions), ("WafRequests", firewall)];
        stack.parameters.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let checks = examine(&stack).await.unwrap();
        assert!(checks.iter().all(|check| check.outcome != Outcome::Wrong), "{checks:?}");
        let mut of_floods = checks.into_iter().filter(|check| check.name == "floods");
        let found = of_floods.next().unwrap();
        assert_eq!(found.outcome == Outcome::Warning, found.remedy.is_some(), "{found:?}");
        found.remedy
    };
    let template = Template::of_project().unwrap();
    let default = |name: &str| template.parameter(name).unwrap()["Default"].as_u64().unwrap().to_string();
    let rate = default("LoginRate");
    assert!(warned("20", "0", "2000").await.unwrap().contains(&format!("LoginRate={rate}")), "what it was");
    assert!(warned(&rate, "20", "2000").await.unwrap().contains("LoginConcurrency=50"));
    assert!(warned(&rate, "0", "0").await.unwrap().contains("WafRequests=2000"), "the defaults");
    assert_eq!(warned(&rate, "50", "2000").await, None, "as the guide has it");
    let mut guarded = stack.clone();
    let arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/ours/1";
    let set = [("LoginRate", &*rate), ("LoginConcurrency", "0"), ("WafRequests", "0"), ("WebAclArn", arn)];
    guarded.parameters.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let checks = examine(&guarded).await.unwrap();
    let floods = checks.iter().find(|check| check.name == "floods").unwrap();
    assert_eq!(floods.outcome, Outcome::Ok, "{floods:?}");
}

/// A CloudFormation that answers each call like this.
async fn cloudformation(status: StatusCode, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |body: String| async move {
        assert!(body.contains("Action=ListImports") && body.contains("ExportName=test-KeysArn"), "{body}");
        (status, answer)
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_on_metrics_that_nothing_writes_are_wrong() {
    let api = Api::start().await;
    let stack = deployment(&api, None).await;
    let said = async |metrics: &str, (status, answer): (StatusCode, String)| {
        let mut stack = stack.clone();
        stack.parameters.insert("Metrics".to_owned(), metrics.to_owned());
        let aws = stack.sdk_config.to_builder().endpoint_url(cloudformation(status, answer).await);
        stack.sdk_config = aws.build();
        let checks = examine(&stack).await.unwrap();
        checks.into_iter().find(|check| check.name == "metrics").unwrap()
    };
    let imported = "<ListImportsResponse><ListImportsResult><Imports><member>shop-alarms</member></Imports>\
                    </ListImportsResult></ListImportsResponse>";
    let imported = || (StatusCode::OK, imported.to_owned());
    let error = |code: &str, message: &str| {
        let error =
            format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        (StatusCode::BAD_REQUEST, format!("<ErrorResponse>{error}</ErrorResponse>"))
    };
    let found = said("off", imported()).await;
    assert_eq!(found.outcome, Outcome::Wrong);
    assert!(found.detail.contains("shop-alarms") && found.remedy.unwrap().contains("Metrics=on"));
    assert_eq!(said("on", imported()).await.outcome, Outcome::Ok);
    let nobody = error("ValidationError", "Export 'test-KeysArn' is not imported by any stack.");
    assert_eq!(said("off", nobody).await.outcome, Outcome::Ok);
    let failed = said("off", error("AccessDenied", "no")).await;
    assert_eq!((failed.outcome, failed.failed), (Outcome::Unknown, true));
    let checks = examine(&stack).await.unwrap();
    assert!(checks.iter().all(|check| check.name != "metrics"), "a stack from before the parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_the_parameters_allow_and_the_api_does_not_are_wrong() {
    let (shop, admin) = ("https://shop.example.com", "http://localhost:5173");
    let list = format!("{shop},{admin}");
    let api = Api::with(|parameters| parameters.with("AllowedOrigins", list.clone())).await;
    let deployed = local::functions::Deployment { clock: Arc::new(SystemClock), ..api.deployment.clone() };
    let stack = deployment(&api.redeployed(deployed).await, None).await;
    let said = async |list: Option<&str>, one: &str| {
        let mut stack = stack.clone();
        let list = list.map(|list| ("AllowedOrigins", list));
        let set = list.into_iter().chain([("AllowedOrigin", one)]);
        stack.parameters.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let checks = examine(&stack).await.unwrap();
        let found = checks.into_iter().find(|check| check.name == "origins").unwrap();
        (found.outcome, found.detail)
    };
    let (outcome, detail) = said(Some(&list), "https://app.example.com").await;
    assert_eq!((outcome, detail.as_str()), (Outcome::Ok, &*format!("pages of {shop}, {admin} may call")));
    let (outcome, detail) =
        said(Some(&format!("{list},https://new.example.com")), "https://app.example.com").await;
    assert_eq!(
        (outcome, detail.as_str()),
        (Outcome::Wrong, "a page of https://new.example.com may not call")
    );
    let (outcome, detail) = said(Some(""), shop).await;
    assert!(outcome == Outcome::Warning && detail.contains("AllowedOrigin,"), "{detail}");
    // A stack of the previous release.
    assert_eq!(said(None, shop).await.0, Outcome::Ok);
    let checks = examine(&stack).await.unwrap();
    assert!(checks.iter().all(|check| check.name != "origins"), "it isn't known which there should be");
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_rules_that_close_the_list_of_sessions_are_named() {
    let api = Api::with(|p| p.with("ScopeRules", "GET /orders read")).await;
    let deployed = local::functions::Deployment { clock: Arc::new(SystemClock), ..api.deployment.clone() };
    let found = wrong(&deployment(&api.redeployed(deployed).await, None).await).await;
    assert_eq!(names(&found), ["trial"], "{found:?}");
    assert!(found[0].detail.contains("answered 403"), "{found:?}");
    assert!(found[0].remedy.as_ref().unwrap().contains("ScopeRules"), "{found:?}");
}

#[derive(Debug)]
struct WrongClock;

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_secs(60)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_and_an_api_of_other_tables_are_wrong() {
    let (api, other) = (Api::start().await, Api::start().await);
    let deployment = deployment(&api, None).await;
    let off = Deployment { clock: Arc::new(WrongClock), ..deployment.clone() };
    assert_eq!(names(&wrong(&off).await)[0], "clock");
    let other = Deployment { api_url: Some(other.serve().await), ..deployment.clone() };
    assert_eq!(names(&wrong(&other).await), ["API", "trial"]);
    let gone = Deployment { api_url: Some("http://127.0.0.1:9".to_owned()), ..deployment };
    assert_eq!(names(&wrong(&gone).await), ["API", "trial"]);
    assert_eq!(api.items("ClientsTable").await.len(), 2, "whatever came of it, nothing is left");
    let command = Command::on(gone);
    let error = admin::doctor::run(&command.context).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
}

/// A DynamoDB that answers everything with this error.
async fn refusing(code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"no"}}"#);
    let router = Router::new().fallback(async move || (StatusCode::BAD_REQUEST, body.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_can_not_run_is_unknown_and_not_wrong() {
    let api = Api::start().await;
    let secrets = Secrets::emulated().await;
    let deployment = deployment(&api, Some(&secrets)).await;
    for (code, said) in [("AccessDeniedException", "lack a permission"), ("", "check the network")] {
        let endpoint = if code.is_empty() { "http://127.0.0.1:1".to_owned() } else { refusing(code).await };
        // What can't be reached is tried again, call after call, for most of a minute.
        let sdk_config = deployment.sdk_config.to_builder().retry_config(RetryConfig::disabled());
        let sdk_config = sdk_config.endpoint_url(endpoint).build();
        let dynamodb = aws_sdk_dynamodb::Client::new(&sdk_config);
        let away = Deployment { dynamodb, sdk_config, ..deployment.clone() };
        let checks = examine(&away).await.unwrap();
        assert!(checks.iter().all(|check| check.outcome != Outcome::Wrong), "{checks:?}");
        let unknown: Vec<_> = checks.iter().filter(|check| check.failed).collect();
        for name in ["table ClientsTable", "table KeysTable", "published keys", "keyset", "rotation", "trial"]
        {
            let found = unknown.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("{name}"));
            assert!(found.outcome == Outcome::Unknown && found.remedy.is_none(), "{found:?}");
            assert!(found.detail.contains(said), "{found:?}");
        }
        let command = Command::on(away);
        assert_eq!(admin::doctor::run(&command.context).await.unwrap_err().exit_code(), 1);
    }
    let gone = refusing("ResourceNotFoundException").await;
    let sdk_config = deployment.sdk_config.to_builder().endpoint_url(gone).build();
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk_config);
    let found = wrong_of(examine(&Deployment { dynamodb, sdk_config, ..deployment }).await.unwrap());
    assert!(names(&found).contains(&"table ClientsTable"), "{found:?}");
}
