//! The data of a signed-in browser, and its clients' results.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use shared::{route, store::attribute};

use super::answer::Answer;
use crate::harness::{
    Api, BYE, Browser, Device, FORM_COOKIE, Flow, Page, SESSION_COOKIE, THIRD, Tokens, USERNAME, WEB, claims,
    form, id_token,
};

type Item = BTreeMap<String, AttributeValue>;

/// A request at the pages or at `/token`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Authorize,
    AuthorizeThird,
    Allow,
    SignIn,
    Account,
    SignOut,
    EndSession,
    Redeem,
    RedeemAgain,
}

/// A browser and two clients, with IDs of their stored items.
pub(super) struct Pages {
    session_cookie: String,
    form_cookie: String,
    /// The flow of the operator's own client, which names its device's key.
    flow: Flow,
    device: Device,
    /// The flow of a third party's client with the user's consent.
    third: Flow,
    code: String,
    used_code: String,
    /// The tokens from the used code.
    tokens: Tokens,
    id_token: String,
    sign_in: Page,
    consent: Page,
    sign_out: Page,
    /// The session ID at the pages.
    pub(super) browser_sid: String,
    pub(super) code_hash: String,
    pub(super) used_code_hash: String,
}

impl Pages {
    pub(super) async fn of(api: &Api, password: &str) -> Self {
        let (device, third) = (Device::es256(1), Flow::of(THIRD));
        let flow = Flow::of(WEB).with("dpop_jkt", &device.jkt);
        let mut browser = Browser::new(api);
        let sign_in = flow.begin(&mut browser).await;
        let used_code = flow.code_of(&browser.give_password(&sign_in, USERNAME, password).await);
        let proof = device.proof(api, "POST", route::TOKEN).sign();
        let used = flow.redeem_with_proof(api, &used_code, &proof).await;
        let (tokens, id_token) = (used.tokens(), id_token(&used).to_owned());

        let page = third.begin(&mut browser).await;
        third.code_of(&browser.press(&page, "allow").await);
        let consent = third.clone().with("prompt", "consent").begin(&mut browser).await;
        let sign_out = browser.get(route::END_SESSION).await;
        let code = flow.code(&mut browser).await;

        let codes = api.items("CodesTable").await;
        let of_flow = |is_used: bool| {
            let is_it = |code: &&Item| {
                text(code, attribute::CLIENT_ID) == WEB
                    && code.contains_key(attribute::REDEEMED_BY) == is_used
            };
            codes.iter().find(is_it).unwrap()
        };
        let (fresh, used) = (of_flow(false), of_flow(true));
        let cookie = |name: &str| browser.cookie(name).unwrap().to_owned();
        Self {
            session_cookie: cookie(SESSION_COOKIE),
            form_cookie: cookie(FORM_COOKIE),
            browser_sid: text(fresh, attribute::BROWSER_SESSION).to_owned(),
            code_hash: text(fresh, attribute::CODE_HASH).to_owned(),
            used_code_hash: text(used, attribute::CODE_HASH).to_owned(),
            flow,
            device,
            third,
            code,
            used_code,
            tokens,
            id_token,
            sign_in,
            consent,
            sign_out,
        }
    }

    /// The session that the used code opened.
    pub(super) fn sid(&self) -> String {
        claims(&self.tokens.access)["sid"].as_str().unwrap().to_owned()
    }

    /// Texts that no log may contain.
    pub(super) fn secrets(&self) -> [&str; 8] {
        let Self { session_cookie, form_cookie, code, used_code, tokens, id_token, flow, .. } = self;
        let Tokens { access, refresh } = tokens;
        [session_cookie, form_cookie, code, used_code, access, refresh, id_token, &flow.verifier]
    }

    /// A copy of the original browser.
    fn browser<'a>(&self, api: &'a Api) -> Browser<'a> {
        let mut browser = Browser::new(api);
        browser.set_cookie(SESSION_COOKIE, &self.session_cookie);
        browser.set_cookie(FORM_COOKIE, &self.form_cookie);
        browser
    }

    /// Sends a request to the pages, or redeems a code.
    pub(super) async fn ask(&self, asked: Asked, api: &Api, password: &str) -> Answer {
        let mut browser = self.browser(api);
        let status = match asked {
            Asked::Redeem => return self.redeem(api, &self.code).await,
            Asked::RedeemAgain => return self.redeem(api, &self.used_code).await,
            Asked::Authorize => sent_with_code(&self.flow.begin(&mut browser).await),
            Asked::AuthorizeThird => sent_with_code(&self.third.begin(&mut browser).await),
            Asked::Allow => sent_with_code(&browser.press(&self.consent, "allow").await),
            Asked::SignIn => {
                let page = browser.give_password(&self.sign_in, USERNAME, password).await;
                let is_in = browser.cookie(SESSION_COOKIE) != Some(&self.session_cookie);
                if is_in { 200 } else { sent_with_code(&page) }
            }
            Asked::Account => {
                let page = browser.get(route::ACCOUNT).await;
                if page.asks_for_password() { 401 } else { page.status }
            }
            Asked::SignOut => browser.press(&self.sign_out, "sign-out").await.status,
            Asked::EndSession => {
                let parameters =
                    [("id_token_hint", self.id_token.as_str()), ("post_logout_redirect_uri", BYE)];
                let page = browser.get(&format!("{}?{}", route::END_SESSION, form(&parameters))).await;
                if page.status == 303 && page.redirect().uri == BYE { 200 } else { page.status }
            }
        };
        Answer { status, body: Value::Null }
    }

    async fn redeem(&self, api: &Api, code: &str) -> Answer {
        let proof = self.device.proof(api, "POST", route::TOKEN).sign();
        let reply = self.flow.redeem_with_proof(api, code, &proof).await;
        if reply.status >= 400 {
            reply.assert_error(reply.status, reply.body["error"].as_str().unwrap());
        }
        Answer { status: reply.status, body: reply.body }
    }
}

/// 200 for a redirect to the client with a code, 400 for one with an error, 401 for a question to the user.
fn sent_with_code(page: &Page) -> u16 {
    match page.status {
        302 | 303 if page.redirect().parameters.contains_key("code") => 200,
        302 | 303 => 400,
        200 => 401,
        status => status,
    }
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).unwrap()
}
