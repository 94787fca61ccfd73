//! The four steps of a rotation.

use shared::{
    cached::Source,
    keys::{Keyset, KeysetDocument, KeysetError},
};

use crate::{Fence, FenceError, KeyRotation, RotationError, plan, publish, retire, secret::Version, trial};

/// How often a step starts again after it found the fence raised.
const ATTEMPTS: usize = 4;

impl KeyRotation {
    /// Makes the new keyset from the current one, as a pending version.
    pub(crate) async fn create(&self, version: &str) -> Result<(), RotationError> {
        let current = self.secret.current().await?;
        if let Some(text) = self.secret.find(version).await? {
            return self.check_next(version, &KeysetDocument::parse(&text)?, &current).await;
        }
        let (now, random) = (self.clock.now(), &*self.random);
        let made = match KeysetDocument::parse(&current.text) {
            Err(KeysetError::NotMade) => self.plan.first(now, random)?,
            Err(error) => return Err(error.into()),
            Ok(document) => self.plan.next(&document, now, random)?,
        };
        let document = KeysetDocument { replaces: Some(current.id), ..made };
        let text = document.to_json();
        // Checks it as the functions will, so that they never get a keyset that they can't use.
        Keyset::parse(&text)?;
        self.secret.put(version, text).await
    }

    /// Publishes the new keyset's public halves.
    pub(crate) async fn set(&self, version: &str) -> Result<(), RotationError> {
        let document = KeysetDocument::parse(&self.text(version).await?)?;
        for _ in 0..ATTEMPTS {
            // The fence is read first. A rotation that makes its version current after the check below also
            // raises the fence after this read.
            let fence = Fence::read(&self.published, &*self.random).await?;
            self.check_next(version, &document, &self.secret.current().await?).await?;
            match publish(&self.published, &document, &fence, self.clock.now()).await {
                Err(FenceError::Raised) => {}
                result => return Ok(result?),
            }
        }
        Err(RotationError::Overtaken)
    }

    /// Makes tokens with the newest keys, and verifies them with the published ones.
    pub(crate) async fn test(&self, version: &str) -> Result<(), RotationError> {
        let keyset = Keyset::parse(&self.text(version).await?)?;
        let published = self.published.fetch().await?;
        let passes = trial::passes(&keyset, &published, self.clock.now(), &*self.random);
        if passes { Ok(()) } else { Err(RotationError::Refused) }
    }

    /// Makes the new keyset current, and sets the expiry of the keys that it replaces.
    pub(crate) async fn finish(&self, version: &str) -> Result<(), RotationError> {
        let document = KeysetDocument::parse(&self.text(version).await?)?;
        let now = self.clock.now();
        let current = self.secret.current().await?;
        self.check_next(version, &document, &current).await?;
        if current.id != version {
            let is_in_time = match KeysetDocument::parse(&current.text) {
                // This is the first keyset, so no function has an older copy.
                Err(KeysetError::NotMade) => true,
                Err(error) => return Err(error.into()),
                Ok(replaced) => plan::is_in_time(&document, &replaced, now),
            };
            if !is_in_time {
                self.secret.unlabel(version).await?;
                return Err(RotationError::TooLate);
            }
            self.secret.promote(version, &current.id).await?;
        }
        self.retire(version, &document).await?;
        // If this version kept the label and an operator then replaced it, Secrets Manager would take the
        // next rotation for a repetition of this one.
        self.secret.unlabel(version).await
    }

    /// Stops other rotations from publishing, and sets the expiry of the keys that this current keyset
    /// replaces.
    async fn retire(&self, version: &str, document: &KeysetDocument) -> Result<(), RotationError> {
        for _ in 0..ATTEMPTS {
            let fence = Fence::raise(&self.published, &*self.random).await?;
            match retire(&self.published, document, &fence, self.clock.now()).await {
                // The fence was raised by a repetition of this step, which does no harm, or because another
                // version is current now.
                Err(FenceError::Raised) if self.secret.current().await?.id == version => {}
                result => return Ok(result?),
            }
        }
        Err(RotationError::Overtaken)
    }

    /// Refuses a version that was made from another keyset than the current one, before publishing it: an
    /// operator may have removed that keyset because its keys have leaked.
    async fn check_next(
        &self,
        version: &str,
        document: &KeysetDocument,
        current: &Version,
    ) -> Result<(), RotationError> {
        if current.id == version || document.replaces.as_deref() == Some(&*current.id) {
            return Ok(());
        }
        self.secret.unlabel(version).await?;
        Err(RotationError::Overtaken)
    }

    async fn text(&self, version: &str) -> Result<String, RotationError> {
        let text = self.secret.find(version).await?;
        text.ok_or_else(|| RotationError::NoVersion(version.to_owned()))
    }
}
