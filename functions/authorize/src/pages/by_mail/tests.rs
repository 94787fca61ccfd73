use lambda_http::{
    Body, Response,
    http::{StatusCode, header},
};
use passwords::PasswordRejection;
use shared::environment::variable;

use super::{
    super::{
        Frame, Language, Pages,
        tests::{actions, attribute, frame, html, pages, tags},
    },
    AskProblem, AskView, AskedMail, CodeProblem, CodeView, DoneView, GoneView, LinkProblem, LinkView,
    MailTask,
};

const TASKS: [MailTask; 4] = [MailTask::SignUp, MailTask::Reset, MailTask::ChangeEmail, MailTask::UndoChange];

fn ask(text: &str) -> AskView<'_> {
    AskView { mail: AskedMail::SignUp, email: text, back: text, problem: None }
}

fn change(text: &str) -> AskView<'_> {
    AskView { mail: AskedMail::ChangeEmail { username: text }, ..ask(text) }
}

fn code(text: &str) -> CodeView<'_> {
    let task = MailTask::SignUp;
    CodeView { task, email: text, request: text, is_new_mail: false, back: text, problem: None }
}

fn link(task: MailTask, text: &str) -> LinkView<'_> {
    LinkView { task, username: text, link: text, action: Some(text), problem: None }
}

/// Every page of accounts by mail, with this text for each value from outside.
pub(in super::super) fn all(pages: &Pages, frame: &Frame<'_>, text: &str) -> Vec<Response<Body>> {
    let rejected = Some(LinkProblem::Rejected(PasswordRejection::Common));
    let asked = [
        ask(text),
        AskView { mail: AskedMail::Reset, problem: Some(AskProblem::TooMany), ..ask(text) },
        change(text),
        AskView { problem: Some(AskProblem::WrongPassword), ..change(text) },
    ];
    let sent = [
        code(text),
        CodeView { is_new_mail: true, problem: Some(CodeProblem::Wrong), ..code(text) },
        CodeView { task: MailTask::ChangeEmail, ..code(text) },
    ];
    let opened = TASKS.map(|task| link(task, text));
    let again = LinkView { action: None, problem: rejected, ..link(MailTask::Reset, text) };
    let done = |leads_to_app| TASKS.map(|task| DoneView { task, next: text, leads_to_app });
    let gone = |ask| TASKS.map(|task| GoneView { task, ask, back: text });
    let asked = asked.iter().map(|view| pages.ask_for_mail(frame, view));
    let sent = sent.iter().map(|view| pages.mail_sent(frame, view));
    let opened = opened.iter().chain([&again]).map(|view| pages.link_opened(frame, view)).collect::<Vec<_>>();
    let done = [done(true), done(false)].concat();
    let done = done.iter().map(|view| pages.done_by_mail(frame, view)).collect::<Vec<_>>();
    let gone = [gone(Some(text)), gone(None)].concat();
    let gone = gone.iter().map(|view| pages.link_gone(frame, view)).collect::<Vec<_>>();
    asked.chain(sent).chain(opened).chain(done).chain(gone).collect()
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
    let expected: [&[&str]; 12] = [
        &["ask"],
        &["ask"],
        &["ask"],
        &["ask"],
        &["enter-code", "resend"],
        &["enter-code", "resend"],
        &["enter-code", "resend"],
        &["choose-password"],
        &["choose-password"],
        &["confirm-email"],
        &["choose-password"],
        &["choose-password"],
    ];
    assert_eq!(found[..12], expected);
    assert!(found[12..].iter().all(Vec::is_empty), "nothing is left to do");
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
fn another_address_needs_the_present_password() {
    let pages = pages(&[]);
    for (problem, status, of_address, of_password, focused) in [
        (None, StatusCode::OK, false, false, "current_password"),
        (Some(AskProblem::Malformed), StatusCode::BAD_REQUEST, true, false, "email"),
        (Some(AskProblem::SameAddress), StatusCode::BAD_REQUEST, true, false, "email"),
        (Some(AskProblem::WrongPassword), StatusCode::UNAUTHORIZED, false, true, "current_password"),
        (Some(AskProblem::PasswordMissing), StatusCode::BAD_REQUEST, false, true, "current_password"),
        (Some(AskProblem::TooMany), StatusCode::TOO_MANY_REQUESTS, false, false, "current_password"),
    ] {
        let view = AskView { email: "new@example.com", problem, ..change("ada@example.com") };
        let page = pages.ask_for_mail(&frame(Language::English), &view);
        assert_eq!(page.status(), status, "{problem:?}");
        for (name, is_invalid, value) in
            [("email", of_address, Some("new@example.com")), ("current_password", of_password, None)]
        {
            let field = field(&page, name);
            assert_eq!(attribute(field, "value"), value, "{problem:?}");
            assert_eq!(attribute(field, "aria-invalid").is_some(), is_invalid, "{problem:?}: {name}");
            assert_eq!(field.ends_with(" autofocus"), name == focused, "{problem:?}: {name}");
        }
        // The password is that of the present name.
        let of_manager = |tag: &&str| attribute(tag, "autocomplete") == Some("username");
        let names: Vec<_> = tags(html(&page)).into_iter().filter(of_manager).collect();
        assert_eq!(names.len(), 1);
        assert_eq!(attribute(names[0], "value"), Some("ada@example.com"));
    }
    let page = pages.ask_for_mail(&frame(Language::English), &AskView { email: "", ..change("ada") });
    assert!(field(&page, "email").ends_with(" autofocus"));
}

#[test]
fn a_new_address_is_confirmed_by_a_button_alone() {
    let pages = pages(&[]);
    let page = pages.link_opened(&frame(Language::English), &link(MailTask::ChangeEmail, "new@example.com"));
    assert!(html(&page).contains("<bdi><strong>new@example.com</strong></bdi>"));
    let tags = tags(html(&page));
    assert!(tags.iter().all(|tag| attribute(tag, "type") != Some("password")));
    let expired = LinkView { problem: Some(LinkProblem::Expired), ..link(MailTask::ChangeEmail, "x") };
    assert_eq!(pages.link_opened(&frame(Language::English), &expired).status(), StatusCode::BAD_REQUEST);
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
fn the_captcha_is_where_strangers_ask_and_nowhere_else() {
    let policy =
        |page: &Response<Body>| page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    let without = pages(&[]);
    for (widget, class, script, frame_source) in [
        (
            "turnstile",
            "cf-turnstile",
            "https://challenges.cloudflare.com/",
            "https://challenges.cloudflare.com",
        ),
        ("hcaptcha", "h-captcha", "https://js.hcaptcha.com/", "https://*.hcaptcha.com"),
        (
            "recaptcha",
            "g-recaptcha",
            "https://www.google.com/recaptcha/",
            "https://recaptcha.google.com/recaptcha/",
        ),
    ] {
        let variables = [(variable::CAPTCHA_WIDGET, widget), (variable::CAPTCHA_KEY, "site_key-1")];
        let pages = pages(&variables);
        let frame = frame(Language::English);
        let reset = AskView { mail: AskedMail::Reset, ..ask("x") };
        let of_strangers = [
            pages.ask_for_mail(&frame, &ask("x")),
            pages.ask_for_mail(&frame, &reset),
            pages.mail_sent(&frame, &code("x")),
        ];
        for page in &of_strangers {
            let element = format!("<div class=\"{class}\" data-sitekey=\"site_key-1\"></div>");
            let scripts: Vec<_> =
                tags(html(page)).into_iter().filter(|tag| tag.contains("script ")).collect();
            assert_eq!(scripts.len(), 1, "{scripts:?}");
            assert!(attribute(scripts[0], "src").unwrap().starts_with(script), "{scripts:?}");
            assert!(html(page).contains(&element) && html(page).contains("<noscript><p"), "{widget}");
            let policy = policy(page);
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            assert!(policy.contains("; script-src https://") && policy.contains(frame_source), "{policy}");
            assert!(!policy.contains("script-src 'unsafe") && !policy.contains("; ;"), "{policy}");
        }
        let others = [
            (pages.ask_for_mail(&frame, &change("x")), without.ask_for_mail(&frame, &change("x"))),
            (
                pages.mail_sent(&frame, &CodeView { task: MailTask::ChangeEmail, ..code("x") }),
                without.mail_sent(&frame, &CodeView { task: MailTask::ChangeEmail, ..code("x") }),
            ),
            (
                pages.link_opened(&frame, &link(MailTask::SignUp, "x")),
                without.link_opened(&frame, &link(MailTask::SignUp, "x")),
            ),
        ];
        for (page, same) in &others {
            assert_eq!((html(page), page.headers()), (html(same), same.headers()), "{widget}");
        }
    }
}

#[test]
fn a_captcha_that_is_not_solved_is_told_on_the_same_page() {
    let pages = pages(&[(variable::CAPTCHA_WIDGET, "turnstile"), (variable::CAPTCHA_KEY, "key")]);
    let frame = frame(Language::English);
    let asked = AskView { problem: Some(AskProblem::Captcha), ..ask("ada@example.com") };
    let sent = CodeView { problem: Some(CodeProblem::Captcha), ..code("ada@example.com") };
    for page in [pages.ask_for_mail(&frame, &asked), pages.mail_sent(&frame, &sent)] {
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
        assert!(html(&page).contains("role=\"alert\">Solve the captcha"), "{}", html(&page));
    }
}

#[test]
fn a_password_manager_finds_the_name_and_the_new_password() {
    let pages = pages(&[]);
    for (task, title) in [
        (MailTask::SignUp, "Choose a password"),
        (MailTask::Reset, "Choose a new password"),
        (MailTask::UndoChange, "Restore your email address"),
    ] {
        for (problem, status) in [
            (None, StatusCode::OK),
            (Some(LinkProblem::Missing), StatusCode::BAD_REQUEST),
            (Some(LinkProblem::Rejected(PasswordRejection::TooShort)), StatusCode::BAD_REQUEST),
            (Some(LinkProblem::Same), StatusCode::BAD_REQUEST),
            (Some(LinkProblem::Expired), StatusCode::BAD_REQUEST),
        ] {
            let view = LinkView { problem, ..link(task, "ada@example.com") };
            let page = pages.link_opened(&frame(Language::English), &view);
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
        let view = GoneView { task: MailTask::Reset, ask, back: "../account" };
        let page = pages.link_gone(&frame(Language::English), &view);
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);
        tags(html(&page)).into_iter().filter_map(|tag| attribute(tag, "href")).map(str::to_owned).collect()
    };
    let offered: Vec<String> = links(Some("forgot"));
    assert_eq!(offered, ["forgot", "../account"]);
    let none: Vec<String> = links(None);
    assert_eq!(none, ["../account"]);
}

#[test]
fn a_link_that_works_no_longer_says_how_long_its_kind_does() {
    let pages = pages(&[]);
    let page = |task| {
        let view = GoneView { task, ask: None, back: "../account" };
        html(&pages.link_gone(&frame(Language::English), &view)).to_owned()
    };
    assert!(page(MailTask::SignUp).contains("the time that its mail says"), "an invitation lasts longer");
    assert!(page(MailTask::ChangeEmail).contains("one hour"));
    assert!(page(MailTask::UndoChange).contains("three days"));
    let in_app = "Go back to the app where you began";
    assert!(page(MailTask::SignUp).contains(in_app) && !page(MailTask::UndoChange).contains(in_app));
}

#[test]
fn the_page_after_a_change_of_the_address_leads_to_the_account() {
    let pages = pages(&[]);
    for (task, next) in TASKS.into_iter().zip(["Sign in", "Sign in", "Your account", "Sign in"]) {
        let view = DoneView { task, next: "../account", leads_to_app: false };
        let page = pages.done_by_mail(&frame(Language::English), &view);
        let button = format!("<a class=\"button\" href=\"../account\">{next}</a>");
        assert!(html(&page).contains(&button), "{task:?}");
        let is_by_app = html(&page).contains("To continue in an app");
        assert_eq!(is_by_app, task != MailTask::ChangeEmail, "{task:?}");
    }
}
