//! The texts of the pages, one file for each language.

mod en;
mod vi;

pub(super) use self::{en::ENGLISH, vi::VIETNAMESE};

/// The texts before and after a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around(pub(super) &'static str, pub(super) &'static str);

/// A heading and its explanation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Explanation {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// All texts of a language. A language that lacks one doesn't compile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    /// The prefix of a page's title after an error.
    pub(super) problem_prefix: &'static str,
    pub(super) cancel: &'static str,
    pub(super) signed_in_as: Around,

    // Sign-in.
    pub(super) sign_in: &'static str,
    pub(super) continue_to: Around,
    pub(super) username: &'static str,
    pub(super) password: &'static str,
    /// The same for a wrong name, a wrong password and a spent budget, so it reveals nothing to strangers.
    pub(super) wrong_credentials: &'static str,
    pub(super) incomplete: &'static str,
    pub(super) form_expired: &'static str,

    // Change of the password.
    pub(super) choose_password: &'static str,
    pub(super) choose_password_first: &'static str,
    pub(super) current_password: &'static str,
    pub(super) new_password: &'static str,
    pub(super) new_password_hint: &'static str,
    pub(super) change_password: &'static str,
    pub(super) wrong_current_password: &'static str,
    pub(super) password_malformed: &'static str,
    pub(super) password_too_short: &'static str,
    pub(super) password_common: &'static str,
    pub(super) password_like_username: &'static str,
    pub(super) password_same: &'static str,
    pub(super) passwords_incomplete: &'static str,

    // Accounts by mail.
    pub(super) new_account: &'static str,
    pub(super) new_account_lead: &'static str,
    pub(super) forgot_password: &'static str,
    pub(super) forgot_password_lead: &'static str,
    pub(super) email: &'static str,
    pub(super) send_mail: &'static str,
    pub(super) back_to_sign_in: &'static str,
    pub(super) email_malformed: &'static str,
    pub(super) email_not_allowed: &'static str,
    pub(super) too_many_requests: &'static str,
    pub(super) captcha_unsolved: &'static str,
    /// Shown instead of the widget in a browser without scripts.
    pub(super) captcha_needs_script: &'static str,
    /// About a page that asks for a code, if its mail is too old.
    pub(super) mail_expired: &'static str,
    pub(super) check_mail: &'static str,
    /// The same for every address, so it doesn't reveal whether the address has an account.
    pub(super) mail_sent_to: Around,
    pub(super) mail_sent_again: &'static str,
    pub(super) code: &'static str,
    pub(super) code_hint: &'static str,
    /// The same for a wrong code, a spent budget and a replaced mail.
    pub(super) wrong_code: &'static str,
    pub(super) send_again: &'static str,
    pub(super) back_to_account: &'static str,
    pub(super) choose_first_password: &'static str,
    pub(super) password_missing: &'static str,
    pub(super) account_created: Explanation,
    pub(super) password_reset: Explanation,
    /// After one of the two above, if the browser doesn't know the app.
    pub(super) go_back_to_app: &'static str,
    pub(super) link_gone: Explanation,
    pub(super) ask_again: &'static str,
    /// The same, if there is no page for it.
    pub(super) ask_again_in_app: &'static str,

    // Change of the address.
    pub(super) change_email: &'static str,
    pub(super) change_email_lead: &'static str,
    pub(super) new_email: &'static str,
    pub(super) email_same: &'static str,
    /// The same for a wrong password and a spent budget.
    pub(super) wrong_own_password: &'static str,
    pub(super) own_password_missing: &'static str,
    pub(super) confirm_email: &'static str,
    pub(super) confirm_email_lead: &'static str,
    pub(super) confirm: &'static str,
    pub(super) email_changed: Explanation,
    pub(super) email_link_gone: Explanation,
    pub(super) undo_email: &'static str,
    pub(super) undo_email_lead: &'static str,
    pub(super) restore: &'static str,
    pub(super) email_restored: Explanation,
    pub(super) undo_link_gone: Explanation,

    // Deletion of the account.
    pub(super) delete_account: &'static str,
    pub(super) delete_account_lead: &'static str,
    pub(super) delete_account_apps: &'static str,
    pub(super) delete_confirmation: &'static str,
    pub(super) delete_unconfirmed: &'static str,
    pub(super) account_deleted: Explanation,

    // Consent.
    pub(super) allow_client: Around,
    /// About a client that describes itself: its URL, and its own name for itself.
    pub(super) not_registered: Around,
    pub(super) calls_itself: Around,
    pub(super) client_can: &'static str,
    /// The heading of the APIs that the client may use.
    pub(super) client_can_at: &'static str,
    pub(super) scope_openid: &'static str,
    pub(super) scope_profile: &'static str,
    pub(super) scope_email: &'static str,
    pub(super) scope_phone: &'static str,
    pub(super) scope_address: &'static str,
    pub(super) scope_offline_access: &'static str,
    /// The prefix of a scope that only the client and the API know.
    pub(super) scope_other: &'static str,
    pub(super) returns_to: Around,
    pub(super) returns_to_app: &'static str,
    /// About a client that describes itself and runs on a device: any program there can use a website's
    /// document.
    pub(super) any_app_could_ask: &'static str,
    pub(super) allow_if_trusted: &'static str,
    pub(super) allow: &'static str,
    pub(super) deny: &'static str,

    // Continuing to a client that any program on the device can impersonate.
    pub(super) go_on_to: Around,
    pub(super) go_on_if_begun: &'static str,
    pub(super) go_on: &'static str,

    // Account.
    pub(super) account: &'static str,
    pub(super) devices: &'static str,
    pub(super) devices_lead: &'static str,
    pub(super) unknown_device: &'static str,
    pub(super) this_browser: &'static str,
    pub(super) bound: &'static str,
    pub(super) client: &'static str,
    pub(super) last_used: &'static str,
    pub(super) signed_in: &'static str,
    pub(super) address: &'static str,
    /// Below the list, if there are more devices.
    pub(super) more_devices: &'static str,
    pub(super) sign_out_others: &'static str,
    pub(super) device_signed_out: &'static str,
    pub(super) others_signed_out: &'static str,
    pub(super) password_changed: &'static str,
    pub(super) new_device_mails: &'static str,
    pub(super) new_device_mails_are_on: &'static str,
    pub(super) new_device_mails_are_off: &'static str,
    pub(super) turn_new_device_mails_on: &'static str,
    pub(super) turn_new_device_mails_off: &'static str,
    pub(super) new_device_mails_turned_on: &'static str,
    pub(super) new_device_mails_turned_off: &'static str,

    // Sign-out.
    pub(super) sign_out: &'static str,
    pub(super) sign_out_here: &'static str,
    pub(super) sign_out_question: &'static str,
    pub(super) stay_signed_in: &'static str,
    pub(super) signed_out: Explanation,

    // Errors.
    pub(super) unknown_client: Explanation,
    pub(super) unusable_document: Explanation,
    pub(super) unknown_redirect_uri: Explanation,
    pub(super) bad_request: Explanation,
    pub(super) form_expired_page: Explanation,
    pub(super) sign_up_closed: Explanation,
    pub(super) email_unchangeable: Explanation,
    pub(super) email_taken: Explanation,
    pub(super) too_many: Explanation,
    pub(super) unavailable: Explanation,
    pub(super) failure: Explanation,
}
