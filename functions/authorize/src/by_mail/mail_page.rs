//! The pages, and the relative URLs between them.

use accounts::SETS_PASSWORD;
use mails::Purpose;
use shared::route;

use crate::{pages::MailTask, redirect};

/// A page of accounts by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailPage {
    /// Asks for the address of a new account.
    New,
    /// The link in the mail to that address, or in an invitation.
    Confirm,
    /// Asks for the address of a user who forgot the password.
    Forgot,
    /// The link in the mail to that address, or to a user who has no password yet.
    Reset,
    /// Asks a signed-in user for another address.
    Email,
    /// The link in the mail to that address.
    EmailConfirm,
    /// The link in the mail to the address that the user had before.
    EmailUndo,
}

impl MailPage {
    /// What users do at this page.
    pub(crate) fn task(self) -> MailTask {
        match self {
            Self::New | Self::Confirm => MailTask::SignUp,
            Self::Forgot | Self::Reset => MailTask::Reset,
            Self::Email | Self::EmailConfirm => MailTask::ChangeEmail,
            Self::EmailUndo => MailTask::UndoChange,
        }
    }

    /// The purpose of the mails that the task begins with.
    pub(super) fn purpose(self) -> Purpose {
        match self.task() {
            MailTask::SignUp => Purpose::SignUp,
            MailTask::Reset => Purpose::Reset,
            MailTask::ChangeEmail => Purpose::Email,
            MailTask::UndoChange => Purpose::Undo,
        }
    }

    /// The purposes of the links that the task accepts.
    pub(super) fn accepted(self) -> &'static [Purpose] {
        match self.task() {
            MailTask::SignUp => &[Purpose::SignUp, Purpose::Invitation],
            MailTask::Reset => &SETS_PASSWORD,
            MailTask::ChangeEmail => &[Purpose::Email],
            MailTask::UndoChange => &[Purpose::Undo],
        }
    }

    /// The page that asks for the address of a mail. The mail of an undo follows a change without being
    /// asked for.
    pub(super) fn of_asking(task: MailTask) -> Option<Self> {
        match task {
            MailTask::SignUp => Some(Self::New),
            MailTask::Reset => Some(Self::Forgot),
            MailTask::ChangeEmail => Some(Self::Email),
            MailTask::UndoChange => None,
        }
    }

    /// Whether mails link to this page.
    pub(super) fn is_link(self) -> bool {
        matches!(self, Self::Confirm | Self::Reset | Self::EmailConfirm | Self::EmailUndo)
    }

    /// The path of the page, relative to the stage.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::New => route::ACCOUNT_NEW,
            Self::Confirm => route::ACCOUNT_CONFIRM,
            Self::Forgot => route::ACCOUNT_FORGOT,
            Self::Reset => route::ACCOUNT_RESET,
            Self::Email => route::ACCOUNT_EMAIL,
            Self::EmailConfirm => route::ACCOUNT_EMAIL_CONFIRM,
            Self::EmailUndo => route::ACCOUNT_EMAIL_UNDO,
        }
    }

    /// The URL of the page with this query, relative to the sign-in page and to the account.
    pub(crate) fn url_at_sign_in(self, query: &str) -> String {
        redirect::reference(route::ACCOUNT, self.path(), query)
    }

    /// The URL of the page with this query, relative to another page of accounts by mail.
    pub(super) fn url_at(self, other: Self, query: &str) -> String {
        redirect::reference(other.path(), self.path(), query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_so_that_a_stage_stays() {
        assert_eq!(MailPage::Forgot.url_at_sign_in("client_id=web"), "account/forgot?client_id=web");
        assert_eq!(MailPage::New.url_at_sign_in(""), "account/new");
        assert_eq!(MailPage::New.url_at(MailPage::Confirm, "client_id=web"), "new?client_id=web");
        assert_eq!(MailPage::EmailUndo.url_at(MailPage::EmailUndo, ""), "undo");
        assert_eq!(MailPage::Email.url_at(MailPage::EmailConfirm, ""), "../email");
    }

    #[test]
    fn a_page_and_the_link_in_its_mail_are_for_the_same() {
        for (page, link) in [
            (MailPage::New, MailPage::Confirm),
            (MailPage::Forgot, MailPage::Reset),
            (MailPage::Email, MailPage::EmailConfirm),
        ] {
            assert_eq!((page.purpose(), page.task()), (link.purpose(), link.task()));
            assert_eq!(MailPage::of_asking(link.task()), Some(page));
            assert!(link.is_link() && !page.is_link() && link.accepted().contains(&page.purpose()));
        }
        assert_eq!(MailPage::of_asking(MailPage::EmailUndo.task()), None);
    }
}
