//! Compares the functions' permissions with their actions in a run that needs each of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use axum::http::Request;
use keys::KeyRotation;
use local::template::{Parameters, Statement, Template};
use shared::{client::ClientIdUrl, route, store::attribute};

use crate::{
    harness::{
        ADA, ADAS_PASSWORD, APP, Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER,
        IMPORTED, NEWCOMER, PASSWORD, Post, Secrets, THIRD, WEB, bearer, bounce, code_of, link_of, network,
        text, with_mail,
    },
    key_rotation::rotate,
};

type Actions = BTreeMap<String, BTreeSet<String>>;

/// Attributes all actions since the last call to this function.
fn note(used: &mut Actions, function: &str, api: &Api, secrets: &Secrets) {
    let secret = secrets.take_calls().into_iter().map(|operation| format!("{operation} Keyset"));
    let calls = api.calls.take().into_iter().flat_map(|call| actions(&call.name));
    used.entry(function.to_owned()).or_default().extend(calls.chain(secret));
}

/// The actions of a call. Each write of a transaction needs its own.
fn actions(call: &str) -> Vec<String> {
    let of_table = |writes: &str| {
        let (operations, table) = writes.split_once(' ').unwrap();
        operations.split('+').map(|operation| format!("{operation} {table}")).collect::<Vec<_>>()
    };
    call.split(" & ").flat_map(of_table).collect()
}

/// The actions that Lambda takes for the mailer, besides those on the streams of these tables.
const OF_MAILER: [&str; 2] = ["SendMessage UnsentMails", "GetSecretValue MailKey"];
/// The tables whose streams Lambda reads for the mailer.
const STREAMS: [&str; 4] = ["Mails", "Users", "Revocations", "Sessions"];
/// The actions by which it does so.
const READS_STREAM: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// A deployment that sends every mail.
fn with_all_mails(parameters: Parameters) -> Parameters {
    with_mail(parameters).with("NewDeviceMails", "yes")
}

async fn keys_and_metadata(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    // The first rotation creates a keyset, the second replaces a key.
    rotate(&rotation, secrets, "first").await.unwrap();
    rotate(&rotation, secrets, "second").await.unwrap();
    note(used, "keys", api, secrets);
    assert_eq!(api.send(Request::get(route::JWKS), "").await.status, 200);
    note(used, "metadata", api, secrets);
}

async fn token_endpoints(used: &mut Actions, api: &Api, secrets: &Secrets) {
    login::Login::start(&api.context("login")).await.unwrap();
    api.login().await;
    api.try_login("wrong password").await;
    // An earlier release may have stored this name in another form.
    let greek = [("client_id", APP), ("username", "νους"), ("password", PASSWORD)];
    api.post(route::LOGIN, &greek).await.assert_error(400, "invalid_grant");
    api.import_without_password().await;
    api.try_login_as(IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("MaxSessions", "1");
    let function = api.template.functions(&deployment.parameters).unwrap().remove("login").unwrap();
    let login = login::Login::start(&deployment.context(function)).await.unwrap();
    let event = serde_json::from_str(include_str!("events/login.json")).unwrap();
    let request = shared::http::request_of(event);
    assert_eq!(login.handle(&request).await.status(), 200);
    note(used, "login", api, secrets);
    let tokens = api.login().await;
    note(&mut Actions::new(), "login", api, secrets);
    refresh::Refresh::start(&api.context("refresh")).await.unwrap();
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    note(used, "refresh", api, secrets);
}

async fn logout(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, _there) = (api.login().await, api.login().await);
    note(&mut Actions::new(), "login", api, secrets);
    logout::Logout::start(&api.context("logout")).await.unwrap();
    let everywhere = [("client_id", "demo-app"), ("token", here.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    note(used, "logout", api, secrets);
}

async fn password(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, _there) = (api.login().await, api.login().await);
    note(&mut Actions::new(), "login", api, secrets);
    password::PasswordChange::start(&api.context("password")).await.unwrap();
    // The authorizer also reads the session first, but the function makes the same call.
    assert_eq!(api.change_password(&here.access, PASSWORD, "another good password").await.status, 200);
    note(used, "password", api, secrets);
}

async fn authorizer_and_sessions(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, there) = (api.login().await, api.login().await);
    // The gateway's authorizer started before there were keys, and loads them now.
    assert_eq!(api.call(&here.access).await.status, 200);
    note(&mut Actions::new(), "login", api, secrets);
    for check in ["session", "denylist"] {
        let mut deployment = api.deployment.clone();
        deployment.parameters = deployment.parameters.with("RevocationCheck", check);
        let function = api.template.functions(&deployment.parameters).unwrap().remove("authorizer").unwrap();
        let authorizer = authorizer::Authorizer::start(&deployment.context(function)).await.unwrap();
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/me";
        let token = format!("Bearer {}", here.access);
        let event = serde_json::json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": arn });
        authorizer.handle(event, None).await.unwrap();
    }
    note(used, "authorizer", api, secrets);

    let id = crate::harness::claims(&there.access)["sid"].as_str().unwrap().to_owned();
    for request in [Request::get(route::SESSIONS), Request::delete(format!("/sessions/{id}"))] {
        assert_eq!(api.send(bearer(request, &here.access), "").await.status / 100, 2);
    }
    let mut both = Actions::new();
    note(&mut both, "sessions", api, secrets);
    let mut own = both.remove("sessions").unwrap();
    // The authorizer reads the session before each of the two.
    assert!(own.remove("GetItem Sessions"));
    used.insert("sessions".to_owned(), own);
}

/// Visits the pages: a user signs in, consents, changes the password, and signs out.
async fn pages(used: &mut Actions, api: &Api, secrets: &Secrets) {
    authorize::Authorize::start(&api.context("authorize")).await.unwrap();
    let mut browser = Browser::new(api);
    // An unknown name may be stored in an earlier release's form.
    assert!(Flow::of(WEB).sign_in_as(&mut browser, "νους", PASSWORD).await.asks_for_password());
    let page = Flow::of(THIRD).sign_in_as(&mut browser, ADA, ADAS_PASSWORD).await;
    let consent = page.form_with("action", Some("allow"));
    let page = browser.submit(&consent, &[], Some(("action", "allow"))).await;
    Flow::of(THIRD).code_of(&page);
    let account = browser.get(route::ACCOUNT).await.form_with("new_password", None);
    let fields = [("current_password", ADAS_PASSWORD), ("new_password", "an engine of another kind")];
    let page = browser.submit(&account, &fields, Some(("action", "change-password"))).await;
    assert!(page.status < 400, "{page:?}");
    let sign_out = browser.get(route::END_SESSION).await.form_with("action", Some("sign-out"));
    let page = browser.submit(&sign_out, &[], Some(("action", "sign-out"))).await;
    assert!(page.status < 400, "{page:?}");
    note(used, "authorize", api, secrets);
}

/// Lets a user sign up and another reset the password, each with a link or a code.
async fn accounts_and_mailer(used: &mut Actions, api: &Api, secrets: &Secrets) {
    accounts::AccountsApi::start(&api.context("accounts")).await.unwrap();
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    note(used, "accounts", api, secrets);
    api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    note(&mut Actions::new(), "login", api, secrets);
    let post = Post::of(api);
    let request = api.ask(route::SIGNUP, NEWCOMER).await;
    let request = api.try_resend(&request).await.request_token();
    note(used, "accounts", api, secrets);
    let code = code_of(&post.deliver_one(api).await).unwrap();
    note(used, "mailer", api, secrets);
    api.confirm(&[("request", &request), ("code", &code)], CHOSEN).await.tokens();
    api.ask(route::FORGOT, GRACE).await;
    note(used, "accounts", api, secrets);
    let link = link_of(&post.deliver_one(api).await).unwrap();
    post.handle(bounce("Permanent", "gone@example.com")).await;
    note(used, "mailer", api, secrets);
    assert_eq!(api.reset(&[("token", &link)], CHOSEN).await.status, 200);
    note(used, "accounts", api, secrets);
    Box::pin(change_and_delete(used, api, secrets)).await;
}

/// Changes Grace's address, undoes that, and deletes her account; and tells her of a reset and of a new device.
async fn change_and_delete(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let post = Post::of(api);
    // The reset's own notice.
    post.notices(api).await;
    note(used, "mailer", api, secrets);
    let tokens = api.try_login_as(GRACE, CHOSEN).await.tokens();
    let session = api.items("SessionsTable").await;
    let session = session.iter().find(|row| row["user_id"] == text(GRACE_ID)).unwrap();
    note(&mut Actions::new(), "login", api, secrets);
    post.of_new_session(api, session).await;
    note(used, "mailer", api, secrets);
    // The authorizer also reads the session first, but the function makes the same call.
    let request = api.try_change_address(&tokens.access, HOPPER, CHOSEN).await.request_token();
    note(used, "accounts", api, secrets);
    let code = code_of(&post.deliver_one(api).await).unwrap();
    note(used, "mailer", api, secrets);
    assert_eq!(api.confirm_address(&[("request", &request), ("code", &code)]).await.status, 200);
    note(used, "accounts", api, secrets);
    let link = link_of(&post.deliver_one(api).await).unwrap();
    note(&mut Actions::new(), "mailer", api, secrets);
    assert_eq!(api.undo_address(&link, GRACES_PASSWORD).await.status, 200);
    note(used, "accounts", api, secrets);
    let [tokens, _there] = [api.graces().await, api.graces().await];
    consent(api).await;
    note(&mut Actions::new(), "login", api, secrets);
    assert_eq!(api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    note(used, "accounts", api, secrets);
    post.deliver_one(api).await;
    note(&mut Actions::new(), "mailer", api, secrets);
}

/// A consent of Grace to a client.
async fn consent(api: &Api) {
    let consent = [("user_id", GRACE_ID), ("client_id", THIRD), ("scope", "read")];
    api.put("ConsentsTable", consent.map(|(name, value)| (name.to_owned(), text(value))).into()).await;
}

/// The same at the pages.
async fn change_and_delete_at_pages(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let post = Post::of(api);
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let form = browser.get(route::ACCOUNT_EMAIL).await.form_with("action", Some("ask"));
    let fields = [("email", HOPPER), ("current_password", GRACES_PASSWORD)];
    browser.submit(&form, &fields, Some(("action", "ask"))).await.assert_page(200);
    note(used, "authorize", api, secrets);
    let link = link_of(&post.deliver_one(api).await).unwrap();
    note(&mut Actions::new(), "mailer", api, secrets);
    let page = browser.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_CONFIRM)).await;
    browser.press(&page, "confirm-email").await.assert_page(200);
    note(used, "authorize", api, secrets);
    let link = link_of(&post.deliver_one(api).await).unwrap();
    note(&mut Actions::new(), "mailer", api, secrets);
    let page = browser.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_UNDO)).await;
    let form = page.form_with("action", Some("choose-password"));
    let choose = Some(("action", "choose-password"));
    browser.submit(&form, &[("new_password", CHOSEN)], choose).await.assert_page(200);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, CHOSEN).await;
    note(used, "authorize", api, secrets);
    consent(api).await;
    let form = browser.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
    let fields = [("current_password", CHOSEN), ("confirm", "yes")];
    browser.submit(&form, &fields, Some(("action", "delete"))).await.assert_page(200);
    note(used, "authorize", api, secrets);
}

/// Signs a user up at the pages, with the link of a mail.
async fn pages_by_mail(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let mut browser = Browser::new(api);
    let form = browser.get(route::ACCOUNT_NEW).await.form_with("action", Some("ask"));
    browser.submit(&form, &[("email", "reader@example.com")], Some(("action", "ask"))).await.assert_page(200);
    note(used, "authorize", api, secrets);
    let link = link_of(&Post::of(api).deliver_one(api).await).unwrap();
    note(&mut Actions::new(), "mailer", api, secrets);
    let page = browser.get(&format!("{}?token={link}", route::ACCOUNT_CONFIRM)).await;
    let form = page.form_with("action", Some("choose-password"));
    let choose = Some(("action", "choose-password"));
    browser.submit(&form, &[("new_password", CHOSEN)], choose).await.assert_page(200);
    note(used, "authorize", api, secrets);
}

/// Redeems codes with every outcome.
async fn token(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let flow = Flow::of(WEB);
    let mut browser = Browser::new(api);
    let [first, second] = [flow.code(&mut browser).await, flow.code(&mut browser).await];
    note(&mut Actions::new(), "authorize", api, secrets);
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("MaxSessions", "1");
    let api = &api.redeployed(deployment).await;
    secrets.take_calls();
    token::TokenEndpoint::start(&api.context("token")).await.unwrap();
    let tokens = flow.redeem(api, &first).await.tokens();
    let next = api.post(route::TOKEN, &flow.refresh_form(&tokens.refresh)).await.tokens();
    api.post(route::TOKEN, &flow.refresh_form(&next.refresh)).await.tokens();
    // The second session exceeds the limit.
    flow.redeem(api, &second).await.tokens();
    flow.redeem(api, &second).await.assert_error(400, "invalid_grant");
    note(used, "token", api, secrets);
}

/// The authorizer's read of the session isn't an action of this function.
async fn userinfo(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let flow = Flow::of(WEB);
    let tokens = flow.tokens(api, &mut Browser::new(api)).await.tokens();
    note(&mut Actions::new(), "token", api, secrets);
    let reply = api.send(bearer(Request::get(route::USERINFO), &tokens.access), "").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut both = Actions::new();
    note(&mut both, "userinfo", api, secrets);
    let mut own = both.remove("userinfo").unwrap();
    assert!(own.remove("GetItem Sessions"));
    used.insert("userinfo".to_owned(), own);
}

/// Rights besides tables and the secret. `cargo xtask sam templates` checks the same in the translated template.
#[test]
fn each_function_may_write_its_log_group_and_traces_only_if_they_are_on() {
    let template = Template::of_project().unwrap();
    let statement = |actions: [&str; 2], resource: &str| Statement {
        actions: actions.map(str::to_owned).into(),
        resource: resource.to_owned(),
    };
    let logs = statement(["logs:CreateLogStream", "logs:PutLogEvents"], "FunctionLogs");
    let traces = statement(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
    assert_eq!(template.parameter("Tracing").unwrap()["Default"], "off");
    for (tracing, expected) in [
        ("off", vec![logs.clone()]),
        ("PassThrough", vec![logs.clone(), traces.clone()]),
        ("Active", vec![logs, traces]),
    ] {
        let parameters = template.parameters().with("Tracing", tracing);
        for (name, function) in template.functions(&parameters).unwrap() {
            assert_eq!(function.common_statements, expected, "{name}, {tracing}");
        }
    }
}

/// By default it has no write permission.
#[test]
fn the_authorizer_may_write_only_if_it_stores_proofs() {
    let template = Template::of_project().unwrap();
    let statements = |replay: &str| {
        let functions = template.functions(&template.parameters().with("DpopReplay", replay)).unwrap();
        functions.into_iter().map(|(name, f)| (name, f.statements)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(template.parameter("DpopReplay").unwrap()["Default"], "window");
    let (window, mut store) = (statements("window"), statements("store"));
    let put =
        Statement { actions: vec!["dynamodb:PutItem".to_owned()], resource: "RevocationsTable".to_owned() };
    assert!(!window["authorizer"].contains(&put));
    let of_authorizer = store.get_mut("authorizer").unwrap();
    let at = of_authorizer.iter().position(|statement| *statement == put).unwrap();
    of_authorizer.remove(at);
    assert_eq!(store, window);
}

/// Even then it can write only such clients' rows: an operator's client ID begins differently.
#[test]
fn the_pages_may_write_clients_only_if_documents_are_allowed() {
    let template = Template::of_project().unwrap();
    let statements = |documents: &str| {
        let parameters = template.parameters().with("ClientMetadataDocuments", documents);
        let functions = template.functions(&parameters).unwrap();
        functions.into_iter().map(|(name, f)| (name, f.statements)).collect::<BTreeMap<_, _>>()
    };
    let (off, mut on) = (statements("off"), statements("on"));
    let update =
        Statement { actions: vec!["dynamodb:UpdateItem".to_owned()], resource: "ClientsTable".to_owned() };
    let of_pages = on.get_mut("authorize").unwrap();
    let at = of_pages.iter().position(|statement| *statement == update).unwrap();
    of_pages.remove(at);
    assert_eq!(on, off);
    let id = ClientIdUrl::parse("https://app.example.com/c").unwrap().client_id();
    let condition = r#"Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["cimd_*"] } }"#;
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let statement = text.split("- TakesClientDocuments\n").nth(1).unwrap();
    assert!(statement.split("- !Ref AWS::NoValue").next().unwrap().contains(condition));
    assert!(id.as_str().starts_with("cimd_"));
}

/// The mailer sends from the address of `MailFrom` alone. No other function sends, and none without a sender has the key
/// of links.
#[test]
fn only_the_mailer_may_send_and_only_if_there_is_a_sender() {
    let template = Template::of_project().unwrap();
    let statements = |parameters| {
        let functions = template.functions(&parameters).unwrap();
        functions.into_iter().map(|(name, f)| (name, f.statements)).collect::<BTreeMap<_, _>>()
    };
    let has = |statements: &[Statement], action: &str, resource: &str| {
        statements.iter().any(|s| s.actions.iter().any(|a| a == action) && s.resource.contains(resource))
    };
    let with_mail = statements(with_mail(template.parameters()));
    let without = statements(template.parameters());
    for (name, statements) in &with_mail {
        assert_eq!(has(statements, "ses:SendEmail", ""), name == "mailer", "{name}");
        let has_key = has(statements, "secretsmanager:GetSecretValue", "MailKey");
        assert_eq!(has_key, ["accounts", "authorize", "mailer"].contains(&name.as_str()), "{name}");
    }
    for name in ["accounts", "authorize"] {
        assert!(!has(&without[name], "secretsmanager:GetSecretValue", "MailKey"), "{name}");
    }
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let of_mailer = text.split("\n  MailerFunction:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(of_mailer.contains("Condition: SendsMails"));
    assert!(text.contains(r#"StringEquals: { "ses:FromAddress":"#));
}

/// Other functions ask for no mail. The two may call one function of the account, and only if there is a captcha.
#[test]
fn only_those_that_ask_for_mails_may_call_the_function_of_a_captcha() {
    let template = Template::of_project().unwrap();
    let statements = |function: &str| {
        let parameters = with_mail(template.parameters()).with("CaptchaFunction", function);
        let functions = template.functions(&parameters).unwrap();
        functions.into_iter().map(|(name, f)| (name, f.statements)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(template.parameter("CaptchaFunction").unwrap()["Default"], "");
    let (without, mut with) = (statements(""), statements("captcha:live"));
    let call = Statement {
        actions: vec!["lambda:InvokeFunction".to_owned()],
        resource: "arn::lambda:::function:captcha:live".to_owned(),
    };
    for name in ["accounts", "authorize"] {
        let statements = with.get_mut(name).unwrap();
        let at = statements.iter().position(|statement| *statement == call).unwrap();
        statements.remove(at);
    }
    assert_eq!(with, without);
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let resource =
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${CaptchaFunction}";
    assert_eq!(text.matches(resource).count(), 2);
}

/// By default it may not even know which sessions there are. If it may, then not what their tokens are made of.
#[test]
fn the_mailer_may_read_sessions_only_to_tell_of_new_devices() {
    let template = Template::of_project().unwrap();
    let of_mailer =
        |parameters| template.functions(&parameters).unwrap().remove("mailer").unwrap().statements;
    let (without, with) =
        (of_mailer(with_mail(template.parameters())), of_mailer(with_all_mails(template.parameters())));
    let is_of_sessions = |statement: &&Statement| statement.resource.contains("Sessions");
    assert_eq!(without.iter().filter(is_of_sessions).count(), 0, "{without:?}");
    let rest: Vec<_> = with.iter().filter(|statement| !is_of_sessions(statement)).cloned().collect();
    assert_eq!(rest, without);
    let actions: Vec<_> = with.iter().filter(is_of_sessions).flat_map(|s| s.actions.clone()).collect();
    let writes = ["Put", "Update", "Delete", "Get"].map(|verb| format!("dynamodb:{verb}Item"));
    assert!(writes.iter().all(|action| !actions.contains(action)), "{actions:?}");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let of_mailer =
        text.split("\n  MailerFunctionRole:\n").nth(1).unwrap().split("\n  # ---").next().unwrap();
    let of_query =
        of_mailer.split("\"dynamodb:Query\"").nth(1).unwrap().split("!Ref AWS::NoValue").next().unwrap();
    for secret in [attribute::RETRY_KEY, attribute::GENERATION, attribute::JKT, attribute::ADDRESS] {
        assert!(!of_query.contains(secret), "{of_query}");
    }
    assert!(
        of_query.contains("ForAllValues:StringEquals") && of_query.contains("SPECIFIC_ATTRIBUTES"),
        "{of_query}"
    );
}

/// The attributes of each statement that names some, by its function and its call.
fn attributes_in_policies() -> BTreeMap<(String, String), BTreeSet<String>> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let between = |text: &str, before: &str, after: &str| {
        text.split(before).nth(1).unwrap().split(after).next().unwrap().to_owned()
    };
    let mut found = BTreeMap::new();
    for role in text.split("PolicyName: ").skip(1) {
        let function = role.split("FunctionRole").next().unwrap().to_lowercase();
        for statement in role.split("- Effect: Allow\n").filter(|text| text.contains("dynamodb:Attributes")) {
            let action = between(statement, "[\"dynamodb:", "\"]");
            let table = between(statement, "!GetAtt ", "Table.Arn");
            let attributes = between(statement, "\"dynamodb:Attributes\": [", "]");
            let attributes = attributes.split(", ").map(str::to_owned).collect();
            let earlier = found.insert((function.clone(), format!("{action} {table}")), attributes);
            assert_eq!(earlier, None, "{function}: {action} {table}");
        }
    }
    found
}

/// Else DynamoDB refuses the call, and no engine here does.
#[tokio::test]
async fn a_policy_with_attributes_has_exactly_those_of_its_calls() {
    let api = Api::with(with_all_mails).await;
    let post = Post::of(&api);
    let mut named: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut note = |function: &str, call: &str| {
        let calls = api.calls.take();
        let attributes = calls.into_iter().filter(|made| made.name == call).flat_map(|made| made.attributes);
        named.entry((function.to_owned(), call.to_owned())).or_default().extend(attributes);
    };
    api.import_without_password().await;
    for source in [network(1), Ipv4Addr::LOCALHOST.into()] {
        api.try_login_from(source, IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
    }
    note("login", "UpdateItem Users");
    post.notices(&api).await;
    note("mailer", "GetItem Credentials");
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    api.calls.take();
    let sessions = api.items("SessionsTable").await;
    post.of_new_session(&api, &sessions[0]).await;
    note("mailer", "Query Sessions");
    assert_eq!(attributes_in_policies(), named);
}

#[tokio::test]
async fn each_function_has_exactly_the_permissions_it_uses() {
    let template = Template::of_project().unwrap();
    let mut allowed = Actions::new();
    for (name, function) in template.functions(&with_all_mails(template.parameters())).unwrap() {
        for statement in function.statements {
            for action in statement.actions {
                let (service, action) = action.split_once(':').unwrap();
                let service_of_resource = match statement.resource.as_str() {
                    "Keyset" | "MailKey" => "secretsmanager",
                    "UnsentMails" => "sqs",
                    _ if action == "SendEmail" => "ses",
                    _ => "dynamodb",
                };
                assert_eq!(service, service_of_resource, "{name}: {action}");
                let resource = statement.resource.trim_end_matches("Table");
                allowed.entry(name.clone()).or_default().insert(format!("{action} {resource}"));
            }
        }
    }
    let of_mailer = allowed.get_mut("mailer").unwrap();
    assert!(OF_MAILER.iter().all(|action| of_mailer.remove(*action)), "{of_mailer:?}");
    for action in STREAMS.iter().flat_map(|table| READS_STREAM.map(|action| format!("{action} {table}"))) {
        assert!(of_mailer.remove(&action), "{action}: {of_mailer:?}");
    }
    let others: Vec<_> =
        of_mailer.iter().filter(|action| action.starts_with("SendEmail ")).cloned().collect();
    // The address or its domain may be the verified identity.
    let resources =
        ["configuration-set/MailConfiguration", "identity/example.com", "identity/latchgate@example.com"];
    assert_eq!(others, resources.map(|resource| format!("SendEmail arn::ses:::{resource}")), "{of_mailer:?}");
    of_mailer.retain(|action| !others.contains(action));
    // The functions get the key of links as it is here. `mails` has the tests of its secret.
    for name in ["accounts", "authorize"] {
        assert!(allowed.get_mut(name).unwrap().remove("GetSecretValue MailKey"), "{name}");
    }
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, with_all_mails).await.with_clients().await;
    secrets.take_calls();
    api.calls.take();
    let mut used = Actions::new();
    keys_and_metadata(&mut used, &api, &secrets).await;
    token_endpoints(&mut used, &api, &secrets).await;
    logout(&mut used, &api, &secrets).await;
    Box::pin(authorizer_and_sessions(&mut used, &api, &secrets)).await;
    Box::pin(token(&mut used, &api, &secrets)).await;
    Box::pin(userinfo(&mut used, &api, &secrets)).await;
    Box::pin(pages(&mut used, &api, &secrets)).await;
    Box::pin(accounts_and_mailer(&mut used, &api, &secrets)).await;
    Box::pin(pages_by_mail(&mut used, &api, &secrets)).await;
    Box::pin(change_and_delete_at_pages(&mut used, &api, &secrets)).await;
    Box::pin(password(&mut used, &api, &secrets)).await;
    assert_eq!(allowed, used);
}
