use lambda_http::{
    Body, Response,
    http::{StatusCode, header},
};
use passwords::PasswordRejection;
use shared::{
    clock::Timestamp,
    environment::{Environment, variable},
    scope::Scope,
};

use super::{
    AccountNotice, AccountView, ChangePasswordView, ChangeProblem, ConsentView, ContinueView,
    DeletionProblem, DeletionView, DeviceView, DocumentView, Frame, Language, PageError, Pages, ResourceView,
    SignInProblem, SignInView, messages::Messages,
};

const LANGUAGES: [Language; 2] = [Language::English, Language::Vietnamese];
const HOSTILE: &str = r#""><script>alert('&amp;')</script>{{ 7 }}"#;

pub(super) fn pages(variables: &[(&str, &str)]) -> Pages {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Pages::from_environment(&Environment::from_variables(variables)).unwrap()
}

pub(super) fn frame(language: Language) -> Frame<'static> {
    Frame { language, csrf: "csrf-token", redirect_uri: Some("https://app.example/cb") }
}

pub(super) fn html(response: &Response<Body>) -> &str {
    let Body::Text(html) = response.body() else { panic!("a page is text") };
    html
}

fn device<'a>(text: &'a str, id: &'a str) -> DeviceView<'a> {
    DeviceView {
        id,
        name: Some(text),
        client: Some(text),
        user_agent: Some(text),
        address: Some(text),
        signed_in_at: Timestamp::from_unix(1_795_000_000),
        last_used_at: Timestamp::from_unix(1_795_857_240),
        is_this: false,
        is_bound: true,
    }
}

fn sign_in_view(username: &str, problem: Option<SignInProblem>) -> SignInView<'_> {
    SignInView { client: None, username, forgot: None, new_account: None, problem }
}

fn account_view<'a>(username: &'a str, devices: &'a [DeviceView<'a>]) -> AccountView<'a> {
    AccountView {
        username,
        devices,
        has_more: false,
        notice: None,
        problem: None,
        new_device_mails: None,
        change_email: Some(username),
        delete_account: username,
    }
}

fn deletion_view(text: &str, problem: Option<DeletionProblem>) -> DeletionView<'_> {
    DeletionView { username: text, back: text, problem }
}

/// Every page, with this text for each value from outside.
fn all(pages: &Pages, frame: &Frame<'_>, text: &str) -> Vec<Response<Body>> {
    let by_mail = super::by_mail::tests::all(pages, &Frame { csrf: text, ..*frame }, text);
    others(pages, frame, text).into_iter().chain(by_mail).collect()
}

/// Every page but those of accounts by mail.
fn others(pages: &Pages, frame: &Frame<'_>, text: &str) -> Vec<Response<Body>> {
    let frame = &Frame { csrf: text, ..*frame };
    let scopes = Scope::parse("openid profile email phone address offline_access <b>&'").unwrap();
    let devices = [device(text, text), DeviceView { is_this: true, ..device(text, text) }];
    let problem = Some(ChangeProblem::Same);
    let notice = Some(AccountNotice::PasswordChanged);
    vec![
        pages.sign_in(frame, &SignInView { client: Some(text), ..sign_in_view(text, None) }),
        pages.sign_in(
            frame,
            &SignInView {
                forgot: Some(text),
                new_account: Some(text),
                ..sign_in_view(text, Some(SignInProblem::WrongCredentials))
            },
        ),
        pages.change_password(frame, &ChangePasswordView { username: text, problem: None }),
        pages.change_password(frame, &ChangePasswordView { username: text, problem }),
        pages.consent(
            frame,
            &ConsentView {
                client: text,
                document: Some(DocumentView { url: text, name: Some(text) }),
                username: text,
                scopes: &scopes,
                resources: &[ResourceView { name: Some(text), host: Some(text) }],
                keeps_signed_in: true,
            },
        ),
        pages.go_on(frame, &ContinueView { client: text, username: text }),
        pages.account(frame, &AccountView { new_device_mails: Some(false), ..account_view(text, &devices) }),
        pages.account(
            frame,
            &AccountView {
                has_more: true,
                notice,
                problem,
                new_device_mails: Some(true),
                change_email: None,
                ..account_view(text, &[])
            },
        ),
        pages.sign_out(frame, text),
        pages.delete_account(frame, &deletion_view(text, None)),
        pages.delete_account(frame, &deletion_view(text, Some(DeletionProblem::Unconfirmed))),
        pages.signed_out(frame),
        pages.account_deleted(frame),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::UnknownClient),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::Document),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::RedirectUri),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::BadRequest),
        pages.error(frame, StatusCode::FORBIDDEN, PageError::FormExpired),
        pages.error(frame, StatusCode::FORBIDDEN, PageError::SignUpClosed),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::EmailUnchangeable),
        pages.error(frame, StatusCode::BAD_REQUEST, PageError::EmailTaken),
        pages.error(frame, StatusCode::TOO_MANY_REQUESTS, PageError::TooMany),
        pages.error(frame, StatusCode::SERVICE_UNAVAILABLE, PageError::Unavailable),
        pages.error(frame, StatusCode::INTERNAL_SERVER_ERROR, PageError::Failure),
    ]
}

/// The start tags of a page, without their `<` and `>`.
pub(super) fn tags(html: &str) -> Vec<&str> {
    let (_, body) = html.split_once("</style>").unwrap();
    let tags = body.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
    tags.filter(|tag| !tag.starts_with('/')).collect()
}

/// The value of an attribute.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// The names and values that this page's forms may send, without those that the user types.
pub(super) fn actions(html: &str) -> Vec<&str> {
    tags(html)
        .into_iter()
        .filter(|tag| tag.starts_with("button"))
        .filter_map(|tag| attribute(tag, "value"))
        .collect()
}

#[test]
fn a_text_from_outside_stays_a_text_on_every_page() {
    let pages = pages(&[
        (variable::PAGES_NAME, HOSTILE),
        (variable::PAGES_LOGO, "https://cdn.example/\"onerror=\"alert(1)\"><script>"),
    ]);
    let harmless =
        super::tests::pages(&[(variable::PAGES_NAME, "x"), (variable::PAGES_LOGO, "https://cdn.example/")]);
    for language in LANGUAGES {
        let both =
            all(&pages, &frame(language), HOSTILE).into_iter().zip(all(&harmless, &frame(language), "x"));
        for (hostile, harmless) in both {
            let (hostile, harmless) = (html(&hostile), html(&harmless));
            assert!(!hostile.contains("<script") && !hostile.contains(HOSTILE), "{hostile}");
            assert!(hostile.contains("&#60;script&#62;"), "{hostile}");
            // The elements and attributes are the same.
            let names = |html| -> Vec<String> {
                let without_values = |tag: &str| tag.split('"').step_by(2).collect::<String>();
                tags(html).into_iter().map(without_values).collect()
            };
            assert_eq!(names(hostile), names(harmless));
        }
    }
}

#[test]
fn every_page_is_whole_in_every_language() {
    let pages = pages(&[]);
    for language in LANGUAGES {
        for page in all(&pages, &frame(language), "ada") {
            let html = html(&page);
            let tag = language.tag();
            assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{tag}\">\n")), "{html}");
            assert_eq!(page.headers()[header::CONTENT_LANGUAGE], tag);
            for once in ["<title>", "<style>", "<h1>", "<main", "<header>", "</html>"] {
                assert_eq!(html.matches(once).count(), 1, "{once} in {html}");
            }
            assert!(html.contains(" · Latchgate</title>"), "{html}");
            assert!(html.matches(" autofocus").count() <= 1, "{html}");
            for tag in tags(html) {
                let name = tag.split(' ').next().unwrap();
                assert!(!["script", "style", "link", "iframe"].contains(&name), "{tag}");
                assert_eq!(attribute(tag, "style"), None);
                match name {
                    "form" => {
                        let is_post = attribute(tag, "method") == Some("post");
                        let is_ours = attribute(tag, "action").is_none_or(|action| action == "ada");
                        assert!(is_post && is_ours, "{tag}");
                        assert_eq!(attribute(tag, "accept-charset"), Some("utf-8"));
                    }
                    "a" => assert!(attribute(tag, "href") == Some("ada") && !tag.contains("target"), "{tag}"),
                    "button" => assert_eq!(attribute(tag, "name"), Some("action")),
                    _ => {}
                }
                // Every reference of a tag has exactly one target.
                let references = ["for", "aria-describedby", "aria-labelledby"];
                let ids =
                    references.iter().filter_map(|name| attribute(tag, name)).flat_map(|ids| ids.split(' '));
                for id in ids.chain(attribute(tag, "id")) {
                    assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id} in {html}");
                }
            }
            let forms = html.matches("<form ").count();
            assert_eq!(html.matches("<input type=\"hidden\" name=\"csrf\" value=\"ada\">").count(), forms);
        }
    }
}

#[test]
fn each_page_has_its_actions() {
    let pages = pages(&[]);
    let found = others(&pages, &frame(Language::English), "ada");
    let found: Vec<_> = found.iter().map(|page| actions(html(page))).collect();
    let expected: [&[&str]; 12] = [
        &["sign-in", "cancel"],
        &["sign-in"],
        &["change-password", "cancel"],
        &["change-password", "cancel"],
        &["allow", "deny"],
        &["continue", "deny"],
        &["end", "end-all", "new-device-mails-on", "change-password", "sign-out"],
        &["end-all", "new-device-mails-off", "change-password", "sign-out"],
        &["sign-out", "cancel"],
        &["delete"],
        &["delete"],
        &[],
    ];
    assert_eq!(found[..12], expected);
    assert!(found[12..].iter().all(Vec::is_empty), "there is nothing to do about an error");
}

#[test]
fn the_headers_keep_a_page_to_itself() {
    let logo = [(variable::PAGES_LOGO, "https://cdn.example:8443/logo.svg")];
    for page in all(&pages(&logo), &frame(Language::English), "ada") {
        let headers = page.headers();
        let html = html(&page);
        let (_, style) = html.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src https://cdn.example:8443; \
             frame-ancestors 'none'; base-uri 'none'"
        );
        let expected = [
            ("content-security-policy", &*policy),
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", "en"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ];
        assert_eq!(headers.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(headers[name], value);
        }
        assert!(html.contains("<img src=\"https://cdn.example:8443/logo.svg\" alt=\"Latchgate\">"), "{html}");
    }
}

/// Browsers check `form-action` at each redirect after a form, even at the client's.
#[test]
fn form_action_allows_only_self_unless_a_client_is_waiting() {
    let pages = pages(&[]);
    for (redirect_uri, is_bound) in
        [(None, true), (Some("https://app.example/cb"), false), (Some("com.example.app:/cb"), false)]
    {
        let frame = Frame { redirect_uri, ..frame(Language::English) };
        let page = pages.signed_out(&frame);
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy.contains("form-action 'self'; "), is_bound, "{policy}");
        assert_eq!(policy.contains("form-action"), is_bound, "{policy}");
    }
}

#[test]
fn a_problem_is_shown_in_the_title_and_at_its_field() {
    let pages = pages(&[]);
    let frame = frame(Language::English);
    let sign_in = |problem, username| pages.sign_in(&frame, &sign_in_view(username, problem));
    for (problem, status, text) in [
        (
            SignInProblem::WrongCredentials,
            401,
            "The user name or the password is wrong. After many attempts, ",
        ),
        (SignInProblem::Incomplete, 400, "Enter your user name and your password."),
        (SignInProblem::Expired, 400, "This page was open for too long, or "),
    ] {
        let page = sign_in(Some(problem), "ada");
        assert_eq!(page.status(), status);
        assert!(html(&page).contains("<title>Error: Sign in · Latchgate</title>"));
        assert!(
            html(&page).contains(&format!("id=\"problem\" role=\"alert\">{}", text.replace('\'', "&#39;")))
        );
        let is_invalid = html(&page).contains("aria-invalid=\"true\" aria-describedby=\"problem\"");
        assert_eq!(is_invalid, problem != SignInProblem::Expired);
    }
    let fresh = sign_in(None, "");
    assert_eq!(fresh.status(), 200);
    assert!(
        html(&fresh).contains("<title>Sign in · Latchgate</title>") && !html(&fresh).contains("problem\"")
    );

    let rejections = [
        PasswordRejection::Malformed,
        PasswordRejection::TooShort,
        PasswordRejection::Common,
        PasswordRejection::LikeUsername,
    ];
    let others = [
        ChangeProblem::WrongPassword,
        ChangeProblem::Same,
        ChangeProblem::Incomplete,
        ChangeProblem::Expired,
    ];
    for problem in rejections.map(ChangeProblem::Rejected).into_iter().chain(others) {
        let change = ChangePasswordView { username: "ada", problem: Some(problem) };
        let account = AccountView { problem: Some(problem), ..account_view("ada", &[]) };
        for page in [pages.change_password(&frame, &change), pages.account(&frame, &account)] {
            let status = if problem == ChangeProblem::WrongPassword { 401 } else { 400 };
            assert_eq!(page.status(), status, "{problem:?}");
            let html = html(&page);
            assert!(html.contains("<title>Error: ") && html.contains("role=\"alert\""), "{html}");
            let field =
                |name| tags(html).into_iter().find(|tag| attribute(tag, "name") == Some(name)).unwrap();
            let is_of_new = matches!(problem, ChangeProblem::Rejected(_) | ChangeProblem::Same);
            let described = attribute(field("new_password"), "aria-describedby");
            assert_eq!(described, Some(if is_of_new { "problem hint" } else { "hint" }));
            let described = attribute(field("current_password"), "aria-describedby");
            assert_eq!(described.is_some(), problem == ChangeProblem::WrongPassword);
        }
    }
}

#[test]
fn the_first_empty_field_has_the_focus() {
    let pages = pages(&[]);
    for (username, focused) in [("", "username"), ("ada", "password")] {
        let page = pages.sign_in(&frame(Language::English), &sign_in_view(username, None));
        let tags = tags(html(&page));
        let with_focus: Vec<_> = tags.iter().filter(|tag| tag.ends_with(" autofocus")).collect();
        assert_eq!(with_focus.len(), 1);
        assert_eq!(attribute(with_focus[0], "name"), Some(focused));
    }
}

#[test]
fn the_consent_page_names_the_scopes_and_the_redirect_target() {
    let pages = pages(&[]);
    let consent = |scopes: &str, keeps_signed_in, redirect_uri| {
        let frame = Frame { redirect_uri: Some(redirect_uri), ..frame(Language::English) };
        let scopes = Scope::parse(scopes).unwrap();
        let view = ConsentView {
            client: "Notes",
            document: None,
            username: "ada",
            scopes: &scopes,
            resources: &[],
            keeps_signed_in,
        };
        html(&pages.consent(&frame, &view)).to_owned()
    };
    let items = |html: &str| -> Vec<String> {
        html.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
    };
    let web = "https://notes.example/cb";
    let identity = "Confirm who you are";
    let stays = "Stay signed in, even while you don&#39;t use it";
    assert_eq!(items(&consent("", false, web)), [identity]);
    assert_eq!(items(&consent("", true, web)), [stays]);
    assert_eq!(items(&consent("openid offline_access", true, web)), [identity, stays]);
    let other = "Use this permission: <code>notes.read</code>";
    assert_eq!(items(&consent("notes.read email", false, web)), ["See your email address", other]);

    let app = "go back to the app on this device.";
    for (redirect_uri, text) in [
        (web, "go back to <strong>notes.example</strong>."),
        ("https://notes.example:8443/cb", "go back to <strong>notes.example:8443</strong>."),
        ("http://127.0.0.1:4711/cb", app),
        ("http://[::1]:4711/cb", app),
        ("com.example.app:/cb", app),
    ] {
        assert!(consent("openid", false, redirect_uri).contains(text), "{redirect_uri}");
    }
    assert!(!consent("openid", false, "https://[2001:db8::1]/cb").contains("go back to"));
}

#[test]
fn the_consent_page_names_the_resources() {
    let scopes = Scope::parse("notes:read").unwrap();
    for language in LANGUAGES {
        let page = |resources: &[ResourceView<'_>]| {
            let view = ConsentView {
                client: "Notes",
                document: None,
                username: "ada",
                scopes: &scopes,
                resources,
                keeps_signed_in: false,
            };
            html(&pages(&[]).consent(&frame(language), &view)).to_owned()
        };
        assert!(!page(&[]).contains(Messages::of(language).client_can_at));
        let named = page(&[
            ResourceView { name: Some("Notes"), host: Some("notes.example") },
            ResourceView { name: None, host: Some("billing.example:8443") },
            ResourceView { name: Some("Latchgate"), host: None },
        ]);
        for shown in [
            Messages::of(language).client_can_at,
            "<li><bdi><strong>Notes</strong></bdi> <code>notes.example</code></li>",
            "<li><code>billing.example:8443</code></li>",
            "<li><bdi><strong>Latchgate</strong></bdi> </li>",
        ] {
            assert!(named.contains(shown), "{shown} in {named}");
        }
    }
}

#[test]
fn the_list_of_devices_ends_all_but_this_browser() {
    let pages = pages(&[]);
    let this = DeviceView { is_this: true, is_bound: false, ..device("Laptop", "id-1") };
    let other = device("Phone", "id-2");
    let account = |devices: &[DeviceView<'_>], has_more| {
        let view = AccountView { has_more, ..account_view("ada", devices) };
        html(&pages.account(&frame(Language::English), &view)).to_owned()
    };
    let both = account(&[this, other], false);
    assert_eq!(actions(&both), ["end", "end-all", "change-password", "sign-out"]);
    assert!(both.contains("name=\"session\" value=\"id-2\"") && !both.contains("id-1"), "{both}");
    assert!(both.contains("<time datetime=\"2026-11-28T09:14Z\">28 Nov 2026, 09:14 UTC</time>"), "{both}");
    assert!(both.contains("aria-labelledby=\"end-2 device-2\""), "{both}");
    assert_eq!(actions(&account(&[this], false)), ["change-password", "sign-out"]);
    // The page shows none of the others, but they can be ended.
    let some = account(&[this], true);
    assert_eq!(actions(&some), ["end-all", "change-password", "sign-out"]);
    assert!(some.contains("There are more devices, which are not shown."), "{some}");
}

#[test]
fn an_account_is_deleted_only_with_password_and_confirmation() {
    let pages = pages(&[]);
    for (problem, status, of_password, of_confirmation) in [
        (None, StatusCode::OK, false, false),
        (Some(DeletionProblem::WrongPassword), StatusCode::UNAUTHORIZED, true, false),
        (Some(DeletionProblem::PasswordMissing), StatusCode::BAD_REQUEST, true, false),
        (Some(DeletionProblem::Unconfirmed), StatusCode::BAD_REQUEST, false, true),
        (Some(DeletionProblem::Expired), StatusCode::BAD_REQUEST, false, false),
    ] {
        let page = pages.delete_account(&frame(Language::English), &deletion_view("ada", problem));
        assert_eq!(page.status(), status, "{problem:?}");
        let html = html(&page);
        assert_eq!(html.contains("<title>Error: "), problem.is_some(), "{problem:?}");
        let field = |name| tags(html).into_iter().find(|tag| attribute(tag, "name") == Some(name)).unwrap();
        for (name, is_invalid) in [("current_password", of_password), ("confirm", of_confirmation)] {
            let field = field(name);
            assert!(field.contains(" required"), "{field}");
            assert_eq!(attribute(field, "aria-invalid").is_some(), is_invalid, "{problem:?}: {field}");
            assert_eq!(attribute(field, "aria-describedby").is_some(), is_invalid, "{problem:?}: {field}");
        }
        let confirmation = field("confirm");
        assert_eq!(attribute(confirmation, "type"), Some("checkbox"));
        assert!(!confirmation.contains(" checked"), "the user confirms each time: {confirmation}");
    }
}

#[test]
fn the_account_offers_another_address_only_if_there_is_one() {
    let pages = pages(&[]);
    let links = |change_email| -> Vec<String> {
        let view = AccountView { change_email, delete_account: "account/delete", ..account_view("ada", &[]) };
        let page = pages.account(&frame(Language::English), &view);
        tags(html(&page)).into_iter().filter_map(|tag| attribute(tag, "href")).map(str::to_owned).collect()
    };
    assert_eq!(links(Some("account/email")), ["account/email", "account/delete"]);
    assert_eq!(links(None), ["account/delete"]);
}

#[test]
fn the_account_says_whether_mails_about_new_devices_come_and_has_one_button() {
    let pages = pages(&[]);
    for language in LANGUAGES {
        let text = Messages::of(language);
        let account = |new_device_mails| {
            let view = AccountView { new_device_mails, ..account_view("ada", &[]) };
            html(&pages.account(&frame(language), &view)).to_owned()
        };
        let shown = |html: &str| {
            let texts = [
                text.new_device_mails_are_on,
                text.turn_new_device_mails_off,
                text.new_device_mails_are_off,
                text.turn_new_device_mails_on,
            ];
            texts.map(|text| html.contains(&format!(">{}<", text.replace('\'', "&#39;"))))
        };
        let (on, off, unasked) = (account(Some(true)), account(Some(false)), account(None));
        assert_eq!(shown(&on), [true, true, false, false], "{on}");
        assert_eq!(shown(&off), [false, false, true, true], "{off}");
        assert_eq!(shown(&unasked), [false; 4], "{unasked}");
        assert!(!unasked.contains("new-device-mails"), "{unasked}");
        assert_eq!(actions(&on), ["new-device-mails-off", "change-password", "sign-out"]);
        assert_eq!(actions(&off), ["new-device-mails-on", "change-password", "sign-out"]);
    }
}
