//! Consent to a client's request (OpenID Connect Core 1.0 section 3.1.2.4), and confirmation for a client
//! that any program can impersonate (RFC 8252 section 8.6).

use lambda_http::{Body, Response};
use shared::{
    http::ErrorCode,
    ids::UserId,
    log::Event,
    resource::{GrantedResources, Resource},
    store::{Consent, StoreError},
};

use crate::{
    Authorize, AuthorizeError,
    answer::Answer,
    browser_session::BrowserSession,
    flow::Asked,
    form::Form,
    pages::{ConsentView, ContinueView, DocumentView, ResourceView},
};

/// A question to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// May the client have what it asks for?
    Consent,
    /// Continue to this client, which already has consent?
    Continue,
}

impl Authorize {
    /// Whether this user has consented to everything that the client asks for. A first-party client needs no
    /// consent: for it, this reads nothing and returns `false`.
    pub(crate) async fn is_consented_by(
        &self,
        asked: &Asked<'_>,
        user_id: &UserId,
    ) -> Result<bool, StoreError> {
        let client = &asked.target.client;
        if client.is_first_party {
            return Ok(false);
        }
        let consent = self.consents.find(user_id, &client.client_id).await?;
        // Ending all of a client's sessions withdraws earlier consents: someone else may have had the client
        // then.
        let consent = consent.filter(|consent| consent.granted_at >= client.not_before);
        Ok(consent.is_some_and(|consent| asked.request.is_within(&consent, self.indicators.audience())))
    }

    /// The page that asks for consent.
    pub(crate) fn consent_page(&self, asked: &Asked<'_>, browser: &BrowserSession) -> Response<Body> {
        let Asked { visit, target, request, .. } = asked;
        let csrf =
            visit.form_token(&purpose(Question::Consent, asked, browser).each_ref().map(String::as_str));
        let resources: Vec<_> = request.resources.identifiers().map(|id| self.resource_view(id)).collect();
        let view = ConsentView {
            client: target.client_name(),
            document: target
                .client
                .url
                .as_ref()
                .map(|url| DocumentView { url: url.as_str(), name: target.client.name.as_deref() }),
            username: browser.username(),
            scopes: &request.scope,
            resources: &resources,
            keeps_signed_in: request.is_refreshable,
        };
        let page = self.pages.consent(&visit.frame(&csrf, Some(&target.redirect_uri)), &view);
        let page = visit.with_form(page);
        if browser.is_fresh { visit.keeping(page, &browser.token, &browser.session) } else { page }
    }

    /// The page that asks whether to continue.
    pub(crate) fn continue_page(&self, asked: &Asked<'_>, browser: &BrowserSession) -> Response<Body> {
        let Asked { visit, target, .. } = asked;
        let csrf =
            visit.form_token(&purpose(Question::Continue, asked, browser).each_ref().map(String::as_str));
        let view = ContinueView { client: target.client_name(), username: browser.username() };
        visit.with_form(self.pages.go_on(&visit.frame(&csrf, Some(&target.redirect_uri)), &view))
    }

    /// Shows a resource with its name and host. The audience, if it is requested along with resources, has
    /// the service's name.
    fn resource_view(&self, identifier: &str) -> ResourceView<'_> {
        let resource = self.indicators.find(identifier);
        ResourceView {
            name: resource.map_or(Some(self.pages.name()), |resource| resource.name.as_deref()),
            host: resource.map(Resource::host),
        }
    }

    /// The resources to store in a consent. If any resources are registered, the audience is stored
    /// explicitly: consent to one resource is no consent to others.
    fn agreed(&self, asked: &Asked<'_>) -> GrantedResources {
        let resources = &asked.request.resources;
        if self.indicators.has_resources() {
            resources.spelled_out(self.indicators.audience())
        } else {
            resources.clone()
        }
    }

    /// Handles the user's answer. The form is valid only for the request and the sign-in that it was shown
    /// for. So the user has already entered a password if the request requires that, and is granted exactly
    /// what the page showed.
    pub(crate) async fn consent(
        &self,
        asked: &Asked<'_>,
        form: &Form,
        answer: Answer,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Asked { visit, target, request, .. } = asked;
        self.own_form(visit)?;
        let Some(browser) = self.browsers.find(visit.shown.token(), visit.now).await? else {
            return self.nobody(asked);
        };
        let is_of = |question| {
            let purpose = purpose(question, asked, &browser);
            visit.form_id(&form.csrf, &purpose.each_ref().map(String::as_str)).is_some()
        };
        let is_shown = match answer {
            Answer::Allow => is_of(Question::Consent),
            // The user may have withdrawn the consent meanwhile.
            Answer::Continue => {
                is_of(Question::Continue) && self.has_agreed(asked, browser.user_id()).await?
            }
            Answer::Deny => is_of(Question::Consent) || is_of(Question::Continue),
        };
        if !is_shown {
            // The form is for another sign-in or purpose, so the user is asked again if necessary.
            return self.show(asked).await;
        }
        visit.log.session(&browser.session.key);
        visit.log.client(&target.client.client_id);
        match answer {
            Answer::Allow => {}
            Answer::Continue => return self.issue(asked, &browser).await,
            Answer::Deny => {
                visit.log.outcome(Event::ConsentDenied);
                return Ok(target.answer(&[("error", ErrorCode::AccessDenied.name()), DENIED], &self.issuer));
            }
        }
        let consent = Consent {
            user_id: browser.user_id().clone(),
            client_id: target.client.client_id.clone(),
            scope: request.scope.clone(),
            resources: self.agreed(asked),
            granted_at: visit.now,
        };
        let added = async { Ok::<_, AuthorizeError>(self.consents.add(&consent).await?) };
        let ((), answer) = tokio::try_join!(added, self.issue(asked, &browser))?;
        visit.log.happened(Event::ConsentGranted);
        Ok(answer)
    }

    async fn has_agreed(&self, asked: &Asked<'_>, user_id: &UserId) -> Result<bool, StoreError> {
        Ok(asked.target.client.is_first_party || self.is_consented_by(asked, user_id).await?)
    }
}

const DENIED: (&str, &str) = ("error_description", "The user did not agree.");

/// The purpose of a form: the question, the user, the sign-in, the client and the request.
fn purpose(question: Question, asked: &Asked<'_>, browser: &BrowserSession) -> [String; 6] {
    let Asked { target, request, query, .. } = asked;
    let question = match question {
        Question::Consent => "consent",
        Question::Continue => "continue",
    };
    [
        question.to_owned(),
        browser.user_id().to_string(),
        browser.session.key.session_id.to_string(),
        target.client.client_id.to_string(),
        request.scope.to_string(),
        query.clone(),
    ]
}
