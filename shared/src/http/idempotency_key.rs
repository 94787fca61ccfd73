//! The `Idempotency-Key` header, which a client repeats in a retry.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::Request;
use secrecy::{ExposeSecret, SecretString};

use super::RequestError;
use crate::ids::SessionId;

const HEADER: &str = "Idempotency-Key";

/// The key of one request and its retries. It's a secret: with it and a used token, anyone gets that token's
/// successor.
#[derive(Debug)]
pub struct IdempotencyKey(SecretString);

impl IdempotencyKey {
    /// The shortest key, in bytes: 128 random bits in base64url. A UUID has 36.
    pub const MIN_LEN: usize = 22;
    /// The longest key, in bytes.
    pub const MAX_LEN: usize = 255;

    /// The key of a request, if it has one.
    ///
    /// # Errors
    ///
    /// [`RequestError::IdempotencyKey`], if it is too short to be random, too long, not visible ASCII, or not
    /// the only one. With two keys a retry could not be recognised reliably.
    pub fn of(request: &Request) -> Result<Option<Self>, RequestError> {
        let mut values = request.headers().get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let fits = |text: &&str| (Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len());
        let text = value.to_str().ok().filter(fits).filter(|_| values.next().is_none());
        text.map(|text| Some(Self(text.into()))).ok_or(RequestError::IdempotencyKey)
    }

    /// [`Self::hash`] as text.
    pub fn text_hash(&self, label: &[u8], session_id: &SessionId) -> String {
        URL_SAFE_NO_PAD.encode(self.hash(label, session_id))
    }

    /// A hash of the key and its session. `label` separates the hashes of one use from another's.
    pub fn hash(&self, label: &[u8], session_id: &SessionId) -> [u8; digest::SHA256_OUTPUT_LEN] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(label);
        // The identifier has a fixed length, so the two parts can't be confused.
        context.update(session_id.as_str().as_bytes());
        context.update(self.0.expose_secret().as_bytes());
        let mut hash = [0; digest::SHA256_OUTPUT_LEN];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}
