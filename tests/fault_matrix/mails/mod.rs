//! The requests of accounts by mail: of clients at the endpoints, and of browsers at the pages.

mod done;
mod rows;
mod scene;

pub(super) use self::{
    rows::{delivery_rows, rows_of_users},
    scene::MailScene,
};

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
    /// Opens an account with the link of an invitation.
    ConfirmInvitation,
    AskForAddress,
    ConfirmAddressByLink,
    ConfirmAddressByCode,
    UndoAddress,
    /// Of a user with another session and a consent.
    DeleteAccount,
    /// The rest are at the pages.
    AskForAddressAtPages,
    ConfirmAddressAtPages,
    UndoAddressAtPages,
    DeleteAccountAtPages,
}

impl MailFlow {
    pub(super) const ALL: [Self; 22] = [
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
        Self::ConfirmInvitation,
        Self::AskForAddress,
        Self::ConfirmAddressByLink,
        Self::ConfirmAddressByCode,
        Self::UndoAddress,
        Self::DeleteAccount,
        Self::AskForAddressAtPages,
        Self::ConfirmAddressAtPages,
        Self::UndoAddressAtPages,
        Self::DeleteAccountAtPages,
    ];

    /// The status of its answer if nothing fails.
    pub(super) fn answer(self) -> (u16, Option<&'static str>) {
        match self {
            Self::SignUp | Self::SignUpAgain | Self::Forgot | Self::Resend | Self::AskForAddress => {
                (202, None)
            }
            Self::DeleteAccount => (204, None),
            _ => (200, None),
        }
    }

    /// Whether it ends Grace's sessions.
    pub(super) fn ends_sessions(self) -> bool {
        let resets = matches!(self, Self::ResetByLink | Self::ChooseNewPassword);
        resets || self.is_undo() || self.is_deletion()
    }

    fn is_undo(self) -> bool {
        matches!(self, Self::UndoAddress | Self::UndoAddressAtPages)
    }

    fn is_deletion(self) -> bool {
        matches!(self, Self::DeleteAccount | Self::DeleteAccountAtPages)
    }

    /// Whether the authorizer is asked first.
    pub(super) fn is_protected(self) -> bool {
        matches!(self, Self::AskForAddress | Self::DeleteAccount)
    }

    /// Whether it needs clients in the code flow: Grace is signed in at the pages.
    pub(super) fn has_clients(self) -> bool {
        matches!(self, Self::AskForAddressAtPages | Self::DeleteAccountAtPages)
    }

    /// The outcome of a request that runs out of time.
    pub(super) fn left(self) -> &'static str {
        match self {
            Self::SignUp
            | Self::SignUpAgain
            | Self::Forgot
            | Self::Resend
            | Self::Ask
            | Self::AskForAddress
            | Self::AskForAddressAtPages => {
                "the mail is sent or it isn't, and the same request again is another"
            }
            Self::ConfirmByLink
            | Self::ConfirmByCode
            | Self::ChooseFirstPassword
            | Self::ConfirmInvitation => {
                "the account is opened whole or not at all; if it is, the password logs in"
            }
            Self::ResetByLink | Self::ChooseNewPassword | Self::UndoAddress | Self::UndoAddressAtPages => {
                "the same link again ends the sessions that are left"
            }
            Self::ConfirmAddressByLink | Self::ConfirmAddressByCode | Self::ConfirmAddressAtPages => {
                "the address is changed whole or not at all; if it is, the new one logs in"
            }
            Self::DeleteAccount | Self::DeleteAccountAtPages => {
                "nothing opens the account, and the same request again deletes what is left"
            }
            Self::FollowLink | Self::EnterCode => "nothing is lost, and the same request again is another",
        }
    }
}
