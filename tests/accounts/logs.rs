//! No token, code, address or password reaches a log, whatever happens to the request.

use shared::route;
use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt};

use super::Stage;
use crate::harness::{
    APP, Browser, CHOSEN, Fault, GRACE, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, Log, NEWCOMER, NEWCOMERS_NAME,
    Provider, bounce, code_of, complaint, link_of, url_of, waiting, wrong_code,
};

const REJECTED: &str = "password1";

/// Every kind of request, mail and report, successful, refused and failed. Returns the secrets that it used.
async fn eventful_run(stage: &Stage) -> Vec<String> {
    let api = &stage.api;
    let mut secrets = Vec::new();
    let first = stage.asked(route::SIGNUP, NEWCOMER).await;
    let request = api.try_resend(&first.request).await.request_token();
    let second = stage.read(request).await;
    let of_reset = stage.asked(route::FORGOT, GRACE).await;
    for asked in [&first, &second, &of_reset] {
        secrets.extend([&asked.link, &asked.request].map(Clone::clone));
        secrets.push(asked.code.clone());
    }
    let path = url_of(&of_reset.mail).strip_prefix("https://issuer.example.com").unwrap().to_owned();
    Browser::new(api).get(&path).await.assert_page(200);
    api.confirm(&first.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    api.confirm(&second.by_link(), REJECTED).await.assert_error(400, "password_rejected");
    let wrong = wrong_code(&second.code);
    api.confirm(&[("request", &second.request), ("code", &wrong)], CHOSEN).await;
    secrets.push(wrong);
    for call in ["UpdateItem Mails", "GetItem Mails"] {
        api.calls.fail(Fault::Before(call));
    }
    api.try_ask(route::FORGOT, GRACE).await;
    api.confirm(&second.by_code(), CHOSEN).await;
    api.calls.heal();
    let tokens = api.confirm(&second.by_link(), CHOSEN).await.tokens();
    secrets.extend([tokens.access, tokens.refresh]);
    assert_eq!(api.reset(&of_reset.by_code(), CHOSEN).await.status, 200);

    // Mistakes of people: an address or a password in another field.
    api.try_ask(route::FORGOT, GRACES_PASSWORD).await.assert_error(400, "invalid_request");
    api.reset(&[("token", GRACES_PASSWORD)], CHOSEN).await.assert_error(400, "invalid_grant");
    api.post(route::FORGOT, &[("client_id", NEWCOMER), ("email", GRACE)]).await;

    for provider in [Provider::Fails, Provider::Refuses] {
        api.ask(route::FORGOT, GRACE).await;
        stage.post.bag.set(provider);
        let waiting = waiting(api).await;
        let changes = waiting.iter().map(|mailbox| (crate::harness::Change::Modify, mailbox.as_str()));
        stage.post.handle(crate::harness::stream_event(changes)).await;
    }
    stage.post.bag.set(Provider::Accepts);
    api.clock.advance(3600);
    for failing in ["GetItem Credentials", "GetItem Users"] {
        api.ask(route::FORGOT, GRACE).await;
        api.calls.fail(Fault::Before(failing));
        let waiting = waiting(api).await;
        let changes = waiting.iter().map(|mailbox| (crate::harness::Change::Modify, mailbox.as_str()));
        stage.post.handle(crate::harness::stream_event(changes)).await;
        api.calls.heal();
    }
    let mail = stage.post.deliver_one(api).await;
    secrets.extend(link_of(&mail).into_iter().chain(code_of(&mail)));
    stage.post.handle(bounce("Permanent", GRACE)).await;
    stage.post.handle(complaint(NEWCOMER)).await;
    api.ask(route::FORGOT, GRACE).await;
    stage.post.deliver(api).await;
    secrets.extend(Box::pin(eventful_account(stage)).await);
    secrets
}

const ADA: &str = "Ada.Lovelace@example.com";
const ADAS_PASSWORD: &str = "an engine of difference";

/// A change of an address, its undo, notices, and the deletion of the account, with refusals and failures.
async fn eventful_account(stage: &Stage) -> Vec<String> {
    let api = &stage.api;
    api.put_account("ada.lovelace@example.com", ADAS_PASSWORD, "ada-user").await;
    let tokens = api.try_login_as(ADA, ADAS_PASSWORD).await.tokens();
    let mut secrets = vec![tokens.access.clone(), tokens.refresh];
    api.try_change_address(&tokens.access, HOPPER, "a wrong guess").await.assert_error(400, "invalid_grant");
    api.try_change_address(&tokens.access, ADA, ADAS_PASSWORD).await.assert_error(400, "invalid_request");
    api.try_change_address(&tokens.access, ADAS_PASSWORD, ADAS_PASSWORD).await;
    let reply = api.try_change_address(&tokens.access, HOPPER, ADAS_PASSWORD).await;
    let asked = stage.read(reply.request_token()).await;
    secrets.extend([asked.link.clone(), asked.request.clone(), asked.code.clone()]);
    let wrong = wrong_code(&asked.code);
    api.confirm_address(&[("request", &asked.request), ("code", &wrong)]).await;
    secrets.push(wrong);
    api.calls.fail(Fault::Before("GetItem Users"));
    api.confirm_address(&asked.by_link()).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    assert_eq!(api.confirm_address(&asked.by_link()).await.status, 200);
    let undo = link_of(&stage.post.deliver_one(api).await).unwrap();
    secrets.push(undo.clone());
    api.undo_address(&undo, REJECTED).await.assert_error(400, "password_rejected");
    api.calls.fail(Fault::Before("Query Sessions"));
    api.undo_address(&undo, CHOSEN).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.undo_address(&undo, CHOSEN).await;
    let tokens = api.try_login_as(ADA, CHOSEN).await.tokens();
    secrets.extend([tokens.access.clone(), tokens.refresh.clone()]);
    let everywhere = [("client_id", APP), ("token", tokens.refresh.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    stage.post.notices(api).await;
    let tokens = api.try_login_as(ADA, CHOSEN).await.tokens();
    secrets.extend([tokens.access.clone(), tokens.refresh]);
    api.delete_account(&tokens.access, "a wrong guess").await.assert_error(400, "invalid_grant");
    api.calls.fail(Fault::Before("Query Consents"));
    api.delete_account(&tokens.access, CHOSEN).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    assert_eq!(api.delete_account(&tokens.access, CHOSEN).await.status, 204);
    stage.post.deliver_one(api).await;
    secrets
}

#[tokio::test]
async fn no_token_code_address_or_password_reaches_a_log() {
    let stage = Stage::set().await;
    let (ours, everything) = (Log::default(), Log::default());
    let subscriber = tracing_subscriber::registry()
        .with(ours.layer())
        .with(everything.unfiltered().with_filter(LevelFilter::TRACE));
    let guard = tracing::subscriber::set_default(subscriber);
    let secrets = Box::pin(eventful_run(&stage)).await;
    drop(guard);
    let (ours, everything) = (ours.text(), everything.text());
    for expected in [
        "mail_requested",
        "mail_sent",
        "mail_rejected",
        "mail_bounced",
        "mail_suppressed",
        "account_confirmed",
        "password_reset",
        "address_changed",
        "address_change_undone",
        "account_deleted",
        "accounts_refused",
        "accounts_failed",
    ] {
        assert!(ours.contains(&format!("\"{expected}\"")), "{expected}: {ours}");
    }
    assert!(everything.len() > ours.len(), "the SDK was heard as well");
    // The SDK's own traces, which no function writes, have the items that are stored: addresses, and nothing secret.
    let addresses =
        [NEWCOMER, NEWCOMERS_NAME, GRACE, "Newcomer", "grace@", ADA, "ovelace", HOPPER, HOPPERS_NAME];
    for address in addresses {
        assert!(!ours.contains(address), "{address}: {ours}");
    }
    let passwords = [CHOSEN, GRACES_PASSWORD, ADAS_PASSWORD, REJECTED, "a wrong guess"].map(str::to_owned);
    for secret in secrets.iter().chain(&passwords) {
        // A code's digits may be part of a time.
        let is_code = secret.len() == 6 && secret.bytes().all(|b| b.is_ascii_digit());
        let shown = if is_code { format!("\"{secret}\"") } else { secret.clone() };
        assert!(!ours.contains(&shown), "{secret}: {ours}");
        assert!(!everything.contains(&shown), "{secret}");
    }
}

/// What the Rust types show of themselves, as a panic or a careless log line would.
#[tokio::test]
async fn a_mail_shows_nothing_of_its_content() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let shown = format!("{:?} {:?}", asked.mail, stage.post.bag);
    for secret in [&asked.link, &asked.code, &asked.request, &GRACE.to_owned()] {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
}
