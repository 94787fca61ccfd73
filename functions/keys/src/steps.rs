//! The four steps of a rotation.

use shared::{
    cached::Source,
    keys::{Keyset, KeysetDocument, KeysetError},
};

use crate::{KeyRotation, RotationError, plan, publish, retire, trial};

impl KeyRotation {
    /// Makes the new keyset out of the current one, as a pending version.
    pub(crate) async fn create(&self, version: &str) -> Result<(), RotationError> {
        if self.secret.find(version).await?.is_some() {
            return Ok(());
        }
        let (now, random) = (self.clock.now(), &*self.random);
        let current = self.secret.current().await?;
        let document = match KeysetDocument::parse(&current.text) {
            Err(KeysetError::NotMade) => self.plan.first(now, random)?,
            Err(error) => return Err(error.into()),
            Ok(document) => self.plan.next(&document, &current.id, now, random)?,
        };
        let text = document.to_json();
        // Looked at as the functions will look at it, so that nothing they can't use is ever handed to them.
        Keyset::parse(&text)?;
        self.secret.put(version, text).await
    }

    /// Publishes the new keyset's public halves.
    pub(crate) async fn set(&self, version: &str) -> Result<(), RotationError> {
        let document = KeysetDocument::parse(&self.text(version).await?)?;
        Ok(publish(&self.published, &document, self.clock.now()).await?)
    }

    /// Makes tokens with the newest keys and verifies them with what is published.
    pub(crate) async fn test(&self, version: &str) -> Result<(), RotationError> {
        let keyset = Keyset::parse(&self.text(version).await?)?;
        let published = self.published.fetch().await?;
        let passes = trial::passes(&keyset, &published, self.clock.now(), &*self.random);
        if passes { Ok(()) } else { Err(RotationError::Refused) }
    }

    /// Makes the new keyset the current one, and lets the keys expire that it replaces.
    pub(crate) async fn finish(&self, version: &str) -> Result<(), RotationError> {
        let document = KeysetDocument::parse(&self.text(version).await?)?;
        let now = self.clock.now();
        let current = self.secret.current().await?;
        if current.id != version {
            let replaced = match KeysetDocument::parse(&current.text) {
                Err(KeysetError::NotMade) => None,
                Err(error) => return Err(error.into()),
                Ok(replaced) => Some(replaced),
            };
            let is_next = document.replaces.as_deref() == replaced.as_ref().map(|_| current.id.as_str());
            if !is_next {
                self.secret.give_up(version).await?;
                return Err(RotationError::Overtaken);
            }
            if replaced.is_some_and(|replaced| !plan::is_in_time(&document, &replaced, now)) {
                self.secret.give_up(version).await?;
                return Err(RotationError::TooLate);
            }
            self.secret.promote(version, &current.id).await?;
        }
        Ok(retire(&self.published, &document, now).await?)
    }

    async fn text(&self, version: &str) -> Result<String, RotationError> {
        let text = self.secret.find(version).await?;
        text.ok_or_else(|| RotationError::NoVersion(version.to_owned()))
    }
}
