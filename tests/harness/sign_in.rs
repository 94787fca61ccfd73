//! The code flow of clients and their users: from the request to the tokens.

use shared::{
    random::{SystemRandom, identifier},
    route,
};

use super::{
    Api, Browser, PASSWORD, Page, Reply, SECRET, USERNAME,
    clients::{SCOPES, WEB_SERVER, client},
    form, form_post, hash, with_proof,
};

impl Api {
    /// Refreshes as the client of this flow, at `/refresh`.
    pub(crate) async fn refresh_of_flow(&self, flow: &Flow, token: &str) -> Reply {
        self.post(route::REFRESH, &flow.refresh_form(token)).await
    }
}

impl Browser<'_> {
    /// Fills in the sign-in form of a page.
    pub(crate) async fn give_password(&mut self, page: &Page, username: &str, password: &str) -> Page {
        let fields = [("username", username), ("password", password)];
        self.submit(&page.sign_in_form(), &fields, Some(("action", "sign-in"))).await
    }

    /// Presses a button of a page.
    pub(crate) async fn press(&mut self, page: &Page, action: &str) -> Page {
        self.submit(&page.form_with("action", Some(action)), &[], Some(("action", action))).await
    }
}

/// A client's flow from the request to the tokens.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) client_id: String,
    secret: Option<&'static str>,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: String,
    parameters: Vec<(String, String)>,
}

impl Flow {
    /// The flow of a client of [`Api::with_pages`], with every optional parameter.
    pub(crate) fn of(client_id: &str) -> Self {
        let random = SystemRandom::new();
        let verifier = format!("{}{}", identifier(&random), identifier(&random));
        let redirect_uri = client(client_id).redirect_uris.swap_remove(0);
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", SCOPES),
            ("state", "a state & more"),
            ("nonce", "a-nonce"),
            ("code_challenge", &hash(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let secret = (client_id == WEB_SERVER).then_some(SECRET);
        Self { client_id: client_id.to_owned(), secret, redirect_uri, verifier, parameters }
    }

    /// Changes a parameter of the request.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a parameter, even if it repeats one.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        if name == "redirect_uri" {
            value.clone_into(&mut self.redirect_uri);
        }
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a parameter of the request.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(other, _)| other != name);
        self
    }

    /// The parameters of the request, encoded.
    pub(crate) fn query(&self) -> String {
        let parameters: Vec<_> = self.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        form(&parameters)
    }

    /// The URL to which the client sends its user.
    pub(crate) fn url(&self) -> String {
        format!("{}?{}", route::AUTHORIZE, self.query())
    }

    /// The browser's answer to the request.
    pub(crate) async fn begin(&self, browser: &mut Browser<'_>) -> Page {
        browser.get(&self.url()).await
    }

    /// Signs the demo user in, and returns the resulting page.
    pub(crate) async fn sign_in(&self, browser: &mut Browser<'_>) -> Page {
        self.sign_in_as(browser, USERNAME, PASSWORD).await
    }

    /// Signs a user in, and returns the resulting page.
    pub(crate) async fn sign_in_as(&self, browser: &mut Browser<'_>, username: &str, password: &str) -> Page {
        let page = self.begin(browser).await;
        browser.give_password(&page, username, password).await
    }

    /// The code of the browser's user, who signs in if necessary.
    pub(crate) async fn code(&self, browser: &mut Browser<'_>) -> String {
        let page = self.begin(browser).await;
        let page = if page.asks_for_password() { self.sign_in(browser).await } else { page };
        let page = if page.asks_to_continue() { browser.press(&page, "continue").await } else { page };
        self.code_of(&page)
    }

    /// The code in the redirect of this page.
    #[track_caller]
    pub(crate) fn code_of(&self, page: &Page) -> String {
        let redirect = page.redirect();
        assert_eq!(redirect.uri, self.redirect_uri.split('?').next().unwrap());
        assert_eq!(redirect.parameter("iss"), "https://issuer.example.com");
        redirect.parameter("code").to_owned()
    }

    /// The client's request for a code's tokens.
    pub(crate) fn redemption<'a>(&'a self, code: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.client_id.as_str()),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", self.verifier.as_str()),
        ];
        parameters.extend(self.secret.map(|secret| ("client_secret", secret)));
        parameters
    }

    pub(crate) async fn redeem(&self, api: &Api, code: &str) -> Reply {
        api.post(route::TOKEN, &self.redemption(code)).await
    }

    /// Redeems with changed parameters. An empty one is left out.
    pub(crate) async fn redeem_with(&self, api: &Api, code: &str, changes: &[(&str, &str)]) -> Reply {
        let mut parameters = self.redemption(code);
        for change in changes {
            parameters.retain(|(name, _)| *name != change.0);
            parameters.push(*change);
        }
        api.post(route::TOKEN, &parameters).await
    }

    /// Redeems with a proof.
    pub(crate) async fn redeem_with_proof(&self, api: &Api, code: &str, proof: &str) -> Reply {
        let request = with_proof(form_post(route::TOKEN), proof);
        api.send(request, form(&self.redemption(code))).await
    }

    /// Goes through the whole flow, and returns the answer with the tokens.
    pub(crate) async fn tokens(&self, api: &Api, browser: &mut Browser<'_>) -> Reply {
        let code = self.code(browser).await;
        let reply = self.redeem(api, &code).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply
    }

    /// The client's refresh request.
    pub(crate) fn refresh_form<'a>(&'a self, token: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut parameters = vec![
            ("grant_type", "refresh_token"),
            ("client_id", self.client_id.as_str()),
            ("refresh_token", token),
        ];
        parameters.extend(self.secret.map(|secret| ("client_secret", secret)));
        parameters
    }
}

/// The ID token of an answer.
#[track_caller]
pub(crate) fn id_token(reply: &Reply) -> &str {
    reply.body["id_token"].as_str().unwrap_or_else(|| panic!("no ID token: {reply:?}"))
}
