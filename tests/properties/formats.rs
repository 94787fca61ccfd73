//! Reading returns what was written: refresh tokens, scopes and password hashes.

use passwords::{Password, Passwords, StoredHash, Verdict};
use proptest::{collection::btree_set, prelude::any, strategy::Strategy};
use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    ids::{ClientId, UserId},
    keys::{Jwk, RefreshKeys},
    scope::Scope,
    tokens::RefreshToken,
};
use std::sync::Arc;

use super::{holds, mutation::Mutation};
use crate::harness::{HASH_COST, START, SeededRandom};

fn scope_token() -> impl Strategy<Value = String> {
    "[!#-\\[\\]-~]{1,12}"
}

#[test]
fn a_scope_round_trips_in_any_order() {
    holds(btree_set(scope_token(), 0..20), |tokens| {
        let text = tokens.iter().cloned().collect::<Vec<_>>().join(" ");
        let reversed = tokens.iter().rev().chain(&tokens).cloned().collect::<Vec<_>>().join("  ");
        let scope = Scope::parse(&text).unwrap();
        assert_eq!(scope.to_string(), text);
        assert_eq!(Scope::parse(&scope.to_string()), Some(scope.clone()));
        if reversed.len() <= 1024 {
            assert_eq!(Scope::parse(&reversed), Some(scope));
        }
    });
}

#[test]
fn any_text_that_is_a_scope_round_trips() {
    holds("\\PC{0,40}|[ -~]{0,60}", |text| {
        let Some(scope) = Scope::parse(&text) else { return };
        assert!(text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
    });
}

/// All possible identifiers in tokens.
fn identities() -> impl Strategy<Value = (String, String, String, u8, u64)> {
    ("[!-~]{1,64}", "[!-~]{1,128}", "[!-\"$-9;-~]{1,64}", 0..5_u8, any::<u64>())
}

fn keys(kid: &str) -> RefreshKeys {
    let jwk = Jwk {
        kty: "oct".to_owned(),
        alg: "HS256".to_owned(),
        kid: kid.to_owned(),
        k: Some("A".repeat(43)),
        ..Jwk::default()
    };
    RefreshKeys::from_jwks(&[jwk]).unwrap()
}

#[test]
fn a_refresh_token_round_trips_only_for_its_client() {
    holds((identities(), Mutation::any()), |((kid, user_id, client_id, rotations, seed), mutation)| {
        let (keys, now) = (keys(&kid), Timestamp::from_unix(START));
        let first = RefreshToken::first(UserId::parse(&user_id).unwrap(), &SeededRandom::new(seed));
        let token = (0..rotations).fold(first, |token, _| token.successor().unwrap());
        let client = ClientId::parse(&client_id).unwrap();
        let text = keys.encode(&token, &client, now);
        let read = keys.verify(text.expose_secret(), &client).unwrap();
        assert_eq!(read, token);
        assert_eq!(keys.encode(&read, &client, now).expose_secret(), text.expose_secret());
        if let Some(other) = mutation.of_text(&client_id).and_then(|id| ClientId::parse(&id)) {
            assert!(keys.verify(text.expose_secret(), &other).is_err(), "{other}");
        }
        if let Some(other) = mutation.of_text(text.expose_secret()) {
            assert!(keys.verify(&other, &client).is_err(), "{other}");
        }
    });
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn only_the_hashed_password_is_right() {
    let passwords = Passwords::with_cost(Arc::new(SeededRandom::new(1)), HASH_COST);
    holds(("[ -~äöü€]{8,40}", Mutation::any()), |(text, mutation)| {
        let password = Password::parse(&text.clone().into()).unwrap();
        let hash = wait(passwords.hash(&password)).unwrap();
        assert!(StoredHash::parse(&hash).is_ok());
        assert_eq!(wait(passwords.verify(&password, Some(&hash))), Ok(Verdict::Right));
        let other = mutation.of_text(&text).and_then(|text| Password::parse(&text.into()));
        if let Some(other) = other.filter(|other| *other != password) {
            assert_eq!(wait(passwords.verify(&other, Some(&hash))), Ok(Verdict::Wrong));
        }
    });
}

/// Hashes with a few KiB and one pass, so that changed parameters stay within the cost caps.
const HASHES: [&str; 4] = [
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$pbkdf2-sha256$i=1000$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$2b$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
];

#[test]
fn a_changed_hash_is_unusable_or_of_another_password() {
    let passwords = Passwords::with_cost(Arc::new(SeededRandom::new(1)), HASH_COST);
    let password = Password::parse(&"correct horse".into()).unwrap();
    let hashes = (proptest::sample::select(&HASHES), Mutation::any());
    holds(hashes, |(hash, mutation)| {
        let changed = String::from_utf8_lossy(&mutation.of(hash.as_bytes())).into_owned();
        let verdict = wait(passwords.verify(&password, Some(&changed)));
        assert!(!matches!(verdict, Ok(Verdict::Right | Verdict::RightButWeak)), "{changed}: {verdict:?}");
        assert_ne!(verdict, Err(passwords::PasswordError::Failed), "{changed}: it panicked");
    });
}

#[test]
fn no_arbitrary_text_is_a_hash_of_the_password() {
    let passwords = Passwords::with_cost(Arc::new(SeededRandom::new(1)), HASH_COST);
    let password = Password::parse(&"correct horse".into()).unwrap();
    let texts = proptest::prop_oneof![
        "\\PC{0,60}",
        "\\$(argon2(id|i|d)|scrypt|pbkdf2(-sha1|-sha256|-sha512)?|2[abxy]?)(\\$[a-zA-Z0-9+/.=,-]{0,24}){0,5}",
        "\\$argon2id\\$v=(19|16|1)\\$m=[0-9]{1,3},t=[0-3],p=[0-9](,[a-z]{1,3}=[0-9]{0,3})?\\$[A-Za-z0-9+/]{0,30}\\$[A-Za-z0-9+/]{0,50}",
    ];
    holds(texts, |text| {
        let verdict = wait(passwords.verify(&password, Some(&text)));
        assert!(
            matches!(verdict, Ok(Verdict::Wrong) | Err(passwords::PasswordError::Unusable)),
            "{text}: {verdict:?}"
        );
    });
}
