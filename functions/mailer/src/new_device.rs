//! Finds out whether a session began on a device that the user had no session on.

use aws_sdk_dynamodb::{Client, types::AttributeValue::S};
use shared::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::UserId,
    store::{Item, PASSWORD_OVERLAP, Row, SessionKey, StoreError, Table, User, attribute},
};

/// The attributes that tell devices apart. The function may read no other, as its policy in template.yaml says.
const ATTRIBUTES: [&str; 5] = [
    attribute::USER_ID,
    attribute::SESSION_KEY,
    attribute::CREATED_AT,
    attribute::AUTH_TIME,
    attribute::USER_AGENT,
];

/// The sessions of users, read only.
#[derive(Debug)]
pub(crate) struct Devices {
    sessions: Table,
}

/// A session, as far as it tells devices apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    key: SessionKey,
    /// When the session began.
    pub(crate) since: Timestamp,
    auth_time: Timestamp,
    pub(crate) user_agent: Option<String>,
}

impl Devices {
    pub(crate) fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self { sessions: Table::from_environment(variable::SESSIONS_TABLE, environment, client)? })
    }

    /// The device of a new session. `None`, if the user isn't told of it, or the session is over.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if a read fails or the session is malformed.
    pub(crate) async fn new_one(&self, key: &SessionKey, user: &User) -> Result<Option<Device>, StoreError> {
        let (mut this, mut others) = (None, Vec::new());
        for item in self.of_user(&key.user_id).await? {
            match Device::of_item(&item) {
                Ok(device) if device.key == *key => this = Some(device),
                Ok(other) => others.push(other),
                Err(error) if SessionKey::from_item(&item).is_ok_and(|found| found == *key) => {
                    return Err(error);
                }
                // Another session that is malformed tells nothing about this one.
                Err(_) => {}
            }
        }
        Ok(this.filter(|this| this.is_new(user, &others)))
    }

    /// The sessions of a user, also those that have expired and are not swept yet: the user knows their
    /// devices.
    async fn of_user(&self, user_id: &UserId) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let mut query = self
                .sessions
                .query()
                .key_condition_expression("#user_id = :user_id")
                .projection_expression(ATTRIBUTES.map(|name| format!("#{name}")).join(", "))
                .expression_attribute_values(":user_id", S(user_id.to_string()))
                .consistent_read(true)
                .set_exclusive_start_key(start);
            for name in ATTRIBUTES {
                query = query.expression_attribute_names(format!("#{name}"), name);
            }
            let page = query.send().await.map_err(|e| StoreError::unavailable("Query on Sessions", e))?;
            items.extend(page.items.unwrap_or_default());
            match page.last_evaluated_key.filter(|key: &Item| !key.is_empty()) {
                Some(next) => start = Some(next),
                None => return Ok(items),
            }
        }
    }
}

impl Device {
    fn of_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Sessions", item);
        Ok(Self {
            key: SessionKey::from_item(item)?,
            since: row.instant(attribute::CREATED_AT)?,
            auth_time: row.instant(attribute::AUTH_TIME)?,
            user_agent: row.optional_text(attribute::USER_AGENT)?.map(str::to_owned),
        })
    }

    /// Whether the user is told of this device.
    fn is_new(&self, user: &User, others: &[Self]) -> bool {
        // The session of a confirmed sign-up, whose mail the user has just read.
        let is_first = user.signed_up_at == Some(self.since);
        // The session that a change of password begins, in the place of the one in which it was made. A login
        // soon after the change begins at the same instant, but signed in later.
        let is_of_change = self.since >= self.auth_time + PASSWORD_OVERLAP;
        let follows_change = self.since == user.not_before && is_of_change;
        // Only earlier sessions count: a sign-in at the pages begins one for the browser and then one for the
        // client, and both may be here by now.
        let mut earlier = others.iter().filter(|other| other.place() < self.place());
        !is_first && !follows_change && !earlier.any(|other| self.is_known_by(other))
    }

    /// Its place in the order of the user's sessions. Two sessions of the same second have different places.
    fn place(&self) -> (Timestamp, &str, &str) {
        (self.since, self.key.client_id.as_str(), self.key.session_id.as_str())
    }

    /// Whether an earlier session makes this one's device known: it's of the same program on the same system,
    /// or is the sign-in at the pages from which this one came.
    fn is_known_by(&self, earlier: &Self) -> bool {
        let program = |device: &Self| device.user_agent.as_deref().map(without_versions);
        let is_its_sign_in = earlier.key.client_id.is_reserved() && earlier.auth_time == self.auth_time;
        is_its_sign_in || program(self) == program(earlier)
    }
}

/// A `User-Agent` without its version numbers, which browsers raise each month.
fn without_versions(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use shared::ids::{ClientId, SessionId};

    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
    const SAME_FIREFOX: &str =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0";
    const OTHER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

    fn device(client_id: &str, number: u8, since: u64, user_agent: Option<&str>) -> Device {
        let client_id =
            if client_id.is_empty() { ClientId::browser() } else { ClientId::parse(client_id).unwrap() };
        Device {
            key: SessionKey {
                user_id: UserId::parse("u1").unwrap(),
                client_id,
                session_id: SessionId::of_secret(&[number]),
            },
            since: Timestamp::from_unix(since),
            auth_time: Timestamp::from_unix(since),
            user_agent: user_agent.map(str::to_owned),
        }
    }

    #[test]
    fn a_device_is_new_if_no_earlier_session_is_of_the_same_program_and_system() {
        let this = device("shop", 1, 1000, Some(FIREFOX));
        let user = User::default();
        assert!(this.is_new(&user, &[]));
        for (since, user_agent, is_new) in [
            (900, Some(FIREFOX), false),
            (900, Some(SAME_FIREFOX), false),
            (900, Some(OTHER_FIREFOX), true),
            (900, None, true),
            (1001, Some(FIREFOX), true),
        ] {
            let other = device("shop", 2, since, user_agent);
            assert_eq!(this.is_new(&user, &[other]), is_new, "{since} {user_agent:?}");
        }
        let unnamed = |number, since| device("shop", number, since, None);
        assert!(!unnamed(1, 1000).is_new(&user, &[unnamed(2, 900)]));
    }

    #[test]
    fn of_two_sessions_in_a_second_exactly_one_is_told() {
        let (first, second) = (device("", 1, 1000, Some(FIREFOX)), device("shop", 2, 1000, Some(FIREFOX)));
        let user = User::default();
        let told = [first.is_new(&user, from_ref(&second)), second.is_new(&user, from_ref(&first))];
        assert_eq!(told, [true, false]);
    }

    /// A server redeems the code, and so the client's session has another agent than the browser's.
    #[test]
    fn the_session_of_a_code_is_known_by_the_sign_in_at_the_pages() {
        let browser = device("", 1, 1000, Some(FIREFOX));
        let mut client = device("shop", 2, 1400, Some("node"));
        let user = User::default();
        assert!(client.is_new(&user, from_ref(&browser)));
        client.auth_time = browser.auth_time;
        assert!(!client.is_new(&user, from_ref(&browser)));
        let mut of_client = browser;
        of_client.key.client_id = ClientId::parse("other").unwrap();
        assert!(client.is_new(&user, &[of_client]), "a session of another client is no sign-in at the pages");
    }

    #[test]
    fn the_sessions_of_a_sign_up_and_of_a_change_of_password_are_not_told() {
        let mut this = device("shop", 1, 1000, Some(FIREFOX));
        let at = Timestamp::from_unix;
        for (signed_up_at, not_before, auth_time, is_new) in [
            (Some(1000), 0, 1000, false),
            (Some(999), 0, 1000, true),
            (None, 1000, 985, false),
            (None, 999, 985, true),
            // A login while the old password may still be let in.
            (None, 1000, 986, true),
            (None, 1000, 1000, true),
        ] {
            this.auth_time = at(auth_time);
            let user =
                User { signed_up_at: signed_up_at.map(at), not_before: at(not_before), ..User::default() };
            assert_eq!(this.is_new(&user, &[]), is_new, "{signed_up_at:?} {not_before} {auth_time}");
        }
    }
}
