//! Keycloak: a credential of type `password` as a JSON object, as in a realm's export and the `CREDENTIAL`
//! table.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use serde_json::Value;

use super::translation::{Translation, pbkdf2};
use crate::stored::HashRejection;

pub(super) fn translate(text: &str) -> Translation {
    let credential = serde_json::from_str(text).ok().filter(Value::is_object)?;
    Some(stored(&credential).ok_or(HashRejection::Malformed("a credential of Keycloak")))
}

fn stored(credential: &Value) -> Option<String> {
    if credential.get("type").is_some_and(|kind| kind != "password") {
        return None;
    }
    let (data, secret) = (object(credential, "credentialData")?, object(credential, "secretData")?);
    let bytes = |name| STANDARD.decode(secret.get(name)?.as_str()?).ok();
    let (salt, key) = (bytes("salt")?, bytes("value")?);
    let iterations = u32::try_from(data.get("hashIterations")?.as_u64()?).ok()?;
    match data.get("algorithm")?.as_str()? {
        "pbkdf2" => Some(pbkdf2("sha1", iterations, &salt, &key)),
        "pbkdf2-sha256" => Some(pbkdf2("sha256", iterations, &salt, &key)),
        "pbkdf2-sha512" => Some(pbkdf2("sha512", iterations, &salt, &key)),
        "argon2" => argon2(&data, iterations, &salt, &key),
        _ => None,
    }
}

/// A member that may be an object, or its text, as the table has it.
fn object(credential: &Value, name: &str) -> Option<Value> {
    match credential.get(name)? {
        Value::String(text) => serde_json::from_str(text).ok(),
        object => Some(object.clone()),
    }
}

fn argon2(data: &Value, passes: u32, salt: &[u8], key: &[u8]) -> Option<String> {
    let parameter = |name| data.get("additionalParameters")?.get(name)?.get(0)?.as_str();
    let kind = parameter("type").filter(|kind| matches!(*kind, "id" | "i" | "d"))?;
    let version = match parameter("version")? {
        "1.3" => 19,
        "1.0" => 16,
        _ => return None,
    };
    let (memory, lanes) = (parameter("memory")?, parameter("parallelism")?);
    let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
    Some(format!("$argon2{kind}$v={version}$m={memory},t={passes},p={lanes}${salt}${key}"))
}
