//! The hosted pages:
//!
//! - `/authorize`: a user signs in and consents, and a client gets a code (RFC 6749 section 4.1, OpenID
//!   Connect Core 1.0 section 3.1.2).
//! - `/account`: users see their sessions and change their password.
//! - `/account/new`, `/account/forgot` and the links in their mails: users create an account, or choose a new
//!   password.
//! - `/account/email` and the links in its mails: users change the account's address, or undo that.
//! - `/account/delete`: users delete the account.
//! - `/end-session`: a user signs out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! After a sign-in the browser has its own session, so the next client gets its code without a password. The
//! pages redirect only to URIs that are registered for the requesting client.

mod account;
mod account_form;
mod answer;
mod browser_session;
mod by_mail;
mod change_password;
mod code;
mod consent;
mod cookies;
mod decision;
mod delete_account;
mod devices;
mod document;
mod documented;
mod end_session;
mod entrance;
mod error;
mod flow;
mod form;
mod logout_request;
mod named;
mod new_device_mails;
mod opened;
mod origins;
mod pages;
mod received;
mod redirect;
mod referrer;
mod refusal;
mod request;
mod sign_in;
mod target;
mod visit;
mod wishes;

use std::sync::Arc;

use accounts::Accounts;
use lambda_http::{
    Body, Request, Response,
    http::{Method, StatusCode},
};
use passwords::SignIn;
use shared::{
    client::{Clients, ResourceIndicators},
    clock::Clock,
    context::{Context, StartError},
    dpop,
    environment::variable,
    http::{Endpoint, EndpointError, IntoErrorResponse, empty},
    keys::Keysets,
    log::RequestLog,
    random::Random,
    store::{Codes, Consents, SessionLimit, SessionRevoker, Sessions},
};

use self::{
    browser_session::BrowserSessions,
    documented::DocumentedClients,
    origins::Origins,
    pages::{Frame, Language, PageError, Pages},
    request::Place,
    wishes::Wishes,
};
pub use self::{
    document::{Asked, DocumentError, Internet, Web},
    error::{AuthorizeError, AuthorizeReason, ClientReason, Refused},
    refusal::RequestRefusal,
};

/// The function.
#[derive(Debug)]
pub struct Authorize {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    /// `None`, if the deployment doesn't allow them.
    documented: Option<DocumentedClients>,
    indicators: ResourceIndicators,
    codes: Codes,
    consents: Consents,
    sessions: Sessions,
    session_limit: SessionLimit,
    revoker: SessionRevoker,
    browsers: BrowserSessions,
    sign_in: SignIn,
    accounts: Accounts,
    wishes: Wishes,
    pages: Pages,
    origins: Origins,
    binds_tokens: bool,
    issuer: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Authorize {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        Self::start_in(Arc::new(Internet), context).await
    }

    /// Starts the function with another web than the Internet, for tests.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start_in(web: Arc<dyn Web>, context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, .. } = context;
        let clients = Clients::new(environment, dynamodb, clock.clone())?;
        let sign_in = SignIn::new(context)?;
        let authorize = Self {
            endpoint: Endpoint::closed("authorize", "GET, POST", context)?,
            accounts: Accounts::new(context, &clients, &sign_in.passwords)?,
            clients,
            documented: DocumentedClients::from_context(context, web)?,
            indicators: ResourceIndicators::from_environment(environment)?,
            codes: Codes::new(environment, dynamodb)?,
            consents: Consents::new(environment, dynamodb)?,
            sessions: Sessions::new(environment, dynamodb)?,
            session_limit: SessionLimit::from_environment(environment, dynamodb)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            browsers: BrowserSessions::new(context)?,
            sign_in,
            wishes: Wishes::new(context)?,
            pages: Pages::from_environment(environment)?,
            origins: Origins::from_environment(environment)?,
            binds_tokens: dpop::binds(environment)?,
            issuer: environment.required(variable::ISSUER)?.to_owned(),
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
        };
        authorize.keysets.load(clock.now()).await?;
        Ok(authorize)
    }

    /// Opens connections and allocates memory for hashes, so that the first request needn't. Lambda starts a
    /// function with a whole processor, but may give its requests only a small part of one.
    pub async fn warm_up(&self) {
        self.sign_in.passwords.warm_up();
        self.clients.connect().await;
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        if request.method() == Method::OPTIONS {
            // A preflight. No script of another origin may call a page, so it permits nothing.
            let permit = async { Ok::<_, AuthorizeError>(empty(StatusCode::NO_CONTENT)) };
            return self.endpoint.answer(request, &log, Box::pin(permit)).await;
        }
        let render = |error: &AuthorizeError| self.answer_to(error, request);
        let answer =
            self.endpoint.answer_by(request, &log, Box::pin(self.visit(request, &log)), render).await;
        match Place::of_path(request.uri().path()) {
            Some(Place::ByMail(_)) => referrer::without_referrer(answer),
            Some(Place::Authorize | Place::Account | Place::Delete | Place::EndSession) | None => answer,
        }
    }

    async fn visit(&self, request: &Request, log: &RequestLog) -> Result<Response<Body>, AuthorizeError> {
        match Place::of_path(request.uri().path()) {
            Some(Place::Authorize) => self.authorize(request, log).await,
            Some(Place::Account) => self.account(request, log).await,
            Some(Place::ByMail(page)) => self.by_mail(page, request, log).await,
            Some(Place::Delete) => self.deletion(request, log).await,
            Some(Place::EndSession) => self.end_session(request, log).await,
            None => {
                let page = self.error_page(request, StatusCode::NOT_FOUND, PageError::BadRequest);
                Err(Refused::new(AuthorizeReason::NoSuchPage, page).into())
            }
        }
    }

    /// The refusal's own answer, if the error is one. Any other error gets a page without a redirect.
    fn answer_to(&self, error: &AuthorizeError, request: &Request) -> Response<Body> {
        if let EndpointError::Endpoint(refused) = error {
            return refused.answer().clone();
        }
        let status = error.response().status;
        let explanation = match status {
            StatusCode::SERVICE_UNAVAILABLE => PageError::Unavailable,
            status if status.is_server_error() => PageError::Failure,
            _ => PageError::BadRequest,
        };
        self.error_page(request, status, explanation)
    }

    /// A page without a form, in the browser's language.
    fn error_page(&self, request: &Request, status: StatusCode, error: PageError) -> Response<Body> {
        let language = Language::chosen(None, request);
        self.pages.error(&Frame { language, csrf: "", redirect_uri: None }, status, error)
    }
}
