//! The printed form of a user.

use passwords::{BUDGET, Credential, NO_PASSWORD, Spent};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{clock::Timestamp, ids::UserId, store::User};

/// A user as printed. Unknown values are left out.
#[derive(Debug, Serialize)]
pub(crate) struct UserView {
    pub(crate) user_id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    claims: Map<String, Value>,
    disabled: bool,
    /// Whether the user is being deleted; absent if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    /// Whether the user wants mails about new devices; absent if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_device_mails: Option<bool>,
    /// Whether the user has no password yet; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_password: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    must_change: Option<bool>,
    /// When the password was last replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<Timestamp>,
    /// Whether the next sign-in is refused on a device where the user never signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guesses: Option<Vec<BudgetView>>,
    /// The number of live sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sessions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_login_at: Option<Timestamp>,
    /// The password, if it was just generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
}

/// The spent part of a guess budget.
#[derive(Debug, Serialize)]
struct BudgetView {
    /// The callers whose attempts it counts.
    budget: String,
    spent: u64,
    spent_of: u64,
    /// From a hundred on, only one attempt is allowed every four hours.
    failures_in_a_row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_until: Option<Timestamp>,
}

impl From<Spent> for BudgetView {
    fn from(spent: Spent) -> Self {
        let Spent { slot, attempts, in_a_row, locked_until } = spent;
        let budget = slot.map_or_else(|| "strangers".to_owned(), |slot| format!("devices {slot}"));
        Self { budget, spent: attempts, spent_of: BUDGET, failures_in_a_row: in_a_row, locked_until }
    }
}

impl UserView {
    pub(crate) const COLUMNS: &[&str] = &["user_id", "username", "disabled", "claims"];
    pub(crate) const LINES: &[&str] = &[
        "user_id",
        "username",
        "claims",
        "disabled",
        "deleting",
        "not_before",
        "new_device_mails",
        "without_password",
        "must_change",
        "valid_from",
        "locked",
        "guesses",
        "sessions",
        "last_login_at",
        "password",
    ];

    pub(crate) fn of(user_id: &UserId, user: &User) -> Self {
        let some = |instant: Timestamp| Some(instant).filter(|instant| *instant > Timestamp::default());
        Self {
            user_id: user_id.clone(),
            username: user.username.clone(),
            claims: user.claims.clone(),
            disabled: user.disabled,
            deleting: user.deleting.then_some(true),
            not_before: some(user.not_before),
            new_device_mails: user.new_device_mails.then_some(true),
            without_password: None,
            must_change: None,
            valid_from: None,
            locked: None,
            guesses: None,
            sessions: None,
            last_login_at: None,
            password: None,
        }
    }

    /// Adds the spent part of the guess budgets.
    pub(crate) fn guessed(mut self, spent: Vec<Spent>) -> Self {
        let strangers = spent.iter().find(|spent| spent.slot.is_none());
        self.locked = strangers.map(|spent| spent.locked_until.is_some());
        self.guesses = Some(spent.into_iter().map(BudgetView::from).collect());
        self
    }

    /// Adds the credential.
    pub(crate) fn with(mut self, credential: Option<&Credential>) -> Self {
        let has_none = |credential: &Credential| credential.password_hash == NO_PASSWORD;
        self.without_password = credential.map(has_none).filter(|has_none| *has_none);
        self.must_change = credential.map(|credential| credential.must_change);
        let valid_from = credential.map(|credential| credential.valid_from);
        self.valid_from = valid_from.filter(|instant| *instant > Timestamp::default());
        self
    }
}
