//! English.

use super::{Around, Explanation, Messages};

pub(in super::super) const ENGLISH: Messages = Messages {
    problem_prefix: "Error: ",
    cancel: "Cancel",
    signed_in_as: Around("You are signed in as ", "."),

    sign_in: "Sign in",
    continue_to: Around("Sign in to continue to ", "."),
    username: "User name",
    password: "Password",
    wrong_credentials: "The user name or the password is wrong. \
        After many attempts, you have to wait some minutes before you can sign in.",
    incomplete: "Enter your user name and your password.",
    form_expired: "This page was open for too long, or your browser doesn't keep cookies. Please try again.",

    choose_password: "Choose a new password",
    choose_password_first: "You have to change your password before you can continue.",
    current_password: "Current password",
    new_password: "New password",
    new_password_hint: "At least 8 characters. Common passwords and your user name are not accepted.",
    change_password: "Change password",
    wrong_current_password: "The current password is wrong. \
        After many attempts, you have to wait some minutes before you can change it.",
    password_malformed: "The new password is too long, or has a character that a password can't have.",
    password_too_short: "The new password is too short. It needs at least 8 characters.",
    password_common: "The new password is one of the most common ones. Choose another.",
    password_like_username: "The new password is little more than your user name. Choose another.",
    password_same: "The new password is the current one. Choose another.",
    passwords_incomplete: "Enter your current password and a new one.",

    new_account: "Create an account",
    new_account_lead: "Enter your email address. We send you a mail with a link to choose your password.",
    forgot_password: "Forgot your password?",
    forgot_password_lead: "Enter the email address of your account. \
        We send you a mail with a link to choose a new password.",
    email: "Email address",
    send_mail: "Send mail",
    back_to_sign_in: "Back to sign-in",
    email_malformed: "Enter an email address, such as name@example.com.",
    email_not_allowed: "Email addresses of this domain can't be used here. Enter another address.",
    too_many_requests: "There were too many requests. Please try again later.",
    captcha_unsolved: "Solve the captcha, and send the form again.",
    captcha_needs_script: "This form needs JavaScript: its captcha tells people from programs.",
    mail_expired: "That mail is too old. Request a new one.",
    check_mail: "Check your mail",
    mail_sent_to: Around("We have sent a mail to ", ". Open the link in it, or enter its code here."),
    mail_sent_again: "We have sent a new mail. Links and codes of earlier mails no longer work.",
    code: "Code",
    code_hint: "Six digits, valid for one hour. If no mail arrives within a few minutes, \
        check the address and your spam folder.",
    wrong_code: "The code is wrong or no longer valid. \
        After several wrong codes, you have to request a new mail.",
    send_again: "Send a new mail",
    back_to_account: "Back to your account",
    choose_first_password: "Choose a password",
    password_missing: "Enter a password.",
    account_created: Explanation {
        title: "Your account is ready",
        text: "Sign in with your email address and your password.",
    },
    password_reset: Explanation {
        title: "Your password is changed",
        text: "You are signed out on all devices. Sign in with your new password.",
    },
    go_back_to_app: "To continue in an app, go back to it and sign in there.",
    link_gone: Explanation {
        title: "This link no longer works",
        text: "A link can be used once, and only for the time that its mail says. After several mails, only \
            the link in the newest one works. If you have already chosen your password, sign in with it.",
    },
    ask_again: "Request a new mail",
    ask_again_in_app: "Go back to the app where you began, and request a new mail there. \
        If you were invited, ask for a new invitation.",

    change_email: "Change your email address",
    change_email_lead: "Enter the new address. We send a mail with a link and a code to it. \
        Your address stays as it is until you confirm the new one.",
    new_email: "New email address",
    email_same: "This is already the address of your account. Enter another address.",
    wrong_own_password: "The password is wrong. \
        After many attempts, you have to wait some minutes before you can try again.",
    own_password_missing: "Enter your current password.",
    confirm_email: "Confirm your new email address",
    confirm_email_lead: "This gives your account this address. From then on, you sign in with it. \
        Confirm it only if you asked for this change.",
    confirm: "Confirm address",
    email_changed: Explanation {
        title: "Your email address is changed",
        text: "From now on, sign in with the new address and the same password. \
            Your devices stay signed in.",
    },
    email_link_gone: Explanation {
        title: "This link no longer works",
        text: "A link is valid for one hour and can be used once. After several mails, only the link in the \
            newest one works. If you have already confirmed the address, you can sign in with it.",
    },
    undo_email: "Restore your email address",
    undo_email_lead: "This gives your account this address back, and signs you out on all devices. \
        Choose a new password, since another person may know the old one.",
    restore: "Restore address",
    email_restored: Explanation {
        title: "Your email address is restored",
        text: "You are signed out on all devices. Sign in with this address and your new password.",
    },
    undo_link_gone: Explanation {
        title: "This link no longer works",
        text: "A link is valid for three days and can be used once. \
            If you have already restored your address, sign in with it. \
            Otherwise, ask the operator of this service for help.",
    },

    delete_account: "Delete your account",
    delete_account_lead: "This deletes your account and signs you out on all devices. It can't be undone.",
    delete_account_apps: "Apps may keep data of their own about you.",
    delete_confirmation: "I want to delete my account for good.",
    delete_unconfirmed: "Select the box to confirm that you want to delete your account.",
    account_deleted: Explanation {
        title: "Your account is deleted",
        text: "You are signed out on all devices. You can close this page.",
    },

    allow_client: Around("Allow ", " to use your account?"),
    not_registered: Around("This app is not registered with this service. Its address is ", "."),
    calls_itself: Around("It calls itself \u{201c}", "\u{201d}."),
    client_can: "If you allow it, this app can:",
    client_can_at: "It can do this with:",
    scope_openid: "Confirm who you are",
    scope_profile: "See your profile, such as your name and your picture",
    scope_email: "See your email address",
    scope_phone: "See your phone number",
    scope_address: "See your postal address",
    scope_offline_access: "Stay signed in, even while you don't use it",
    scope_other: "Use this permission:",
    returns_to: Around("Next, you go back to ", "."),
    returns_to_app: "Next, you go back to the app on this device.",
    any_app_could_ask: "Any app on this device can ask in its name. Allow it only if you have just started it yourself.",
    allow_if_trusted: "Allow only apps that you trust.",
    allow: "Allow",
    deny: "Deny",

    go_on_to: Around("Continue to ", "?"),
    go_on_if_begun: "An app on this device wants to use your account. \
        Continue only if you have just started to sign in there.",
    go_on: "Continue",

    account: "Your account",
    devices: "Devices",
    devices_lead: "You are signed in on these devices. \
        If you don't recognise one, sign it out and change your password.",
    unknown_device: "Unknown device",
    this_browser: "This browser",
    bound: "Protected by a device key",
    client: "App",
    last_used: "Last used",
    signed_in: "Signed in",
    address: "IP address",
    more_devices: "There are more devices, which are not shown.",
    sign_out_others: "Sign out all other devices",
    device_signed_out: "The device is signed out.",
    others_signed_out: "All other devices are signed out.",
    password_changed: "Your password is changed.",
    new_device_mails: "Mails about new devices",
    new_device_mails_are_on: "You get a mail when you sign in on a new device.",
    new_device_mails_are_off: "You don't get a mail when you sign in on a new device.",
    turn_new_device_mails_on: "Send me a mail when I sign in on a new device",
    turn_new_device_mails_off: "Stop these mails",
    new_device_mails_turned_on: "Mails about new devices are turned on.",
    new_device_mails_turned_off: "Mails about new devices are turned off.",

    sign_out: "Sign out",
    sign_out_here: "Sign out of this browser",
    sign_out_question: "Do you want to sign out of this browser?",
    stay_signed_in: "Stay signed in",
    signed_out: Explanation { title: "You are signed out", text: "You can close this page." },

    unknown_client: Explanation {
        title: "Unknown app",
        text: "The app that sent you here is not registered with this service, or is no longer in use.",
    },
    unusable_document: Explanation {
        title: "This app can't be checked",
        text: "The app that sent you here is not registered with this service, \
            and the description at its address is missing or can't be used.",
    },
    unknown_redirect_uri: Explanation {
        title: "Wrong return address",
        text: "The app wants to send you to an address that is not registered for it. \
            To protect your account, you can't continue.",
    },
    bad_request: Explanation {
        title: "This page can't be shown",
        text: "The request is incomplete or incorrect. Go back to the app and try again.",
    },
    form_expired_page: Explanation {
        title: "Please try again",
        text: "The page was open for too long, or your browser doesn't keep cookies. \
            Go back to the app and start again.",
    },
    sign_up_closed: Explanation {
        title: "You can't create an account here",
        text: "Accounts are created by the operator of this service.",
    },
    email_unchangeable: Explanation {
        title: "You can't change your address here",
        text: "Your user name is not an email address. The operator of this service can change it.",
    },
    email_taken: Explanation {
        title: "Another account has this address",
        text: "An email address can have only one account. To use this address, \
            delete that account first, or ask the operator of this service for help.",
    },
    too_many: Explanation { title: "Please try again later", text: "There were too many requests." },
    unavailable: Explanation { title: "Not available right now", text: "Please try again in a moment." },
    failure: Explanation {
        title: "Something went wrong",
        text: "The error is on our side. Please try again later.",
    },
};
