//! The start of the requests of accounts by mail, and their sending.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::MailFlow;
use crate::{
    fault_matrix::{answer::Answer, known::NEW_PASSWORD},
    harness::{
        Api, Browser, FORM_COOKIE, Flow as CodeFlow, Form, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER,
        NEWCOMER, Post, SESSION_COOKIE, Tokens, WEB, code_of, link_of, text, wrong_code,
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
    AskForAddress,
    ConfirmAddress(Vec<(&'static str, String)>),
    Undo(String),
    Delete,
}

/// The start of a flow, besides the sessions of every flow.
#[derive(Clone, Debug)]
pub(in crate::fault_matrix) struct MailScene {
    /// The browser's cookies for forms and for its session, if it has them.
    cookies: Vec<(&'static str, String)>,
    /// The tokens of a session of Grace.
    pub(in crate::fault_matrix) graces: Tokens,
    /// All of her sessions.
    pub(in crate::fault_matrix) sessions: Vec<String>,
    sent: Sent,
}

impl MailScene {
    pub(in crate::fault_matrix) async fn send(&self, api: &Api) -> Answer {
        let mut browser = Browser::new(api);
        for (name, value) in &self.cookies {
            browser.set_cookie(name, value);
        }
        match &self.sent {
            Sent::Ask(path, email) => Answer::Reply(api.try_ask(path, email).await),
            Sent::Resend(request) => Answer::Reply(api.try_resend(request).await),
            Sent::Confirm(means) => {
                let means: Vec<_> = means.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Answer::Reply(api.confirm(&means, NEW_PASSWORD).await)
            }
            Sent::Reset(link) => Answer::Reply(api.reset(&[("token", link)], NEW_PASSWORD).await),
            Sent::AskForAddress => {
                Answer::Reply(api.try_change_address(&self.graces.access, HOPPER, GRACES_PASSWORD).await)
            }
            Sent::ConfirmAddress(means) => {
                let means: Vec<_> = means.iter().map(|(name, value)| (*name, value.as_str())).collect();
                Answer::Reply(api.confirm_address(&means).await)
            }
            Sent::Undo(link) => Answer::Reply(api.undo_address(link, NEW_PASSWORD).await),
            Sent::Delete => Answer::Reply(api.delete_account(&self.graces.access, GRACES_PASSWORD).await),
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
            Self::ConfirmInvitation => Sent::Confirm(vec![("token", invited(api).await)]),
            Self::AskForAddress => Sent::AskForAddress,
            Self::ConfirmAddressByLink => {
                Sent::ConfirmAddress(vec![("token", changing(api, &graces).await.1)])
            }
            Self::ConfirmAddressByCode => {
                let (request, _, code) = changing(api, &graces).await;
                let wrong = [("request", request.as_str()), ("code", &wrong_code(&code))];
                api.confirm_address(&wrong).await.assert_error(400, "invalid_grant");
                Sent::ConfirmAddress(vec![("request", request), ("code", code)])
            }
            Self::UndoAddress => Sent::Undo(changed(api, &graces).await),
            Self::DeleteAccount => Sent::Delete,
            Self::AskForAddressAtPages => {
                CodeFlow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
                let form = browser.get(route::ACCOUNT_EMAIL).await.form_with("action", Some("ask"));
                let fields =
                    vec![("email", HOPPER.to_owned()), ("current_password", GRACES_PASSWORD.to_owned())];
                Sent::Form(Box::new(form), fields, "ask")
            }
            Self::ConfirmAddressAtPages => {
                let (_, link, _) = changing(api, &graces).await;
                let page = browser.get(&format!("{}?token={link}", route::ACCOUNT_EMAIL_CONFIRM)).await;
                let form = page.form_with("action", Some("confirm-email"));
                Sent::Form(Box::new(form), vec![], "confirm-email")
            }
            Self::UndoAddressAtPages => {
                let link = changed(api, &graces).await;
                choice(&mut browser, route::ACCOUNT_EMAIL_UNDO, &link).await
            }
            Self::DeleteAccountAtPages => {
                CodeFlow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
                let form = browser.get(route::ACCOUNT_DELETE).await.form_with("action", Some("delete"));
                let fields =
                    vec![("current_password", GRACES_PASSWORD.to_owned()), ("confirm", "yes".to_owned())];
                Sent::Form(Box::new(form), fields, "delete")
            }
        };
        if self.is_deletion() {
            consent(api).await;
        }
        if self == Self::DeleteAccount {
            api.graces().await;
        }
        let cookies = [FORM_COOKIE, SESSION_COOKIE];
        let cookies = cookies.map(|name| browser.cookie(name).map(|value| (name, value.to_owned())));
        let sessions = sessions_of_grace(api).await;
        MailScene { cookies: cookies.into_iter().flatten().collect(), graces, sessions, sent }
    }
}

/// The IDs of Grace's sessions.
async fn sessions_of_grace(api: &Api) -> Vec<String> {
    let mut rows = api.items("SessionsTable").await;
    rows.retain(|row| row[attribute::USER_ID] == text(GRACE_ID));
    let id = |row: &std::collections::BTreeMap<String, AttributeValue>| {
        row[attribute::SESSION_KEY].as_s().unwrap().split_once('#').unwrap().1.to_owned()
    };
    rows.iter().map(id).collect()
}

/// A consent of Grace to a client.
async fn consent(api: &Api) {
    let consent =
        [(attribute::USER_ID, GRACE_ID), (attribute::CLIENT_ID, "third"), (attribute::SCOPE, "read")];
    let consent = consent.map(|(name, value)| (name.to_owned(), text(value)));
    api.put("ConsentsTable", consent.into()).await;
}

/// The link of an invitation of the newcomer.
async fn invited(api: &Api) -> String {
    api.invite(NEWCOMER, &serde_json::json!({ "roles": ["editor"] })).await;
    link_of(&Post::of(api).deliver_one(api).await).unwrap()
}

/// The request token, the link and the code of a change of Grace's address.
async fn changing(api: &Api, graces: &Tokens) -> (String, String, String) {
    let reply = api.try_change_address(&graces.access, HOPPER, GRACES_PASSWORD).await;
    let mail = Post::of(api).deliver_one(api).await;
    (reply.request_token(), link_of(&mail).unwrap(), code_of(&mail).unwrap())
}

/// Changes Grace's address, and returns the link that undoes it.
async fn changed(api: &Api, graces: &Tokens) -> String {
    let (_, link, _) = changing(api, graces).await;
    assert_eq!(api.confirm_address(&[("token", &link)]).await.status, 200);
    link_of(&Post::of(api).deliver_one(api).await).unwrap()
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
