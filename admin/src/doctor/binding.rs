//! A trial of bound tokens (RFC 9449): they must not work without their key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, header};
use serde_json::Value;
use shared::{dpop, route};

use super::{
    Check,
    api::Answer,
    calls::{Calls, Failure, expect},
    device::{Device, Purpose},
    throwaway::Throwaway,
};
use crate::deployment::Deployment;

const BINDING: &str = "binding";
/// How often a proof is used until it is refused. Another instance of the authorizer may not remember it.
const USES: usize = 10;

/// The usual reasons why a deployment refuses a good proof.
const ADDRESS: &str = "check the clock of this machine. If clients reach the API through a CDN, DpopOrigins must list the \
                       CDN's address. The function's log says why, in the field `reason`";

/// A deployment's handling of bound tokens.
enum Bound {
    /// It binds none.
    Not,
    /// It binds them, and refused a repeated proof at this use.
    Refused(usize),
    /// It binds them, and accepted the same proof every time.
    Replayed,
}

pub(super) async fn check(deployment: &Deployment, calls: &Calls<'_>, throwaway: &Throwaway) -> Check {
    let name = calls.api.name(BINDING);
    if deployment.binds_tokens() == Some(false) {
        return Check::ok(
            name,
            "off: anyone who has a token can use it; Dpop=on binds the tokens of clients that send proofs",
        );
    }
    let random = &*deployment.random;
    let (Some(device), Some(thief)) = (Device::new(random), Device::new(random)) else {
        return Check::unknown(name, "no keys for its proofs");
    };
    let binding = Binding { deployment, calls, throwaway, device: &device, thief: &thief };
    let bound = match binding.attempt().await {
        Ok(bound) => bound,
        Err(failure) => return failure.explained(name),
    };
    let detail = "a bound token is refused without its key, at refresh and behind the authorizer";
    match bound {
        Bound::Not => Check::ok(name, "off: anyone who has a token can use it"),
        Bound::Refused(2) => Check::ok(name, format!("{detail}; a proof passes once")),
        Bound::Refused(uses) => Check::ok(
            name,
            format!(
                "{detail}; a repeated proof was refused at use {uses}: each instance of the authorizer \
                 remembers only the proofs that it saw"
            ),
        ),
        Bound::Replayed => Check::warning(
            name,
            format!(
                "{detail}; a proof passed {USES} times: each instance of the authorizer remembers only the \
                 proofs that it saw"
            ),
            "set DpopReplay=store if a proof must pass only once",
        ),
    }
}

/// The trial: a device signs in, and a thief has its tokens and another key.
struct Binding<'a> {
    deployment: &'a Deployment,
    calls: &'a Calls<'a>,
    throwaway: &'a Throwaway,
    device: &'a Device,
    thief: &'a Device,
}

impl Binding<'_> {
    async fn attempt(&self) -> Result<Bound, Failure> {
        let tokens = self.post(route::LOGIN, &self.throwaway.login(), Some(self.device)).await?;
        passed("login with a proof", 400, tokens.status)?;
        match (tokens.text("token_type"), self.deployment.binds_tokens()) {
            (dpop::SCHEME, _) => {}
            (_, None) => return Ok(Bound::Not),
            (other, _) => {
                return Err(Failure::Found {
                    detail: format!(
                        "Dpop is on, and login with a proof issues a token of the type {other:?}"
                    ),
                    remedy: "deploy the stack again: its functions' variables don't match its parameters",
                });
            }
        }
        self.names_the_key("login with a proof", &tokens)?;
        let bound = self.calls_with(tokens.text("access_token")).await?;
        let refresh = self.throwaway.refresh(tokens.text("refresh_token"));
        refused("a refresh without a proof", &self.post(route::REFRESH, &refresh, None).await?)?;
        let stolen = self.post(route::REFRESH, &refresh, Some(self.thief)).await?;
        refused("a refresh with another key's proof", &stolen)?;
        let refreshed = self.post(route::REFRESH, &refresh, Some(self.device)).await?;
        expect("a refresh with a proof, after others were refused", 200, refreshed.status)?;
        self.names_the_key("a refresh with a proof", &refreshed)?;
        let access = refreshed.text("access_token");
        expect("a call after the refresh", 200, self.call(dpop::SCHEME, access, Some(self.device)).await?)?;
        Ok(bound)
    }

    /// Calls with an access token of the device. The calls to be refused come first, so that no cached
    /// decision answers them.
    async fn calls_with(&self, access: &str) -> Result<Bound, Failure> {
        let call = async |proof: Option<&Device>| self.call(dpop::SCHEME, access, proof).await;
        expect("a call without a proof", 401, call(None).await?)?;
        expect("a call with another key's proof", 401, call(Some(self.thief)).await?)?;
        expect("a call with a bound token as Bearer", 401, self.call("Bearer", access, None).await?)?;
        let proof = self.proof(self.device, access);
        passed("a call with a proof", 401, self.send(dpop::SCHEME, access, Some(&proof)).await?)?;
        not_cached("without a proof", call(None).await?)?;
        not_cached("with another key's proof", call(Some(self.thief)).await?)?;
        for uses in 2..=USES {
            match self.send(dpop::SCHEME, access, Some(&proof)).await? {
                200 if self.deployment.parameter("DpopReplay") == Some("store") => {
                    return Err(Failure::Found {
                        detail: "the same proof passed twice, and DpopReplay is store".to_owned(),
                        remedy: "deploy the stack again: its functions' variables don't match its parameters",
                    });
                }
                200 => {}
                status => {
                    expect("a call with a proof that was used before", 401, status)?;
                    return Ok(Bound::Refused(uses));
                }
            }
        }
        Ok(Bound::Replayed)
    }

    /// Checks that the tokens name the device's key, and that the answer has a nonce.
    fn names_the_key(&self, what: &'static str, tokens: &Answer) -> Result<(), Failure> {
        let remedy = "the functions are not all of one release: deploy the stack again";
        let claims =
            tokens.text("access_token").split('.').nth(1).map(|claims| URL_SAFE_NO_PAD.decode(claims));
        let claims: Value =
            claims.and_then(|claims| serde_json::from_slice(&claims.ok()?).ok()).unwrap_or_default();
        if claims["cnf"]["jkt"] != self.device.thumbprint() || tokens.text("token_type") != dpop::SCHEME {
            let detail = format!("{what}: the access token isn't bound to the key of the proof");
            return Err(Failure::Found { detail, remedy });
        }
        if tokens.nonce.is_none() {
            return Err(Failure::Found { detail: format!("{what}: answered without DPoP-Nonce"), remedy });
        }
        Ok(())
    }

    /// Posts with a proof of this device. If the answer asks for a nonce, posts again with it.
    async fn post(&self, path: &str, fields: &Value, device: Option<&Device>) -> Result<Answer, Failure> {
        let address = self.calls.api.address(path);
        let send = async |nonce: Option<&str>| {
            let purpose = Purpose { method: "POST", address: &address, access_token: None, nonce };
            let mut request = self.calls.api.post(path, fields);
            if let Some(device) = device {
                request = request.header(dpop::HEADER, self.made_by(device, &purpose));
            }
            self.calls.send(request).await
        };
        let answer = send(None).await?;
        match &answer.nonce {
            Some(nonce) if answer.text("error") == "use_dpop_nonce" => send(Some(nonce)).await,
            _ => Ok(answer),
        }
    }

    /// Calls with a new proof of this device.
    async fn call(&self, scheme: &str, access: &str, device: Option<&Device>) -> Result<u16, Failure> {
        let proof = device.map(|device| self.proof(device, access));
        self.send(scheme, access, proof.as_deref()).await
    }

    async fn send(&self, scheme: &str, access: &str, proof: Option<&str>) -> Result<u16, Failure> {
        let request = self.calls.api.request(Method::GET, route::SESSIONS);
        let mut request = request.header(header::AUTHORIZATION, format!("{scheme} {access}"));
        if let Some(proof) = proof {
            request = request.header(dpop::HEADER, proof);
        }
        Ok(self.calls.send(request).await?.status)
    }

    /// A proof for a call with this token.
    fn proof(&self, device: &Device, access: &str) -> String {
        let address = self.calls.api.address(route::SESSIONS);
        let purpose = Purpose { method: "GET", address: &address, access_token: Some(access), nonce: None };
        self.made_by(device, &purpose)
    }

    fn made_by(&self, device: &Device, purpose: &Purpose<'_>) -> String {
        device.proof(purpose, &*self.deployment.random, self.deployment.now())
    }
}

/// Checks that a good proof passed. `refusal` is the status for a bad one.
fn passed(what: &'static str, refusal: u16, status: u16) -> Result<(), Failure> {
    if status == refusal {
        return Err(Failure::Found { detail: format!("{what}: answered {status}"), remedy: ADDRESS });
    }
    expect(what, 200, status)
}

fn refused(what: &'static str, answer: &Answer) -> Result<(), Failure> {
    let is_refused = answer.status == 400 && answer.text("error") == "invalid_grant";
    if is_refused { Ok(()) } else { Err(Failure::Answer(what, answer.status)) }
}

/// Checks that no cached decision answered a call that should be refused.
fn not_cached(how: &str, status: u16) -> Result<(), Failure> {
    if status == 200 {
        return Err(Failure::Found {
            detail: format!(
                "a call {how} passed, after one with a proof: a gateway caches the authorizer's decisions, \
                 and until these expire, a stolen token works without its key"
            ),
            remedy: "set AuthorizerResultTtlInSeconds (in SAM, ReauthorizeEvery) of the API's authorizer to 0, and deploy the API",
        });
    }
    expect("a call that should be refused, after one that passed", 401, status)
}
