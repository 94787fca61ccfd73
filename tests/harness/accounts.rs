//! Requests for mails, and the use of their links and codes.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use aws_sdk_dynamodb::types::AttributeValue;
use local::{seed::UserSeed, template::Parameters};
use passwords::{NO_PASSWORD, NewCredential, Username};
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    ids::UserId,
    route,
    store::{User, attribute},
};

use super::{APP, Api, Reply, form, form_post, text};

/// An address without an account.
pub(crate) const NEWCOMER: &str = "Newcomer@example.com";
/// Its normal form, which becomes the user name.
pub(crate) const NEWCOMERS_NAME: &str = "newcomer@example.com";
/// The password that the newcomer chooses.
pub(crate) const CHOSEN: &str = "a lighthouse in the fog";
/// The address and user name of an account.
pub(crate) const GRACE: &str = "grace@example.com";
/// Her password.
pub(crate) const GRACES_PASSWORD: &str = "a moth in the relay";
/// Her user ID.
pub(crate) const GRACE_ID: &str = "grace-user";

/// The address and user name of an account without a password.
pub(crate) const IMPORTED: &str = "imported@example.com";
/// Its user ID.
pub(crate) const IMPORTED_ID: &str = "imported-user";

/// An address of the network with this number.
pub(crate) fn network(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(198, 18, high, low))
}

/// How a caller proves that the mail arrived: a link's token, or a request token with the mail's code.
pub(crate) type Means<'a> = [(&'a str, &'a str)];

/// A deployment that sends mail, and at which everybody may sign up.
pub(crate) fn with_mail(parameters: Parameters) -> Parameters {
    parameters.with("MailFrom", "Latchgate <latchgate@example.com>").with("SignUp", "open")
}

impl Api {
    /// A deployment that sends mail, and at which everybody may sign up, with Grace's account.
    pub(crate) async fn with_mail() -> Self {
        let api = Self::with(with_mail).await;
        api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
        api
    }

    /// Sets attributes of a user.
    pub(crate) async fn set_user(&self, user_id: &str, attributes: Vec<(&str, AttributeValue)>) {
        self.seeder().set("UsersTable", (attribute::USER_ID, user_id), attributes).await.unwrap();
    }

    /// The row of a user.
    pub(crate) async fn user(&self, user_id: &str) -> Option<BTreeMap<String, AttributeValue>> {
        let users = self.items("UsersTable").await.into_iter();
        users.into_iter().find(|user| user[attribute::USER_ID] == text(user_id))
    }

    /// The claims of a user.
    pub(crate) async fn claims_of(&self, user_id: &str) -> Value {
        let user = self.user(user_id).await.unwrap();
        serde_json::from_str(user[attribute::CLAIMS].as_s().unwrap()).unwrap()
    }

    /// The names that a user logs in with.
    pub(crate) async fn names_of(&self, user_id: &str) -> Vec<String> {
        let rows = self.items("CredentialsTable").await.into_iter();
        let own = rows.filter(|row| row.get(attribute::USER_ID) == Some(&text(user_id)));
        own.map(|row| row[attribute::USERNAME].as_s().unwrap().clone()).collect()
    }

    /// Adds an account whose user name is its address.
    pub(crate) async fn put_account(&self, email: &str, password: &str, user_id: &str) {
        let password = SecretString::from(password);
        let claims = json!({ "email": email, "email_verified": true });
        let seed = UserSeed { username: email, password: &password, user_id, claims };
        self.seeder().put_user(&seed, &self.passwords()).await.unwrap();
    }

    /// Imports a user without a password, as `users import --without-passwords` does.
    pub(crate) async fn import_without_password(&self) {
        let claims = json!({ "email": IMPORTED, "email_verified": true });
        let new = admin::tables::users::NewUser {
            user: User {
                username: Some(IMPORTED.to_owned()),
                claims: claims.as_object().unwrap().clone(),
                ..User::default()
            },
            credential: NewCredential {
                user_id: UserId::parse(IMPORTED_ID).unwrap(),
                password_hash: NO_PASSWORD.to_owned(),
                must_change: false,
                valid_from: Timestamp::default(),
            },
            undos: None,
            username: Username::parse(IMPORTED).unwrap(),
        };
        let tables = admin::tables::users::UserTables::of(&self.operator(None)).unwrap();
        let created = tables.create(&new).await.unwrap();
        assert!(matches!(created, admin::tables::users::Creation::Done));
    }

    /// Disables a user.
    pub(crate) async fn disable(&self, user_id: &str) {
        let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
        self.seeder().set("UsersTable", (attribute::USER_ID, user_id), disabled).await.unwrap();
    }

    /// Logs in on the public client with this name.
    pub(crate) async fn try_login_as(&self, username: &str, password: &str) -> Reply {
        let parameters = [("client_id", APP), ("username", username), ("password", password)];
        self.post(route::LOGIN, &parameters).await
    }

    /// The same from this address.
    pub(crate) async fn try_login_from(&self, source: IpAddr, username: &str, password: &str) -> Reply {
        let parameters = [("client_id", APP), ("username", username), ("password", password)];
        self.send_from(source, form_post(route::LOGIN), form(&parameters)).await
    }

    /// Asks for a mail at `/signup` or `/forgot`.
    pub(crate) async fn try_ask(&self, path: &str, email: &str) -> Reply {
        self.post(path, &[("client_id", APP), ("email", email)]).await
    }

    /// Asks for a mail, and returns the request token.
    pub(crate) async fn ask(&self, path: &str, email: &str) -> String {
        self.try_ask(path, email).await.request_token()
    }

    /// Asks for a mail from the network with this number, so that only the bound of the address counts.
    pub(crate) async fn try_ask_from(&self, number: u16, path: &str, email: &str) -> Reply {
        self.try_ask_at(network(number), path, email).await
    }

    /// Asks for a mail from this address.
    pub(crate) async fn try_ask_at(&self, source: IpAddr, path: &str, email: &str) -> Reply {
        self.send_from(source, form_post(path), form(&[("client_id", APP), ("email", email)])).await
    }

    /// Asks for the mail of an earlier request again.
    pub(crate) async fn try_resend(&self, request: &str) -> Reply {
        self.post(route::RESEND, &[("client_id", APP), ("request", request)]).await
    }

    /// Confirms an address, and chooses a password.
    pub(crate) async fn confirm(&self, means: &Means<'_>, password: &str) -> Reply {
        self.redeem_mail(route::SIGNUP_CONFIRM, means, ("password", password)).await
    }

    /// Sets a new password.
    pub(crate) async fn reset(&self, means: &Means<'_>, password: &str) -> Reply {
        self.redeem_mail(route::RESET, means, ("new_password", password)).await
    }

    /// Sends what a mail brought, as the public client does.
    async fn redeem_mail(&self, path: &str, means: &Means<'_>, password: (&str, &str)) -> Reply {
        self.post(path, &[&[("client_id", APP)][..], means, &[password]].concat()).await
    }
}

impl Reply {
    /// The request token of an accepted request for a mail.
    #[track_caller]
    pub(crate) fn request_token(&self) -> String {
        assert_eq!(self.status, 202, "{self:?}");
        let names: Vec<_> = self.body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["expires_in", "request"]);
        assert_eq!(self.body["expires_in"], 3600);
        let request = self.body["request"].as_str().unwrap();
        assert!(request.starts_with("lgq1_"), "{request}");
        request.to_owned()
    }
}
