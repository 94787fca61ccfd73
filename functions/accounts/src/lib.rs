//! Accounts by mail: sign-up, confirmation, forgotten passwords, changes of the address, and deletion.
//!
//! - `POST /signup` and `/forgot`: an app asks for a mail to an address. `POST /resend` asks for it again.
//! - `POST /signup/confirm`: the owner of the address opens an account, with the mail's link or code.
//! - `POST /reset`: a user who forgot the password sets a new one, in the same way. A user without any sets the
//!   first one, with the link of the mail that follows an attempt to sign in.
//! - `POST /email`: a signed-in user asks for another address. `POST /email/confirm` changes it, with the link
//!   or code of the mail to the new address. `POST /email/undo` takes the account back, with the link of the
//!   mail to the old one.
//! - `DELETE /account`: a signed-in user deletes the account. This needs no mail.
//!
//! No answer tells whether an address has an account. A request for a mail doesn't look: the mailer does,
//! and the owner of the address learns the rest by mail. [`Accounts`] is what the endpoints share with the
//! hosted pages.

mod accounts;
mod admission;
mod ask;
mod ask_for_address;
mod captcha;
mod captcha_error;
mod change_address;
mod confirm;
mod delete;
mod endpoints;
mod error;
mod means;
mod record;
mod redeem;
mod request;
mod reset;
mod still_open;
mod undo_address;

use std::sync::Arc;

use lambda_http::{Body, Request, Response};
pub use mails::Undos;
use passwords::{Callers, Passwords};
use shared::{
    client::Clients,
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, Proofs},
    keys::Keysets,
    lifetimes::Lifetimes,
    random::Random,
    tokens::TokenIssuer,
};

pub use self::{
    accounts::Accounts,
    ask::{Again, Asked, Requested},
    ask_for_address::AddressAsked,
    captcha::{Asker, Solution},
    captcha_error::CaptchaError,
    delete::Deletion,
    error::{AccountsError, AccountsReason},
    means::MailCode,
    redeem::Coded,
    reset::SETS_PASSWORD,
};

/// The function.
#[derive(Debug)]
pub struct AccountsApi {
    endpoint: Endpoint,
    keysets: Keysets,
    clients: Clients,
    callers: Callers,
    accounts: Accounts,
    issuer: TokenIssuer,
    proofs: Proofs,
    lifetimes: Lifetimes,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl AccountsApi {
    /// Starts the function, with its keys.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete or its keys are unusable.
    pub async fn start(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, aws, clock, random, hash_cost } = context;
        let clients = Clients::new(environment, dynamodb, clock.clone())?;
        let passwords = Passwords::with_cost(random.clone(), *hash_cost);
        let api = Self {
            endpoint: Endpoint::new("accounts", "POST, DELETE", context)?,
            callers: Callers::new(environment, dynamodb, &clients)?,
            accounts: Accounts::new(context, &clients, &passwords)?,
            issuer: TokenIssuer::new(environment)?,
            proofs: Proofs::from_environment(environment)?,
            lifetimes: Lifetimes::from_environment(environment)?,
            keysets: Keysets::new(environment, aws)?,
            clock: clock.clone(),
            random: random.clone(),
            clients,
        };
        api.keysets.load(clock.now()).await?;
        Ok(api)
    }

    /// Opens connections, reads the key of links and codes, and allocates memory for hashes, so that the
    /// first request needn't. Lambda starts a function with a whole processor, but may give its requests
    /// only a small part of one.
    pub async fn warm_up(&self) {
        tokio::join!(self.clients.connect(), self.accounts.warm_up(self.clock.now()));
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.visit(request, &log))).await
    }
}
