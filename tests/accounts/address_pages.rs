//! The pages for a change of the address, its undo, and the deletion of an account.

use std::net::{IpAddr, Ipv4Addr};

use axum::{body::Bytes, http::Request};
use shared::{client::SignUp, route, store::attribute};

use super::Stage;
use crate::harness::{
    APP, Api, Browser, CHOSEN, Flow, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, NEWCOMER, Page,
    SESSION_COOKIE, WEB, client, code_of, forged, link_of, number, text, unescaped, url_of, waiting,
    with_mail, wrong_code,
};

/// A deployment with clients that use the pages.
async fn stage() -> Stage {
    Stage::of(Api::with_mail().await.with_clients().await)
}

/// A browser in which Grace is signed in.
async fn signed_in(api: &Api) -> Browser<'_> {
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    browser
}

/// Asks for a change on the page, and returns the page that follows.
async fn ask(browser: &mut Browser<'_>, email: &str, password: &str) -> Page {
    let form = browser.get(route::ACCOUNT_EMAIL).await.form_with("action", Some("ask"));
    let fields = [("email", email), ("current_password", password)];
    browser.submit(&form, &fields, Some(("action", "ask"))).await
}

/// The path and query of the link of the only mail that waits.
async fn link_path(stage: &Stage) -> String {
    let mail = stage.post.deliver_one(&stage.api).await;
    url_of(&mail).strip_prefix("https://issuer.example.com").unwrap().to_owned()
}

async fn confirm(browser: &mut Browser<'_>, page: &Page) -> Page {
    let form = page.form_with("action", Some("confirm-email"));
    browser.submit(&form, &[], Some(("action", "confirm-email"))).await
}

#[tokio::test]
async fn a_user_changes_the_address_with_a_link_in_any_browser_and_undoes_it() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    ask(&mut browser, HOPPER, GRACES_PASSWORD).await.assert_page(200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
    let mut phone = Browser::new(&stage.api);
    let path = link_path(&stage).await;
    let page = phone.get(&path).await;
    page.assert_page(200);
    assert!(page.html.contains(HOPPERS_NAME) || page.html.contains(HOPPER), "which address: {page:?}");
    confirm(&mut phone, &page).await.assert_page(200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
    assert_eq!(phone.cookie(SESSION_COOKIE), None, "nobody is signed in by it");
    browser.get(route::ACCOUNT).await.assert_page(200);
    phone.get(&path).await.assert_page(400);

    let path = link_path(&stage).await;
    let page = phone.get(&path).await;
    page.assert_page(200);
    let form = page.form_with("action", Some("choose-password"));
    let action = Some(("action", "choose-password"));
    phone.submit(&form, &[("new_password", "password1")], action).await.assert_page(400);
    phone.submit(&form, &[("new_password", CHOSEN)], action).await.assert_page(200);
    assert_eq!(phone.cookie(SESSION_COOKIE), None);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [GRACE]);
    assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
    phone.get(&path).await.assert_page(400);
}

#[tokio::test]
async fn a_code_changes_the_address_after_a_wrong_one() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    let sent = ask(&mut browser, HOPPER, GRACES_PASSWORD).await;
    let code = code_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let enter = async |browser: &mut Browser<'_>, page: &Page, code: &str| {
        let form = page.form_with("action", Some("enter-code"));
        browser.submit(&form, &[("code", code)], Some(("action", "enter-code"))).await
    };
    let wrong = enter(&mut browser, &sent, &wrong_code(&code)).await;
    wrong.assert_page(400);
    let page = enter(&mut browser, &wrong, &code).await;
    page.assert_page(200);
    let done = if page.forms().iter().any(|form| form.has("action", Some("confirm-email"))) {
        confirm(&mut browser, &page).await
    } else {
        page
    };
    done.assert_page(200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

#[tokio::test]
async fn a_mail_can_be_asked_for_again() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    let sent = ask(&mut browser, HOPPER, GRACES_PASSWORD).await;
    let old = link_path(&stage).await;
    let form = sent.form_with("action", Some("resend"));
    browser.submit(&form, &[], Some(("action", "resend"))).await.assert_page(200);
    let new = link_path(&stage).await;
    browser.get(&old).await.assert_page(400);
    let page = browser.get(&new).await;
    confirm(&mut browser, &page).await.assert_page(200);
}

#[tokio::test]
async fn a_wrong_password_a_malformed_and_the_current_address_are_asked_for_again() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    for (email, password) in [
        (HOPPER, "a wrong password"),
        ("no address", GRACES_PASSWORD),
        ("GRACE@example.com", GRACES_PASSWORD),
    ] {
        let page = ask(&mut browser, email, password).await;
        assert!([400, 401].contains(&page.status), "{email}: {page:?}");
        page.form_with("action", Some("ask"));
        assert!(!page.html.contains(GRACES_PASSWORD) && !page.html.contains("a wrong password"));
    }
    assert!(waiting(&stage.api).await.is_empty());
}

#[tokio::test]
async fn without_a_session_the_pages_lead_to_the_account() {
    let stage = stage().await;
    for path in [route::ACCOUNT_EMAIL, route::ACCOUNT_DELETE] {
        let page = Browser::new(&stage.api).get(path).await;
        assert!(page.redirect().uri.ends_with(route::ACCOUNT), "{page:?}");
    }
}

#[tokio::test]
async fn the_account_page_leads_to_both() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    let account = browser.get(route::ACCOUNT).await;
    for path in [route::ACCOUNT_EMAIL, route::ACCOUNT_DELETE] {
        let html = unescaped(&account.html);
        let mut references = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let is_there =
            references.any(|reference| account.url.join(reference).unwrap().path().ends_with(path));
        assert!(is_there, "{path}: {account:?}");
        browser.get(path).await.assert_page(200);
    }
}

/// Scanners of mail follow links, and previews ask for their heads.
#[tokio::test]
async fn following_a_link_uses_nothing_up() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    ask(&mut browser, HOPPER, GRACES_PASSWORD).await.assert_page(200);
    for is_undo in [false, true] {
        let path = link_path(&stage).await;
        let before = stage.api.stored().await;
        for _ in 0..3 {
            Browser::new(&stage.api).get(&path).await.assert_page(200);
            let head = Request::head(&path).body(Bytes::new()).unwrap();
            Box::pin(stage.api.gateway.handle(head, IpAddr::V4(Ipv4Addr::LOCALHOST))).await;
        }
        assert_eq!(stage.api.stored().await, before);
        if !is_undo {
            let page = browser.get(&path).await;
            confirm(&mut browser, &page).await.assert_page(200);
        }
    }
}

/// The token is in the URL of one page, which has no outside links and sends no referrer to them.
#[tokio::test]
async fn the_pages_of_links_leak_no_token() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    ask(&mut browser, HOPPER, GRACES_PASSWORD).await.assert_page(200);
    for action in ["confirm-email", "choose-password"] {
        let path = link_path(&stage).await;
        let page = browser.get(&path).await;
        assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let form = page.form_with("action", Some(action));
        assert_eq!(form.method, "post");
        assert!(!form.action.as_str().contains("lgm1_"), "{}", form.action);
        for reference in unescaped(&page.html).split("href=\"").skip(1) {
            let reference = reference.split('"').next().unwrap();
            let url = page.url.join(reference).unwrap();
            assert_eq!(url.origin(), page.url.origin(), "{reference}");
            assert!(!reference.contains("lgm1_"), "{reference}");
        }
        if action == "confirm-email" {
            let done = confirm(&mut browser, &page).await;
            assert!(!done.url.as_str().contains("lgm1_") && !done.html.contains("lgm1_"), "{done:?}");
        }
    }
}

/// Only the reader of the mail sees the addresses.
#[tokio::test]
async fn a_used_forged_or_foreign_link_shows_no_address_and_no_form() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    let undo = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let mut stranger = Browser::new(&stage.api);
    for (path, token) in [
        (route::ACCOUNT_EMAIL_CONFIRM, asked.link.as_str()),
        (route::ACCOUNT_EMAIL_CONFIRM, &forged(&asked.link)),
        (route::ACCOUNT_EMAIL_CONFIRM, &undo),
        (route::ACCOUNT_EMAIL_UNDO, &asked.link),
        (route::ACCOUNT_EMAIL_UNDO, &forged(&undo)),
        (route::ACCOUNT_RESET, &undo),
        (route::ACCOUNT_CONFIRM, &undo),
        (route::ACCOUNT_EMAIL_UNDO, "x"),
        (route::ACCOUNT_EMAIL_UNDO, ""),
    ] {
        let page = stranger.get(&format!("{path}?token={token}")).await;
        page.assert_page(400);
        let html = page.html.to_ascii_lowercase();
        assert!(!html.contains(GRACE) && !html.contains(HOPPERS_NAME), "{path}: {page:?}");
        assert!(!page.asks_for_password(), "{path}: {page:?}");
    }
    browser.get(route::ACCOUNT).await.assert_page(200);
}

/// A link that is neither used nor replaced is void after a cut-off, a later change, an earlier undo, or if there is no
/// account to change any more, or one already. Its page must not have a button that is refused.
#[tokio::test]
async fn a_link_that_a_later_event_voids_shows_what_a_used_one_shows() {
    type Voided = (&'static str, String, &'static str);
    async fn check(stage: &Stage, links: &[Voided], void: impl AsyncFnOnce(&Api)) {
        for (path, link, action) in links {
            let page = Browser::new(&stage.api).get(&format!("{path}?token={link}")).await;
            page.assert_page(200);
            page.form_with("action", Some(action));
        }
        void(&stage.api).await;
        let before = stage.api.stored().await;
        for (path, link, _) in links {
            let page = Browser::new(&stage.api).get(&format!("{path}?token={link}")).await;
            page.assert_page(400);
            assert!(page.html.contains("This link no longer works"), "{path}: {page:?}");
            assert!(page.forms().iter().all(|form| !form.has("token", Some(link))), "{path}: {page:?}");
            let html = page.html.to_ascii_lowercase();
            assert!(!html.contains(GRACE) && !html.contains(HOPPERS_NAME), "{path}: {page:?}");
        }
        assert_eq!(stage.api.stored().await, before, "and uses nothing up");
    }
    const CONFIRM: &str = "confirm-email";
    const CHOOSE: &str = "choose-password";

    // A reset after a thief's request.
    let stage = stage().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    stage.api.clock.advance(60);
    let reset = stage.asked(route::FORGOT, GRACE).await;
    let links = [(route::ACCOUNT_EMAIL_CONFIRM, asked.link, CONFIRM)];
    check(&stage, &links, async |api: &Api| {
        assert_eq!(api.reset(&reset.by_link(), CHOSEN).await.status, 200);
    })
    .await;

    // A change to another address, and one undone before. The first undo's link ends the later ones.
    let tokens = stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
    let ask = async |email: &'static str| {
        let reply = stage.api.try_change_address(&tokens.access, email, CHOSEN).await;
        stage.read(reply.request_token()).await
    };
    let [mistyped, right] = [ask("mistyped@example.com").await, ask(HOPPER).await];
    stage.api.clock.advance(60);
    let links = [(route::ACCOUNT_EMAIL_CONFIRM, mistyped.link, CONFIRM)];
    check(&stage, &links, async |api: &Api| {
        assert_eq!(api.confirm_address(&right.by_link()).await.status, 200);
    })
    .await;
    let first = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    stage.api.clock.advance(1);
    let second = ask("another@example.com").await;
    assert_eq!(stage.api.confirm_address(&second.by_link()).await.status, 200);
    let second = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    let links = [(route::ACCOUNT_EMAIL_UNDO, second, CHOOSE)];
    check(&stage, &links, async |api: &Api| {
        assert_eq!(api.undo_address(&first, GRACES_PASSWORD).await.status, 200);
    })
    .await;

    // A new password that cut nobody off, and a sign-up that the client doesn't take any more.
    stage.api.clock.advance(3600);
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let sign_up = stage.asked(route::SIGNUP, NEWCOMER).await;
    stage.api.clock.advance(60);
    let links =
        [(route::ACCOUNT_EMAIL_CONFIRM, asked.link, CONFIRM), (route::ACCOUNT_CONFIRM, sign_up.link, CHOOSE)];
    check(&stage, &links, async |api: &Api| {
        let since = vec![(attribute::VALID_FROM, number(api.clock.unix()))];
        api.seeder().set("CredentialsTable", (attribute::USERNAME, GRACE), since).await.unwrap();
        let closed = vec![(attribute::SIGN_UP, text("closed"))];
        api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), closed).await.unwrap();
        api.clock.advance(10);
    })
    .await;
    let open = vec![(attribute::SIGN_UP, text("open"))];
    stage.api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), open).await.unwrap();

    // An account that is disabled, and one that is there already.
    stage.api.clock.advance(3600);
    let tokens = stage.api.graces().await;
    let changed = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
    let asked = stage.changing(&tokens, "another@example.com").await;
    let reset = stage.asked(route::FORGOT, HOPPER).await;
    let sign_up = stage.asked(route::SIGNUP, NEWCOMER).await;
    let links = [
        (route::ACCOUNT_EMAIL_UNDO, changed, CHOOSE),
        (route::ACCOUNT_EMAIL_CONFIRM, asked.link, CONFIRM),
        (route::ACCOUNT_RESET, reset.link, CHOOSE),
        (route::ACCOUNT_CONFIRM, sign_up.link, CHOOSE),
    ];
    check(&stage, &links, async |api: &Api| {
        api.disable(GRACE_ID).await;
        api.put_account(NEWCOMER, GRACES_PASSWORD, "newcomer-id").await;
    })
    .await;
}

#[tokio::test]
async fn a_user_deletes_the_account_after_ticking_the_box() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    let tokens = stage.api.graces().await;
    let page = browser.get(route::ACCOUNT_DELETE).await;
    page.assert_page(200);
    let form = page.form_with("action", Some("delete"));
    let action = Some(("action", "delete"));
    let fields = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    for refused in [&fields[..1], &[("current_password", "a wrong password"), ("confirm", "yes")]] {
        let again = browser.submit(&form, refused, action).await;
        assert!([400, 401].contains(&again.status), "{again:?}");
        again.form_with("action", Some("delete"));
        assert!(stage.api.user(GRACE_ID).await.is_some());
    }
    let done = browser.submit(&form, &fields, action).await;
    done.assert_page(200);
    assert_eq!(browser.cookie(SESSION_COOKIE), None, "the browser forgets it");
    assert_eq!((stage.api.user(GRACE_ID).await, stage.api.names_of(GRACE_ID).await), (None, vec![]));
    assert_eq!(stage.api.call(&tokens.access).await.status, 401);
    assert_eq!(stage.post.deliver_one(&stage.api).await.to.as_str(), GRACE);
    assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password());
}

/// Another site's form, or a form of another browser, must not be carried out.
#[tokio::test]
async fn a_form_of_another_site_or_browser_is_not_carried_out() {
    let stage = stage().await;
    let (mut browser, mut other) = (signed_in(&stage.api).await, signed_in(&stage.api).await);
    let email = browser.get(route::ACCOUNT_EMAIL).await.form_with("action", Some("ask"));
    let delete = browser.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
    let ask = [("email", HOPPER), ("current_password", GRACES_PASSWORD)];
    let confirm = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    let before = stage.api.stored().await;
    for (form, fields, action) in [(&email, &ask, "ask"), (&delete, &confirm, "delete")] {
        let refused = other.submit(form, fields, Some(("action", action))).await;
        assert!(refused.status >= 400, "{refused:?}");
        let refused = browser.submit(&form.clone().without("csrf"), fields, Some(("action", action))).await;
        assert!(refused.status >= 400, "{refused:?}");
        let body = crate::harness::form(
            &[&fields[..], &[("action", action), ("csrf", form.value("csrf"))]].concat(),
        );
        let path = if action == "ask" { route::ACCOUNT_EMAIL } else { route::ACCOUNT_DELETE };
        let foreign = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site");
        let refused = browser.go(foreign, body).await;
        assert!(refused.status >= 400, "{refused:?}");
    }
    assert_eq!(stage.api.stored().await, before);
    browser.submit(&email, &ask, Some(("action", "ask"))).await.assert_page(200);
}

/// A link of one page is no key to the form of another.
#[tokio::test]
async fn a_link_of_an_app_works_at_the_pages_and_the_reverse() {
    let stage = stage().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let mut browser = Browser::new(&stage.api);
    let page = browser.get(&format!("{}?token={}", route::ACCOUNT_EMAIL_CONFIRM, asked.link)).await;
    confirm(&mut browser, &page).await.assert_page(200);
    let undo = link_of(&stage.post.deliver_one(&stage.api).await).unwrap();
    assert_eq!(stage.api.undo_address(&undo, CHOSEN).await.status, 200);
}

#[tokio::test]
async fn a_user_whose_name_is_no_address_or_without_mail_is_told_so() {
    let stage = stage().await;
    let mut browser = Browser::new(&stage.api);
    Flow::of(WEB).sign_in(&mut browser).await;
    let page = browser.get(route::ACCOUNT_EMAIL).await;
    assert!(!page.html.contains("javascript") && page.status < 500, "{page:?}");
    let api = Api::with(|parameters| with_mail(parameters).with("MailFrom", "")).await.with_clients().await;
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let mut own = client(WEB);
    own.sign_up = Some(SignUp::Open);
    api.put_client(&own).await;
    let mut browser = signed_in(&api).await;
    let page = browser.get(route::ACCOUNT_EMAIL).await;
    assert!(page.forms().iter().all(|form| !form.has("action", Some("ask"))), "{page:?}");
    // The deletion needs no mail.
    let form = browser.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
    let fields = [("current_password", GRACES_PASSWORD), ("confirm", "yes")];
    browser.submit(&form, &fields, Some(("action", "delete"))).await.assert_page(200);
    assert_eq!(api.user(GRACE_ID).await, None);
}

#[tokio::test]
async fn the_pages_speak_the_users_language() {
    let stage = stage().await;
    let mut browser = signed_in(&stage.api).await;
    for path in [route::ACCOUNT_EMAIL, route::ACCOUNT_DELETE] {
        let page = browser.get(&format!("{path}?ui_locales=vi")).await;
        assert!(page.html.contains("lang=\"vi\""), "{path}: {page:?}");
    }
    let form = browser.get(&format!("{}?ui_locales=vi", route::ACCOUNT_EMAIL)).await;
    let form = form.form_with("action", Some("ask"));
    let fields = [("email", HOPPER), ("current_password", GRACES_PASSWORD)];
    let sent = browser.submit(&form, &fields, Some(("action", "ask"))).await;
    assert!(sent.html.contains("lang=\"vi\""), "{sent:?}");
    let mail = stage.post.deliver_one(&stage.api).await;
    assert!(mail.html.contains("lang=\"vi\""), "{}", mail.html);
    let path = url_of(&mail).strip_prefix("https://issuer.example.com").unwrap().to_owned();
    let page = Browser::new(&stage.api).get(&path).await;
    assert!(page.html.contains("lang=\"vi\""), "without a word from the other browser");
}
