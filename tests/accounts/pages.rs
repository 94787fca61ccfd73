//! The pages of accounts by mail: for browsers what the endpoints are for apps, with the way back to the client.

use shared::{client::SignUp, route};

use super::Stage;
use crate::harness::{
    APP, Api, Browser, CHOSEN, Flow, GRACE, GRACES_PASSWORD, NEWCOMER, NEWCOMERS_NAME, Page, SESSION_COOKIE,
    THIRD, WEB, claims, client, code_of, link_of, unescaped, url_of, with_mail, wrong_code,
};

/// The cookie that keeps the client's request until the mail is read.
const PENDING_COOKIE: &str = "__Host-latchgate-pending";

/// A deployment with clients that use the pages.
async fn stage() -> Stage {
    Stage::of(Api::with_mail().await.with_clients().await)
}

/// The page that a link of this page leads to, if it has a link to that path.
async fn follow(browser: &mut Browser<'_>, page: &Page, path: &str) -> Option<Page> {
    let html = unescaped(&page.html);
    let references = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let urls: Vec<_> = references.map(|reference| page.url.join(reference).unwrap()).collect();
    let url = urls.into_iter().find(|url| url.path().ends_with(path))?;
    let path_and_query = format!("{path}?{}", url.query().unwrap_or_default());
    Some(browser.get(path_and_query.trim_end_matches('?')).await)
}

/// Enters an address into the form of a page.
async fn enter(browser: &mut Browser<'_>, page: &Page, email: &str) -> Page {
    let form = page.form_with("action", Some("ask"));
    browser.submit(&form, &[("email", email)], Some(("action", "ask"))).await
}

/// Enters a code.
async fn enter_code(browser: &mut Browser<'_>, page: &Page, code: &str) -> Page {
    let form = page.form_with("action", Some("enter-code"));
    browser.submit(&form, &[("code", code)], Some(("action", "enter-code"))).await
}

/// Chooses a password.
async fn choose(browser: &mut Browser<'_>, page: &Page, password: &str) -> Page {
    let form = page.form_with("action", Some("choose-password"));
    browser.submit(&form, &[("new_password", password)], Some(("action", "choose-password"))).await
}

/// Follows the link of the only mail that waits.
async fn open_link(stage: &Stage, browser: &mut Browser<'_>) -> Page {
    let mail = stage.post.deliver_one(&stage.api).await;
    let path = url_of(&mail).strip_prefix("https://issuer.example.com").unwrap().to_owned();
    browser.get(&path).await
}

#[tokio::test]
async fn a_user_signs_up_and_returns_to_the_app() {
    for client_id in [WEB, THIRD] {
        let stage = stage().await;
        let (flow, mut browser) = (Flow::of(client_id), Browser::new(&stage.api));
        let sign_in = flow.begin(&mut browser).await;
        let page = follow(&mut browser, &sign_in, route::ACCOUNT_NEW).await.unwrap();
        enter(&mut browser, &page, NEWCOMER).await.assert_page(200);
        let page = open_link(&stage, &mut browser).await;
        page.assert_page(200);
        assert!(page.html.contains(NEWCOMERS_NAME), "for the password manager");
        let done = choose(&mut browser, &page, CHOSEN).await;
        done.assert_page(200);
        assert_eq!(browser.cookie(SESSION_COOKIE), None, "nobody is signed in");
        let sign_in = follow(&mut browser, &done, route::AUTHORIZE).await.unwrap();
        let page = browser.give_password(&sign_in, NEWCOMER, CHOSEN).await;
        let page = if client_id == THIRD { browser.press(&page, "allow").await } else { page };
        let tokens = flow.redeem(&stage.api, &flow.code_of(&page)).await.tokens();
        // A third party reads the address from `/userinfo`, and its access tokens have none.
        let email = &claims(&tokens.access)["email"];
        assert_eq!(email.as_str(), (client_id == WEB).then_some(NEWCOMER));
    }
}

#[tokio::test]
async fn a_code_leads_to_the_same_page_as_the_link() {
    for (path, email) in [(route::ACCOUNT_NEW, NEWCOMER), (route::ACCOUNT_FORGOT, GRACE)] {
        let stage = stage().await;
        let mut browser = Browser::new(&stage.api);
        let page = browser.get(path).await;
        let sent = enter(&mut browser, &page, email).await;
        let code = code_of(&stage.post.deliver_one(&stage.api).await).unwrap();
        let wrong = enter_code(&mut browser, &sent, &wrong_code(&code)).await;
        wrong.assert_page(400);
        let page = enter_code(&mut browser, &wrong, &code).await;
        page.assert_page(200);
        choose(&mut browser, &page, "password1").await.assert_page(400);
        choose(&mut browser, &page, CHOSEN).await.assert_page(200);
        stage.api.try_login_as(email, CHOSEN).await.tokens();
        choose(&mut browser, &page, "yet another password").await.assert_page(400);
    }
}

/// A link works in any browser. The one that asked keeps the app's request.
#[tokio::test]
async fn a_link_in_another_browser_resets_the_password_and_signs_nobody_in() {
    let stage = stage().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&stage.api));
    let tokens = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
    let sign_in = flow.begin(&mut browser).await;
    let page = follow(&mut browser, &sign_in, route::ACCOUNT_FORGOT).await.unwrap();
    enter(&mut browser, &page, GRACE).await.assert_page(200);
    assert!(browser.cookie(PENDING_COOKIE).is_some());
    let mut phone = Browser::new(&stage.api);
    let page = open_link(&stage, &mut phone).await;
    let done = choose(&mut phone, &page, CHOSEN).await;
    done.assert_page(200);
    assert_eq!(phone.cookie(SESSION_COOKIE), None);
    stage.api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    // The first browser goes on where it was.
    flow.code_of(&browser.give_password(&sign_in, GRACE, CHOSEN).await);
}

#[tokio::test]
async fn a_rejected_password_is_asked_for_again_and_uses_nothing_up() {
    let stage = stage().await;
    let mut browser = Browser::new(&stage.api);
    let page = browser.get(route::ACCOUNT_NEW).await;
    enter(&mut browser, &page, NEWCOMER).await.assert_page(200);
    let page = open_link(&stage, &mut browser).await;
    let before = stage.api.stored().await;
    let again = choose(&mut browser, &page, "password1").await;
    again.assert_page(400);
    assert_eq!(stage.api.stored().await, before);
    assert!(!again.html.contains("password1"));
    choose(&mut browser, &again, CHOSEN).await.assert_page(200);
}

/// The address is shown to the reader of the mail alone, and a used link isn't one.
#[tokio::test]
async fn a_used_replaced_or_forged_link_shows_no_address_and_no_form_for_a_password() {
    let stage = stage().await;
    let mut browser = Browser::new(&stage.api);
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let path = |token: &str| format!("{}?token={token}", route::ACCOUNT_RESET);
    let replaced = asked.link.clone();
    let current = stage.asked(route::FORGOT, GRACE).await;
    browser.get(&path(&current.link)).await.assert_page(200);
    assert_eq!(stage.api.reset(&current.by_link(), CHOSEN).await.status, 200);
    for token in [&*replaced, &current.link, &crate::harness::forged(&current.link), "x", ""] {
        let page = browser.get(&path(token)).await;
        page.assert_page(400);
        assert!(!page.html.contains(GRACE) && !page.asks_for_password(), "{token}: {page:?}");
    }
    let of_other_page = format!("{}?token={}", route::ACCOUNT_CONFIRM, current.link);
    browser.get(&of_other_page).await.assert_page(400);
}

/// Another site's form can't ask for mails in a user's name, or set a password of its choice in this browser.
#[tokio::test]
async fn a_form_of_another_site_or_browser_is_not_carried_out() {
    let stage = stage().await;
    let (mut browser, mut thief) = (Browser::new(&stage.api), Browser::new(&stage.api));
    let page = browser.get(route::ACCOUNT_FORGOT).await;
    let before = stage.api.stored().await;
    let form = page.form_with("action", Some("ask"));
    let refused = thief.submit(&form, &[("email", GRACE)], Some(("action", "ask"))).await;
    assert!(refused.status >= 400, "{refused:?}");
    let without = form.clone().without("csrf");
    let refused = browser.submit(&without, &[("email", GRACE)], Some(("action", "ask"))).await;
    assert!(refused.status >= 400, "{refused:?}");
    assert_eq!(stage.api.stored().await, before);
    browser.submit(&form, &[("email", GRACE)], Some(("action", "ask"))).await.assert_page(200);
}

/// The token is in the URL of one page, which has no outside links and sends no referrer to them.
#[tokio::test]
async fn the_page_of_a_link_leaks_no_token() {
    let stage = stage().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let mut browser = Browser::new(&stage.api);
    let path = url_of(&asked.mail).strip_prefix("https://issuer.example.com").unwrap().to_owned();
    let page = browser.get(&path).await;
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let form = page.form_with("action", Some("choose-password"));
    assert_eq!(form.method, "post");
    assert!(!form.action.as_str().contains("lgm1_"), "{}", form.action);
    for reference in unescaped(&page.html).split("href=\"").skip(1) {
        let reference = reference.split('"').next().unwrap();
        let url = page.url.join(reference).unwrap();
        assert_eq!(url.origin(), page.url.origin(), "{reference}");
        assert!(!reference.contains("lgm1_"), "{reference}");
    }
    let done = choose(&mut browser, &page, CHOSEN).await;
    assert!(!done.url.as_str().contains("lgm1_") && !done.html.contains("lgm1_"), "{done:?}");
}

#[tokio::test]
async fn the_sign_in_page_offers_what_the_deployment_and_the_client_allow() {
    for (mail_from, deployment, of_client, forgot, new) in [
        ("", "closed", None, false, false),
        ("a@example.com", "closed", None, true, false),
        ("a@example.com", "open", None, true, true),
        ("a@example.com", "open", Some(SignUp::Closed), true, false),
        ("a@example.com", "closed", Some(SignUp::Open), true, true),
    ] {
        let api = Api::with(|p| with_mail(p).with("MailFrom", mail_from).with("SignUp", deployment)).await;
        let mut own = client(WEB);
        own.sign_up = of_client;
        api.put_client(&own).await;
        let mut browser = Browser::new(&api);
        let page = Flow::of(WEB).begin(&mut browser).await;
        let what = format!("{mail_from}, {deployment}, {of_client:?}");
        assert_eq!(page.html.contains("account/forgot"), forgot, "{what}");
        assert_eq!(page.html.contains("account/new"), new, "{what}");
        let form = browser.get(route::ACCOUNT_FORGOT).await;
        assert_eq!(form.status == 200, forgot, "{what}: {form:?}");
    }
}

#[tokio::test]
async fn the_pages_are_bounded_as_the_endpoints_are() {
    let stage = stage().await;
    let mut browser = Browser::new(&stage.api);
    let page = browser.get(route::ACCOUNT_FORGOT).await;
    let mut sent = enter(&mut browser, &page, GRACE).await;
    for _ in 1..5 {
        let form = sent.form_with("action", Some("resend"));
        sent = browser.submit(&form, &[], Some(("action", "resend"))).await;
        sent.assert_page(200);
    }
    let refused = enter(&mut browser, &page, GRACE).await;
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true), "{refused:?}");
    let form = sent.form_with("action", Some("resend"));
    let refused = browser.submit(&form, &[], Some(("action", "resend"))).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(stage.api.try_ask(route::FORGOT, GRACE).await.status, 429);
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!(stage.api.reset(&[("token", &link_of(&mail).unwrap())], CHOSEN).await.status, 200);
}

/// An endpoint's request and a page's are of the same kind.
#[tokio::test]
async fn a_link_of_an_app_works_at_the_pages_and_the_reverse() {
    let stage = stage().await;
    let of_app = stage.asked(route::SIGNUP, NEWCOMER).await;
    let mut browser = Browser::new(&stage.api);
    let page = browser.get(&format!("{}?token={}", route::ACCOUNT_CONFIRM, of_app.link)).await;
    choose(&mut browser, &page, CHOSEN).await.assert_page(200);
    let page = browser.get(route::ACCOUNT_FORGOT).await;
    enter(&mut browser, &page, NEWCOMER).await.assert_page(200);
    let link = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let reset = [("client_id", APP), ("token", &link), ("new_password", "yet another password")];
    assert_eq!(stage.api.post(route::RESET, &reset).await.status, 200);
    stage.api.try_login_as(NEWCOMER, "yet another password").await.tokens();
}

#[tokio::test]
async fn the_pages_and_mails_speak_the_users_language() {
    let stage = stage().await;
    let mut browser = Browser::new(&stage.api);
    let page = browser.get(&format!("{}?ui_locales=vi", route::ACCOUNT_FORGOT)).await;
    assert!(page.html.contains("lang=\"vi\""));
    let sent = enter(&mut browser, &page, GRACE).await;
    assert!(sent.html.contains("lang=\"vi\""));
    let mail = stage.post.deliver_one(&stage.api).await;
    assert!(mail.html.contains("lang=\"vi\""), "{}", mail.html);
    let path = url_of(&mail).strip_prefix("https://issuer.example.com").unwrap().to_owned();
    let page = Browser::new(&stage.api).get(&path).await;
    assert!(page.html.contains("lang=\"vi\""), "without a word from the other browser");
}
