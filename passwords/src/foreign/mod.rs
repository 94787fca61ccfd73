//! Converts other systems' hashes into the form that is stored here.

mod aspnet;
mod braces;
mod django;
mod keycloak;
mod passlib;
mod translation;
mod werkzeug;

use crate::{StoredHash, stored::HashRejection};

/// Converts another system's hash into the text that is stored here.
///
/// It knows the kinds of [`StoredHash`], and the forms that passlib, Django, Werkzeug, Spring, Keycloak and
/// ASP.NET Identity give them.
///
/// # Errors
///
/// [`HashRejection`], if the form is unknown or incomplete, or the hash exceeds the caps.
pub fn stored_form(text: &str) -> Result<String, HashRejection> {
    let text = text.trim();
    let translated = passlib::translate(text)
        .or_else(|| django::translate(text))
        .or_else(|| werkzeug::translate(text))
        .or_else(|| braces::translate(text))
        .or_else(|| keycloak::translate(text))
        .or_else(|| aspnet::translate(text));
    let stored = translated.unwrap_or_else(|| Ok(text.to_owned()))?;
    StoredHash::parse(&stored)?;
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use shared::hash_cost::HashCost;

    use super::*;
    use crate::{Password, Verdict, memory::HashMemory};

    /// A hash with its tool and password. The tool used its defaults, unless the fixture says otherwise.
    #[derive(Deserialize)]
    struct Fixture {
        tool: String,
        how: String,
        password: String,
        hash: String,
    }

    fn fixtures() -> Vec<Fixture> {
        let lines = include_str!("fixtures.jsonl").lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn password(text: &str) -> Password {
        Password::parse(&text.into()).unwrap()
    }

    #[test]
    fn the_hash_of_every_tool_verifies_and_is_to_be_replaced() {
        let (mut memory, cost) = (HashMemory::default(), HashCost::PRODUCTION);
        for Fixture { tool, how, password: text, hash } in fixtures() {
            let what = format!("{tool}, {how}: {hash}");
            let stored = stored_form(&hash).unwrap_or_else(|rejection| panic!("{what} {rejection}"));
            assert_eq!(stored_form(&stored).as_ref(), Ok(&stored), "{what}");
            let parsed = StoredHash::parse(&stored).unwrap();
            let verdict = parsed.verify(&password(&text), cost, &mut memory).unwrap();
            // An argon2id hash at today's cost or more is as good as ours, if its password is in normal form.
            let is_ours = verdict == Verdict::Right && stored.starts_with("$argon2id$") && text.is_ascii();
            assert!(verdict == Verdict::RightButWeak || is_ours, "{what}: {verdict:?}");
        }
    }

    #[test]
    fn every_kind_of_hash_refuses_another_password() {
        let (mut memory, cost) = (HashMemory::default(), HashCost::PRODUCTION);
        // One of each kind, since they take long.
        let mut kinds = std::collections::HashSet::new();
        for Fixture { hash, .. } in fixtures() {
            let stored = stored_form(&hash).unwrap();
            if kinds.insert(stored.trim_start_matches('$').split('$').next().unwrap().to_owned()) {
                let verdict =
                    StoredHash::parse(&stored).unwrap().verify(&password("another"), cost, &mut memory);
                assert_eq!(verdict, Ok(Verdict::Wrong), "{hash}");
            }
        }
        assert_eq!(kinds.len(), 18, "{kinds:?}");
    }

    #[test]
    fn each_kind_that_the_guide_names_has_a_hash_made_by_it() {
        let tools: Vec<String> = fixtures().into_iter().map(|fixture| fixture.tool).collect();
        for tool in [
            "Django ",
            "passlib ",
            "Werkzeug ",
            "argon2-cffi ",
            "bcrypt (Python) ",
            "bcrypt (npm) ",
            "bcryptjs ",
            "argon2 (npm) ",
            "PHP ",
            "WordPress ",
            "Keycloak",
            "ASP.NET Core Identity",
            "Firebase",
            "Supabase Auth",
        ] {
            assert!(tools.iter().any(|made| made.starts_with(tool)), "{tool}");
        }
    }

    #[test]
    fn a_name_in_braces_is_left_out() {
        let hash = "$2a$04$boXaph7xYkPAYy2UrYLVv.NgE8p1TS3L497LSeiS38eHNYrvltXKq";
        for name in ["bcrypt", "BLF-CRYPT", "CRYPT"] {
            assert_eq!(stored_form(&format!("{{{name}}}{hash}")).as_deref(), Ok(hash));
        }
    }

    #[test]
    fn a_bad_hash_is_refused_with_its_reason() {
        use HashRejection::{BeyondCap, Malformed, Unknown};
        let credential = |data: &str| {
            format!(
                r#"{{"type":"password","secretData":"{{\"value\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"salt\":\"AAAA\"}}","credentialData":{data:?}}}"#
            )
        };
        for (text, rejection) in [
            ("", Unknown),
            ("correct horse", Unknown),
            ("5f4dcc3b5aa765d61d8327deb882cf99", Unknown),
            ("$1$abcdefgh$5bHrwxVJVqyp4vJ8Z3Fqs0", Unknown),
            ("$y$j9T$abcdefgh$abcdefgh", Unknown),
            ("sha1$salt$00ff", Unknown),
            ("pbkdf2_md5$1000$seasalt2seasalt2$AAAAAAAAAAAAAAAAAAAAAA==", Unknown),
            ("pbkdf2_sha256$1000$salt$not base64!", Malformed("Django's PBKDF2")),
            // Another parameter, added after the number.
            (
                "pbkdf2_sha256$1000,l=32$seasalt2seasalt2$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0=",
                Malformed("Django's PBKDF2"),
            ),
            (
                "pbkdf2_sha256$+1000$salt$8MkvgctZalT3B1nT7NulxO1ihsB4FzTmepbHRG1ngO0=",
                Malformed("Django's PBKDF2"),
            ),
            ("scrypt$1024$salt$8", Malformed("Django's scrypt")),
            ("scrypt$1000$salt$8$1$AAAAAAAAAAAAAAAAAAAAAA==", Malformed("Django's scrypt")),
            ("pbkdf2:sha256:many$seasalt2$00ff", Malformed("Werkzeug's")),
            ("pbkdf2:md5:1000$seasalt2$00ff", Malformed("Werkzeug's")),
            ("pbkdf2:sha256:1000$seasalt2$3638138debc514ae442993+", Malformed("Werkzeug's")),
            ("pbkdf2:sha256:1000$seasalt2$3638138debc514ae442993e", Malformed("Werkzeug's")),
            ("pbkdf2:sha256:1000$seasalt2$3638138debc514ae442993é", Malformed("Werkzeug's")),
            ("scrypt:1000:8:1$seasalt2$00ff00ff00ff00ff00ff", Malformed("Werkzeug's")),
            ("$pbkdf2-sha256$many$8X7PeS9FaO3d.1$KPIPSSjtlaehy1Xu0PSlC3", Malformed("passlib's PBKDF2")),
            ("AQAAAAEAACcQAAAAEAABAgMEBQYH", Malformed("ASP.NET Identity's")),
            // Neither is as long as version 2.
            ("AAAA", Unknown),
            (&"A".repeat(68), Unknown),
            ("AQAAAAMAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7c", Malformed("ASP.NET Identity's")),
            ("{noop}correct horse", Unknown),
            ("{bcrypt}5f4dcc3b5aa765d61d8327deb882cf99", Unknown),
            ("{bcrypt}$2a$10$abc", Malformed("bcrypt")),
            ("{MD5}$1$abcdefgh$5bHrwxVJVqyp4vJ8Z3Fqs0", Unknown),
            (r#"{"type":"otp"}"#, Malformed("a credential of Keycloak")),
            (
                &credential(r#"{"hashIterations":1,"algorithm":"rot13"}"#),
                Malformed("a credential of Keycloak"),
            ),
            (
                &credential(r#"{"hashIterations":2000001,"algorithm":"pbkdf2"}"#),
                BeyondCap("2,000,000 iterations of PBKDF2"),
            ),
        ] {
            assert_eq!(stored_form(text), Err(rejection), "{text}");
        }
    }
}
