//! Notices: an event of an account becomes a mail that waits in the outbox. The stream of the outbox then has
//! it sent.

use mails::{EmailAddress, MailId, NewNotice, Notified, Purpose, address_of, language_of};
use shared::{
    http::{Language, browser_name},
    ids::UserId,
    log::{Event, Invocation, RequestLog},
    store::{Notice, SessionKey, User},
};

use crate::{
    Mailer, MailerError,
    account_event::{AccountEvent, Timeliness},
};

/// The language of a user's notices.
fn language(user: &User) -> Language {
    language_of(user).unwrap_or(Language::English)
}

/// Whether a user is told of an event. The mail about a missing password is of use only to a user who may sign
/// in, and whose user name is the address: a password is chosen for the name that the mail went to.
fn is_told(user: &User, notice: Notice) -> bool {
    match notice {
        Notice::PasswordChanged | Notice::SessionsEnded | Notice::Theft | Notice::NewDevice => true,
        Notice::PasswordMissing => {
            !user.disabled && user.username.as_deref().and_then(EmailAddress::parse).is_some()
        }
    }
}

/// A user who can be told by mail.
struct Reader {
    user: User,
    address: EmailAddress,
}

impl Reader {
    /// `None`, if the user has no address.
    fn of(user: User) -> Option<Self> {
        address_of(&user).map(|address| Self { user, address })
    }
}

impl Mailer {
    /// Tells a user of an event, and logs it. Repeating it stores nothing again. `user` is the user as of the
    /// event, if that is known.
    pub(crate) async fn tell(
        &self,
        event: &AccountEvent,
        user: Option<User>,
        invocation: Invocation,
    ) -> Result<(), MailerError> {
        let log = RequestLog::begin(&self.log, invocation);
        let result = log.carry_out(Box::pin(self.tell_of_event(event, user, &log))).await;
        Self::logged(result, &log)
    }

    /// Tells a user of a session on a new device, and logs it.
    pub(crate) async fn tell_of_session(
        &self,
        key: &SessionKey,
        invocation: Invocation,
    ) -> Result<(), MailerError> {
        let log = RequestLog::begin(&self.log, invocation);
        let result = log.carry_out(Box::pin(self.tell_of_new_device(key, &log))).await;
        Self::logged(result, &log)
    }

    async fn tell_of_event(
        &self,
        event: &AccountEvent,
        user: Option<User>,
        log: &RequestLog,
    ) -> Result<Option<Event>, MailerError> {
        log.user(&event.user_id);
        // A thief who changes the password and then the address must not get this mail.
        let reader = match user {
            Some(user) => Reader::of(user),
            None => self.reader(&event.user_id).await?,
        };
        let Some(reader) = reader.filter(|reader| is_told(&reader.user, event.notice)) else {
            return Ok(None);
        };
        self.store(event, &reader, None, log).await
    }

    async fn tell_of_new_device(
        &self,
        key: &SessionKey,
        log: &RequestLog,
    ) -> Result<Option<Event>, MailerError> {
        log.session(key);
        let Some(reader) = self.reader(&key.user_id).await? else { return Ok(None) };
        if !self.new_device_mails.tells(&reader.user) {
            return Ok(None);
        }
        let Some(device) = self.devices.new_one(key, &reader.user).await? else { return Ok(None) };
        let event = AccountEvent {
            user_id: key.user_id.clone(),
            notice: Notice::NewDevice,
            at: device.since,
            network: None,
        };
        if event.timeliness(self.clock.now()) != Timeliness::Now {
            return Ok(None);
        }
        // The header may be a stranger's text. The name is from our list.
        let name = device.user_agent.and_then(|text| browser_name(&text, language(&reader.user)));
        self.store(&event, &reader, name.as_deref(), log).await
    }

    /// `None`, if the user is gone or has no address.
    async fn reader(&self, user_id: &UserId) -> Result<Option<Reader>, MailerError> {
        Ok(self.accounts.user(user_id).await?.and_then(Reader::of))
    }

    async fn store(
        &self,
        event: &AccountEvent,
        reader: &Reader,
        device: Option<&str>,
        log: &RequestLog,
    ) -> Result<Option<Event>, MailerError> {
        let AccountEvent { user_id, notice, at, network } = event;
        let Reader { user, address } = reader;
        log.mailbox(address.mailbox(Purpose::Notice(*notice)).as_str());
        let notice = NewNotice {
            address,
            notice: *notice,
            user_id,
            at: *at,
            network: network.as_ref(),
            device,
            language: language(user),
            id: &MailId::new(&*self.random),
            now: self.clock.now(),
        };
        Ok(match self.mails.notify(&notice).await? {
            Notified::Stored => Some(Event::MailNoticed),
            Notified::Known => None,
            Notified::Spent => Some(Event::MailNoticeDropped),
        })
    }
}
