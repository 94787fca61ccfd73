//! Latchgate's subjects, each in a separate process.

use std::time::Duration;

use crate::{
    api::authorizer_event,
    program::Failure,
    watch::{Watch, now},
};
use authorizer::Authorizer;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    clock::{Clock, SystemClock},
    context::Context,
    environment::Environment,
    keys::{Jwk, PublicKey, PublicKeys, PublishedKey, PublishedKeys},
    tokens::AccessTokenVerifier,
};

use super::sample::Content;

/// Marks the line for the starting process. The other lines are the function's log.
pub(crate) const MARK: &str = "found: ";
/// The functions of the authorizer that verify a token.
pub(crate) const VERIFY: &str = "verify";
/// The crypto library's part of it.
pub(crate) const SIGNATURE: &str = "signature";
/// The whole function.
pub(crate) const AUTHORIZE: &str = "authorize";

/// Microseconds a token.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

/// Plays the subject with this name in this process.
pub(crate) async fn play(role: &str, file: &str, milliseconds: u64) -> Result<(), Failure> {
    let sample: Content = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let time = Duration::from_millis(milliseconds);
    let found = match role {
        VERIFY => verify(&sample, time)?,
        SIGNATURE => signature(&sample, time)?,
        AUTHORIZE => authorize(&sample, time).await?,
        _ => return Err("no such subject".into()),
    };
    println!("{MARK}{}", serde_json::to_string(&found)?);
    Ok(())
}

fn verify(sample: &Content, time: Duration) -> Result<Found, Failure> {
    let environment = Environment::from_process();
    let (verifier, keys) = (AccessTokenVerifier::new(&environment)?, keys(&sample.jwks)?);
    measured(time, &sample.tokens, |token| {
        verifier.verify(token, &keys, SystemClock.now())?;
        Ok(())
    })
}

fn signature(sample: &Content, time: Duration) -> Result<Found, Failure> {
    let keys = keys(&sample.jwks)?;
    let signed: Vec<_> =
        sample.tokens.iter().map(|token| Signed::of(token, &keys)).collect::<Result<_, _>>()?;
    measured(time, &signed, |signed| signed.is_genuine().then_some(()).ok_or_else(|| "no signature".into()))
}

/// A token's parts.
struct Signed<'a> {
    message: &'a [u8],
    signature: Vec<u8>,
    key: &'a PublicKey,
}

impl<'a> Signed<'a> {
    fn of(token: &'a str, keys: &'a PublicKeys) -> Result<Self, Failure> {
        let (message, signature) = token.rsplit_once('.').ok_or("no token")?;
        let (message, signature) = (message.as_bytes(), URL_SAFE_NO_PAD.decode(signature)?);
        let mut keys = keys.current(SystemClock.now());
        let key = keys.find(|key| key.has_signed(message, &signature)).ok_or("nobody's signature")?;
        Ok(Self { message, signature, key })
    }

    fn is_genuine(&self) -> bool {
        self.key.has_signed(self.message, &self.signature)
    }
}

/// The time for one of these tokens, which are verified in turn.
fn measured<T>(
    time: Duration,
    all: &[T],
    mut verify: impl FnMut(&T) -> Result<(), Failure>,
) -> Result<Found, Failure> {
    let mut found = Err("no time to verify".into());
    // The first round is the warm-up.
    for _ in 0..2 {
        let (watch, started, mut tokens) = (Watch::start()?, now(), 0_u32);
        while started.elapsed() < time {
            for one in all {
                verify(one)?;
                tokens += 1;
            }
        }
        found = found_of(watch, tokens);
    }
    found
}

async fn authorize(sample: &Content, time: Duration) -> Result<Found, Failure> {
    shared::log::init(&["authorizer"]);
    let authorizer = Authorizer::start(&Context::of_process()?).await?;
    let events = sample.tokens.iter().map(|token| authorizer_event(token));
    let events: Vec<Value> = events.collect::<Result<_, _>>()?;
    let mut found = Err("no time to authorize".into());
    for _ in 0..2 {
        let (watch, started, mut tokens) = (Watch::start()?, now(), 0_u32);
        while started.elapsed() < time {
            for event in &events {
                serde_json::to_string(&authorizer.handle(event.clone(), None).await?)?;
                tokens += 1;
            }
        }
        found = found_of(watch, tokens);
    }
    found
}

fn found_of(watch: Watch, tokens: u32) -> Result<Found, Failure> {
    let cost = watch.stop()?;
    let each = |milliseconds: f64| milliseconds * 1e3 / f64::from(tokens);
    Ok(Found { cpu: each(cost.cpu), wall: each(cost.wall) })
}

/// The keys of the API's list, in the form of the authorizer's table.
fn keys(jwks: &Value) -> Result<PublicKeys, Failure> {
    let published_at = SystemClock.now();
    let keys: Vec<Jwk> = serde_json::from_value(jwks["keys"].clone())?;
    let published = |jwk| PublishedKey { jwk, published_at, expires_at: PublishedKeys::NEVER };
    Ok(PublicKeys::from_published(&keys.into_iter().map(published).collect::<Vec<_>>())?)
}
