//! Hashes as other systems write them down, made into what is stored here.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};

use crate::StoredHash;

/// A hash in the form that another system has it in, as the text that is stored here; `None`, if it is of no known
/// form or beyond the caps.
///
/// Known are PHC strings (argon2, scrypt, PBKDF2), bcrypt as everywhere, and scrypt and PBKDF2 as passlib, Django and
/// Werkzeug have them.
pub fn stored_form(text: &str) -> Option<String> {
    let text = text.trim();
    let known = [Some(text.to_owned()), passlib(text), django(text), werkzeug(text)];
    known.into_iter().flatten().find(|text| StoredHash::parse(text).is_some())
}

/// `$pbkdf2-sha256$29000$SALT$KEY`, in base64 with `.` for `+`.
fn passlib(text: &str) -> Option<String> {
    let (kind, rest) = text.strip_prefix('$')?.split_once('$')?;
    let [iterations, salt, key] = parts(rest)?;
    is_number(iterations).then_some(())?;
    let standard = |encoded: &str| encoded.replace('.', "+");
    kind.starts_with("pbkdf2").then(|| format!("${kind}$i={iterations}${}${}", standard(salt), standard(key)))
}

/// `pbkdf2_sha256$600000$SALT$KEY`, `scrypt$16384$SALT$8$5$KEY`: the salt as it is, the key in padded base64. Its
/// bcrypt and argon2 have their usual form after a name.
fn django(text: &str) -> Option<String> {
    let (kind, rest) = text.split_once('$')?;
    match kind {
        "argon2" => Some(format!("${rest}")),
        "bcrypt" => Some(rest.to_owned()),
        "scrypt" => {
            let [n, salt, r, p, key] = parts(rest)?;
            scrypt((n, r, p), salt, &STANDARD.decode(key).ok()?)
        }
        "pbkdf2_sha256" | "pbkdf2_sha1" | "pbkdf2_sha512" => {
            let [iterations, salt, key] = parts(rest)?;
            pbkdf2(kind.strip_prefix("pbkdf2_")?, iterations, salt, &STANDARD.decode(key).ok()?)
        }
        _ => None,
    }
}

/// `pbkdf2:sha256:600000$SALT$KEY`, `scrypt:32768:8:1$SALT$KEY`: the salt as it is, the key in hexadecimal.
fn werkzeug(text: &str) -> Option<String> {
    let [method, salt, key] = parts(text)?;
    let key = from_hex(key)?;
    let method: Vec<&str> = method.split(':').collect();
    match method[..] {
        ["pbkdf2", digest, iterations] => pbkdf2(digest, iterations, salt, &key),
        ["scrypt", n, r, p] => scrypt((n, r, p), salt, &key),
        _ => None,
    }
}

fn pbkdf2(digest: &str, iterations: &str, salt: &str, key: &[u8]) -> Option<String> {
    is_number(iterations).then(|| {
        let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
        format!("$pbkdf2-{digest}$i={iterations}${salt}${key}")
    })
}

fn scrypt((n, r, p): (&str, &str, &str), salt: &str, key: &[u8]) -> Option<String> {
    let n: u64 = n.parse().ok()?;
    (n.is_power_of_two() && is_number(r) && is_number(p)).then(|| {
        let (salt, key) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(key));
        format!("$scrypt$ln={},r={r},p={p}${salt}${key}", n.trailing_zeros())
    })
}

fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use shared::hash_cost::HashCost;

    use super::*;
    use crate::Verdict;
    use crate::memory::HashMemory;

    /// "correct horse", as passlib, Django and Werkzeug write its hash.
    const WRITTEN: &[&str] = &[
        "$pbkdf2-sha256$1000$8X7PeS9FaO3d.1/LmTMmZA$KPIPSSjtlaehy1Xu0PSlC3VELn7724g8XcJ52/oUgws",
        "$pbkdf2-sha512$1000$pFSKsZYS4pxTam3tXUvpfQ$aPrdJv4q1bQDpGcd8Yn2LRgAiMF.7nbTF0E9114bJOlyiZlZfPLeoWXpWxgUXmH9/egZY23iVO9X2ZZ2tuzxuw",
        "$pbkdf2$1000$//./N6bU.t/7nzNmLEUoJQ$D5GhBqh731xa6wrZyaSWR/PR5sY",
        "pbkdf2_sha256$1000$seasalt2seasalt2$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0=",
        "pbkdf2_sha1$1000$seasalt2seasalt2$dSo8DwDJrxiEoz8SyR5GZ4AKRSo=",
        "scrypt$1024$seasalt2seasalt2$8$5$5QY6/ftL0IQD6WqYBiHfcNbjWIRbPWaYp5HrkrNIc5oUX7oySyJhGiBnjex4DhkrxBv0J9JU5thdI431Pw6koA==",
        "bcrypt$$2b$04$43TdZZ2cV4DjhTRmK3u3b.ronoogEJKCYvm9KU3FCu66Ha3eEKjgO",
        "argon2$argon2id$v=19$m=4096,t=1,p=1$c2Vhc2FsdDJzZWFzYWx0Mg$IbrQfSMJLJB2xPuCjFUFJmu8+8HpGp0SOJxelVjoIS4",
        "pbkdf2:sha256:1000$vJyTpWJBvvw9Qfqq$3638138debc514ae4429937e5901330e9adaa38ccbc6983f08d09270f5416b70",
        "pbkdf2:sha512:1000$JBnnd787DSz8EeZr$071165982a35b31557065f122a2247b7ceb906b5fa1330ab61cad6e0a9f5ae1dacd379ef45e43ec806b440c57148fcc00f74ae4e6d6a1c05e0bfe4e8a81fbb97",
        "scrypt:1024:8:1$MkGbP6qkw0TeXLge$14a6243cc3d6d21b0e2e9c9ced66afefc36634ae09e67f0fae9edf810bc22aa997471dd77a3509181be1d3b3ddbb6bb77ac09c3858b7897118fa8a55941be115",
    ];

    #[test]
    fn a_hash_of_another_system_becomes_one_that_can_be_compared_with() {
        let (mut memory, cost) = (HashMemory::default(), HashCost::PRODUCTION);
        for text in WRITTEN {
            let stored = stored_form(text).unwrap_or_else(|| panic!("{text}"));
            let hash = StoredHash::parse(&stored).unwrap();
            assert_eq!(hash.verify(b"correct horse", cost, &mut memory), Ok(Verdict::RightButWeak), "{text}");
            assert_eq!(hash.verify(b"correct house", cost, &mut memory), Ok(Verdict::Wrong), "{text}");
            assert_eq!(stored_form(&stored).as_ref(), Some(&stored), "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_stays_none() {
        for text in [
            "",
            "correct horse",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "pbkdf2_sha256$1000$salt$not base64!",
            "pbkdf2_md5$1000$seasalt2seasalt2$AAAAAAAAAAAAAAAAAAAAAA==",
            "pbkdf2:sha256:many$seasalt2$00ff",
            // Another parameter, smuggled in behind the number.
            "pbkdf2_sha256$1000,l=32$seasalt2seasalt2$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0=",
            "pbkdf2:sha256:1000$vJyTpWJBvvw9Qfqq$3638138debc514ae4429937e5901330e9adaa38ccbc6983f08d09270f5416b7",
            "pbkdf2:sha256:1000$vJyTpWJBvvw9Qfqq$3638138debc514ae4429937e5901330e9adaa38ccbc6983f08d09270f5416bé",
            "scrypt:1000:8:1$seasalt2$00ff00ff00ff00ff00ff",
            "scrypt$1024$salt$8",
            "sha1$salt$00ff",
        ] {
            assert_eq!(stored_form(text), None, "{text}");
        }
    }
}
