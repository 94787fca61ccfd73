//! The start of the requests of accounts by mail, and their sending.

use shared::route;

use super::MailFlow;
use crate::{
    fault_matrix::{answer::Answer, known::NEW_PASSWORD},
    harness::{
        Api, Browser, FORM_COOKIE, Form, GRACE, GRACE_ID, GRACES_PASSWORD, NEWCOMER, Post, Tokens, code_of,
        link_of, wrong_code,
    },
};

/// A prepared request.
#[derive(Clone, Debug)]
enum Sent {
    Ask(&'static str, &'static str),
    Resend(String),
    Confirm(Vec<(&'static str, String)>),
    Reset(String),
    Get(String),
    Form(Box<Form>, Vec<(&'static str, String)>, &'static str),
}

/// The start of a flow, besides the sessions of every flow.
#[derive(Clone, Debug)]
pub(in crate::fault_matrix) struct MailScene {
    /// The browser's cookie for forms, if it has one.
    form_cookie: Option<String>,
    /// The tokens of a session of Grace.
    pub(in crate::fault_matrix) graces: Tokens,
    sent: Sent,
}

impl MailScene {
    pub(in crate::fault_matrix) async fn send(&self, api: &Api) -> Answer {
        let mut browser = Browser::new(api);
        if let Some(cookie) = &self.form_cookie {
            browser.set_cookie(FORM_COOKIE, cookie);
        }
        match &self.sent {
            Sent::Ask(path, email) => Answer::Reply(api.try_ask(path, email).await),
            Sent::Resend(request) => Answer::Reply(api.try_resend(request).await),
            Sent::Confirm(means) => {
                let means: Vec<_> = means.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Answer::Reply(api.confirm(&means, NEW_PASSWORD).await)
            }
            Sent::Reset(link) => Answer::Reply(api.reset(&[("token", link)], NEW_PASSWORD).await),
            Sent::Get(path) => Answer::Page(browser.get(path).await),
            Sent::Form(form, fields, action) => {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Answer::Page(browser.submit(form, &fields, Some(("action", action))).await)
            }
        }
    }
}

impl MailFlow {
    /// Prepares the flow. Grace has an account and a session, and the newcomer has none.
    pub(in crate::fault_matrix) async fn prepare(self, api: &Api) -> MailScene {
        api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
        let graces = api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
        let mut browser = Browser::new(api);
        let sent = match self {
            Self::SignUp => Sent::Ask(route::SIGNUP, NEWCOMER),
            Self::Forgot => Sent::Ask(route::FORGOT, GRACE),
            Self::SignUpAgain => {
                api.ask(route::SIGNUP, NEWCOMER).await;
                Sent::Ask(route::SIGNUP, NEWCOMER)
            }
            Self::Resend => {
                let request = api.ask(route::SIGNUP, NEWCOMER).await;
                // The network's bound is whole again, and the request's token is good.
                api.clock.advance(1800);
                Sent::Resend(request)
            }
            Self::ConfirmByLink => {
                Sent::Confirm(vec![("token", mailed(api, route::SIGNUP, NEWCOMER).await.0)])
            }
            Self::ConfirmByCode => {
                let request = api.ask(route::SIGNUP, NEWCOMER).await;
                let code = code_of(&Post::of(api).deliver_one(api).await).unwrap();
                let wrong = [("request", request.as_str()), ("code", &wrong_code(&code))];
                api.confirm(&wrong, NEW_PASSWORD).await.assert_error(400, "invalid_grant");
                Sent::Confirm(vec![("request", request), ("code", code)])
            }
            Self::ResetByLink => Sent::Reset(mailed(api, route::FORGOT, GRACE).await.0),
            Self::Ask => {
                let form = browser.get(route::ACCOUNT_FORGOT).await.form_with("action", Some("ask"));
                Sent::Form(Box::new(form), vec![("email", GRACE.to_owned())], "ask")
            }
            Self::FollowLink => {
                let (link, _) = mailed(api, route::FORGOT, GRACE).await;
                Sent::Get(format!("{}?token={link}", route::ACCOUNT_RESET))
            }
            Self::EnterCode => {
                let form = browser.get(route::ACCOUNT_FORGOT).await.form_with("action", Some("ask"));
                let page = browser.submit(&form, &[("email", GRACE)], Some(("action", "ask"))).await;
                let code = code_of(&Post::of(api).deliver_one(api).await).unwrap();
                let form = page.form_with("action", Some("enter-code"));
                Sent::Form(Box::new(form), vec![("code", code)], "enter-code")
            }
            Self::ChooseFirstPassword => {
                let (link, _) = mailed(api, route::SIGNUP, NEWCOMER).await;
                choice(&mut browser, route::ACCOUNT_CONFIRM, &link).await
            }
            Self::ChooseNewPassword => {
                let (link, _) = mailed(api, route::FORGOT, GRACE).await;
                choice(&mut browser, route::ACCOUNT_RESET, &link).await
            }
        };
        MailScene { form_cookie: browser.cookie(FORM_COOKIE).map(str::to_owned), graces, sent }
    }
}

/// The link and the code of a mail.
async fn mailed(api: &Api, path: &str, email: &str) -> (String, String) {
    api.ask(path, email).await;
    let mail = Post::of(api).deliver_one(api).await;
    (link_of(&mail).unwrap(), code_of(&mail).unwrap())
}

/// The form of a link's page, filled in.
async fn choice(browser: &mut Browser<'_>, page: &str, link: &str) -> Sent {
    let page = browser.get(&format!("{page}?token={link}")).await;
    let form = page.form_with("action", Some("choose-password"));
    Sent::Form(Box::new(form), vec![("new_password", NEW_PASSWORD.to_owned())], "choose-password")
}
