//! The texts of each language.

use shared::http::Language;

use super::messages::{ENGLISH, Messages, VIETNAMESE};

impl Messages {
    /// The texts of this language.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Vietnamese => &VIETNAMESE,
        }
    }
}
