//! Nonces at the token endpoints, and the log of proofs.

use std::collections::BTreeSet;

use local::functions::Keyset;
use serde_json::{Value, json};
use shared::{keys::KeysetDocument, route};

use super::{
    place::{Case, Expected, Place, Scene, try_at},
    sessions::assert_bound,
};
use crate::harness::{Api, Device, Log, PASSWORD, Proof, Reply, keyset};

const DAY: u64 = 86_400;

/// A proof by a clock that is a day slow, with this nonce.
fn of_yesterday(scene: &Scene, nonce: Option<&str>) -> Proof {
    let proof = scene.proof().claim("iat", json!(scene.api.clock.unix() - DAY));
    match nonce {
        Some(nonce) => proof.claim("nonce", json!(nonce)),
        None => proof,
    }
}

#[track_caller]
fn nonce_of(reply: &Reply) -> String {
    reply.header("dpop-nonce").unwrap().to_owned()
}

#[tokio::test]
async fn a_device_whose_clock_is_a_day_off_needs_one_more_round_trip() {
    for place in [Place::Login, Place::Refresh, Place::LogoutEverywhere] {
        let scene = Scene::at(place).await;
        let reply = scene.send(&[of_yesterday(&scene, None).sign()]).await;
        reply.assert_error(400, "use_dpop_nonce");
        let proof = of_yesterday(&scene, Some(&nonce_of(&reply)));
        assert_eq!(scene.send(&[proof.sign()]).await.status, 200, "{place:?}");
    }
}

/// A client that uses each answer's nonce is never asked to repeat a request.
#[tokio::test]
async fn each_answer_has_the_nonce_for_the_next_request() {
    let scene = Scene::at(Place::Login).await;
    let reply = scene.send(&[of_yesterday(&scene, None).sign()]).await;
    let mut reply = scene.send(&[of_yesterday(&scene, Some(&nonce_of(&reply))).sign()]).await;
    for _ in 0..5 {
        scene.api.clock.advance(100);
        let token = reply.tokens().refresh;
        let proof = scene.device.proof(&scene.api, "POST", route::REFRESH);
        let proof = proof.claim("iat", json!(0)).claim("nonce", json!(nonce_of(&reply)));
        reply = scene.api.refresh_with(&token, &proof.sign()).await;
        assert_bound(&reply, Some(&scene.device));
    }
    // Other answers with tokens have a nonce too.
    for reply in [
        scene.api.try_login(PASSWORD).await,
        scene.api.change_password(&scene.api.login().await.access, PASSWORD, "a much better password").await,
    ] {
        assert_eq!(nonce_of(&reply), scene.nonce(0), "{reply:?}");
    }
}

/// Nonces of this window, the last and the next.
fn ages(scene: &Scene) -> Vec<Case> {
    // A window has 120 seconds, and a test begins with one.
    assert_eq!(scene.api.clock.unix() % 120, 0);
    let case = |seconds: i64, expected| {
        let proof = scene.proof().claim("nonce", json!(scene.nonce(seconds))).claim("iat", json!(0)).sign();
        Case::new(format!("a nonce of {seconds} s from now"), proof, expected)
            .at_resource(Expected::NeedsNonce)
    };
    let (good, bad) = (Expected::Accepted, Expected::NeedsNonce);
    vec![
        case(0, good),
        case(119, good),
        case(-1, good),
        case(-120, good),
        case(-121, bad),
        case(-3600, bad),
        case(120, good),
        case(239, good),
        case(240, bad),
        case(3600, bad),
    ]
}

/// Invalid nonces, and claims of other types. A nonce that is sent is always checked, whatever the proof's time is.
fn others(scene: &Scene) -> Vec<Case> {
    let nonce = scene.nonce(0);
    let other_case =
        |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let with = |value: Value| scene.proof().claim("nonce", value).sign();
    let mut cases = Vec::new();
    for text in [
        String::new(),
        "x".to_owned(),
        "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        nonce[1..].to_owned(),
        format!("{nonce}A"),
        format!("{nonce}="),
        format!(" {nonce}"),
        nonce.chars().map(other_case).collect(),
        nonce.repeat(100),
        "\u{e4}\u{0}".to_owned(),
    ] {
        let case = Case::new(format!("the nonce {text:?}"), with(json!(text)), Expected::NeedsNonce);
        // The authorizer has no secret, so it ignores nonces.
        cases.push(case.at_resource(Expected::Accepted));
    }
    for value in [json!(null), json!([nonce]), json!(1), json!(true), json!({})] {
        cases.push(Case::refused(format!("the nonce is {value}"), with(value.clone()), "dpop_claim"));
    }
    cases
}

#[tokio::test]
async fn a_nonce_is_good_for_two_minutes_at_least_and_no_longer_than_four() {
    for place in Place::ALL {
        try_at(Scene::at(place).await, ages).await;
    }
}

#[tokio::test]
async fn a_nonce_that_this_stack_has_not_made_does_not_count() {
    for place in Place::ALL {
        try_at(Scene::at(place).await, others).await;
        let other = Scene::at(place).await.nonce(0);
        let foreign = |scene: &Scene| {
            let text = scene.proof().claim("nonce", json!(other)).sign();
            let case = Case::new("of another stack", text, Expected::NeedsNonce);
            vec![case.at_resource(Expected::Accepted)]
        };
        try_at(Scene::at(place).await, foreign).await;
    }
}

/// An API that requires a nonce in every proof.
async fn always() -> Api {
    Api::with(|p| p.with("Dpop", "on").with("DpopNonce", "always")).await
}

#[tokio::test]
async fn a_good_clock_is_not_enough_if_nonces_are_always_required() {
    for place in [Place::Login, Place::Refresh, Place::LogoutEverywhere] {
        let (api, device) = (always().await, Device::es256(1));
        let first = api.login_with(&device.proof(&api, "POST", route::LOGIN).sign()).await;
        first.assert_error(400, "use_dpop_nonce");
        let proof = device.proof(&api, "POST", route::LOGIN).claim("nonce", json!(nonce_of(&first)));
        let tokens = api.login_with(&proof.sign()).await.tokens();
        let scene = Scene { place, api, device, tokens };
        let cases = |scene: &Scene| {
            let good = scene.proof().claim("nonce", json!(scene.nonce(0))).sign();
            let old = scene.proof().claim("nonce", json!(scene.nonce(-3600))).sign();
            vec![
                Case::new("no nonce", scene.proof().sign(), Expected::NeedsNonce),
                Case::new("an old one", old, Expected::NeedsNonce),
                Case::accepted("a good one", good),
            ]
        };
        let (log, _guard) = Log::listen();
        for case in cases(&scene).into_iter().take(2) {
            let reply = scene.send(&case.texts).await;
            reply.assert_error(400, "use_dpop_nonce");
            assert_eq!(log.take_with("reason")[0]["reason"], "dpop_nonce", "{}", case.name);
        }
        assert_eq!(scene.send(&cases(&scene)[2].texts).await.status, 200, "{place:?}");
    }
    // A client without a key needs no nonce, and the authorizer asks for none.
    let (api, device) = (always().await, Device::es256(1));
    let unbound = api.login().await;
    let proof = device.proof(&api, "POST", route::REFRESH);
    let reply = api.refresh_with(&unbound.refresh, &proof.sign()).await;
    reply.assert_error(400, "use_dpop_nonce");
    let proof = proof.claim("nonce", json!(nonce_of(&reply)));
    let tokens = assert_bound(&api.refresh_with(&unbound.refresh, &proof.sign()).await, Some(&device));
    assert_eq!(api.call_of(&device, &tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_nonce_survives_a_rotation_of_the_keys() {
    let (old, new) = (keyset(), keyset());
    let both = KeysetDocument {
        signing_keys: [new.signing_keys.clone(), old.signing_keys.clone()].concat(),
        refresh_keys: [new.refresh_keys.clone(), old.refresh_keys.clone()].concat(),
        ..new.clone()
    };
    let api = Api::with_keyset(old, |p| p.with("Dpop", "on")).await;
    let scene = Scene::of(Place::Login, api, Device::es256(1)).await;
    let nonce = scene.nonce(0);
    for (document, is_good) in [(both, true), (new, false)] {
        let mut deployment = scene.api.deployment.clone();
        deployment.keyset = Keyset::Document(Box::new(document));
        let api = scene.api.redeployed(deployment).await;
        let reply = api.login_with(&of_yesterday(&scene, Some(&nonce)).sign()).await;
        assert_eq!(reply.status, if is_good { 200 } else { 400 }, "{reply:?}");
        assert_ne!(nonce_of(&reply), nonce, "the newest key makes them");
    }
}

/// Proofs, nonces and keys stay out of the log, whether they are valid or not.
#[tokio::test]
async fn the_log_has_neither_proofs_nor_nonces_nor_keys() {
    let (log, _guard) = Log::listen();
    let mut secrets = BTreeSet::new();
    for place in Place::ALL {
        let scene = Scene::at(place).await;
        let good = scene.proof();
        let other = scene.proof_of(&Device::eddsa(2));
        let proofs = [
            of_yesterday(&scene, None),
            of_yesterday(&scene, Some("AAAAAAAAAAAAAAAAAAAAAA")),
            good.clone().claim("htu", json!("https://evil.example.com/")),
            good.clone().claim("jti", json!("")),
            good.clone().header("typ", json!("a-type-of-its-own")),
            good.clone().by(&Device::es256(2)),
            good.clone().claim("nonce", json!(scene.nonce(0))),
            other.clone(),
            good.clone(),
        ];
        for proof in &proofs {
            let text = proof.sign();
            secrets.extend(text.split('.').map(str::to_owned));
            secrets.extend(proof.claims["jti"].as_str().filter(|jti| !jti.is_empty()).map(str::to_owned));
            scene.send(&[text]).await;
        }
        secrets.insert(scene.nonce(0));
        for device in [&scene.device, &Device::eddsa(2)] {
            secrets.extend(["x", "y"].iter().filter_map(|name| device.jwk[name].as_str().map(str::to_owned)));
            secrets.insert(device.jkt.clone());
        }
        secrets.extend([scene.tokens.access.clone(), scene.tokens.refresh.clone()]);
        secrets
            .extend(["AAAAAAAAAAAAAAAAAAAAAA", "evil.example.com", "a-type-of-its-own"].map(str::to_owned));
    }
    let text = log.text();
    assert!(text.lines().count() > 30, "the run left something to look at");
    for secret in &secrets {
        assert!(!text.contains(secret), "{secret}");
    }
}
