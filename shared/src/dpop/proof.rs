//! A DPoP proof: a JWT that a client makes for one request (RFC 9449 section 4.2). This module checks it as
//! section 4.3 asks.

use std::time::Duration;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Address, ProofError, key::ProofKey};
use crate::{clock::Timestamp, json::parse_exact, thumbprint::Thumbprint};

/// The `typ` of a proof (RFC 9449 section 4.2).
const TYP: &str = "dpop+jwt";
/// The longest proof that is read, in bytes. API Gateway passes on 10,240 bytes of headers, and a proof with
/// the largest RSA key takes half of that.
const MAX_LEN: usize = 8 * 1024;
/// The longest `jti`, in bytes. RFC 9449 section 4.2 recommends 96 random bits, or a UUID.
const MAX_JTI_LEN: usize = 256;
/// How deep the members of a proof may be nested. Of the known members, only `jwk` is.
const MAX_DEPTH: usize = 8;
/// How far a proof's time may be from our clock. The clocks of devices are seldom more than some minutes off,
/// and section 11.1 asks for seconds or minutes.
pub const WINDOW: Duration = Duration::from_secs(300);

/// The request that a proof has to be for.
#[derive(Clone, Copy, Debug)]
pub struct ProofTarget<'a> {
    /// The method of the request, exactly as sent.
    pub method: &'a str,
    /// The request's URL, or all URLs under which it may have been sent.
    pub addresses: &'a [Address],
    /// The access token that a request to a resource carries (RFC 9449 section 7).
    pub access_token: Option<&'a str>,
}

/// A proof whose signature, method, URL and access token are valid. Its time is not yet checked.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The key that made it.
    pub key: Thumbprint,
    /// The identity of the proof: the first 128 bits of a hash of the key and the `jti`.
    pub id: u128,
    /// Its nonce, if it has one.
    pub nonce: Option<String>,
    /// When the client says that it made the proof, in seconds since the Unix epoch. A client with a wrong
    /// clock may say anything.
    iat: f64,
}

impl Proof {
    /// Verifies that `text` is a proof for this target.
    ///
    /// # Errors
    ///
    /// [`ProofError`], if it is not.
    pub fn verify(text: &str, target: &ProofTarget<'_>) -> Result<Self, ProofError> {
        if text.len() > MAX_LEN {
            return Err(ProofError::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(ProofError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(ProofError::Malformed)?;
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| ProofError::Malformed);
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let key = key_of(&parse_exact(&header, MAX_DEPTH).map_err(|_| ProofError::Malformed)?)?;
        let claims = parse_exact(&payload, MAX_DEPTH).map_err(|_| ProofError::Malformed)?;
        let proof = Self::read(&claims, key.thumbprint, target)?;
        // The signature is checked last, since that costs most.
        if key.has_signed(message.as_bytes(), &signature) { Ok(proof) } else { Err(ProofError::Signature) }
    }

    /// Whether the proof was made within some minutes of `now` (RFC 9449 section 11.1).
    pub fn is_of(&self, now: Timestamp) -> bool {
        // Both are far below 2⁵³, so neither loses a second.
        #[expect(clippy::cast_precision_loss)]
        let now = now.as_unix() as f64;
        (self.iat - now).abs() <= WINDOW.as_secs_f64()
    }

    fn read(
        claims: &Map<String, Value>,
        key: Thumbprint,
        target: &ProofTarget<'_>,
    ) -> Result<Self, ProofError> {
        let text = |name: &'static str| match claims.get(name) {
            Some(Value::String(text)) => Ok(text.as_str()),
            _ => Err(ProofError::Claim(name)),
        };
        let jti = text("jti")?;
        if !(1..=MAX_JTI_LEN).contains(&jti.len()) {
            return Err(ProofError::Claim("jti"));
        }
        // RFC 7519 section 2 allows fractions.
        let iat = claims.get("iat").and_then(Value::as_f64).ok_or(ProofError::Claim("iat"))?;
        if text("htm")? != target.method {
            return Err(ProofError::Method);
        }
        let address = Address::parse(text("htu")?).ok_or(ProofError::Claim("htu"))?;
        if !target.addresses.iter().any(|target| target.is_of(&address)) {
            return Err(ProofError::Address);
        }
        if let Some(access_token) = target.access_token
            && text("ath")? != hash_of(access_token)
        {
            return Err(ProofError::Token);
        }
        let nonce = claims.contains_key("nonce").then(|| text("nonce")).transpose()?;
        Ok(Self { key, id: id_of(&key, jti), nonce: nonce.map(str::to_owned), iat })
    }
}

fn id_of(key: &Thumbprint, jti: &str) -> u128 {
    // The first part has a fixed length, so the two parts can't be confused.
    let hash = digest::digest(&digest::SHA256, &[key.as_bytes(), jti.as_bytes()].concat());
    let mut first = [0; 16];
    first.copy_from_slice(&hash.as_ref()[..16]);
    u128::from_be_bytes(first)
}

/// The key in a header (RFC 7515 section 4). Unknown members are ignored, as that section asks, except
/// `crit`, which forbids ignoring some.
fn key_of(header: &Map<String, Value>) -> Result<ProofKey, ProofError> {
    let text = |name| header.get(name).and_then(Value::as_str);
    let algorithm = text("alg").and_then(ProofKey::algorithm);
    match (text("typ"), algorithm, header.get("jwk")) {
        _ if header.contains_key("crit") => Err(ProofError::Header),
        (Some(TYP), Some(algorithm), Some(Value::Object(jwk))) => ProofKey::new(jwk, algorithm),
        (Some(TYP), Some(_), _) => Err(ProofError::Key),
        _ => Err(ProofError::Header),
    }
}

/// The `ath` of an access token (RFC 9449 section 4.2).
fn hash_of(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, access_token.as_bytes()))
}
