//! Accounts by mail: sign-up, confirmation, forgotten passwords, changes of the address and their undo, deletion,
//! invitations, and notices. The mails come from the real mailer, which gets its work as the streams of the tables bring
//! it.

mod address_bounds;
mod address_failures;
mod address_pages;
mod address_secrecy;
mod bounces;
mod captcha;
mod change_of_address;
mod codes;
mod confirm;
mod damaged;
mod deletion;
mod deletion_failures;
mod elsewhere;
mod every_call;
mod faults;
mod first_password;
mod forgot;
mod hostile;
mod indistinguishable;
mod invitations;
mod links;
mod logs;
mod look;
mod networks;
mod new_devices;
mod notices;
mod notices_elsewhere;
mod operators;
mod outbox;
mod pages;
mod quotas;
mod races;
mod renames;
mod resend;
mod reset;
mod ses;
mod sign_up;
mod stored;
mod stored_changes;
mod stream;
mod undo;
mod unknown;

use mailer::Mail;

pub(crate) use self::{
    address_failures::{MOVE, MOVE_BACK},
    deletion_failures::END_ACCOUNT,
    faults::{CALLS as DELIVERY_CALLS, CLEAR, RELEASE},
};

use crate::harness::{Api, GRACE, GRACE_ID, GRACES_PASSWORD, Post, Tokens, code_of, link_of, with_mail};

/// A deployment that sends mail, with Grace's account, and its post.
struct Stage {
    api: Api,
    post: Post,
}

/// What a user has after asking for a mail with a link: the app's request token, and the mail.
struct Asked {
    request: String,
    mail: Mail,
    link: String,
    code: String,
}

impl Asked {
    /// The user follows the link.
    fn by_link(&self) -> [(&str, &str); 1] {
        [("token", &self.link)]
    }

    /// The user types the code into the app that asked.
    fn by_code(&self) -> [(&str, &str); 2] {
        [("request", &self.request), ("code", &self.code)]
    }
}

impl Stage {
    async fn set() -> Self {
        Self::of(Api::with_mail().await)
    }

    /// A deployment with this parameter.
    async fn with(name: &str, value: &str) -> Self {
        let api = Api::with(|parameters| with_mail(parameters).with(name, value)).await;
        api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
        Self::of(api)
    }

    fn of(api: Api) -> Self {
        let post = Post::of(&api);
        api.calls.take();
        Self { api, post }
    }

    /// Asks for a mail with a link, and reads it.
    async fn asked(&self, path: &str, email: &str) -> Asked {
        let request = self.api.ask(path, email).await;
        self.read(request).await
    }

    /// Asks for a change of Grace's address, and reads the mail at the new one.
    async fn changing(&self, tokens: &Tokens, email: &str) -> Asked {
        let reply = self.api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
        self.read(reply.request_token()).await
    }

    /// Changes Grace's address, and returns the mail at the old one. A second later, she may ask for another change.
    async fn changed(&self, tokens: &Tokens, email: &str) -> Mail {
        let asked = self.changing(tokens, email).await;
        let reply = self.api.confirm_address(&asked.by_link()).await;
        assert_eq!((reply.status, &reply.body), (200, &serde_json::json!({})), "{reply:?}");
        self.api.clock.advance(1);
        self.post.deliver_one(&self.api).await
    }

    /// Reads the only mail that waits, which has a link and a code.
    async fn read(&self, request: String) -> Asked {
        let mail = self.post.deliver_one(&self.api).await;
        let (link, code) = (link_of(&mail).unwrap(), code_of(&mail).unwrap());
        Asked { request, mail, link, code }
    }
}
