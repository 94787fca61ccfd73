//! Accounts by mail: sign-up, confirmation, and forgotten passwords. The mails come from the real mailer, which gets
//! its work as the outbox's stream brings it.

mod bounces;
mod codes;
mod confirm;
mod damaged;
mod elsewhere;
mod faults;
mod forgot;
mod indistinguishable;
mod links;
mod logs;
mod look;
mod networks;
mod outbox;
mod pages;
mod quotas;
mod races;
mod resend;
mod reset;
mod ses;
mod sign_up;
mod stored;
mod stream;
mod unknown;

use mailer::Mail;

pub(crate) use self::faults::{CALLS as DELIVERY_CALLS, CLEAR, RELEASE};

use crate::harness::{Api, GRACE, GRACE_ID, GRACES_PASSWORD, Post, code_of, link_of, with_mail};

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

    /// Reads the only mail that waits, which has a link and a code.
    async fn read(&self, request: String) -> Asked {
        let mail = self.post.deliver_one(&self.api).await;
        let (link, code) = (link_of(&mail).unwrap(), code_of(&mail).unwrap());
        Asked { request, mail, link, code }
    }
}
