//! What users do by mail.

use super::super::messages::{Explanation, Messages};

/// What a user does by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailTask {
    /// The user creates an account, after a sign-up or an invitation.
    SignUp,
    /// The user chooses a new password.
    Reset,
    /// The user changes the account's address.
    ChangeEmail,
    /// The owner of the old address undoes such a change.
    UndoChange,
}

/// The texts of the page that a link opens.
pub(super) struct LinkTexts {
    pub(super) title: &'static str,
    pub(super) lead: Option<&'static str>,
    /// The label of the password; `None`, if the page asks for none.
    pub(super) label: Option<&'static str>,
    pub(super) button: &'static str,
}

impl MailTask {
    /// Whether anyone may ask for its mail again. The others are for signed-in users, or nobody asks for them.
    pub(super) fn is_for_strangers(self) -> bool {
        match self {
            Self::SignUp | Self::Reset => true,
            Self::ChangeEmail | Self::UndoChange => false,
        }
    }

    /// The texts of the page that the mail's link opens.
    pub(super) fn link_texts(self, text: &Messages) -> LinkTexts {
        match self {
            Self::SignUp => LinkTexts {
                title: text.choose_first_password,
                lead: None,
                label: Some(text.password),
                button: text.new_account,
            },
            Self::Reset => LinkTexts {
                title: text.choose_password,
                lead: None,
                label: Some(text.new_password),
                button: text.change_password,
            },
            Self::ChangeEmail => LinkTexts {
                title: text.confirm_email,
                lead: Some(text.confirm_email_lead),
                label: None,
                button: text.confirm,
            },
            Self::UndoChange => LinkTexts {
                title: text.undo_email,
                lead: Some(text.undo_email_lead),
                label: Some(text.new_password),
                button: text.restore,
            },
        }
    }

    /// The texts after it is done.
    pub(super) fn done(self, text: &'static Messages) -> &'static Explanation {
        match self {
            Self::SignUp => &text.account_created,
            Self::Reset => &text.password_reset,
            Self::ChangeEmail => &text.email_changed,
            Self::UndoChange => &text.email_restored,
        }
    }

    /// The texts about a link that opens nothing.
    pub(super) fn link_gone(self, text: &'static Messages) -> &'static Explanation {
        match self {
            Self::SignUp | Self::Reset => &text.link_gone,
            Self::ChangeEmail => &text.email_link_gone,
            Self::UndoChange => &text.undo_link_gone,
        }
    }

    /// The text about a link that opens nothing, if no page offers another mail. The mail of an undo comes
    /// once.
    pub(super) fn ask_elsewhere(self, text: &Messages) -> Option<&'static str> {
        match self {
            Self::SignUp | Self::Reset | Self::ChangeEmail => Some(text.ask_again_in_app),
            Self::UndoChange => None,
        }
    }

    /// The button of the form for the mail's code.
    pub(super) fn code_button(self, text: &Messages) -> &'static str {
        match self {
            Self::ChangeEmail => text.confirm,
            Self::SignUp | Self::Reset | Self::UndoChange => text.go_on,
        }
    }

    /// The link to the page that follows. A change of the address leaves the user's sessions alone.
    pub(super) fn next(self, text: &Messages) -> &'static str {
        if self.signs_nobody_out() { text.account } else { text.sign_in }
    }

    /// Whether the user stays signed in everywhere.
    pub(super) fn signs_nobody_out(self) -> bool {
        self == Self::ChangeEmail
    }

    /// The link to the page where the user began. Only a signed-in user changes an address.
    pub(super) fn back(self, text: &Messages) -> &'static str {
        match self {
            Self::ChangeEmail => text.back_to_account,
            Self::SignUp | Self::Reset | Self::UndoChange => text.back_to_sign_in,
        }
    }
}
