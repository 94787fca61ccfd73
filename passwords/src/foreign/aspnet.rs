//! ASP.NET Identity: PBKDF2, with its parameters in base64. The first byte is the version: 0 for Identity 2,
//! and 1 for Identity 3, which ASP.NET Core uses (`PasswordHasher.cs` of dotnet/aspnetcore).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::translation::{Translation, pbkdf2};
use crate::stored::HashRejection;

/// The version, 16 bytes of salt, and 32 of key.
const VERSION_2_LEN: usize = 49;
const VERSION_2_ITERATIONS: u32 = 1000;

pub(super) fn translate(text: &str) -> Translation {
    let bytes = STANDARD.decode(text).ok()?;
    match bytes.split_first()? {
        (0, rest) if bytes.len() == VERSION_2_LEN => {
            let (salt, key) = rest.split_at(16);
            Some(Ok(pbkdf2("sha1", VERSION_2_ITERATIONS, salt, key)))
        }
        (1, rest) => Some(version_3(rest).ok_or(HashRejection::Malformed("ASP.NET Identity's"))),
        _ => None,
    }
}

/// Reads version 3: the digest, the iterations and the length of the salt, four bytes each, then the salt and
/// the key.
fn version_3(bytes: &[u8]) -> Option<String> {
    let (digest, rest) = bytes.split_first_chunk()?;
    let (iterations, rest) = rest.split_first_chunk()?;
    let (salt_len, rest) = rest.split_first_chunk()?;
    let digest = match u32::from_be_bytes(*digest) {
        0 => "sha1",
        1 => "sha256",
        2 => "sha512",
        _ => return None,
    };
    let salt_len = usize::try_from(u32::from_be_bytes(*salt_len)).ok()?;
    let (salt, key) = rest.split_at_checked(salt_len)?;
    Some(pbkdf2(digest, u32::from_be_bytes(*iterations), salt, key))
}
