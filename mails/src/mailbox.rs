//! The key of an address's row.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::Purpose;

/// Separates these hashes from other hashes.
const LABEL: &[u8] = b"latchgate mailbox 1";
/// The length of the hash, in bytes.
pub(crate) const LEN: usize = digest::SHA256_OUTPUT_LEN;

/// The key of an address's row for a purpose: a hash of both, in base64url. Streams and logs have it, and so
/// no address. Each purpose has a separate row, so that requests for one neither replace nor block those
/// for another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox(String);

impl Mailbox {
    /// The mailbox of an address in its normal form.
    pub(crate) fn of(normal: &str, purpose: Purpose) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(LABEL);
        context.update(purpose.name().as_bytes());
        // No name has it, so that no two pairs are the same bytes.
        context.update(&[0]);
        context.update(normal.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(context.finish()))
    }

    /// Parses the key of a row. `None`, if it isn't an address's.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == LEN).then(|| Self(text.to_owned()))
    }

    /// The mailbox with this hash.
    pub(crate) fn from_bytes(bytes: &[u8; LEN]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The hash as bytes.
    pub(crate) fn to_bytes(&self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        // 43 characters of base64url are 32 bytes, and every mailbox has 43.
        let decoded = URL_SAFE_NO_PAD.decode_slice(&self.0, &mut bytes);
        debug_assert_eq!(decoded.ok(), Some(LEN));
        bytes
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::network::Network;

    use crate::EmailAddress;

    #[test]
    fn addresses_that_differ_in_case_have_one_mailbox() {
        let mailbox = |text| EmailAddress::parse(text).unwrap().mailbox(Purpose::Reset);
        assert_eq!(mailbox("Ada@Example.com"), mailbox("ada@example.COM"));
        assert_ne!(mailbox("ada@example.com"), mailbox("ada+1@example.com"));
    }

    #[test]
    fn each_purpose_has_a_row_whose_key_never_changes() {
        let ada = EmailAddress::parse("ada@example.com").unwrap();
        let keys = Purpose::ALL.map(|purpose| ada.mailbox(purpose));
        let expected = [
            "PTB3pikld672n0Y75Q9qGyfrZ5pMTEB_23hrGQ9T6qU",
            "gmryKII10Zj7_nCSC4gVPRNSlipCa0AWKzZuS8qoSbs",
            "XEcHA_NBryWJntTYbyNGqojFbUJ0MFr2QfZ0jFukceA",
            "pnkg8p7VsjmfekzvPlynnk_S17dWOpidpNMHMW7443Q",
            "G1AoBTx18mC4mgl7BdAJwoQWN5XEkd3RE1E2lE4L-JQ",
            "MlkKtv-rEFARP26bwpcZVaM7deyIb0gwv48hVak-SKY",
            "lGtpSI-hlhP5Jf7uJDkFlzO7-ZrytrcMGjpYQugSWig",
            "zY98VSAUIaY2PsnMny7uw4JS5wCTS2RbpLfC4n47Y7k",
            "ujAjhhjhbMftANB4YHnmtO0SNZyTg6b0niLD7ucPu34",
            "RgxiyUQ-H9mKlLiYJwxbhpPViEAvpy-akTKlV2IAams",
            "IGHWdVnnmVwFJHDH0wOwYfhZ-SwuND0AVnbV9lvBNcE",
            "ZfIApn4u5w8VS28g8PKocWSVVX539E1G3N26CPdYNBw",
        ];
        assert_eq!(keys.each_ref().map(Mailbox::as_str), expected);
    }

    #[test]
    fn only_the_key_of_an_address_is_a_mailbox() {
        let ada = EmailAddress::parse("ada@example.com").unwrap();
        let mailbox = ada.mailbox(Purpose::SignUp);
        assert_eq!(Mailbox::parse(mailbox.as_str()), Some(mailbox.clone()));
        assert_eq!(Mailbox::from_bytes(&mailbox.to_bytes()), mailbox);
        let short = &mailbox.as_str()[1..];
        let network = Network::of(None).unwrap();
        let attempts = format!("attempts#{}", network.hash());
        for bad in ["", short, "ada@example.com", network.as_str(), &attempts, &ada.suppression_key()] {
            assert_eq!(Mailbox::parse(bad), None, "{bad}");
        }
    }
}
