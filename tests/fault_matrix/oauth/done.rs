//! The result of a completed request of the code flow.

use shared::store::attribute;

use super::{OauthFlow, OauthScene, scene::set_nonces};
use crate::{
    fault_matrix::{
        answer::Answer,
        case::Stage,
        flow::Scene,
        known::{NEW_PASSWORD, sid},
        stored::sessions,
    },
    harness::{Api, BYE, Browser, FORM_COOKIE, Flow as CodeFlow, Page, Reply, SetCookie, USER_ID, WEB, text},
};

impl OauthFlow {
    /// Asserts that the request's effect has happened.
    pub(in crate::fault_matrix) async fn assert_done(self, stage: &Stage, api: &Api, answer: &Answer) {
        let Scene { here, oauth, .. } = &stage.scene;
        let scene = oauth.as_ref().unwrap();
        let left = sessions(api).await;
        match self {
            Self::Redeem | Self::RedeemBeyondMaxSessions => {
                let tokens = answer.reply().tokens();
                assert!(left.contains(&sid(&tokens)));
                assert_eq!(api.call(&tokens.access).await.status, 200);
                api.refresh_of_flow(&scene.flow, &tokens.refresh).await.tokens();
            }
            Self::RedeemAgain => {
                let first = scene.tokens.as_ref().unwrap();
                assert_eq!(api.call(&first.access).await.status, 401);
                api.refresh_of_flow(&scene.flow, &first.refresh).await.assert_error(400, "invalid_grant");
                assert!(is_signed_in(&mut scene.browser(api)).await, "a code was leaked, and no cookie");
            }
            Self::RedeemAnUnreadableCode => {
                let is_used =
                    |code: &std::collections::BTreeMap<String, _>| code.contains_key(attribute::REDEEMED_BY);
                let is_used = api.items("CodesTable").await.iter().any(is_used);
                set_nonces(api, text("a-nonce")).await;
                match scene.send(api).await {
                    answer if is_used => answer.reply().assert_error(400, "invalid_grant"),
                    answer => drop(answer.reply().tokens()),
                }
            }
            Self::Userinfo => assert_eq!(answer.reply().body["sub"], USER_ID),
            Self::AskForPassword | Self::SignInWithAWrongPassword | Self::SignInOfAGreekName => {
                assert!(answer.page().asks_for_password());
                assert_eq!(left.len(), 2);
            }
            Self::SignInWithAnExpiredPassword => {
                answer.page().form_with("new_password", None);
                assert_eq!(left.len(), 2);
            }
            Self::SignIn
            | Self::SignInAfterAWrongPassword
            | Self::SignInOfAnother
            | Self::SignInBeyondMaxSessions
            | Self::ChangeAnExpiredPassword
            | Self::SingleSignOn
            | Self::Consent => {
                let page = answer.page();
                let tokens = redeemed(scene, api, page).await.tokens();
                assert_eq!(api.call(&tokens.access).await.status, 200);
                assert!(is_signed_in(&mut with_its_cookies(api, page)).await);
                self.assert_passwords(api).await;
            }
            Self::ConsentToNothing => {
                let granted = redeemed(scene, api, answer.page()).await;
                assert!(granted.body["scope"].is_null(), "{granted:?}");
            }
            Self::AskForConsent | Self::SignInForAThirdParty => {
                answer.page().form_with("action", Some("allow"));
                assert!(api.items("ConsentsTable").await.is_empty());
            }
            Self::Account => assert_eq!(ends(answer.page()), 2),
            Self::EndOne => {
                assert_eq!(ends(answer.page()), 1);
                assert_eq!(api.call(&here.access).await.status, 200);
            }
            Self::EndOthers => {
                assert_eq!(ends(answer.page()), 0);
                assert!(is_signed_in(&mut scene.browser(api)).await);
            }
            Self::SignOut | Self::ConfirmSignOut => {
                assert!(!is_signed_in(&mut scene.browser(api)).await);
                assert_eq!(left.len(), 2, "the clients' sessions go on");
            }
            Self::EndSession => {
                assert_eq!(answer.page().redirect().uri, BYE);
                assert!(!is_signed_in(&mut scene.browser(api)).await);
                assert_eq!(api.call(&scene.tokens.as_ref().unwrap().access).await.status, 401);
                assert_eq!(left.len(), 2, "the sessions of other clients go on");
            }
            Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                assert_eq!(ends(answer.page()), left.len() - 1, "what there is is shown");
                assert!(!is_signed_in(&mut scene.browser(api)).await);
                assert!(is_signed_in(&mut with_its_cookies(api, answer.page())).await);
                self.assert_passwords(api).await;
            }
        }
    }

    async fn assert_passwords(self, api: &Api) {
        match self {
            Self::SignIn => {
                for row in api.items("CredentialsTable").await {
                    let hash = row[attribute::PASSWORD_HASH].as_s().unwrap();
                    assert!(hash.starts_with("$argon2id$v=19$m=16,t=1,"), "a weak hash is left");
                }
            }
            Self::ChangeAnExpiredPassword | Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                api.try_login(NEW_PASSWORD).await.tokens();
            }
            _ => {}
        }
    }
}

/// Redeems the code that the user returns with.
async fn redeemed(scene: &OauthScene, api: &Api, page: &Page) -> Reply {
    let reply = scene.flow.redeem(api, &scene.flow.code_of(page)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    !CodeFlow::of(WEB).begin(browser).await.asks_for_password()
}

/// A browser with only the session from this page.
fn with_its_cookies<'a>(api: &'a Api, page: &Page) -> Browser<'a> {
    let mut browser = Browser::new(api);
    for header in page.headers.get_all("set-cookie") {
        let SetCookie { name, value, .. } = SetCookie::read(header.to_str().unwrap());
        assert_ne!(name, FORM_COOKIE, "the browser has one");
        browser.set_cookie(&name, &value);
    }
    browser
}

/// The number of sessions that a page offers to end individually.
fn ends(page: &Page) -> usize {
    page.forms().iter().filter(|form| form.has("action", Some("end"))).count()
}
