//! The start of the code flow's requests, and their sending.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use shared::{route, scope::Scope, store::attribute};

use super::OauthFlow;
use crate::{
    fault_matrix::{
        answer::Answer,
        known::{NEW_PASSWORD, sid},
        stored::session_at_the_pages,
    },
    harness::{
        ADA, ADAS_PASSWORD, Api, BYE, Browser, FORM_COOKIE, Fault, Flow as CodeFlow, Form, PASSWORD,
        SESSION_COOKIE, THIRD, Tokens, USERNAME, WEB, bearer, client, form, id_token, number, text,
    },
    login_flow::hash_at,
};

/// The fields of a form, filled in.
type Fields = Vec<(&'static str, &'static str)>;

/// A prepared request.
#[derive(Clone, Debug)]
enum Sent {
    Redemption(String),
    Userinfo(String),
    Get(String),
    Form(Box<Form>, Fields, &'static str),
}

/// The start of a flow, besides the sessions of every flow.
#[derive(Clone, Debug)]
pub(in crate::fault_matrix) struct OauthScene {
    pub(super) flow: CodeFlow,
    /// The names and values of the browser's cookies.
    cookies: Vec<(&'static str, String)>,
    /// The first session at the pages.
    pub(super) session: Option<String>,
    /// The client's tokens for a first code.
    pub(super) tokens: Option<Tokens>,
    sent: Sent,
}

impl OauthScene {
    /// The sessions that this flow should end.
    pub(in crate::fault_matrix) fn ends(
        &self,
        flow: OauthFlow,
        here: &Tokens,
        there: &Tokens,
    ) -> Vec<String> {
        let browser = || self.session.clone().unwrap();
        let client = || sid(self.tokens.as_ref().unwrap());
        match flow {
            OauthFlow::RedeemBeyondMaxSessions => vec![sid(here)],
            OauthFlow::RedeemAgain => vec![client()],
            OauthFlow::SignInOfAnother
            | OauthFlow::SignInBeyondMaxSessions
            | OauthFlow::SignOut
            | OauthFlow::ConfirmSignOut => {
                vec![browser()]
            }
            OauthFlow::EndOne => vec![sid(there)],
            OauthFlow::EndOthers | OauthFlow::ChangeAnExpiredPassword => vec![sid(here), sid(there)],
            OauthFlow::ChangePassword | OauthFlow::CompleteAChangeOfPassword => {
                vec![sid(here), sid(there), browser()]
            }
            OauthFlow::EndSession => vec![browser(), client()],
            _ => vec![],
        }
    }

    /// The browser in its initial state.
    pub(super) fn browser<'a>(&self, api: &'a Api) -> Browser<'a> {
        let mut browser = Browser::new(api);
        for (name, value) in &self.cookies {
            browser.set_cookie(name, value);
        }
        browser
    }

    pub(in crate::fault_matrix) async fn send(&self, api: &Api) -> Answer {
        match &self.sent {
            Sent::Redemption(code) => Answer::Reply(self.flow.redeem(api, code).await),
            Sent::Userinfo(access) => {
                Answer::Reply(api.send(bearer(Request::get(route::USERINFO), access), "").await)
            }
            Sent::Get(url) => Answer::Page(self.browser(api).get(url).await),
            Sent::Form(form, fields, action) => {
                let button = Some(("action", *action));
                Answer::Page(self.browser(api).submit(form, fields, button).await)
            }
        }
    }

    /// Whether this answers a code that is used up.
    pub(in crate::fault_matrix) fn is_for_nothing(&self, answer: &Answer) -> bool {
        matches!(self.sent, Sent::Redemption(_)) && answer.status() == 400
    }

    /// Lets the user of a client with a used-up code sign in again, which takes no password.
    pub(in crate::fault_matrix) async fn redeem_another(&self, api: &Api) -> Answer {
        let page = self.flow.begin(&mut self.browser(api)).await;
        Answer::Reply(self.flow.redeem(api, &self.flow.code_of(&page)).await)
    }
}

impl OauthFlow {
    /// Prepares the flow. The user has two sessions, and this is the second.
    pub(in crate::fault_matrix) async fn prepare(self, api: &Api, there: &Tokens) -> OauthScene {
        let flow = self.code_flow();
        let mut browser = Browser::new(api);
        let session = self.sign_in_before(api, &mut browser).await;
        let (mut tokens, seeder, username) = (None, api.seeder(), (attribute::USERNAME, USERNAME));
        let sent = match self {
            Self::Redeem => Sent::Redemption(flow.code(&mut browser).await),
            Self::RedeemBeyondMaxSessions => {
                let code = flow.code(&mut browser).await;
                api.clock.advance(1);
                api.refresh(&there.refresh).await.tokens();
                Sent::Redemption(code)
            }
            Self::RedeemAnUnreadableCode => {
                let code = flow.code(&mut browser).await;
                set_nonces(api, number(1)).await;
                Sent::Redemption(code)
            }
            Self::RedeemAgain => {
                let code = flow.code(&mut browser).await;
                tokens = Some(flow.redeem(api, &code).await.tokens());
                Sent::Redemption(code)
            }
            Self::Userinfo => {
                let got = flow.tokens(api, &mut browser).await.tokens();
                let access = got.access.clone();
                tokens = Some(got);
                Sent::Userinfo(access)
            }
            Self::EndSession => {
                let reply = flow.tokens(api, &mut browser).await;
                tokens = Some(reply.tokens());
                let parameters = [("id_token_hint", id_token(&reply)), ("post_logout_redirect_uri", BYE)];
                Sent::Get(format!("{}?{}", route::END_SESSION, form(&parameters)))
            }
            Self::AskForPassword | Self::SingleSignOn | Self::AskForConsent => Sent::Get(flow.url()),
            Self::Account => Sent::Get(route::ACCOUNT.to_owned()),
            Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInWithAWrongPassword
            | Self::SignInOfAGreekName
            | Self::SignInOfAnother
            | Self::SignInBeyondMaxSessions
            | Self::SignInWithAnExpiredPassword
            | Self::SignInForAThirdParty => {
                let page = flow.begin(&mut browser).await;
                if self == Self::SignInAfterAWrongPassword {
                    browser.give_password(&page, USERNAME, "a wrong password").await.assert_page(401);
                }
                Sent::Form(Box::new(page.sign_in_form()), self.credentials(), "sign-in")
            }
            Self::ChangeAnExpiredPassword => {
                let expired = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
                seeder.set("CredentialsTable", username, expired).await.unwrap();
                let page = flow.sign_in(&mut browser).await;
                change_of_password(page.form_with("new_password", None))
            }
            Self::Consent | Self::ConsentToNothing => {
                if self == Self::ConsentToNothing {
                    let mut third = client(THIRD);
                    third.scope = Scope::parse("openid").unwrap();
                    api.put_client(&third).await;
                }
                let page = flow.begin(&mut browser).await;
                Sent::Form(Box::new(page.form_with("action", Some("allow"))), vec![], "allow")
            }
            Self::EndOne => {
                let forms = browser.get(route::ACCOUNT).await.forms().into_iter();
                let mut ends = forms.filter(|form| form.has("session", Some(&sid(there))));
                Sent::Form(Box::new(ends.next().unwrap()), vec![], "end")
            }
            Self::EndOthers => button(&mut browser, route::ACCOUNT, "end-all").await,
            Self::SignOut => button(&mut browser, route::ACCOUNT, "sign-out").await,
            Self::ConfirmSignOut => button(&mut browser, route::END_SESSION, "sign-out").await,
            Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                let page = browser.get(route::ACCOUNT).await;
                change_of_password(page.form_with("action", Some("change-password")))
            }
        };
        match self {
            Self::SignIn => {
                let change = vec![(attribute::PASSWORD_HASH, text(&hash_at(8, 1))), ("guesses_1", number(3))];
                seeder.set("CredentialsTable", username, change).await.unwrap();
            }
            Self::SignInWithAnExpiredPassword => {
                let expired = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
                seeder.set("CredentialsTable", username, expired).await.unwrap();
            }
            _ => {}
        }
        let cookie = |name| Some((name, browser.cookie(name)?.to_owned()));
        let cookies = [SESSION_COOKIE, FORM_COOKIE].into_iter().filter_map(cookie).collect();
        let scene = OauthScene { flow, cookies, session, tokens, sent };
        if self == Self::CompleteAChangeOfPassword {
            api.calls.fail(Fault::Before("UpdateItem Users"));
            scene.send(api).await.page().assert_page(503);
            api.calls.heal();
        }
        scene
    }

    /// Signs the demo user in before the request. Returns the first session at the pages.
    async fn sign_in_before(self, api: &Api, browser: &mut Browser<'_>) -> Option<String> {
        match self {
            Self::AskForPassword
            | Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInWithAWrongPassword
            | Self::SignInOfAGreekName
            | Self::SignInWithAnExpiredPassword
            | Self::SignInForAThirdParty
            | Self::ChangeAnExpiredPassword => return None,
            Self::SignInBeyondMaxSessions => {
                CodeFlow::of(WEB).code(&mut Browser::new(api)).await;
                let first = session_at_the_pages(api).await;
                api.clock.advance(1);
                CodeFlow::of(WEB).code(&mut Browser::new(api)).await;
                api.clock.advance(1);
                return Some(first);
            }
            _ => {}
        }
        CodeFlow::of(WEB).code(browser).await;
        Some(session_at_the_pages(api).await)
    }

    fn credentials(self) -> Fields {
        let (username, password) = match self {
            Self::SignInWithAWrongPassword => (USERNAME, "a wrong password"),
            Self::SignInOfAGreekName => ("νους", PASSWORD),
            Self::SignInOfAnother => (ADA, ADAS_PASSWORD),
            _ => (USERNAME, PASSWORD),
        };
        vec![("username", username), ("password", password)]
    }
}

/// Sets the nonce of every code.
pub(super) async fn set_nonces(api: &Api, nonce: AttributeValue) {
    for code in api.items("CodesTable").await {
        let key = (attribute::CODE_HASH, code[attribute::CODE_HASH].as_s().unwrap().as_str());
        api.seeder().set("CodesTable", key, vec![(attribute::NONCE, nonce.clone())]).await.unwrap();
    }
}

/// The form of a page that has this button.
async fn button(browser: &mut Browser<'_>, page: &str, action: &'static str) -> Sent {
    let form = browser.get(page).await.form_with("action", Some(action));
    Sent::Form(Box::new(form), vec![], action)
}

fn change_of_password(form: Form) -> Sent {
    let fields = vec![("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    Sent::Form(Box::new(form), fields, "change-password")
}
