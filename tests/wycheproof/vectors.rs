//! The files of vectors.

use std::{fs, path::Path};

use serde_json::Value;

/// A text, the keys to verify it with, and the correct verdict.
pub(crate) struct Vector {
    pub(crate) id: u64,
    pub(crate) comment: String,
    /// JSON Web Keys, as in the file.
    pub(crate) keys: Vec<Value>,
    pub(crate) text: String,
    pub(crate) is_valid: bool,
}

impl Vector {
    /// The `alg` of its first key.
    pub(crate) fn algorithm(&self) -> &str {
        self.keys[0]["alg"].as_str().unwrap_or("(not stated)")
    }
}

/// Reads a file, and checks the number of vectors that it states.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Vec<Vector>, String> {
    let path = folder.join(name);
    let json = fs::read(&path).map_err(|error| {
        let published = "https://github.com/C2SP/wycheproof, in testvectors_v1";
        format!("{}: {error}\n{name} is published at {published}", path.display())
    })?;
    let malformed = || format!("{} is not what it is expected to be", path.display());
    let file: Value = serde_json::from_slice(&json).map_err(|_| malformed())?;
    let vectors = all(&file).ok_or_else(malformed)?;
    let is_whole = file["numberOfTests"].as_u64() == u64::try_from(vectors.len()).ok();
    if is_whole { Ok(vectors) } else { Err(malformed()) }
}

fn all(file: &Value) -> Option<Vec<Vector>> {
    let mut vectors = Vec::new();
    for group in file["testGroups"].as_array()? {
        // A symmetric key has no public half.
        let keys = group.get("public").or_else(|| group.get("private"))?;
        let keys =
            keys.get("keys").map_or_else(|| Some(vec![keys.clone()]), |list| list.as_array().cloned())?;
        for test in group["tests"].as_array()? {
            vectors.push(Vector {
                id: test["tcId"].as_u64()?,
                comment: test["comment"].as_str()?.to_owned(),
                keys: keys.clone(),
                text: test["jws"].as_str()?.to_owned(),
                is_valid: match test["result"].as_str()? {
                    "valid" => true,
                    "invalid" => false,
                    _ => return None,
                },
            });
        }
    }
    Some(vectors)
}
