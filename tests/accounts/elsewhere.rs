//! A stranger who has asked for a mail to an address learns nothing of later requests for it: neither that the owner has
//! used a mail, nor at which client another request came.

use shared::{client::SignUp, route};

use super::{
    Stage,
    look::{Visible, look},
};
use crate::harness::{APP, Api, Browser, CHOSEN, GRACE, GRACES_PASSWORD, NEWCOMER, WEB, client, link_of};

/// Else a stranger who asks for a mail, waits, and tries a code or asks again would learn that the owner has used the
/// mail, and so that there is an account.
#[tokio::test]
async fn a_used_mail_is_answered_as_one_that_waits() {
    let stage = Stage::set().await;
    let before = stage.api.stored().await;
    let mut seen = Vec::new();
    for is_used in [false, true] {
        stage.api.restore(&before).await;
        let request = stage.api.ask(route::FORGOT, GRACE).await;
        let mail = stage.post.deliver_one(&stage.api).await;
        if is_used {
            let reset = stage.api.reset(&[("token", &link_of(&mail).unwrap())], CHOSEN).await;
            assert_eq!(reset.status, 200, "{reset:?}");
        }
        seen.push(of_guess_and_resend(&stage.api, route::RESET, &request).await);
    }
    assert_eq!(seen[0], seen[1]);
}

/// Another request for the same address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    None,
    /// At a client whose sign-up is closed since then.
    AtClosedClient,
    /// At a client that is disabled since then.
    AtDisabledClient,
    /// At the pages.
    AtPages,
}

impl Other {
    async fn ask(self, api: &Api, path: &str, email: &str) {
        let mut own = client(WEB);
        api.put_client(&own).await;
        match self {
            Self::None => return,
            Self::AtClosedClient | Self::AtDisabledClient => {
                api.post(path, &[("client_id", WEB), ("email", email)]).await.request_token();
            }
            Self::AtPages => {
                let page = if path == route::SIGNUP { route::ACCOUNT_NEW } else { route::ACCOUNT_FORGOT };
                let mut browser = Browser::new(api);
                let form = browser.get(page).await.form_with("action", Some("ask"));
                browser.submit(&form, &[("email", email)], Some(("action", "ask"))).await.assert_page(200);
            }
        }
        own.sign_up = (self == Self::AtClosedClient).then_some(SignUp::Closed);
        own.disabled = self == Self::AtDisabledClient;
        api.put_client(&own).await;
    }
}

/// The row has the client of its latest request. Else a stranger would learn where the owner asked after them.
#[tokio::test]
async fn a_request_elsewhere_for_the_same_address_tells_nothing() {
    for (ask, use_up, email) in
        [(route::SIGNUP, route::SIGNUP_CONFIRM, NEWCOMER), (route::FORGOT, route::RESET, GRACE)]
    {
        let mut seen = Vec::new();
        for other in [Other::None, Other::AtClosedClient, Other::AtDisabledClient, Other::AtPages] {
            let stage = Stage::set().await;
            let request = stage.api.ask(ask, email).await;
            other.ask(&stage.api, ask, email).await;
            // No cache has the other client's record of before.
            let api = stage.api.restarted().await;
            seen.push(of_guess_and_resend(&api, use_up, &request).await);
            assert_eq!(seen.last(), seen.first(), "{ask} {other:?}");
        }
    }
}

/// What a stranger with the request token sees of a wrong code, and of another request.
async fn of_guess_and_resend(api: &Api, use_up: &str, request: &str) -> [Visible; 2] {
    let waiting = api.stored().await;
    let guess = async || {
        let parameters = [
            ("client_id", APP),
            ("request", request),
            ("code", "000000"),
            ("password", GRACES_PASSWORD),
            ("new_password", GRACES_PASSWORD),
        ];
        api.post(use_up, &parameters).await
    };
    let guessed = look(api, &waiting, guess).await;
    let resent = look(api, &waiting, async || api.try_resend(request).await).await;
    assert_eq!((guessed.status, resent.status), (400, 202), "{guessed:?} {resent:?}");
    [guessed.into(), resent.into()]
}
