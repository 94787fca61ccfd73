//! The requests of accounts by mail: of clients at the endpoints, and of browsers at the pages.

mod done;
mod rows;
mod scene;

pub(super) use self::{rows::delivery_rows, scene::MailScene};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MailFlow {
    SignUp,
    /// For an address that has just been asked for from this network.
    SignUpAgain,
    Forgot,
    Resend,
    ConfirmByLink,
    /// With the right code after a wrong one on the same day.
    ConfirmByCode,
    ResetByLink,
    /// At the pages.
    Ask,
    /// Follows a link to the pages.
    FollowLink,
    EnterCode,
    ChooseFirstPassword,
    ChooseNewPassword,
}

impl MailFlow {
    pub(super) const ALL: [Self; 12] = [
        Self::SignUp,
        Self::SignUpAgain,
        Self::Forgot,
        Self::Resend,
        Self::ConfirmByLink,
        Self::ConfirmByCode,
        Self::ResetByLink,
        Self::Ask,
        Self::FollowLink,
        Self::EnterCode,
        Self::ChooseFirstPassword,
        Self::ChooseNewPassword,
    ];

    /// The status of its answer if nothing fails.
    pub(super) fn answer(self) -> (u16, Option<&'static str>) {
        match self {
            Self::SignUp | Self::SignUpAgain | Self::Forgot | Self::Resend => (202, None),
            _ => (200, None),
        }
    }

    /// Whether it resets Grace's password, which ends her session.
    pub(super) fn is_reset(self) -> bool {
        matches!(self, Self::ResetByLink | Self::ChooseNewPassword)
    }

    /// The outcome of a request that runs out of time.
    pub(super) fn left(self) -> &'static str {
        match self {
            Self::SignUp | Self::SignUpAgain | Self::Forgot | Self::Resend | Self::Ask => {
                "the mail is sent or it isn't, and the same request again is another"
            }
            Self::ConfirmByLink | Self::ConfirmByCode | Self::ChooseFirstPassword => {
                "the account is opened whole or not at all; if it is, the password logs in"
            }
            Self::ResetByLink | Self::ChooseNewPassword => {
                "the same link again ends the sessions that are left"
            }
            Self::FollowLink | Self::EnterCode => "nothing is lost, and the same request again is another",
        }
    }
}
