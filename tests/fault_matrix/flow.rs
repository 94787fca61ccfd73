//! The matrix's requests. Each starts from a state in which its function makes exactly the calls of its rows.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use local::template::Parameters;
use passwords::BUDGET;
use shared::{route, store::attribute};

use super::{
    answer::Answer,
    known::{NEW_PASSWORD, sid},
    mails::{MailFlow, MailScene},
    oauth::{OauthFlow, OauthScene},
};
use crate::{
    harness::{
        APP, Api, Device, Fault, PASSWORD, Reply, START, Tokens, USER_ID, USERNAME, bearer, number,
        refresh_form, text, with_mail,
    },
    login_flow::hash_at,
};

const NOBODY: &str = "nobody";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// With a stale counter to tidy and a weak hash to replace.
    Login,
    LoginAfterAWrongPassword,
    LoginWithAWrongPassword,
    /// With a stale counter to tidy.
    LoginOfNobody,
    /// An unknown name, which earlier releases may have stored in another form.
    LoginOfAGreekName,
    LoginWithTheBudgetSpent,
    /// From an unknown device that shows one of the user's refresh tokens.
    LoginOfADevice,
    LoginBeyondTheClientsScope,
    /// The user may have two sessions, and has them.
    LoginBeyondMaxSessions,
    /// With a proof of the key that the session becomes bound to.
    LoginWithAProof,
    /// Without a leeway or an `Idempotency-Key`.
    Refresh,
    /// A refresh with a proof of the session's key.
    RefreshWithAProof,
    /// A refresh with a proof that binds the session.
    RefreshThatBinds,
    RefreshAgain,
    RefreshOfAUsedToken,
    RefreshOfADisabledUser,
    RefreshOfAnUnreadableUser,
    /// At the other endpoint, also without a leeway.
    RefreshAtToken,
    RefreshAtTokenOfAUsedToken,
    RefreshAtTokenOfAnUnreadableUser,
    Logout,
    LogoutEverywhere,
    /// With a token whose session is over.
    LogoutEverywhereInVain,
    ListSessions,
    ListSessionsByDenylist,
    EndSession,
    ChangePassword,
    /// With an `Idempotency-Key`.
    ChangePasswordWithAKey,
    /// Completes the rest of an earlier request.
    CompleteAChangeOfPassword,
    ChangePasswordToTheSame,
    ChangePasswordByAWrongOne,
    Jwks,
    Oauth(OauthFlow),
    Mail(MailFlow),
}

/// The start of a flow: two sessions of the user.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) here: Tokens,
    pub(super) there: Tokens,
    /// The tokens from refreshing `here`, if it was refreshed.
    pub(super) successor: Option<Tokens>,
    /// The start of a flow of codes and pages.
    pub(super) oauth: Option<OauthScene>,
    /// The start of a flow of accounts by mail.
    pub(super) mail: Option<MailScene>,
}

impl Flow {
    const OWN: [Self; 32] = [
        Self::Login,
        Self::LoginAfterAWrongPassword,
        Self::LoginWithAWrongPassword,
        Self::LoginOfNobody,
        Self::LoginOfAGreekName,
        Self::LoginWithTheBudgetSpent,
        Self::LoginOfADevice,
        Self::LoginBeyondTheClientsScope,
        Self::LoginBeyondMaxSessions,
        Self::LoginWithAProof,
        Self::Refresh,
        Self::RefreshWithAProof,
        Self::RefreshThatBinds,
        Self::RefreshAgain,
        Self::RefreshOfAUsedToken,
        Self::RefreshOfADisabledUser,
        Self::RefreshOfAnUnreadableUser,
        Self::RefreshAtToken,
        Self::RefreshAtTokenOfAUsedToken,
        Self::RefreshAtTokenOfAnUnreadableUser,
        Self::Logout,
        Self::LogoutEverywhere,
        Self::LogoutEverywhereInVain,
        Self::ListSessions,
        Self::ListSessionsByDenylist,
        Self::EndSession,
        Self::ChangePassword,
        Self::ChangePasswordWithAKey,
        Self::CompleteAChangeOfPassword,
        Self::ChangePasswordToTheSame,
        Self::ChangePasswordByAWrongOne,
        Self::Jwks,
    ];

    /// All flows.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let oauth = OauthFlow::ALL.map(Self::Oauth);
        Self::OWN.into_iter().chain(oauth).chain(MailFlow::ALL.map(Self::Mail))
    }

    pub(super) fn parameters(self, parameters: Parameters) -> Parameters {
        match self {
            Self::Oauth(flow) => flow.parameters(parameters),
            Self::Mail(_) => with_mail(parameters),
            Self::Refresh | Self::RefreshAtToken => parameters.with("Leeway", "0"),
            Self::LoginWithAProof => parameters.with("Dpop", "on"),
            Self::RefreshWithAProof | Self::RefreshThatBinds => {
                parameters.with("Dpop", "on").with("Leeway", "0")
            }
            Self::LoginBeyondMaxSessions => parameters.with("MaxSessions", "2"),
            Self::ListSessionsByDenylist => parameters.with("RevocationCheck", "denylist"),
            _ => parameters,
        }
    }

    pub(super) async fn prepare(self, api: &Api) -> Scene {
        let here = match self {
            Self::RefreshWithAProof => api.login_of(&device()).await,
            _ => api.login().await,
        };
        let there = api.login().await;
        let (seeder, user, username) =
            (api.seeder(), (attribute::USER_ID, USER_ID), (attribute::USERNAME, USERNAME));
        let (mut successor, mut oauth, mut mail) = (None, None, None);
        match self {
            Self::Oauth(flow) => oauth = Some(Box::pin(flow.prepare(api, &there)).await),
            Self::Mail(flow) => mail = Some(Box::pin(flow.prepare(api)).await),
            Self::Login => {
                let change = vec![(attribute::PASSWORD_HASH, text(&hash_at(8, 1))), ("guesses_1", number(3))];
                seeder.set("CredentialsTable", username, change).await.unwrap();
            }
            Self::LoginAfterAWrongPassword => {
                api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
            }
            Self::LoginOfNobody => {
                let counters = vec![("guesses_1", number(3)), (attribute::EXPIRES_AT, number(START))];
                let nobody = (attribute::USERNAME, NOBODY);
                seeder.set("CredentialsTable", nobody, counters).await.unwrap();
            }
            Self::LoginWithTheBudgetSpent | Self::LoginOfADevice => {
                for _ in 0..BUDGET {
                    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
                }
            }
            Self::LoginBeyondMaxSessions => {
                api.clock.advance(1);
                api.refresh(&there.refresh).await.tokens();
            }
            Self::LogoutEverywhereInVain => assert_eq!(api.logout(&here.refresh).await.status, 200),
            Self::CompleteAChangeOfPassword => {
                api.calls.fail(Fault::Before("UpdateItem Users"));
                api.change_password(&here.access, PASSWORD, NEW_PASSWORD)
                    .await
                    .assert_error(503, "temporarily_unavailable");
                api.calls.heal();
            }
            Self::RefreshAgain => successor = Some(api.refresh(&here.refresh).await.tokens()),
            Self::RefreshOfAUsedToken | Self::RefreshAtTokenOfAUsedToken => {
                let next = api.refresh(&here.refresh).await.tokens();
                api.refresh(&next.refresh).await.tokens();
            }
            Self::RefreshOfADisabledUser => {
                let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
                seeder.set("UsersTable", user, disabled).await.unwrap();
            }
            Self::RefreshOfAnUnreadableUser | Self::RefreshAtTokenOfAnUnreadableUser => {
                seeder.set("UsersTable", user, vec![(attribute::CLAIMS, text("[]"))]).await.unwrap();
            }
            _ => {}
        }
        Scene { here, there, successor, oauth, mail }
    }

    pub(super) async fn send(self, api: &Api, scene: &Scene) -> Answer {
        match (&scene.oauth, &scene.mail) {
            (Some(oauth), _) => oauth.send(api).await,
            (None, Some(mail)) => Box::pin(mail.send(api)).await,
            (None, None) => Answer::Reply(self.request(api, scene).await),
        }
    }

    async fn request(self, api: &Api, Scene { here, there, .. }: &Scene) -> Reply {
        match self {
            Self::Oauth(_) | Self::Mail(_) => unreachable!("it has a scene of its own"),
            Self::RefreshAtToken
            | Self::RefreshAtTokenOfAUsedToken
            | Self::RefreshAtTokenOfAnUnreadableUser => {
                api.post(route::TOKEN, &refresh_form(&here.refresh)).await
            }
            Self::Login
            | Self::LoginAfterAWrongPassword
            | Self::LoginWithTheBudgetSpent
            | Self::LoginBeyondMaxSessions => api.try_login(PASSWORD).await,
            Self::LoginWithAProof => api.login_with(&device().proof(api, "POST", route::LOGIN).sign()).await,
            Self::LoginWithAWrongPassword => api.try_login("a wrong password").await,
            Self::LoginOfADevice => api.try_login_of_device(PASSWORD, &here.refresh).await,
            Self::LoginOfAGreekName => {
                let nobody = [("client_id", APP), ("username", "νους"), ("password", PASSWORD)];
                api.post(route::LOGIN, &nobody).await
            }
            Self::LoginOfNobody => {
                let nobody = [("client_id", APP), ("username", NOBODY), ("password", PASSWORD)];
                api.post(route::LOGIN, &nobody).await
            }
            Self::LoginBeyondTheClientsScope => {
                let parameters =
                    [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "admin")];
                api.post(route::LOGIN, &parameters).await
            }
            Self::Refresh
            | Self::RefreshAgain
            | Self::RefreshOfAUsedToken
            | Self::RefreshOfADisabledUser
            | Self::RefreshOfAnUnreadableUser => api.refresh(&here.refresh).await,
            Self::RefreshWithAProof | Self::RefreshThatBinds => {
                api.refresh_of(&device(), &here.refresh).await
            }
            Self::Logout => api.logout(&here.refresh).await,
            Self::LogoutEverywhere | Self::LogoutEverywhereInVain => {
                let everywhere = [("client_id", APP), ("token", &*here.refresh), ("everywhere", "true")];
                api.post(route::LOGOUT, &everywhere).await
            }
            Self::ListSessions | Self::ListSessionsByDenylist => api.call(&here.access).await,
            Self::EndSession => {
                let request = Request::delete(format!("/sessions/{}", sid(there)));
                api.send(bearer(request, &here.access), "").await
            }
            Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                api.change_password(&here.access, PASSWORD, NEW_PASSWORD).await
            }
            Self::ChangePasswordWithAKey => {
                let key = "a-key-of-22-characters";
                api.change_password_with_key(&here.access, PASSWORD, NEW_PASSWORD, key).await
            }
            Self::ChangePasswordByAWrongOne => {
                api.change_password(&here.access, "a wrong password", NEW_PASSWORD).await
            }
            Self::ChangePasswordToTheSame => api.change_password(&here.access, PASSWORD, PASSWORD).await,
            Self::Jwks => api.send(Request::get(route::JWKS), "").await,
        }
    }

    /// The status and error of its answer if nothing fails.
    pub(super) fn answer(self) -> (u16, Option<&'static str>) {
        match self {
            Self::Oauth(flow) => flow.answer(),
            Self::Mail(flow) => flow.answer(),
            Self::LoginWithAWrongPassword
            | Self::LoginOfNobody
            | Self::LoginOfAGreekName
            | Self::LoginWithTheBudgetSpent
            | Self::RefreshOfAUsedToken
            | Self::RefreshAtTokenOfAUsedToken
            | Self::RefreshOfADisabledUser
            | Self::LogoutEverywhereInVain
            | Self::ChangePasswordByAWrongOne => (400, Some("invalid_grant")),
            Self::LoginBeyondTheClientsScope => (400, Some("invalid_scope")),
            Self::RefreshOfAnUnreadableUser | Self::RefreshAtTokenOfAnUnreadableUser => {
                (500, Some("server_error"))
            }
            Self::ChangePasswordToTheSame => (400, Some("password_rejected")),
            Self::EndSession => (204, None),
            _ => (200, None),
        }
    }

    /// The sessions that it should end.
    pub(super) fn ends(self, scene: &Scene) -> Vec<String> {
        let Scene { here, there, .. } = scene;
        match self {
            Self::Oauth(flow) => scene.oauth.as_ref().unwrap().ends(flow, &scene.here, &scene.there),
            Self::Mail(flow) if flow.ends_sessions() => scene.mail.as_ref().unwrap().sessions.clone(),
            Self::RefreshOfAUsedToken
            | Self::RefreshAtTokenOfAUsedToken
            | Self::RefreshOfADisabledUser
            | Self::Logout
            | Self::LoginBeyondMaxSessions
            | Self::LogoutEverywhereInVain => vec![sid(here)],
            Self::LogoutEverywhere | Self::ChangePassword | Self::CompleteAChangeOfPassword => {
                vec![sid(here), sid(there)]
            }
            Self::EndSession | Self::ChangePasswordWithAKey => vec![sid(there)],
            _ => vec![],
        }
    }

    /// The session that it ends after a minute.
    pub(super) fn ends_later(self, Scene { here, .. }: &Scene) -> Option<String> {
        (self == Self::ChangePasswordWithAKey).then(|| sid(here))
    }

    /// Whether its clients take part in the code flow.
    pub(super) fn has_clients(self) -> bool {
        match self {
            Self::Oauth(_) => true,
            Self::Mail(flow) => flow.has_clients(),
            _ => false,
        }
    }

    /// Whether the authorizer is asked first.
    pub(super) fn is_protected(self) -> bool {
        if let Self::Mail(flow) = self {
            return flow.is_protected();
        }
        matches!(
            self,
            Self::ListSessions
                | Self::ListSessionsByDenylist
                | Self::EndSession
                | Self::ChangePassword
                | Self::ChangePasswordWithAKey
                | Self::CompleteAChangeOfPassword
                | Self::ChangePasswordToTheSame
                | Self::ChangePasswordByAWrongOne
                | Self::Oauth(OauthFlow::Userinfo)
        )
    }
}

/// The device whose key sessions are bound to.
pub(super) fn device() -> Device {
    Device::es256(1)
}
