//! Everything that a version can store: clients and users as operators create them, sessions in each state, keysets
//! with each kind of key, and the data of [`super::pages`].

use std::collections::BTreeMap;

use admin::tables::{
    clients::{ClientTable, Registration},
    users::{Creation, NewUser, UserTables},
};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use keys::KeyRotation;
use passwords::{NO_PASSWORD, NewCredential, Password, Passwords, Username, stored_form};
use serde_json::json;
use shared::{
    client::{ClaimSelection, Client, ClientIdUrl, ClientKind, SecretHash, SignUp},
    clock::Timestamp,
    ids::{ClientId, UserId},
    lifetimes::LifetimeOverrides,
    route,
    scope::Scope,
    store::{User, attribute},
};

use super::{
    mails, pages,
    snapshot::{Held, Snapshot, parameters},
};
use crate::{
    harness::{
        APP, Api, Device, Fault, PASSWORD, SECRET, SERVER, Secrets, THIRD, Tokens, WEB, bearer, client, form,
        form_post, number, with_proof,
    },
    key_rotation::rotate,
};

const HOUR: u64 = 3600;
/// The secrets of the client `billing`, newest first.
pub(super) const BILLING_SECRETS: [&str; 2] = ["billing-secret-of-today", "billing-secret-of-yesterday"];
/// The demo user's last password.
pub(super) const CHANGED: &str = "a much better password";
/// A client that requires proofs.
const BINDING: &str = "binding";
/// An `Idempotency-Key`.
const KEY: &str = "a-key-of-22-characters";
/// A user who was imported without a password.
pub(super) const WITHOUT_PASSWORD: &str = "without-password";
/// The password of imported users.
pub(super) const IMPORTED_PASSWORD: &str = "correct horse";
/// Hashes from other systems, by user name.
pub(super) const IMPORTED: [(&str, &str); 5] = [
    ("bcrypt", "bcrypt$$2b$04$43TdZZ2cV4DjhTRmK3u3b.ronoogEJKCYvm9KU3FCu66Ha3eEKjgO"),
    ("passlib", "$pbkdf2-sha256$1000$8X7PeS9FaO3d.1/LmTMmZA$KPIPSSjtlaehy1Xu0PSlC3VELn7724g8XcJ52/oUgws"),
    ("django", "pbkdf2_sha256$1000$seasalt2seasalt2$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0="),
    (
        "scrypt",
        "scrypt$1024$seasalt2seasalt2$8$5$5QY6/ftL0IQD6WqYBiHfcNbjWIRbPWaYp5HrkrNIc5oUX7oySyJhGiBnjex4DhkrxBv0J9JU5thdI431Pw6koA==",
    ),
    (
        "werkzeug",
        "pbkdf2:sha256:1000$vJyTpWJBvvw9Qfqq$3638138debc514ae4429937e5901330e9adaa38ccbc6983f08d09270f5416b70",
    ),
];

/// Runs the whole scene.
pub(super) async fn written_by(version: &str) -> Snapshot {
    let secrets = Secrets::emulated().await;
    let deployed = Api::with_secret(&secrets, parameters).await;
    rotate_with(&deployed, &secrets, "first", "ES256").await;
    let api = deployed.restarted().await;
    clients(&api).await;
    users(&api).await;

    let mut sessions = BTreeMap::new();
    let oldest = login(&api, "ada", PASSWORD, APP).await;
    sessions.insert("oldest", oldest);
    api.clock.advance(25 * HOUR);
    rotate_with(&api, &secrets, "second", "EdDSA").await;
    sessions.insert("es256", login(&api, "ada", PASSWORD, APP).await);
    api.clock.advance(4 * HOUR);
    let api = api.restarted().await;
    rotate_with(&api, &secrets, "third", "RS256").await;
    sessions.insert("eddsa", login(&api, "ada", PASSWORD, APP).await);
    api.clock.advance(4 * HOUR);
    let api = api.restarted().await;
    sessions.insert("rs256", login(&api, "ada", PASSWORD, SERVER).await);
    sessions.insert("billing", login(&api, "ada", PASSWORD, "billing").await);

    changed_password(&api, &mut sessions).await;
    ended(&api, &mut sessions).await;
    cut_off(&api, &mut sessions).await;
    guessed(&api).await;
    bound(&api, &mut sessions).await;
    let mails = mails::left_behind(&api).await;
    rotated(&api, &mut sessions).await;
    let pages = pages::left_behind(&api).await;
    let sessions = sessions.into_iter().map(|(name, held)| (name.to_owned(), held)).collect();
    Snapshot { mails: Some(mails), ..Snapshot::of(&api, &secrets, version, sessions, pages).await }
}

async fn rotate_with(api: &Api, secrets: &Secrets, name: &str, algorithm: &str) {
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("SigningAlgorithm", algorithm);
    let mut functions = api.template.functions(&deployment.parameters).unwrap();
    let context = deployment.context(functions.remove("keys").unwrap());
    rotate(&KeyRotation::start(&context).unwrap(), secrets, name).await.unwrap();
}

/// Registers clients, as an operator does.
async fn clients(api: &Api) {
    let table = ClientTable::of(&api.operator(None)).unwrap();
    let billing = Client {
        client_id: ClientId::parse("billing").unwrap(),
        name: Some("Billing".to_owned()),
        kind: ClientKind::Confidential(BILLING_SECRETS.map(|secret| SecretHash::of(&secret.into())).into()),
        scope: Scope::parse("read").unwrap(),
        resources: ["https://notes.example.com/mcp".to_owned()].into(),
        claims: ClaimSelection::Named(["email".to_owned()].into()),
        not_before: Timestamp::from_unix(api.clock.unix()),
        disabled: false,
        requires_dpop: false,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        is_first_party: false,
        sign_up: Some(SignUp::Closed),
        url: None,
        overrides: LifetimeOverrides {
            access_ttl: Some(std::time::Duration::from_secs(900)),
            idle_ttl: Some(std::time::Duration::from_secs(86400)),
            absolute_ttl: Some(std::time::Duration::from_secs(864_000)),
            leeway: Some(std::time::Duration::from_secs(20)),
        },
    };
    let closed = Client {
        client_id: ClientId::parse("closed").unwrap(),
        kind: ClientKind::Public,
        disabled: true,
        ..billing.clone()
    };
    let binding = Client {
        client_id: ClientId::parse(BINDING).unwrap(),
        kind: ClientKind::Public,
        requires_dpop: true,
        ..billing.clone()
    };
    let url = ClientIdUrl::parse("https://assistant.example.com/client.json").unwrap();
    let documented = Client {
        client_id: url.client_id(),
        kind: ClientKind::Public,
        url: Some(url),
        overrides: LifetimeOverrides::default(),
        ..billing.clone()
    };
    // An operator doesn't write this row.
    api.put_client(&documented).await;
    for client in [billing, closed, binding, client(WEB), client(THIRD)] {
        assert!(matches!(table.register(&client).await.unwrap(), Registration::Done));
    }
}

/// Creates and imports users, as an operator does.
async fn users(api: &Api) {
    let tables = UserTables::of(&api.operator(None)).unwrap();
    // With a deployment's hash cost, which is higher than the tests'.
    let password = Password::parse(&PASSWORD.into()).unwrap();
    let hash = Passwords::new(api.deployment.random.clone()).hash(&password).await.unwrap();
    let own = ["ada", "must-change", "disabled", "cut-off", pages::USER].map(|name| (name, hash.clone()));
    let without_password = [(WITHOUT_PASSWORD, NO_PASSWORD.to_owned())];
    let imported = IMPORTED.map(|(name, hash)| (name, stored_form(hash).unwrap()));
    for (name, password_hash) in own.into_iter().chain(imported).chain(without_password) {
        let username = Username::parse(name).unwrap();
        let claims = json!({ "email": format!("{name}@example.com"), "roles": ["user"] });
        let new = NewUser {
            user: User {
                username: Some(username.as_str().to_owned()),
                claims: claims.as_object().unwrap().clone(),
                new_device_mails: name == "ada",
                ..User::default()
            },
            credential: NewCredential {
                user_id: UserId::parse(&format!("user-{name}")).unwrap(),
                password_hash,
                must_change: name == "must-change",
                valid_from: Timestamp::default(),
            },
            undos: None,
            username,
        };
        assert!(matches!(tables.create(&new).await.unwrap(), Creation::Done));
    }
}

fn secret_of(client_id: &str) -> Option<&'static str> {
    match client_id {
        SERVER => Some(SECRET),
        "billing" => Some(BILLING_SECRETS[1]),
        _ => None,
    }
}

async fn login(api: &Api, username: &str, password: &str, client_id: &str) -> Held {
    login_of(api, username, password, client_id, None).await
}

/// Logs in, with a proof if a device is given.
async fn login_of(
    api: &Api,
    username: &str,
    password: &str,
    client_id: &str,
    device: Option<&Device>,
) -> Held {
    let secret = secret_of(client_id);
    let mut body = json!({ "client_id": client_id, "username": username, "password": password,
        "device_name": "Laptop" });
    if let Some(secret) = secret {
        body["client_secret"] = json!(secret);
    }
    let mut request = Request::post(route::LOGIN).header("content-type", "application/json");
    if let Some(device) = device {
        request = with_proof(request, &device.proof(api, "POST", route::LOGIN).sign());
    }
    let reply = api.send(request.header("user-agent", "Browser/1"), body.to_string()).await;
    let Tokens { access, refresh } = reply.tokens();
    Held {
        client_id: client_id.to_owned(),
        client_secret: secret.map(str::to_owned),
        access_token: access,
        refresh_token: refresh,
        used: None,
        idempotency_key: None,
        device: device.map(|device| device.private.clone()),
    }
}

impl Held {
    /// The parameters of a request, after the client's.
    pub(super) fn form(&self, more: &[(&str, &str)]) -> String {
        let secret = self.client_secret.as_deref().map(|secret| ("client_secret", secret));
        let client = [("client_id", self.client_id.as_str())].into_iter().chain(secret);
        form(&client.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    /// The device that the session is bound to, if any.
    pub(super) fn device(&self) -> Option<Device> {
        self.device.as_ref().map(Device::of)
    }

    /// The form of a refresh with this token.
    pub(super) fn refresh_form(&self, token: &str) -> String {
        self.form(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// The client's data after a refresh.
    async fn refreshed(&self, api: &Api, key: Option<&str>) -> Self {
        let mut request = form_post(route::REFRESH);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(device) = self.device() {
            request = with_proof(request, &device.proof(api, "POST", route::REFRESH).sign());
        }
        let Tokens { access, refresh } =
            api.send(request, self.refresh_form(&self.refresh_token)).await.tokens();
        Self {
            access_token: access,
            refresh_token: refresh,
            used: Some(self.refresh_token.clone()),
            idempotency_key: key.map(str::to_owned),
            ..self.clone()
        }
    }
}

type Sessions = BTreeMap<&'static str, Held>;

/// Changes the demo user's password once without a key, and once with a key, so that the request can be repeated.
async fn changed_password(api: &Api, sessions: &mut Sessions) {
    let before = login(api, "demo", PASSWORD, APP).await;
    let other = login(api, "demo", PASSWORD, SERVER).await;
    let change = |from: &str, to: &str| form(&[("current_password", from), ("new_password", to)]);
    let request = bearer(form_post(route::PASSWORD), &before.access_token);
    let Tokens { access, refresh } = api.send(request, change(PASSWORD, "a better password")).await.tokens();
    let changed = Held { access_token: access, refresh_token: refresh, ..before.clone() };
    api.clock.advance(60);
    let request = bearer(form_post(route::PASSWORD), &changed.access_token).header("idempotency-key", KEY);
    let again = change("a better password", CHANGED);
    let Tokens { access, refresh } = api.send(request, again).await.tokens();
    let newest = Held { access_token: access, refresh_token: refresh, ..before.clone() };
    sessions.extend([
        ("ended by a change", before),
        ("ended by another's change", other),
        ("of a change", newest),
    ]);
}

/// Ends one session completely, and another only half.
async fn ended(api: &Api, sessions: &mut Sessions) {
    let ended = login(api, "ada", PASSWORD, APP).await;
    let half_ended = login(api, "ada", PASSWORD, APP).await;
    let logout = |held: &Held| held.form(&[("token", &held.refresh_token)]);
    assert_eq!(api.send(form_post(route::LOGOUT), logout(&ended)).await.status, 200);
    api.calls.fail(Fault::Before("DeleteItem Sessions"));
    assert_eq!(api.send(form_post(route::LOGOUT), logout(&half_ended)).await.status, 503);
    api.calls.heal();
    sessions.extend([("ended", ended), ("half ended", half_ended)]);
}

/// Sessions of users who may not continue.
async fn cut_off(api: &Api, sessions: &mut Sessions) {
    for (name, attribute, value) in [
        ("disabled", attribute::DISABLED, AttributeValue::Bool(true)),
        ("cut-off", attribute::NOT_BEFORE, number(api.clock.unix() + 60)),
    ] {
        sessions.insert(name, login(api, name, PASSWORD, APP).await);
        let user_id = format!("user-{name}");
        let key = (attribute::USER_ID, user_id.as_str());
        api.seeder().set("UsersTable", key, vec![(attribute, value)]).await.unwrap();
    }
    api.clock.advance(60);
}

/// Wrong passwords for an existing name and an unknown one.
async fn guessed(api: &Api) {
    for name in ["bcrypt", "nobody"] {
        let wrong = [("client_id", APP), ("username", name), ("password", "wrong password")];
        api.post(route::LOGIN, &wrong).await.assert_error(400, "invalid_grant");
    }
}

/// Sessions bound to devices' keys, from the login or a refresh on, and a call with one of them.
async fn bound(api: &Api, sessions: &mut Sessions) {
    let (es256, eddsa) = (Device::es256(1), Device::eddsa(1));
    let login = async |client_id: &str, device: Option<&Device>| {
        login_of(api, "ada", PASSWORD, client_id, device).await
    };
    let bound = login(APP, Some(&es256)).await;
    let unbound = login(APP, None).await;
    let since = Held { device: Some(eddsa.private), ..unbound }.refreshed(api, None).await;
    let keyed = login(APP, Some(&es256)).await.refreshed(api, Some(KEY)).await;
    let binding = login(BINDING, Some(&es256)).await;
    assert_eq!(api.call_of(&es256, &bound.access_token).await.status, 200);
    sessions.extend([
        ("bound", bound),
        ("bound since a refresh", since),
        ("bound and refreshed with a key", keyed),
        ("of a client that binds", binding),
    ]);
}

/// Refreshed sessions. They come last, so that the leeway isn't over.
async fn rotated(api: &Api, sessions: &mut Sessions) {
    let keyed = login(api, "ada", PASSWORD, APP).await.refreshed(api, Some(KEY)).await;
    let reused = login(api, "ada", PASSWORD, APP).await.refreshed(api, None).await;
    let reused = Held { used: reused.used.clone(), ..reused.refreshed(api, None).await };
    let undelivered = login(api, "ada", PASSWORD, SERVER).await;
    api.calls.fail(Fault::Before("GetItem Users"));
    let refresh = undelivered.refresh_form(&undelivered.refresh_token);
    assert_eq!(api.send(form_post(route::REFRESH), refresh).await.status, 503);
    api.calls.heal();
    api.clock.advance(100);
    let just_now = login(api, "ada", PASSWORD, APP).await.refreshed(api, None).await;
    sessions.extend([
        ("refreshed with a key", keyed),
        ("refreshed twice", reused),
        ("undelivered", undelivered),
        ("refreshed just now", just_now),
    ]);
}
