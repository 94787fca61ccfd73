//! Notices: what users are told by mail though they didn't ask. They come from the streams of the tables in which it
//! happened, and cost the requests nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use mailer::Mail;
use serde_json::{Value, json};
use shared::{route, store::attribute};

use super::{Stage, outbox::failed};
use crate::harness::{
    APP, Api, Browser, CHOSEN, Change, Fault, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, Log, NEWCOMER,
    PASSWORD, Post, Source, THIRD, Tokens, USER_ID, WEB, bearer, bounce, claims, code_of, link_of,
    nothing_failed, number, text, unescaped, waiting,
};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Ends all sessions of the user of a token.
pub(super) async fn logout_everywhere(api: &Api, token: &str) {
    let everywhere = [("client_id", APP), ("token", token), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
}

/// Uses a refresh token again, long after the leeway.
pub(super) async fn steal(api: &Api, tokens: &Tokens) {
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    api.clock.advance(60);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

/// Asserts that this is a notice to Grace: it opens nothing, and its links lead to the issuer.
#[track_caller]
fn assert_notice(mail: &Mail) {
    assert_eq!(mail.to.as_str(), GRACE);
    assert_eq!((link_of(mail), code_of(mail)), (None, None), "{}", mail.text);
    for part in [&mail.text, &mail.html, &mail.subject] {
        assert!(!part.contains("token=") && !part.contains("lgm1_") && !part.contains("lgq1_"), "{part}");
        assert!(!part.contains(GRACE_ID), "{part}");
    }
    assert!(mail.text.contains("https://issuer.example.com/account/forgot"), "what to do: {}", mail.text);
    let html = unescaped(&mail.html);
    for link in html.split(['"', '\'', ' ', '<', '>', '(']).filter(|part| part.contains("://")) {
        let is_ours = link.starts_with("https://issuer.example.com/");
        assert!(is_ours || link.starts_with("http://www.w3.org/"), "{link}");
    }
}

/// The only notice of what has happened.
pub(super) async fn the_notice(stage: &Stage) -> Mail {
    let mut mails = stage.post.notices(&stage.api).await;
    assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>());
    let mail = mails.remove(0);
    assert_notice(&mail);
    mail
}

#[tokio::test]
async fn each_event_has_its_notice() {
    let stage = Stage::set().await;
    let mut subjects = std::collections::BTreeSet::new();
    let [here, _there] = [stage.api.graces().await, stage.api.graces().await];
    let changed = stage.api.change_password(&here.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    subjects.insert(the_notice(&stage).await.subject);
    stage.api.clock.advance(60);
    steal(&stage.api, &changed).await;
    subjects.insert(the_notice(&stage).await.subject);
    let tokens = stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
    logout_everywhere(&stage.api, &tokens.refresh).await;
    subjects.insert(the_notice(&stage).await.subject);
    assert_eq!(subjects.len(), 3, "three subjects: {subjects:?}");
    assert!(stage.post.notices(&stage.api).await.is_empty(), "each once");
}

#[tokio::test]
async fn a_reset_and_a_change_at_the_pages_are_changes_of_the_password() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(api.reset(&asked.by_link(), GRACES_PASSWORD).await.status, 200);
    let of_reset = the_notice(&stage).await;

    api.clock.advance(HOUR);
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let form = browser.get(route::ACCOUNT).await.form_with("new_password", None);
    let fields = [("current_password", GRACES_PASSWORD), ("new_password", CHOSEN)];
    let page = browser.submit(&form, &fields, Some(("action", "change-password"))).await;
    assert!(page.status < 400, "{page:?}");
    let of_page = the_notice(&stage).await;
    assert_eq!(of_reset.subject, of_page.subject);
}

/// Users do these every day, or get another mail for them.
#[tokio::test]
async fn what_users_do_every_day_is_no_notice() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let [here, there, other] = [api.graces().await, api.graces().await, api.graces().await];
    let next = api.refresh(&here.refresh).await.tokens();
    api.refresh(&here.refresh).await.tokens();
    api.try_login_as(GRACE, "a wrong password").await.assert_error(400, "invalid_grant");
    api.change_password(&next.access, "a wrong password", CHOSEN).await.assert_error(400, "invalid_grant");
    api.change_password(&next.access, GRACES_PASSWORD, "password1").await;
    assert_eq!(api.logout(&other.refresh).await.status, 200);
    let sid = claims(&there.access)["sid"].as_str().unwrap().to_owned();
    let end = bearer(Request::delete(format!("{}/{sid}", route::SESSIONS)), &next.access);
    assert_eq!(api.send(end, "").await.status, 204);
    let mut browser = Browser::new(api);
    let page = Flow::of(THIRD).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    browser.press(&page, "allow").await.redirect();
    let page = browser.get(route::ACCOUNT).await;
    browser.press(&page, "sign-out").await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    assert!(stage.post.notices(api).await.is_empty());
    for source in [Source::Users, Source::Revocations] {
        assert!(api.noticed(source).await.is_empty(), "{source:?}: no record reaches the mailer");
    }
}

/// Any number of sessions end, and one row asks for the mail.
#[tokio::test]
async fn a_logout_everywhere_is_one_mail_however_many_sessions_end() {
    let stage = Stage::set().await;
    let mut tokens = Vec::new();
    for _ in 0..7 {
        tokens.push(stage.api.graces().await);
    }
    logout_everywhere(&stage.api, &tokens[3].refresh).await;
    assert_eq!(stage.api.items("RevocationsTable").await.len(), 7);
    let rows = stage.api.noticed(Source::Revocations).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][attribute::USER_ID], text(GRACE_ID));
    the_notice(&stage).await;
}

/// A stream brings each write, some twice, and each of them again after a failure.
#[tokio::test]
async fn a_repeated_record_is_no_second_mail() {
    let stage = Stage::set().await;
    let here = stage.api.graces().await;
    stage.api.change_password(&here.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let rows = stage.api.noticed(Source::Users).await;
    let twice = rows.iter().chain(&rows).map(|row| (Change::Modify, row));
    for _ in 0..3 {
        let event = stage.api.records(Source::Users, twice.clone());
        assert_eq!(stage.post.handle(event).await, nothing_failed());
    }
    assert_notice(&stage.post.deliver_one(&stage.api).await);
    for _ in 0..3 {
        assert!(stage.post.notices(&stage.api).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_records_at_once_are_one_mail() {
    let stage = Stage::set().await;
    let here = stage.api.graces().await;
    stage.api.change_password(&here.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let rows = stage.api.noticed(Source::Users).await;
    let event = stage.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, row)));
    let post = std::sync::Arc::new(Post::of(&stage.api));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (post, event) = (post.clone(), event.clone());
        running.spawn(async move { post.handle(event).await });
    }
    running.join_all().await;
    stage.post.hear(&stage.api).await;
    assert_notice(&stage.post.deliver_one(&stage.api).await);
    assert!(waiting(&stage.api).await.is_empty());
}

/// Every later write of the user's record comes with the same attributes.
#[tokio::test]
async fn a_later_write_of_the_record_is_no_second_mail() {
    let stage = Stage::set().await;
    let here = stage.api.graces().await;
    stage.api.change_password(&here.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    the_notice(&stage).await;
    stage.api.set_user(GRACE_ID, vec![(attribute::DISABLED, AttributeValue::Bool(false))]).await;
    stage.api.clock.advance(HOUR);
    assert!(stage.post.notices(&stage.api).await.is_empty());
    // Nor after the row that remembers it is swept.
    stage.api.clock.advance(3 * DAY);
    stage.api.delete_all("MailsTable").await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
}

/// The shards of a stream are read in parallel after a split, and Lambda repeats what failed.
#[tokio::test]
async fn an_older_record_after_a_newer_one_is_no_second_mail() {
    let stage = Stage::set().await;
    let mut tokens = stage.api.graces().await;
    let (mut current, mut images) = (GRACES_PASSWORD, Vec::new());
    for next in [CHOSEN, "yet another password"] {
        stage.api.clock.advance(60);
        tokens = stage.api.change_password(&tokens.access, current, next).await.tokens();
        current = next;
        images.push(stage.api.noticed(Source::Users).await.remove(0));
    }
    for image in images.iter().rev() {
        let event = stage.api.records(Source::Users, [(Change::Modify, image)]);
        assert_eq!(stage.post.handle(event).await, nothing_failed());
    }
    assert_notice(&stage.post.deliver_one(&stage.api).await);
    // In order they are two events.
    let event = stage.api.records(Source::Users, images.iter().map(|image| (Change::Modify, image)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert!(stage.post.deliver(&stage.api).await.is_empty());
}

#[tokio::test]
async fn two_changes_are_two_mails() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let tokens = stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    the_notice(&stage).await;
    stage.api.clock.advance(2);
    stage.api.change_password(&tokens.access, CHOSEN, "yet another password").await.tokens();
    the_notice(&stage).await;
}

/// No one can fill a mailbox with them: the mail says the same each time.
#[tokio::test]
async fn an_hour_has_at_most_five_notices_of_a_kind() {
    let stage = Stage::set().await;
    let mut mails = 0;
    let (log, guard) = Log::listen();
    for _ in 0..8 {
        stage.api.clock.advance(60);
        let tokens = stage.api.graces().await;
        logout_everywhere(&stage.api, &tokens.refresh).await;
        mails += stage.post.notices(&stage.api).await.len();
    }
    drop(guard);
    assert_eq!(mails, 5);
    assert!(log.text().contains("dropped"), "an event says that one was dropped: {}", log.text());
    // Each kind has a separate bound, and so have the mails that the user asks for.
    let tokens = stage.api.graces().await;
    stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    the_notice(&stage).await;
    stage.asked(route::FORGOT, GRACE).await;
}

/// Where a notice goes: to the user name if that is an address, otherwise to the verified claim.
#[tokio::test]
async fn a_notice_goes_to_an_address_that_is_proven() {
    for (claims, to) in [
        (json!({ "email": "demo@example.com", "email_verified": true }), Some("demo@example.com")),
        (json!({ "email": "demo@example.com", "email_verified": false }), None),
        (json!({ "email": "demo@example.com" }), None),
        (json!({ "email": "no address", "email_verified": true }), None),
        (json!({ "email": ["demo@example.com"], "email_verified": true }), None),
        (json!({}), None),
    ] {
        let stage = Stage::set().await;
        stage.api.set_user(USER_ID, vec![(attribute::CLAIMS, text(&claims.to_string()))]).await;
        let tokens = stage.api.login().await;
        stage.api.change_password(&tokens.access, PASSWORD, CHOSEN).await.tokens();
        let mails = stage.post.notices(&stage.api).await;
        let sent: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(sent, to.into_iter().collect::<Vec<_>>(), "{claims}");
        // A user who has another name can't get a link by that page.
        for mail in &mails {
            assert!(!mail.text.contains("/account/forgot"), "{}", mail.text);
        }
    }
}

#[tokio::test]
async fn a_notice_goes_to_the_spelling_of_the_claim() {
    let stage = Stage::set().await;
    let own = json!({ "email": "GRACE@Example.com", "email_verified": true });
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    assert_eq!(stage.post.notices(&stage.api).await[0].to.as_str(), "GRACE@Example.com");
}

#[tokio::test]
async fn a_notice_has_the_language_of_the_users_locale() {
    for (locale, language) in [("vi-VN", "vi"), ("vi", "vi"), ("en-GB", "en"), ("fr", "en"), ("<b>", "en")] {
        let stage = Stage::set().await;
        let own = json!({ "email": GRACE, "email_verified": true, "locale": locale });
        stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
        let tokens = stage.api.graces().await;
        logout_everywhere(&stage.api, &tokens.refresh).await;
        let mail = the_notice(&stage).await;
        assert!(mail.html.contains(&format!("lang=\"{language}\"")), "{locale}: {}", mail.html);
    }
}

#[tokio::test]
async fn a_suppressed_address_gets_no_notice() {
    let stage = Stage::set().await;
    stage.post.handle(bounce("Permanent", GRACE)).await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
    assert!(waiting(&stage.api).await.is_empty());
}

#[tokio::test]
async fn a_user_who_is_gone_gets_no_notice() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    let rows = stage.api.noticed(Source::Revocations).await;
    stage.api.delete_all("UsersTable").await;
    stage.api.delete_all("CredentialsTable").await;
    let event = stage.api.records(Source::Revocations, rows.iter().map(|row| (Change::Insert, row)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert!(waiting(&stage.api).await.is_empty());
}

/// The mail about a change of the password must reach the owner of the address that the account had then: by a change of
/// the address the thief would have it. The old address has the undo.
#[tokio::test]
async fn after_a_change_of_the_address_notices_go_to_the_new_one() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    stage.changed(&tokens, HOPPER).await;
    stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let mails = stage.post.notices(&stage.api).await;
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, [HOPPER]);
}

/// The user's record keeps the attributes of its last notice, and a change of the address writes the record. The new
/// address has had no notice yet, so nothing there says that this one is known.
#[tokio::test]
async fn a_change_of_the_address_and_its_undo_repeat_no_notice() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), GRACES_PASSWORD).await.status, 200);
    the_notice(&stage).await;
    stage.api.clock.advance(60);
    let tokens = stage.api.graces().await;
    let undo = stage.changed(&tokens, HOPPER).await;
    assert!(stage.post.notices(&stage.api).await.is_empty());
    let undone = stage.api.undo_address(&link_of(&undo).unwrap(), CHOSEN).await;
    assert_eq!(undone.status, 200, "{undone:?}");
    assert!(stage.post.notices(&stage.api).await.is_empty());
}

#[tokio::test]
async fn a_notice_that_is_two_days_late_is_not_sent() {
    // A change of the password counts from some seconds after it.
    for (late, is_sent) in [(2 * DAY - 60, true), (2 * DAY + 60, false)] {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
        stage.api.clock.advance(late);
        assert_eq!(stage.post.notices(&stage.api).await.len(), usize::from(is_sent), "{late}");
    }
}

/// Rows of other kinds, deletions, and records that the filters should have kept away.
#[tokio::test]
async fn records_without_a_notice_cost_no_call() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    let noticed = stage.api.noticed(Source::Revocations).await;
    stage.api.graces().await;
    stage.api.calls.take();
    for (source, table) in [(Source::Users, "UsersTable"), (Source::Sessions, "SessionsTable")] {
        let rows = stage.api.items(table).await;
        let removed = stage.api.records(source, rows.iter().map(|row| (Change::Remove, row)));
        assert_eq!(stage.post.handle(removed).await, nothing_failed(), "{source:?}");
        let modified = stage.api.records(source, rows.iter().map(|row| (Change::Modify, row)));
        assert_eq!(stage.post.handle(modified).await, nothing_failed(), "{source:?}");
    }
    let swept = stage.api.records(Source::Revocations, noticed.iter().map(|row| (Change::Remove, row)));
    assert_eq!(stage.post.handle(swept).await, nothing_failed());
    assert_eq!((stage.api.calls.count(), stage.post.bag.attempts()), (0, 0));
    assert!(waiting(&stage.api).await.is_empty());
}

/// Else every refresh, login and logout would call the function: these tables are written all the time.
#[tokio::test]
async fn the_filters_pass_notices_and_new_sessions_alone() {
    let stage = Stage::set().await;
    let api = &stage.api;
    let streams = |new_device_mails: &str| {
        let parameters = api.deployment.parameters.clone().with("NewDeviceMails", new_device_mails);
        let streams = api.template.streams("mailer", &parameters).unwrap().into_iter();
        streams.map(|stream| (stream.table.clone(), stream)).collect::<BTreeMap<_, _>>()
    };
    let tables = |streams: BTreeMap<String, _>| streams.into_keys().collect::<Vec<_>>();
    assert_eq!(tables(streams("no")), ["MailsTable", "RevocationsTable", "UsersTable"]);
    let streams = streams("yes");
    let takes = |source: Source, change: Change, row: &BTreeMap<String, AttributeValue>| {
        let event = api.records(source, [(change, row)]);
        streams[source.table()].filters.iter().any(|filter| filter.takes(&event["Records"][0]))
    };
    let [here, there] = [api.graces().await, api.graces().await];
    assert_eq!(api.logout(&there.refresh).await.status, 200);
    let plain = api.items("RevocationsTable").await.remove(0);
    logout_everywhere(api, &here.refresh).await;
    let noticed = api.noticed(Source::Revocations).await.remove(0);
    let (user, session) = (api.user(GRACE_ID).await.unwrap(), {
        api.graces().await;
        api.items("SessionsTable").await.remove(0)
    });
    for (source, change, row, passes) in [
        (Source::Revocations, Change::Insert, &plain, false),
        (Source::Revocations, Change::Insert, &noticed, true),
        (Source::Revocations, Change::Modify, &noticed, true),
        (Source::Revocations, Change::Remove, &noticed, false),
        (Source::Users, Change::Modify, &user, false),
        (Source::Users, Change::Remove, &user, false),
        (Source::Sessions, Change::Insert, &session, true),
        (Source::Sessions, Change::Modify, &session, false),
        (Source::Sessions, Change::Remove, &session, false),
    ] {
        assert_eq!(takes(source, change, row), passes, "{source:?} {change:?} {row:?}");
    }
}

/// The account changed hands a moment after the event: a thief changes the password, and at once the address. The image
/// is of the user as the event left them.
#[tokio::test]
async fn the_notice_of_a_change_of_password_goes_to_the_address_of_then() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let tokens = stage.api.change_password(&thiefs.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let image = stage.api.noticed(Source::Users).await.remove(0);
    stage.api.clock.advance(5);
    let reply = stage.api.try_change_address(&tokens.access, HOPPER, CHOSEN).await;
    let asked = stage.read(reply.request_token()).await;
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    stage.post.deliver_one(&stage.api).await;
    // The stream brings the record only now.
    let event = stage.api.records(Source::Users, [(Change::Modify, &image)]);
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!((mail.to.as_str(), link_of(&mail)), (GRACE, None));
    // No account has this address now. The mail about its change has the undo.
    assert!(!mail.text.contains("/account/forgot"), "{}", mail.text);
}

/// A malformed row must not hold up those behind it: Lambda would repeat the batch for a day.
#[tokio::test]
async fn a_damaged_record_holds_up_no_other() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    let good = stage.api.noticed(Source::Revocations).await.remove(0);
    let damaged = |name: &str, value: Option<AttributeValue>| {
        let mut row = good.clone();
        match value {
            Some(value) => row.insert(name.to_owned(), value),
            None => row.remove(name),
        };
        row
    };
    let rows: Vec<BTreeMap<String, AttributeValue>> = vec![
        damaged(attribute::NOTICE, Some(text("a notice of a later release"))),
        damaged(attribute::NOTICE, Some(number(7))),
        damaged(attribute::USER_ID, None),
        damaged(attribute::USER_ID, Some(text(""))),
        damaged(attribute::USER_ID, Some(text("nobody"))),
        damaged(attribute::REVOCATION, Some(text("x#y"))),
        damaged(attribute::REVOCATION, Some(text("-1#y"))),
        good.clone(),
    ];
    let event = stage.api.records(Source::Revocations, rows.iter().map(|row| (Change::Insert, row)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert_notice(&stage.post.deliver_one(&stage.api).await);

    let tokens = stage.api.graces().await;
    stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    let good = stage.api.noticed(Source::Users).await.remove(0);
    let mut rows = Vec::new();
    for value in [text("soon"), number(u64::MAX), AttributeValue::N("-5".to_owned())] {
        let mut row = good.clone();
        row.insert(attribute::NOTICED_AT.to_owned(), value);
        rows.push(row);
    }
    rows.push(good);
    let event = stage.api.records(Source::Users, rows.iter().map(|row| (Change::Modify, row)));
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert_notice(&stage.post.deliver_one(&stage.api).await);
}

/// A store that can't be reached is a failure of that record alone, and its repetition sends the mail.
#[tokio::test]
async fn a_failure_leaves_the_record_to_be_repeated() {
    for failing in ["GetItem Users", "GetItem Mails", "UpdateItem Mails"] {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        logout_everywhere(&stage.api, &tokens.refresh).await;
        let rows = stage.api.noticed(Source::Revocations).await;
        let event = stage.api.records(Source::Revocations, rows.iter().map(|row| (Change::Insert, row)));
        stage.api.calls.fail(Fault::Before(failing));
        assert_eq!(stage.post.handle(event.clone()).await, failed(&[1]), "{failing}");
        stage.api.calls.heal();
        assert_eq!(stage.post.handle(event.clone()).await, nothing_failed(), "{failing}");
        assert_eq!(stage.post.handle(event).await, nothing_failed(), "{failing}");
        assert_notice(&stage.post.deliver_one(&stage.api).await);
    }
    // The write was carried out, and its answer lost.
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    logout_everywhere(&stage.api, &tokens.refresh).await;
    let rows = stage.api.noticed(Source::Revocations).await;
    let event = stage.api.records(Source::Revocations, rows.iter().map(|row| (Change::Insert, row)));
    stage.api.calls.fail(Fault::After("UpdateItem Mails"));
    stage.post.handle(event.clone()).await;
    stage.api.calls.heal();
    stage.post.handle(event).await;
    assert_notice(&stage.post.deliver_one(&stage.api).await);
    assert!(stage.post.notices(&stage.api).await.is_empty());
}

/// A record that fails doesn't keep the other users of its batch waiting.
#[tokio::test]
async fn a_batch_has_a_notice_for_each_user() {
    let stage = Stage::set().await;
    let mut rows = Vec::new();
    for number in 0..4 {
        let (email, id) = (format!("user{number}@example.com"), format!("user-{number}"));
        stage.api.put_account(&email, PASSWORD, &id).await;
        let tokens = stage.api.try_login_as(&email, PASSWORD).await.tokens();
        logout_everywhere(&stage.api, &tokens.refresh).await;
    }
    rows.extend(stage.api.noticed(Source::Revocations).await);
    let event = stage.api.records(Source::Revocations, rows.iter().map(|row| (Change::Insert, row)));
    stage.api.calls.fail(Fault::Once("GetItem Users"));
    assert_eq!(stage.post.handle(event.clone()).await, failed(&[1]));
    assert_eq!(stage.post.deliver(&stage.api).await.len(), 3);
    assert_eq!(stage.post.handle(event).await, nothing_failed());
    assert_eq!(stage.post.deliver(&stage.api).await.len(), 1);
}

/// What a notice costs is paid by the mailer. The request makes the same calls as before there were any.
#[tokio::test]
async fn logins_refreshes_and_logouts_make_no_further_call() {
    let stage = Stage::set().await;
    let api = &stage.api;
    let calls = |api: &Api| -> Vec<String> {
        let mut calls: Vec<_> = api.calls.take().into_iter().map(|call| call.name).collect();
        calls.sort();
        calls
    };
    // The clients' records are in the caches then.
    let warm = api.graces().await;
    let warm = api.refresh(&warm.refresh).await.tokens();
    assert_eq!(api.logout(&warm.refresh).await.status, 200);
    api.calls.take();
    let here = api.graces().await;
    let login = ["GetItem Users", "PutItem Sessions", "UpdateItem Credentials", "UpdateItem Credentials"];
    assert_eq!(calls(api), login);
    let next = api.refresh(&here.refresh).await.tokens();
    assert_eq!(calls(api), ["GetItem Users", "UpdateItem Sessions"]);
    let end = ["DeleteItem Sessions", "PutItem Revocations", "UpdateItem Sessions"];
    assert_eq!(api.logout(&next.refresh).await.status, 200);
    assert_eq!(calls(api), end);
    let there = api.graces().await;
    api.calls.take();
    for call in {
        logout_everywhere(api, &there.refresh).await;
        api.calls.take()
    } {
        let units = call.units.unwrap();
        assert!(units <= 1.0, "{}: {units}", call.name);
    }
    let stolen = api.graces().await;
    steal(api, &stolen).await;
    for row in api.noticed(Source::Revocations).await {
        let len: usize = row.iter().map(|(name, value)| name.len() + format!("{value:?}").len()).sum();
        assert!(len < 1000, "one unit: {row:?}");
    }
}

/// What a user or a stranger can write into a session is in no notice.
#[tokio::test]
async fn a_notice_repeats_nothing_that_a_stranger_wrote() {
    let stage = Stage::set().await;
    let own = json!({ "email": GRACE, "email_verified": true, "name": "<b>evil</b> https://evil.example" });
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    let login = [
        ("client_id", APP),
        ("username", GRACE),
        ("password", GRACES_PASSWORD),
        ("device_name", "evil https://evil.example"),
    ];
    let request = crate::harness::form_post(route::LOGIN).header("user-agent", "evil/1 https://evil.example");
    let tokens = stage.api.send(request, crate::harness::form(&login)).await.tokens();
    logout_everywhere(&stage.api, &tokens.refresh).await;
    let mail = the_notice(&stage).await;
    for part in [&mail.text, &mail.html, &mail.subject] {
        assert!(!part.contains("evil"), "{part}");
    }
    let stored: Value = json!(format!("{:?}", stage.api.items("MailsTable").await));
    assert!(!stored.as_str().unwrap().contains("evil"));
}
