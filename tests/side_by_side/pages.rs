//! A version's data at the pages: a browser with a signed-in user, a consent, and codes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::route;

use crate::harness::{
    Api, Browser, Device, Flow, PASSWORD, Reply, SESSION_COOKIE, THIRD, Tokens, WEB, form, form_post,
    id_token, with_proof,
};

/// A user who only signs in at the pages.
pub(super) const USER: &str = "at-pages";

/// The data of a browser and its clients.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldAtPages {
    /// The cookie of the session at the pages.
    pub(super) cookie: String,
    /// The ID token of the session that the code `used` opened.
    pub(super) id_token: String,
    /// The tokens of that session.
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// The codes, by name.
    pub(super) codes: BTreeMap<String, HeldCode>,
}

/// A code, and its client's parameters.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldCode {
    pub(super) code: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) code_verifier: String,
    /// The private JWK of the key that it was issued for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<Value>,
}

impl HeldCode {
    fn of(flow: &Flow, code: String, device: Option<&Device>) -> Self {
        Self {
            code,
            client_id: flow.client_id.clone(),
            redirect_uri: flow.redirect_uri.clone(),
            code_verifier: flow.verifier.clone(),
            device: device.map(|device| device.private.clone()),
        }
    }

    pub(super) async fn redeem(&self, api: &Api) -> Reply {
        let mut request = form_post(route::TOKEN);
        if let Some(device) = self.device.as_ref().map(Device::of) {
            request = with_proof(request, &device.proof(api, "POST", route::TOKEN).sign());
        }
        let parameters = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", &self.code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.code_verifier),
        ];
        api.send(request, form(&parameters)).await
    }
}

/// Issues the codes at the very end of the scene, since they are valid for a minute. One is used, one is used by a
/// client without a refresh token, one belongs to a third party with consent, and one to a device with a key.
pub(super) async fn left_behind(api: &Api) -> HeldAtPages {
    let (mut browser, device) = (Browser::new(api), Device::es256(1));
    let flows = [Flow::of(WEB), Flow::of(THIRD), Flow::of(WEB).with("dpop_jkt", &device.jkt)];
    let page = flows[0].sign_in_as(&mut browser, USER, PASSWORD).await;
    let used = HeldCode::of(&flows[0], flows[0].code_of(&page), None);
    let reply = used.redeem(api).await;
    let Tokens { access, refresh } = reply.tokens();

    let asked = flows[1].begin(&mut browser).await;
    let page = browser.press(&asked, "allow").await;
    let fresh = HeldCode::of(&flows[1], flows[1].code_of(&page), None);
    // A session without a refresh token.
    let online = Flow::of(THIRD).with("scope", "openid");
    let code = online.code(&mut browser).await;
    assert_eq!(online.redeem(api, &code).await.status, 200);
    let bound = HeldCode::of(&flows[2], flows[2].code(&mut browser).await, Some(&device));
    let codes = [("used", used), ("fresh", fresh), ("of a device", bound)];
    HeldAtPages {
        cookie: browser.cookie(SESSION_COOKIE).unwrap().to_owned(),
        id_token: id_token(&reply).to_owned(),
        access_token: access,
        refresh_token: refresh,
        codes: codes.map(|(name, held)| (name.to_owned(), held)).into(),
    }
}
