//! `latchgate keys`: an operator replaces keys, and retires leaked ones.

use std::time::Duration;

use admin::keys::{KeysCommand, RotateOptions};
use keys::KeyRotation;
use shared::{
    environment::{Environment, variable},
    keys::KeysetDocument,
};

use crate::{
    harness::{Api, Command, Secrets, part},
    key_rotation::rotate,
};

const PLAIN: RotateOptions = RotateOptions { leaked: false, algorithm: None };
const LEAKED: RotateOptions = RotateOptions { leaked: true, algorithm: None };

/// A stack whose secret the real function rotates on request.
async fn stack() -> (Secrets, Api) {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    rotate(&KeyRotation::start(&api.context("keys")).unwrap(), &secrets, "first").await.unwrap();
    let api = api.restarted().await;
    (secrets, api)
}

/// Runs a command, while Secrets Manager's part of a rotation runs too.
async fn run(secrets: &Secrets, api: &Api, command: &Command, options: RotateOptions) {
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    let serve = async {
        loop {
            if let Some(version) = secrets.take_rotation() {
                rotate(&rotation, secrets, &version).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        result = KeysCommand::Rotate(options).run(&command.context) => result.unwrap(),
        () = serve => unreachable!(),
    }
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotation_of_the_secret_ends_no_session() {
    let (secrets, api) = stack().await;
    let tokens = api.login().await;
    let command = Command::on(api.operator(Some(&secrets)));
    run(&secrets, &api, &command, PLAIN).await;
    assert_eq!(api.published_keys().await.len(), 2);
    api.clock.advance(3 * 3600 + 300);
    let later = api.login().await;
    assert_ne!(kid(&later.access), kid(&tokens.access));
    api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(command.events(), ["keyset_rotated"]);
    KeysCommand::Show.run(&command.context).await.unwrap();
}

#[tokio::test]
async fn leaked_keys_are_worthless_once_they_are_replaced() {
    let (secrets, api) = stack().await;
    let tokens = api.login().await;
    let before = secrets.current().await.1;
    let command = Command::on(api.operator(Some(&secrets)));
    run(&secrets, &api, &command, LEAKED).await;
    let old = KeysetDocument::parse(&before).unwrap();
    let new = KeysetDocument::parse(&secrets.current().await.1).unwrap();
    for kid in old.signing_keys.iter().chain(&old.refresh_keys).map(|key| &key.kid) {
        assert!(!new.signing_keys.iter().chain(&new.refresh_keys).any(|key| key.kid == *kid));
    }
    let api = api.restarted().await;
    assert_eq!(api.published_keys().await.len(), 1);
    assert_eq!(api.call(&tokens.access).await.status, 401);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    assert_eq!(command.events(), ["keyset_discarded", "keyset_rotated"]);
}

#[tokio::test]
async fn a_keyset_in_a_file_is_rotated_there() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let path = std::env::temp_dir().join(format!("latchgate-{}.keyset.json", kid(&tokens.access)));
    std::fs::write(&path, api.keyset().to_string()).unwrap();
    let mut deployment = api.operator(None);
    let variables = deployment.environment.clone();
    let tables = [variable::KEYS_TABLE, variable::CLIENTS_TABLE];
    let variables = tables.map(|name| (name.to_owned(), variables.required(name).unwrap().to_owned()));
    let file = (variable::KEYSET_FILE.to_owned(), path.to_string_lossy().into_owned());
    deployment.environment = Environment::from_variables(variables.into_iter().chain([file]));
    let command = Command::on(deployment);

    let read = || KeysetDocument::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let before = read();
    KeysCommand::Rotate(PLAIN).run(&command.context).await.unwrap();
    let after = read();
    assert_eq!(after.signing_keys[1].kid, before.signing_keys[0].kid, "the old one still signs");
    assert_eq!(after.signing_keys[0].alg, "ES256");
    assert_eq!(api.published_keys().await.len(), 2, "and the new one is published");
    let ed = RotateOptions { algorithm: Some("EdDSA".parse().unwrap()), ..LEAKED };
    KeysCommand::Rotate(ed).run(&command.context).await.unwrap();
    let anew = read();
    assert_eq!((anew.signing_keys.len(), anew.signing_keys[0].alg.as_str()), (1, "EdDSA"));
    assert_eq!(api.published_keys().await.len(), 1);
    KeysCommand::Show.run(&command.context).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = KeysCommand::Rotate(PLAIN).run(&command.context).await.unwrap_err();
    assert_eq!(error.exit_code(), 1);
}

#[tokio::test]
async fn a_keyset_that_is_out_of_reach_is_not_replaced() {
    let api = Api::start().await;
    let command = Command::on(api.operator(None));
    let error = KeysCommand::Rotate(PLAIN).run(&command.context).await.unwrap_err();
    assert!(error.to_string().contains("out of reach"), "{error}");
    KeysCommand::Show.run(&command.context).await.unwrap();
    assert_eq!(api.published_keys().await.len(), 1);
}
