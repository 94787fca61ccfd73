//! Notices of new devices, with `NewDeviceMails`: a session that looks like none before it is told to its user, or
//! only to those who asked for it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use mailer::Mail;
use shared::{route, store::attribute};

use super::{Stage, every_call::EveryCall};
use crate::harness::{
    APP, Api, Browser, CHOSEN, Change, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, Log, NEWCOMER,
    PASSWORD, Source, Tokens, USERNAME, WEB, claims, code_of, form, form_post, link_of, nothing_failed, text,
    waiting,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The next version of the same browser.
const NEXT_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
                      (KHTML, like Gecko) Version/18.0 Safari/605.1.15";

impl Api {
    /// Logs in with this browser.
    async fn login_from(&self, agent: &str, username: &str, password: &str) -> Tokens {
        let login = [("client_id", APP), ("username", username), ("password", password)];
        self.send(form_post(route::LOGIN).header("user-agent", agent), form(&login)).await.tokens()
    }
}

/// The stored session of these tokens.
async fn session_of(api: &Api, tokens: &Tokens) -> BTreeMap<String, AttributeValue> {
    let sid = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
    let sessions = api.items("SessionsTable").await;
    let is_it = |row: &BTreeMap<_, AttributeValue>| {
        row[attribute::SESSION_KEY].as_s().unwrap().ends_with(&format!("#{sid}"))
    };
    sessions.into_iter().find(is_it).unwrap()
}

/// A deployment with this `NewDeviceMails`, and clients that use the pages.
async fn with_pages(new_device_mails: &str) -> Stage {
    Stage::of(Stage::with("NewDeviceMails", new_device_mails).await.api.with_clients().await)
}

/// A browser in which Grace is signed in.
async fn signed_in(api: &Api) -> Browser<'_> {
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    browser
}

/// The stored wish of Grace.
async fn wish(api: &Api) -> Option<AttributeValue> {
    api.user(GRACE_ID).await.unwrap().remove(attribute::NEW_DEVICE_MAILS)
}

/// Logs Grace in a minute later, and returns the mails about the session.
async fn mails_of_login(stage: &Stage, agent: &str) -> Vec<Mail> {
    stage.api.clock.advance(60);
    let tokens = stage.api.login_from(agent, GRACE, GRACES_PASSWORD).await;
    stage.post.of_new_session(&stage.api, &session_of(&stage.api, &tokens).await).await
}

#[tokio::test]
async fn a_session_on_another_browser_is_told_and_one_on_a_known_is_not() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let first = mails_of_login(&stage, FIREFOX).await;
    assert_eq!(first.len(), 1, "an operator created the account: its first session is new");
    for (agent, is_new) in
        [(FIREFOX, false), (NEXT_FIREFOX, false), (SAFARI, true), (FIREFOX, false), (SAFARI, false)]
    {
        let mails = mails_of_login(&stage, agent).await;
        assert_eq!(mails.len(), usize::from(is_new), "{agent}");
        for mail in mails {
            assert_eq!((mail.to.as_str(), link_of(&mail), code_of(&mail)), (GRACE, None, None));
            assert!(mail.text.contains("Safari") || mail.html.contains("Safari"), "{}", mail.text);
            assert!(mail.text.contains("https://issuer.example.com/account/forgot"), "{}", mail.text);
        }
    }
}

/// The user is sitting at it.
#[tokio::test]
async fn the_session_of_a_sign_up_is_not_told() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let tokens = stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    let session = session_of(&stage.api, &tokens).await;
    assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
    // The next login with another browser is.
    stage.api.clock.advance(60);
    let tokens = stage.api.login_from(SAFARI, NEWCOMER, CHOSEN).await;
    let session = session_of(&stage.api, &tokens).await;
    assert_eq!(stage.post.of_new_session(&stage.api, &session).await.len(), 1);
}

/// A change of the password replaces the caller's session, and has another notice.
#[tokio::test]
async fn the_session_of_a_change_of_password_is_not_told() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let tokens = stage.api.login_from(FIREFOX, GRACE, GRACES_PASSWORD).await;
    stage.api.clock.advance(60);
    let next = stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let session = session_of(&stage.api, &next).await;
    assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
}

#[tokio::test]
async fn a_session_that_is_over_and_a_repeated_record_are_not_told() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let tokens = stage.api.login_from(FIREFOX, GRACE, GRACES_PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    assert_eq!(stage.post.of_new_session(&stage.api, &session).await.len(), 1);
    for _ in 0..3 {
        assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
    }
    stage.api.clock.advance(60);
    let tokens = stage.api.login_from(SAFARI, GRACE, GRACES_PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    stage.api.logout(&tokens.refresh).await;
    assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
}

/// Refreshes and other writes of a session are no new one. The stream has them too.
#[tokio::test]
async fn a_refresh_is_no_new_device() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let tokens = stage.api.login_from(FIREFOX, GRACE, GRACES_PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    stage.post.of_new_session(&stage.api, &session).await;
    stage.api.clock.advance(60);
    stage.api.refresh(&tokens.refresh).await.tokens();
    let session = session_of(&stage.api, &tokens).await;
    stage.api.calls.take();
    let event = stage.api.records(Source::Sessions, [(Change::Modify, &session)]);
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert_eq!(stage.api.calls.count(), 0);
    assert!(waiting(&stage.api).await.is_empty());
}

/// A sign-in at the pages begins the browser's session and the client's.
#[tokio::test]
async fn a_sign_in_at_the_pages_is_told_once() {
    let stage = with_pages("yes").await;
    let api = &stage.api;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(api));
    let page = flow.sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let of_browser = api.items("SessionsTable").await;
    let mut mails = 0;
    for session in &of_browser {
        mails += stage.post.of_new_session(api, session).await.len();
    }
    let tokens = flow.redeem(api, &flow.code_of(&page)).await.tokens();
    mails += stage.post.of_new_session(api, &session_of(api, &tokens).await).await.len();
    for session in &api.items("SessionsTable").await {
        mails += stage.post.of_new_session(api, session).await.len();
    }
    assert_eq!(mails, 1);
}

/// A thief may write anything into these.
#[tokio::test]
async fn the_mail_repeats_nothing_of_an_agent_or_a_devices_name() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    for agent in [
        "<a href='https://evil.example'>evil</a>",
        "evil https://evil.example/ call 0800-EVIL Firefox/1",
        "evil\u{e4}{{ link }}{% include 'evil' %} Windows NT 10.0 Chrome/1",
        "",
    ] {
        stage.api.clock.advance(3600);
        let login = [
            ("client_id", APP),
            ("username", GRACE),
            ("password", GRACES_PASSWORD),
            ("device_name", "evil https://evil.example"),
        ];
        let request = form_post(route::LOGIN).header("user-agent", agent);
        let tokens = stage.api.send(request, form(&login)).await.tokens();
        let session = session_of(&stage.api, &tokens).await;
        for mail in stage.post.of_new_session(&stage.api, &session).await {
            for part in [&mail.text, &mail.html, &mail.subject] {
                assert!(!part.to_lowercase().contains("evil"), "{agent}: {part}");
            }
        }
        for row in stage.api.items("MailsTable").await {
            assert!(!format!("{row:?}").to_lowercase().contains("evil"), "{row:?}");
        }
    }
}

#[tokio::test]
async fn a_disabled_user_and_one_without_an_address_are_not_told() {
    let stage = Stage::with("NewDeviceMails", "yes").await;
    let unproven = vec![(attribute::CLAIMS, text("{}"))];
    stage.api.set_user(crate::harness::USER_ID, unproven).await;
    let tokens = stage.api.login_from(FIREFOX, USERNAME, PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
    let tokens = stage.api.login_from(FIREFOX, GRACE, GRACES_PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    stage.api.delete_all("UsersTable").await;
    assert!(stage.post.of_new_session(&stage.api, &session).await.is_empty());
    assert_eq!(session[attribute::USER_ID], text(GRACE_ID));
}

#[tokio::test]
async fn a_session_is_told_as_the_operator_says_or_leaves_to_the_user() {
    for (new_device_mails, wish, count) in
        [("no", true, 0), ("wanted", false, 0), ("wanted", true, 1), ("yes", false, 1)]
    {
        let stage = Stage::with("NewDeviceMails", new_device_mails).await;
        stage.api.set_user(GRACE_ID, vec![(attribute::NEW_DEVICE_MAILS, AttributeValue::Bool(wish))]).await;
        let mails = mails_of_login(&stage, FIREFOX).await;
        assert_eq!(mails.len(), count, "{new_device_mails} {wish}");
    }
}

#[tokio::test]
async fn a_user_without_the_wish_costs_one_read_and_no_session_is_read() {
    let stage = Stage::with("NewDeviceMails", "wanted").await;
    let tokens = stage.api.login_from(FIREFOX, GRACE, GRACES_PASSWORD).await;
    let session = session_of(&stage.api, &tokens).await;
    stage.api.calls.take();
    let event = stage.api.records(Source::Sessions, [(Change::Insert, &session)]);
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    let calls: Vec<_> = stage.api.calls.take().into_iter().map(|call| call.name).collect();
    assert_eq!(calls, ["GetItem Users"]);
}

#[tokio::test]
async fn a_user_turns_the_mails_on_and_off_again_on_the_account_page() {
    let stage = with_pages("wanted").await;
    let api = &stage.api;
    let mut browser = signed_in(api).await;
    let page = browser.get(route::ACCOUNT).await;
    assert_eq!(mails_of_login(&stage, SAFARI).await.len(), 0);
    let (on, off) = ("new-device-mails-on", "new-device-mails-off");
    let mut form = page.form_with("action", Some(on));
    for (action, other, notice, event, stored, mails) in [
        (
            on,
            off,
            "Mails about new devices are turned on.",
            "new_device_mails_wanted",
            Some(AttributeValue::Bool(true)),
            1,
        ),
        (off, on, "Mails about new devices are turned off.", "new_device_mails_stopped", None, 0),
    ] {
        // A form that is sent twice changes nothing more.
        for _ in 0..2 {
            let (log, guard) = Log::listen();
            let page = browser.submit(&form, &[], Some(("action", action))).await;
            let events = log.take_events();
            drop(guard);
            page.assert_page(200);
            assert!(page.html.contains(notice), "{page:?}");
            let event = events.iter().find(|logged| logged["event"] == event);
            assert_eq!(event.unwrap()["user_id"], GRACE_ID, "{events:?}");
            assert_eq!(wish(api).await, stored);
            // The page shows the present state, and so does another visit.
            page.form_with("action", Some(other));
            browser.get(route::ACCOUNT).await.form_with("action", Some(other));
        }
        form = browser.get(route::ACCOUNT).await.form_with("action", Some(other));
        let agent = format!("{SAFARI} {action}");
        assert_eq!(mails_of_login(&stage, &agent).await.len(), mails, "{action}");
    }
}

#[tokio::test]
async fn the_page_asks_only_where_the_wish_counts_and_a_mail_arrives() {
    let asks = async |new_device_mails: &str, username: &str, password: &str| {
        let stage = with_pages(new_device_mails).await;
        let unproven = vec![(attribute::CLAIMS, text("{}"))];
        stage.api.set_user(crate::harness::USER_ID, unproven).await;
        let mut browser = Browser::new(&stage.api);
        Flow::of(WEB).sign_in_as(&mut browser, username, password).await;
        let page = browser.get(route::ACCOUNT).await;
        page.assert_page(200);
        page.forms().iter().any(|form| form.has("action", Some("new-device-mails-on")))
    };
    assert!(asks("wanted", GRACE, GRACES_PASSWORD).await);
    assert!(!asks("no", GRACE, GRACES_PASSWORD).await);
    assert!(!asks("yes", GRACE, GRACES_PASSWORD).await);
    assert!(!asks("wanted", USERNAME, PASSWORD).await, "no address");
}

#[tokio::test]
async fn a_form_that_is_foreign_or_older_than_the_parameter_changes_nothing() {
    let stage = with_pages("wanted").await;
    let api = &stage.api;
    let mut browser = signed_in(api).await;
    let on = "new-device-mails-on";
    let form = browser.get(route::ACCOUNT).await.form_with("action", Some(on));
    let forged = form.clone().with("csrf", "n1Tt7l4megpKPE4jxffWxg");
    browser.submit(&forged, &[], Some(("action", on))).await.assert_page(400);
    // Of another browser.
    let mut elsewhere = signed_in(api).await;
    let of_another = elsewhere.get(route::ACCOUNT).await.form_with("action", Some(on));
    browser.submit(&of_another, &[], Some(("action", on))).await.assert_page(400);
    assert!(Browser::new(api).submit(&form, &[], Some(("action", on))).await.asks_for_password());
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("NewDeviceMails", "yes");
    let later = api.redeployed(deployment).await;
    browser.at(&later).submit(&form, &[], Some(("action", on))).await.assert_page(400);
    assert_eq!(wish(api).await, None);
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_wish_is_a_failure_and_the_same_form_completes() {
    let stage = with_pages("wanted").await;
    let api = &stage.api;
    let mut browser = signed_in(api).await;
    for (action, stored) in
        [("new-device-mails-on", Some(AttributeValue::Bool(true))), ("new-device-mails-off", None)]
    {
        let form = browser.get(route::ACCOUNT).await.form_with("action", Some(action));
        let before = api.stored().await;
        let every = EveryCall { api, before: &before, success: 200, done: &[] };
        let wishing = every.fails(
            async || browser.clone().submit(&form, &[], Some(("action", action))).await,
            async |what| assert_eq!(wish(api).await, stored, "{what}"),
        );
        assert!(wishing.await > 2);
    }
}

#[tokio::test]
async fn a_wish_survives_a_change_of_the_address_and_its_undo() {
    let stage = Stage::with("NewDeviceMails", "wanted").await;
    let wanted = Some(AttributeValue::Bool(true));
    stage.api.set_user(GRACE_ID, vec![(attribute::NEW_DEVICE_MAILS, AttributeValue::Bool(true))]).await;
    let tokens = stage.api.graces().await;
    let mail = stage.changed(&tokens, HOPPER).await;
    assert_eq!(wish(&stage.api).await, wanted);
    assert_eq!(stage.api.undo_address(&link_of(&mail).unwrap(), CHOSEN).await.status, 200);
    assert_eq!(wish(&stage.api).await, wanted);
}

/// Without the parameter no stream brings sessions to the mailer.
#[test]
fn sessions_have_a_stream_only_with_new_device_mails() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let table = text.split("\n  SessionsTable:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(table.contains("StreamSpecification: !If"), "{table}");
    assert!(text.contains("NewDeviceMails"), "the parameter");
}
