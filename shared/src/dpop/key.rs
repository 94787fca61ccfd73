//! The key in the header of a proof.

use serde_json::{Map, Value};

use super::ProofError;
use crate::{
    keys::{Jwk, PublicHalf, SigningAlgorithm},
    thumbprint::Thumbprint,
};

/// Members that only a private or a symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037
/// section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The public key of a proof, and its thumbprint.
#[derive(Debug)]
pub(super) struct ProofKey {
    half: PublicHalf,
    pub(super) thumbprint: Thumbprint,
}

impl ProofKey {
    /// The algorithm with this name, which has to be one of [`ALGORITHMS`](super::ALGORITHMS).
    pub(super) fn algorithm(name: &str) -> Option<SigningAlgorithm> {
        if name == "Ed25519" { Some(SigningAlgorithm::EdDsa) } else { name.parse().ok() }
    }

    /// Reads the `jwk` and the `alg` of a header. Unknown members are ignored (RFC 7517 section 4).
    ///
    /// # Errors
    ///
    /// [`ProofError::Key`], if the key is private, weak, or of another algorithm.
    pub(super) fn new(jwk: &Map<String, Value>, algorithm: SigningAlgorithm) -> Result<Self, ProofError> {
        if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return Err(ProofError::Key);
        }
        let text = |name| match jwk.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ProofError::Key),
        };
        if text("alg")?.is_some_and(|alg| Self::algorithm(&alg) != Some(algorithm)) {
            return Err(ProofError::Key);
        }
        let jwk = Jwk {
            kty: text("kty")?.unwrap_or_default(),
            crv: text("crv")?,
            alg: algorithm.name().to_owned(),
            intended_use: text("use")?,
            x: text("x")?,
            y: text("y")?,
            n: text("n")?,
            e: text("e")?,
            ..Jwk::default()
        };
        let half = PublicHalf::read(&jwk).ok_or(ProofError::Key)?;
        Ok(Self { half, thumbprint: thumbprint_of(&jwk, algorithm) })
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.half.has_signed(message, signature)
    }
}

/// The thumbprint of a public key, whose members are already in their canonical form.
fn thumbprint_of(jwk: &Jwk, algorithm: SigningAlgorithm) -> Thumbprint {
    let (kty, crv) = algorithm.key_type();
    let crv = crv.unwrap_or_default();
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    let (x, y, n, e) = (text(&jwk.x), text(&jwk.y), text(&jwk.n), text(&jwk.e));
    // RFC 7638 section 3.2 lists the members. No value has a character that JSON escapes.
    Thumbprint::of_members(&match algorithm {
        SigningAlgorithm::Es256 => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#),
        SigningAlgorithm::EdDsa => format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#),
        SigningAlgorithm::Rs256 => format!(r#"{{"e":"{e}","kty":"{kty}","n":"{n}"}}"#),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_rfcs_have_the_thumbprints_that_they_state() {
        let member = |text: &str| Some(text.to_owned());
        // RFC 7638 section 3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn6\
                 4tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbIS\
                 D08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let rsa = Jwk { n: member(n), e: member("AQAB"), ..Jwk::default() };
        let thumbprint = thumbprint_of(&rsa, SigningAlgorithm::Rs256);
        assert_eq!(thumbprint.to_string(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        // RFC 8037 appendix A.3.
        let x = member("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let okp = Jwk { x, ..Jwk::default() };
        let thumbprint = thumbprint_of(&okp, SigningAlgorithm::EdDsa);
        assert_eq!(thumbprint.to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        // RFC 9449 section 4.1 and 6.1.
        let ec = Jwk {
            x: member("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
            y: member("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
            ..Jwk::default()
        };
        let thumbprint = thumbprint_of(&ec, SigningAlgorithm::Es256);
        assert_eq!(thumbprint.to_string(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn an_algorithm_has_the_names_of_both_rfcs() {
        let key = |alg: &str| {
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let jwk = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": alg, "x": x });
            let Value::Object(jwk) = jwk else { unreachable!() };
            ProofKey::new(&jwk, SigningAlgorithm::EdDsa)
        };
        assert!(crate::dpop::ALGORITHMS.iter().all(|name| ProofKey::algorithm(name).is_some()));
        for alg in ["EdDSA", "Ed25519"] {
            assert_eq!(ProofKey::algorithm(alg), Some(SigningAlgorithm::EdDsa));
            assert!(key(alg).is_ok(), "{alg}");
        }
        for alg in ["ES256", "Ed448", "ed25519", ""] {
            assert_ne!(ProofKey::algorithm(alg), Some(SigningAlgorithm::EdDsa));
            assert!(key(alg).is_err(), "{alg}");
        }
    }

    #[test]
    fn a_point_of_small_order_is_refused_as_a_key() {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

        let key = |point: [u8; 32]| {
            let x = URL_SAFE_NO_PAD.encode(point);
            let jwk = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
            let Value::Object(jwk) = jwk else { unreachable!() };
            ProofKey::new(&jwk, SigningAlgorithm::EdDsa)
        };
        let of_low = |low: u8, rest: u8, high: u8| {
            let mut point = [rest; 32];
            (point[0], point[31]) = (low, high);
            point
        };
        for sign in [0, 0x80] {
            for point in [
                of_low(0, 0, 0),
                of_low(1, 0, 0),
                of_low(0xec, 0xff, 0x7f),
                of_low(0xed, 0xff, 0x7f),
                of_low(0xee, 0xff, 0x7f),
            ] {
                let mut point = point;
                point[31] |= sign;
                assert!(key(point).is_err(), "{point:?}");
            }
        }
    }
}
