use lambda_http::{Body, Response, http::StatusCode};
use mails::Purpose;
use passwords::PasswordRejection;

use super::{
    super::{
        Frame, Language, Pages,
        tests::{actions, attribute, frame, html, pages, tags},
    },
    AskProblem, AskView, ChoiceProblem, ChoiceView, CodeProblem, CodeView, DoneView, GoneView,
};

fn ask(text: &str) -> AskView<'_> {
    AskView { purpose: Purpose::SignUp, email: text, sign_in: text, problem: None }
}

fn code(text: &str) -> CodeView<'_> {
    CodeView { email: text, request: text, is_new_mail: false, sign_in: text, problem: None }
}

fn choice(text: &str) -> ChoiceView<'_> {
    ChoiceView { purpose: Purpose::SignUp, username: text, link: text, action: Some(text), problem: None }
}

/// Every page of accounts by mail, with this text for each value from outside.
pub(in super::super) fn all(pages: &Pages, frame: &Frame<'_>, text: &str) -> Vec<Response<Body>> {
    let rejected = Some(ChoiceProblem::Rejected(PasswordRejection::Common));
    let done = |purpose, leads_to_app| DoneView { purpose, sign_in: text, leads_to_app };
    vec![
        pages.ask_for_mail(frame, &ask(text)),
        pages.ask_for_mail(
            frame,
            &AskView { purpose: Purpose::Reset, problem: Some(AskProblem::TooMany), ..ask(text) },
        ),
        pages.mail_sent(frame, &code(text)),
        pages.mail_sent(
            frame,
            &CodeView { is_new_mail: true, problem: Some(CodeProblem::Wrong), ..code(text) },
        ),
        pages.choose_password(frame, &choice(text)),
        pages.choose_password(
            frame,
            &ChoiceView { purpose: Purpose::Reset, action: None, problem: rejected, ..choice(text) },
        ),
        pages.password_set(frame, &done(Purpose::SignUp, true)),
        pages.password_set(frame, &done(Purpose::Reset, false)),
        pages.link_gone(frame, &GoneView { ask: Some(text), sign_in: text }),
        pages.link_gone(frame, &GoneView { ask: None, sign_in: text }),
    ]
}

/// The tag of the page's field with this name.
fn field<'a>(page: &'a Response<Body>, name: &str) -> &'a str {
    let of_name = |tag: &&str| attribute(tag, "name") == Some(name) && attribute(tag, "id").is_some();
    tags(html(page)).into_iter().find(of_name).unwrap()
}

#[test]
fn each_page_has_its_actions() {
    let pages = pages(&[]);
    let found = all(&pages, &frame(Language::English), "ada");
    let found: Vec<_> = found.iter().map(|page| actions(html(page))).collect();
    let expected: [&[&str]; 10] = [
        &["ask"],
        &["ask"],
        &["enter-code", "resend"],
        &["enter-code", "resend"],
        &["choose-password"],
        &["choose-password"],
        &[],
        &[],
        &[],
        &[],
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_problem_with_the_address_is_shown_at_its_field() {
    let pages = pages(&[]);
    for (problem, status, is_of_field) in [
        (AskProblem::Malformed, StatusCode::BAD_REQUEST, true),
        (AskProblem::NotAllowed, StatusCode::FORBIDDEN, true),
        (AskProblem::TooMany, StatusCode::TOO_MANY_REQUESTS, false),
        (AskProblem::MailExpired, StatusCode::BAD_REQUEST, false),
        (AskProblem::Expired, StatusCode::BAD_REQUEST, false),
    ] {
        let view = AskView { problem: Some(problem), ..ask("ada@example.com") };
        let page = pages.ask_for_mail(&frame(Language::English), &view);
        assert_eq!(page.status(), status, "{problem:?}");
        assert!(html(&page).contains("<title>Error: Create an account · Latchgate</title>"));
        let field = field(&page, "email");
        assert_eq!(attribute(field, "value"), Some("ada@example.com"));
        assert_eq!(attribute(field, "aria-invalid").is_some(), is_of_field, "{problem:?}");
    }
}

#[test]
fn a_problem_with_the_code_says_nothing_about_the_number_of_guesses() {
    let pages = pages(&[]);
    for (problem, status, text) in [
        (CodeProblem::Wrong, StatusCode::BAD_REQUEST, "The code is wrong or no longer valid."),
        (CodeProblem::TooMany, StatusCode::TOO_MANY_REQUESTS, "There were too many requests."),
        (CodeProblem::Expired, StatusCode::BAD_REQUEST, "This page was open for too long"),
    ] {
        let view = CodeView { problem: Some(problem), ..code("ada@example.com") };
        let page = pages.mail_sent(&frame(Language::English), &view);
        assert_eq!(page.status(), status, "{problem:?}");
        assert!(html(&page).contains(&format!("role=\"alert\">{text}")), "{problem:?}");
        let field = field(&page, "code");
        assert_eq!(attribute(field, "value"), None);
        assert_eq!(attribute(field, "aria-invalid").is_some(), problem == CodeProblem::Wrong);
    }
}

#[test]
fn a_password_manager_finds_the_name_and_the_new_password() {
    let pages = pages(&[]);
    for (purpose, title) in
        [(Purpose::SignUp, "Choose a password"), (Purpose::Reset, "Choose a new password")]
    {
        for (problem, status) in [
            (None, StatusCode::OK),
            (Some(ChoiceProblem::Missing), StatusCode::BAD_REQUEST),
            (Some(ChoiceProblem::Rejected(PasswordRejection::TooShort)), StatusCode::BAD_REQUEST),
            (Some(ChoiceProblem::Same), StatusCode::BAD_REQUEST),
            (Some(ChoiceProblem::Expired), StatusCode::BAD_REQUEST),
        ] {
            let view = ChoiceView { purpose, problem, ..choice("ada@example.com") };
            let page = pages.choose_password(&frame(Language::English), &view);
            assert_eq!(page.status(), status, "{problem:?}");
            let tags = tags(html(&page));
            let of_autocomplete = |name| {
                let tag = tags.iter().find(|tag| attribute(tag, "autocomplete") == Some(name));
                *tag.unwrap()
            };
            assert_eq!(attribute(of_autocomplete("username"), "value"), Some("ada@example.com"));
            assert_eq!(attribute(of_autocomplete("new-password"), "name"), Some("new_password"));
            assert_eq!(attribute(of_autocomplete("new-password"), "value"), None);
            assert!(html(&page).contains(&format!("{title} · Latchgate</title>")));
        }
    }
}

#[test]
fn a_link_that_works_no_longer_offers_a_new_mail_and_the_sign_in() {
    let pages = pages(&[]);
    let links = |ask| {
        let view = GoneView { ask, sign_in: "../account" };
        let page = pages.link_gone(&frame(Language::English), &view);
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
        tags(html(&page)).into_iter().filter_map(|tag| attribute(tag, "href")).map(str::to_owned).collect()
    };
    let offered: Vec<String> = links(Some("forgot"));
    assert_eq!(offered, ["forgot", "../account"]);
    let none: Vec<String> = links(None);
    assert_eq!(none, ["../account"]);
}
