//! Versions side by side: functions are replaced one after the other, and a stack can be rolled back. So this version
//! reads everything that an earlier one wrote, and an update signs no user out.
//!
//! `snapshots.json` has the data of earlier versions, and only grows. The last test fails when this version writes
//! anything in another form than the newest snapshot. `CONTRIBUTING.md` describes how to make such a change.

mod codes;
mod links;
mod mails;
mod pages;
mod scene;
mod shape;
mod snapshot;

use std::path::Path;

use axum::http::Request;
use keys::KeyRotation;
use serde_json::json;
use shared::route;

use self::{
    scene::{BILLING_SECRETS, CHANGED, IMPORTED, IMPORTED_PASSWORD, WITHOUT_PASSWORD},
    shape::{difference, shape},
    snapshot::{Held, Snapshot},
};
use crate::{
    harness::{APP, Api, PASSWORD, Reply, bearer, claims, form, form_post, with_proof},
    key_rotation::rotate,
};

/// Sessions that continue.
const LIVE: [&str; 10] = [
    "oldest",
    "es256",
    "eddsa",
    "rs256",
    "billing",
    "of a change",
    "refreshed with a key",
    "refreshed twice",
    "refreshed just now",
    "undelivered",
];
/// The session whose access token has expired.
const WITHOUT_ACCESS: [&str; 1] = ["oldest"];
/// Ended sessions.
const ENDED: [&str; 3] = ["ended", "ended by a change", "ended by another's change"];

async fn refresh(api: &Api, held: &Held, token: &str) -> Reply {
    api.send(form_post(route::REFRESH), held.refresh_form(token)).await
}

async fn logout(api: &Api, held: &Held) -> Reply {
    api.send(form_post(route::LOGOUT), held.form(&[("token", &held.refresh_token)])).await
}

async fn login(api: &Api, name: &str, password: &str) -> Reply {
    let parameters = [("client_id", APP), ("username", name), ("password", password)];
    api.post(route::LOGIN, &parameters).await
}

#[tokio::test]
async fn access_tokens_of_earlier_versions_open_only_what_they_did() {
    for snapshot in Snapshot::all() {
        for mode in ["session", "denylist", "none"] {
            let (_secrets, api) = snapshot.found_by_this_version(&[("RevocationCheck", mode)]).await;
            for name in LIVE {
                let is_good = !WITHOUT_ACCESS.contains(&name);
                let reply = api.call(&snapshot.session(name).access_token).await;
                assert_eq!(
                    reply.status,
                    if is_good { 200 } else { 401 },
                    "{}, {mode}: {name}",
                    snapshot.written_by
                );
            }
            for name in ENDED.iter().filter(|_| mode != "none") {
                let reply = api.call(&snapshot.session(name).access_token).await;
                assert_eq!(reply.status, 401, "{}, {mode}: {name}", snapshot.written_by);
            }
        }
    }
}

#[tokio::test]
async fn refresh_tokens_of_earlier_versions_still_work() {
    for snapshot in Snapshot::all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        for name in LIVE {
            let held = snapshot.session(name);
            let successor = refresh(&api, held, &held.refresh_token).await.tokens();
            let before = claims(&held.access_token);
            let after = claims(&successor.access);
            for claim in ["sub", "sid", "client_id", "scope", "auth_time", "email", "roles"] {
                assert_eq!(after[claim], before[claim], "{}: {claim} of {name}", snapshot.written_by);
            }
            assert_eq!(api.call(&successor.access).await.status, 200, "{name}");
            refresh(&api, held, &successor.refresh).await.tokens();
        }
        for name in ENDED.iter().chain(&["disabled", "cut-off"]) {
            let held = snapshot.session(name);
            refresh(&api, held, &held.refresh_token).await.assert_error(400, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn a_request_that_an_earlier_version_answered_may_be_repeated() {
    for snapshot in Snapshot::all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let held = snapshot.session("refreshed just now");
        let again = refresh(&api, held, held.used.as_ref().unwrap()).await.tokens();
        assert_eq!(again.refresh, held.refresh_token, "{}: the same successor", snapshot.written_by);

        let held = snapshot.session("refreshed with a key");
        let request =
            form_post(route::REFRESH).header("idempotency-key", held.idempotency_key.as_ref().unwrap());
        let again = api.send(request, held.refresh_form(held.used.as_ref().unwrap())).await.tokens();
        assert_eq!(again.refresh, held.refresh_token, "{}: long after the leeway", snapshot.written_by);

        // Without a key, this is reuse by now.
        let held = snapshot.session("refreshed twice");
        refresh(&api, held, held.used.as_ref().unwrap()).await.assert_error(400, "invalid_grant");
        refresh(&api, held, &held.refresh_token).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&held.access_token).await.status, 401);
    }
}

#[tokio::test]
async fn every_hash_that_an_earlier_version_stored_lets_its_user_in() {
    for snapshot in Snapshot::all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let imported = IMPORTED.map(|(name, _)| (name, IMPORTED_PASSWORD));
        for (name, password) in [("ada", PASSWORD), ("demo", CHANGED)].into_iter().chain(imported) {
            login(&api, name, "not the password").await.assert_error(400, "invalid_grant");
            login(&api, name, password).await.tokens();
            // A second login, after the imported hash was replaced.
            login(&api, name, password).await.tokens();
        }
        let must_change = login(&api, "must-change", PASSWORD).await;
        assert_eq!((must_change.status, &must_change.body["error"]), (403, &json!("password_expired")));
        for name in ["disabled", "nobody", WITHOUT_PASSWORD] {
            login(&api, name, PASSWORD).await.assert_error(400, "invalid_grant");
        }
        login(&api, "cut-off", PASSWORD).await.tokens();
        for secret in BILLING_SECRETS {
            let parameters = [
                ("client_id", "billing"),
                ("client_secret", secret),
                ("username", "ada"),
                ("password", PASSWORD),
            ];
            let reply = api.post(route::LOGIN, &parameters).await;
            assert_eq!((&reply.body["expires_in"], &reply.body["scope"]), (&json!(900), &json!("read")));
        }
        let closed = [("client_id", "closed"), ("username", "ada"), ("password", PASSWORD)];
        assert_eq!(api.post(route::LOGIN, &closed).await.body["error"], "invalid_client");
    }
}

#[tokio::test]
async fn sessions_of_earlier_versions_are_listed_and_can_be_ended_and_logged_out() {
    for snapshot in Snapshot::all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let own = snapshot.session("es256");
        let reply = api.call(&own.access_token).await;
        let listed = reply.body["sessions"].as_array().unwrap();
        assert!(listed.iter().all(|session| session["device_name"] == "Laptop"), "{listed:?}");
        let listed: Vec<_> = listed.iter().map(|session| session["session_id"].clone()).collect();
        for name in LIVE.iter().filter(|name| **name != "of a change") {
            let sid = &claims(&snapshot.session(name).access_token)["sid"];
            assert!(listed.contains(sid), "{}: {name}", snapshot.written_by);
        }

        let other = snapshot.session("eddsa");
        let path = format!("{}/{}", route::SESSIONS, claims(&other.access_token)["sid"].as_str().unwrap());
        assert_eq!(api.send(bearer(Request::delete(path), &own.access_token), "").await.status, 204);
        for name in ["rs256", "half ended"] {
            assert_eq!(logout(&api, snapshot.session(name)).await.status, 200, "{name}");
        }
        for name in ["eddsa", "rs256", "half ended"] {
            assert_eq!(api.call(&snapshot.session(name).access_token).await.status, 401, "{name}");
        }
        let everywhere = own.form(&[("token", &own.access_token), ("everywhere", "true")]);
        assert_eq!(api.send(form_post(route::LOGOUT), everywhere).await.status, 200);
        for name in LIVE.iter().filter(|name| **name != "of a change") {
            let held = snapshot.session(name);
            refresh(&api, held, &held.refresh_token).await.assert_error(400, "invalid_grant");
        }
        api.call(&snapshot.session("of a change").access_token).await;
    }
}

#[tokio::test]
async fn a_password_of_an_earlier_version_can_be_changed() {
    for snapshot in Snapshot::all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let change = form(&[("current_password", CHANGED), ("new_password", "the best password")]);
        let held = snapshot.session("of a change");
        let request = bearer(form_post(route::PASSWORD), &held.access_token);
        let tokens = api.send(request, change).await.tokens();
        api.refresh(&tokens.refresh).await.tokens();
        refresh(&api, held, &held.refresh_token).await.assert_error(400, "invalid_grant");
        login(&api, "demo", CHANGED).await.assert_error(400, "invalid_grant");
        login(&api, "demo", "the best password").await.tokens();
    }
}

#[tokio::test]
async fn the_keys_of_an_earlier_version_are_published_and_rotated_on() {
    for snapshot in Snapshot::all() {
        let (secrets, api) = snapshot.found_by_this_version(&[]).await;
        let jwks = api.send(Request::get(route::JWKS), "").await;
        let keys = jwks.body["keys"].as_array().unwrap();
        let algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        for algorithm in ["ES256", "EdDSA", "RS256"] {
            assert!(algorithms.contains(&algorithm), "{}: {algorithms:?}", snapshot.written_by);
        }
        let rotation = KeyRotation::start(&api.context("keys")).unwrap();
        rotate(&rotation, &secrets, "fourth").await.unwrap();
        api.clock.advance(4 * 3600);
        let api = api.restarted().await;
        for name in LIVE {
            let held = snapshot.session(name);
            let tokens = refresh(&api, held, &held.refresh_token).await.tokens();
            assert_eq!(api.call(&tokens.access).await.status, 200, "{}: {name}", snapshot.written_by);
        }
    }
}

/// Sessions bound to a device's key, in snapshots that have any.
const BOUND: [&str; 4] =
    ["bound", "bound since a refresh", "bound and refreshed with a key", "of a client that binds"];

#[tokio::test]
async fn sessions_that_an_earlier_version_bound_stay_bound() {
    let mut found = 0;
    for (snapshot, dpop) in Snapshot::all().into_iter().flat_map(|s| [(s.clone(), "on"), (s, "off")]) {
        let (_secrets, api) = snapshot.found_by_this_version(&[("Dpop", dpop)]).await;
        for (name, held) in BOUND.iter().filter_map(|name| Some((name, snapshot.sessions.get(*name)?))) {
            let device = held.device().unwrap();
            let what = format!("{}, {dpop}: {name}", snapshot.written_by);
            assert_eq!(api.call_of(&device, &held.access_token).await.status, 200, "{what}");
            assert_eq!(api.call(&held.access_token).await.status, 401, "{what}");
            refresh(&api, held, &held.refresh_token).await.assert_error(400, "invalid_grant");
            let reply = refresh_of(&api, held, &held.refresh_token).await;
            let next = reply.tokens();
            assert_eq!(claims(&next.access)["cnf"], json!({ "jkt": device.jkt }), "{what}");
            assert_eq!(api.call_of(&device, &next.access).await.status, 200, "{what}");
            refresh(&api, held, &next.refresh).await.assert_error(400, "invalid_grant");
            refresh_of(&api, held, &next.refresh).await.tokens();
            found += 1;
        }
        // The holder of the key can repeat a request that an earlier version answered.
        let Some(held) = snapshot.sessions.get("bound and refreshed with a key") else { continue };
        let (_secrets, api) = snapshot.found_by_this_version(&[("Dpop", dpop)]).await;
        let key = held.idempotency_key.as_ref().unwrap();
        let (device, used) = (held.device().unwrap(), held.used.as_ref().unwrap());
        let again = api.refresh_with_key_of(&device, used, key).await.tokens();
        assert_eq!(again.refresh, held.refresh_token);
    }
    assert!(found > BOUND.len(), "the newest has them");
}

/// A refresh with a proof of the session's key.
async fn refresh_of(api: &Api, held: &Held, token: &str) -> Reply {
    let proof = held.device().unwrap().proof(api, "POST", route::REFRESH).sign();
    api.send(with_proof(form_post(route::REFRESH), &proof), held.refresh_form(token)).await
}

/// Instructions for the author of a change that fails the test.
const WHAT_TO_DO: &str = "this version writes something in another form than the newest snapshot has it. If that isn't meant, it \
    would sign users out while functions are replaced or a stack is rolled back. If it is: a release has to read the new form before \
    any writes it, and a parameter starts the writing. See \"A new form of what is stored\" in CONTRIBUTING.md. What was written is in";

#[tokio::test]
async fn this_version_writes_the_items_of_the_newest_snapshot() {
    let written = scene::written_by("COMMIT").await;
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snapshot.json");
    std::fs::write(&file, serde_json::to_string_pretty(&written).unwrap()).unwrap();
    let newest = Snapshot::all().pop().unwrap();
    let difference = difference(&shape(&newest), &shape(&written));
    assert!(difference.is_empty(), "{WHAT_TO_DO} {}\n{}", file.display(), difference.join("\n"));
}

/// A change to something that a snapshot lacks would go unnoticed.
#[test]
fn the_newest_snapshot_has_every_attribute_and_key_of_each_algorithm() {
    let newest = Snapshot::all().pop().unwrap();
    let items = newest.tables.values().flatten();
    let written: Vec<&str> = items.flat_map(|item| item.keys().map(String::as_str)).collect();
    // A name with a day or a window in it has only its beginning in the code.
    let is_written = |name: &str| {
        written.iter().any(|written| *written == name || name.ends_with('_') && written.starts_with(name))
    };
    let missing: Vec<_> =
        crate::stored_items::attributes().into_iter().filter(|name| !is_written(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
