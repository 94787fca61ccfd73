//! Devices with keys, and their DPoP proofs (RFC 9449 section 4.2), valid or not.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use axum::http::{Request, request};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use local::template::ApiKind;
use serde_json::{Value, json};
use shared::{
    random::{Random, SystemRandom, identifier},
    route,
};

use super::{
    API_KIND, APP, Api, PASSWORD, Reply, SeededRandom, Tokens, USERNAME, forge::signer, form, form_post,
    refresh_form,
};

/// A device with a key.
#[derive(Clone)]
pub(crate) struct Device {
    key: EncodingKey,
    algorithm: Algorithm,
    /// The private key.
    pub(crate) private: Value,
    /// The public key.
    pub(crate) jwk: Value,
    /// The thumbprint of the key (RFC 7638).
    pub(crate) jkt: String,
}

impl Device {
    /// A device with an ES256 key, derived from the seed.
    pub(crate) fn es256(seed: u64) -> Self {
        let secret = bytes(seed);
        let public = PrivateKey::from_private_key(&ECDH_P256, &secret).unwrap().compute_public_key().unwrap();
        let (x, y) = public.as_ref()[1..].split_at(32);
        let (x, y, d) = (encoded(x), encoded(y), encoded(&secret));
        Self::of(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d, "alg": "ES256" }))
    }

    /// A device with an EdDSA key, derived from the seed.
    pub(crate) fn eddsa(seed: u64) -> Self {
        let secret = bytes(seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(&secret).unwrap();
        let (x, d) = (encoded(pair.public_key().as_ref()), encoded(&secret));
        Self::of(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": d, "alg": "EdDSA" }))
    }

    /// A device with a fixed RS256 key.
    pub(crate) fn rs256() -> Self {
        Self::of(&serde_json::from_str(include_str!("../keys/rsa-2048.jwk.json")).unwrap())
    }

    /// A device for each algorithm.
    pub(crate) fn of_each_algorithm() -> [Self; 3] {
        [Self::es256(1), Self::eddsa(1), Self::rs256()]
    }

    /// A device with this key, a private JWK with its `alg`.
    pub(crate) fn of(private: &Value) -> Self {
        let (key, algorithm) = signer(private);
        let public: &[&str] = match algorithm {
            Algorithm::ES256 => &["crv", "kty", "x", "y"],
            Algorithm::EdDSA => &["crv", "kty", "x"],
            _ => &["e", "kty", "n"],
        };
        let members: Vec<_> = public.iter().map(|name| format!("{:?}:{}", name, private[name])).collect();
        // Sorted by name and without spaces, these members are the thumbprint's input.
        let text = format!("{{{}}}", members.join(","));
        let jwk = serde_json::from_str(&text).unwrap();
        Self { key, algorithm, private: private.clone(), jwk, jkt: hash(&text) }
    }

    /// A proof for a request, at the time of this API's clock.
    pub(crate) fn proof(&self, api: &Api, method: &str, path: &str) -> Proof {
        Proof {
            device: self.clone(),
            header: json!({ "typ": "dpop+jwt", "alg": format!("{:?}", self.algorithm), "jwk": self.jwk }),
            claims: json!({
                "jti": identifier(&SystemRandom::new()),
                "htm": method,
                "htu": address(path),
                "iat": api.clock.unix(),
            }),
        }
    }

    /// A proof for a call with an access token.
    pub(crate) fn proof_with(&self, api: &Api, method: &str, path: &str, access_token: &str) -> Proof {
        self.proof(api, method, path).claim("ath", json!(hash(access_token)))
    }

    /// A signature with this device's key.
    pub(crate) fn sign(&self, message: &str) -> String {
        crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap()
    }
}

/// A proof before it is signed.
#[derive(Clone)]
pub(crate) struct Proof {
    device: Device,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Proof {
    /// Changes a claim.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    /// Removes a claim.
    pub(crate) fn without_claim(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    /// Changes a member of the header.
    pub(crate) fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    /// Removes a member of the header.
    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    /// Signs with another device's key than the one in the proof.
    pub(crate) fn by(mut self, device: &Device) -> Self {
        self.device = device.clone();
        self
    }

    /// The input of the signature.
    pub(crate) fn message(&self) -> String {
        format!(
            "{}.{}",
            encoded(self.header.to_string().as_bytes()),
            encoded(self.claims.to_string().as_bytes())
        )
    }

    /// The signed proof.
    pub(crate) fn sign(&self) -> String {
        self.sign_raw(&self.header.to_string(), &self.claims.to_string())
    }

    /// A signed proof with these raw parts.
    pub(crate) fn sign_raw(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        let signature = self.device.sign(&message);
        format!("{message}.{signature}")
    }
}

/// API Gateway's URL of a path.
pub(crate) fn address(path: &str) -> String {
    match *API_KIND {
        ApiKind::Rest => format!("https://localhost/prod{path}"),
        ApiKind::Http => format!("https://localhost{path}"),
    }
}

/// Adds a proof to a request.
pub(crate) fn with_proof(request: request::Builder, proof: &str) -> request::Builder {
    request.header("dpop", proof)
}

/// The SHA-256 hash of a text, as in `jkt` and `ath`.
pub(crate) fn hash(text: &str) -> String {
    encoded(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    SeededRandom::new(seed).fill(&mut bytes);
    bytes
}

impl Api {
    /// An API with the template's defaults that binds tokens to keys.
    pub(crate) async fn binding() -> Self {
        Self::with(|parameters| parameters.with("Dpop", "on")).await
    }

    /// Logs the demo user in on the public client with this proof.
    pub(crate) async fn login_with(&self, proof: &str) -> Reply {
        let parameters = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD)];
        self.send(with_proof(form_post(route::LOGIN), proof), form(&parameters)).await
    }

    /// Refreshes on the public client with this proof.
    pub(crate) async fn refresh_with(&self, token: &str, proof: &str) -> Reply {
        self.send(with_proof(form_post(route::REFRESH), proof), form(&refresh_form(token))).await
    }

    /// Ends all sessions of the user with this token and proof.
    pub(crate) async fn logout_everywhere_with(&self, token: &str, proof: &str) -> Reply {
        let parameters = [("client_id", APP), ("token", token), ("everywhere", "true")];
        self.send(with_proof(form_post(route::LOGOUT), proof), form(&parameters)).await
    }

    /// Calls a protected endpoint with a bound token and this proof.
    pub(crate) async fn call_with(&self, access_token: &str, proof: &str) -> Reply {
        let request = with_scheme(Request::get(route::SESSIONS), access_token);
        self.send(with_proof(request, proof), "").await
    }

    /// Logs the demo user in on the public client, bound to this device's key.
    pub(crate) async fn login_of(&self, device: &Device) -> Tokens {
        self.login_with(&device.proof(self, "POST", route::LOGIN).sign()).await.tokens()
    }

    /// Refreshes on the public client with a fresh proof of this device.
    pub(crate) async fn refresh_of(&self, device: &Device, token: &str) -> Reply {
        self.refresh_with(token, &device.proof(self, "POST", route::REFRESH).sign()).await
    }

    /// Refreshes like [`Self::refresh_of`], with an `Idempotency-Key`.
    pub(crate) async fn refresh_with_key_of(&self, device: &Device, token: &str, key: &str) -> Reply {
        let proof = device.proof(self, "POST", route::REFRESH).sign();
        let request = form_post(route::REFRESH).header("idempotency-key", key);
        self.send(with_proof(request, &proof), form(&refresh_form(token))).await
    }

    /// Ends all sessions of the user with this token and a fresh proof of this device.
    pub(crate) async fn logout_everywhere_of(&self, device: &Device, token: &str) -> Reply {
        self.logout_everywhere_with(token, &device.proof(self, "POST", route::LOGOUT).sign()).await
    }

    /// Calls a protected endpoint with a bound token and a fresh proof of this device.
    pub(crate) async fn call_of(&self, device: &Device, access_token: &str) -> Reply {
        let proof = device.proof_with(self, "GET", route::SESSIONS, access_token);
        self.call_with(access_token, &proof.sign()).await
    }

    /// Changes the password with a bound token and a fresh proof of this device.
    pub(crate) async fn change_password_of(
        &self,
        device: &Device,
        access_token: &str,
        current: &str,
        new: &str,
    ) -> Reply {
        let proof = device.proof_with(self, "POST", route::PASSWORD, access_token).sign();
        let request = with_scheme(form_post(route::PASSWORD), access_token);
        let parameters = [("current_password", current), ("new_password", new)];
        self.send(with_proof(request, &proof), form(&parameters)).await
    }
}

/// Adds a bound access token to a request (RFC 9449 section 7.1).
pub(crate) fn with_scheme(request: request::Builder, access_token: &str) -> request::Builder {
    request.header("authorization", format!("DPoP {access_token}"))
}
