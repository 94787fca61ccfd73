//! A parsed invitation, or why its line is rejected. The reason never repeats any part of the line.

use mails::EmailAddress;
use serde_json::{Map, Value};
use shared::{http::Language, ids::ClientId};

use crate::{
    import::fields::{self, Fields},
    options,
    users::claims,
};

/// The claims that the confirmation sets.
const OF_ADDRESS: [&str; 2] = ["email", "email_verified"];

/// The fields of a line of JSON.
const FIELDS: &[&str] = &["email", "language", "claims", "client_id"];

/// An invitation. What a line leaves out is absent, so that the command's options decide.
#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub(super) address: EmailAddress,
    pub(super) client_id: Option<ClientId>,
    pub(super) language: Option<Language>,
    pub(super) claims: Option<Map<String, Value>>,
}

impl Invitation {
    /// An invitation of this address.
    pub(super) fn of(address: EmailAddress) -> Self {
        Self { address, client_id: None, language: None, claims: None }
    }

    /// Parses a line, which is an address or an object; `None`, if it is blank.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let text = fields::without_mark(line);
        if text.is_empty() {
            return Ok(None);
        }
        if text.starts_with(b"{") {
            return Fields::parse(line, FIELDS)?.map(Self::of_fields).transpose();
        }
        let address = std::str::from_utf8(text).ok().and_then(EmailAddress::parse);
        address.map(|address| Some(Self::of(address))).ok_or_else(|| "it is no mail address".to_owned())
    }

    fn of_fields(mut fields: Fields) -> Result<Self, String> {
        let email = fields.text("email")?.ok_or("it has no email")?;
        let address = EmailAddress::parse(&email).ok_or("its email is no mail address")?;
        let language = fields.text("language")?;
        let language = language.map(|text| Language::parse(&text).ok_or("its language is neither en nor vi"));
        let client_id = fields.text("client_id")?;
        let client_id =
            client_id.map(|text| options::client_id(&text).map_err(|_| "its client_id is malformed"));
        let claims = match fields.take("claims") {
            None => None,
            Some(Value::Object(claims)) => Some(claims),
            Some(_) => return Err("its claims are not an object".to_owned()),
        };
        Ok(Self { address, client_id: client_id.transpose()?, language: language.transpose()?, claims })
    }
}

/// Checks the claims of an invited user, to which the confirmation adds the address.
pub(super) fn check_claims(
    claims: &Map<String, Value>,
    address: Option<&EmailAddress>,
) -> Result<(), &'static str> {
    if claims.keys().any(|name| OF_ADDRESS.contains(&name.as_str())) {
        return Err("the claims have email or email_verified, which the confirmation sets");
    }
    let mut complete = claims.clone();
    let [email, email_verified] = OF_ADDRESS.map(str::to_owned);
    complete.insert(email, address.map(EmailAddress::as_str).into());
    complete.insert(email_verified, true.into());
    claims::check(&complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Invitation>, String> {
        Invitation::parse(line.as_bytes())
    }

    #[test]
    fn a_line_is_an_address_or_an_object() {
        for line in ["Ada@example.com", " Ada@example.com\r\n", "\u{feff}Ada@example.com\n"] {
            let invitation = parse(line).unwrap().unwrap();
            assert_eq!(invitation.address.as_str(), "Ada@example.com");
            assert!(invitation.client_id.is_none() && invitation.language.is_none());
            assert!(invitation.claims.is_none());
        }
        let line =
            r#"{"email":"ada@example.com","language":"vi","client_id":"shop","claims":{"roles":["a"]}}"#;
        let invitation = parse(line).unwrap().unwrap();
        assert_eq!(invitation.client_id.unwrap().as_str(), "shop");
        assert_eq!(invitation.language, Some(Language::Vietnamese));
        assert_eq!(invitation.claims.unwrap()["roles"], serde_json::json!(["a"]));
        let line = r#"{"email":"ada@example.com","language":null,"client_id":null,"claims":null}"#;
        assert!(parse(line).unwrap().unwrap().claims.is_none());
        for blank in ["", "\n", "\r\n", "\u{feff}\n", "  \n"] {
            assert!(parse(blank).unwrap().is_none(), "{blank:?}");
        }
    }

    #[test]
    fn the_reason_for_refusing_a_line_does_not_quote_it() {
        for (line, reason) in [
            ("secret", "no mail address"),
            ("secret@", "no mail address"),
            ("Ada <secret@example.com>", "no mail address"),
            ("secret@example.com,Ada", "no mail address"),
            (r#"{"email":"secret"}"#, "its email is no mail address"),
            (r#"{"email":7}"#, "its email is not a string"),
            (r#"{"language":"en"}"#, "it has no email"),
            (r#"{"email":"a@example.com""#, "not a JSON object"),
            (r#"{"email":"a@example.com","language":"secret"}"#, "neither en nor vi"),
            (r#"{"email":"a@example.com","client_id":"se cret"}"#, "client_id is malformed"),
            (r#"{"email":"a@example.com","claims":["secret"]}"#, "not an object"),
            (r#"{"email":"a@example.com","secret":1}"#, "isn't known: there are email,"),
            (r#"{"email":"a@example.com","lang":"en"}"#, "isn't known"),
            (r#"{"username":"secret"}"#, "it is a user's"),
        ] {
            let said = parse(line).unwrap_err();
            assert!(said.contains(reason) && !said.contains("secret"), "{line}: {said}");
        }
        assert!(Invitation::parse(b"\xff@example.com").unwrap_err().contains("no mail address"));
    }

    #[test]
    fn claims_leave_room_for_the_address_and_do_not_name_it() {
        let address = EmailAddress::parse("ada@example.com").unwrap();
        let claims = |json: &str| serde_json::from_str::<Map<String, Value>>(json).unwrap();
        let check = |json: &str| check_claims(&claims(json), Some(&address));
        assert_eq!(check(r#"{"roles":["buyer"]}"#), Ok(()));
        for named in [r#"{"email":"ada@example.com"}"#, r#"{"email_verified":false}"#] {
            assert!(check(named).unwrap_err().contains("email_verified"), "{named}");
        }
        assert!(check(r#"{"sub":"x"}"#).unwrap_err().contains("only Latchgate"));
        // With the address, and 48 bytes around it.
        let fitting = |len: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(len));
        let added = r#"{"a":"","email":"ada@example.com","email_verified":true}"#.len();
        assert_eq!(check(&fitting(4096 - added)), Ok(()));
        assert!(check(&fitting(4097 - added)).unwrap_err().contains("4096"));
    }
}
