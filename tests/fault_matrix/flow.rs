//! The requests of the matrix: one each, from a state in which its function makes the calls that it has rows for.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use local::template::Parameters;
use passwords::BUDGET;
use shared::{route, store::attribute};

use crate::{
    harness::{
        APP, Api, Fault, PASSWORD, Reply, START, Tokens, USER_ID, USERNAME, bearer, claims, number, text,
    },
    login_flow::hash_at,
};

pub(super) const NEW_PASSWORD: &str = "a much better password";
const NOBODY: &str = "nobody";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// With a stale counter to tidy, and a weak hash to replace.
    Login,
    LoginAfterAWrongPassword,
    LoginWithAWrongPassword,
    /// With a stale counter to tidy.
    LoginOfNobody,
    /// Nobody's, which earlier releases may have stored in another form.
    LoginOfAGreekName,
    LoginWithTheBudgetSpent,
    /// Of strangers, by a device that shows a refresh token of the user's.
    LoginOfADevice,
    LoginBeyondTheClientsScope,
    /// Where a user may have two sessions, and has them.
    LoginBeyondMaxSessions,
    /// Without a leeway and without an `Idempotency-Key`.
    Refresh,
    RefreshAgain,
    RefreshOfAUsedToken,
    RefreshOfADisabledUser,
    RefreshOfAnUnreadableUser,
    Logout,
    LogoutEverywhere,
    /// By a token of a session that is over.
    LogoutEverywhereInVain,
    ListSessions,
    ListSessionsByDenylist,
    EndSession,
    ChangePassword,
    /// With an `Idempotency-Key`.
    ChangePasswordWithAKey,
    /// What an earlier request left undone.
    CompleteAChangeOfPassword,
    ChangePasswordToTheSame,
    ChangePasswordByAWrongOne,
    Jwks,
}

/// What a flow begins with: two sessions of the user.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) here: Tokens,
    pub(super) there: Tokens,
    /// What `here` was refreshed to, where it was.
    pub(super) successor: Option<Tokens>,
}

impl Flow {
    pub(super) const ALL: [Self; 26] = [
        Self::Login,
        Self::LoginAfterAWrongPassword,
        Self::LoginWithAWrongPassword,
        Self::LoginOfNobody,
        Self::LoginOfAGreekName,
        Self::LoginWithTheBudgetSpent,
        Self::LoginOfADevice,
        Self::LoginBeyondTheClientsScope,
        Self::LoginBeyondMaxSessions,
        Self::Refresh,
        Self::RefreshAgain,
        Self::RefreshOfAUsedToken,
        Self::RefreshOfADisabledUser,
        Self::RefreshOfAnUnreadableUser,
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

    pub(super) fn parameters(self, parameters: Parameters) -> Parameters {
        match self {
            Self::Refresh => parameters.with("Leeway", "0"),
            Self::LoginBeyondMaxSessions => parameters.with("MaxSessions", "2"),
            Self::ListSessionsByDenylist => parameters.with("RevocationCheck", "denylist"),
            _ => parameters,
        }
    }

    pub(super) async fn prepare(self, api: &Api) -> Scene {
        let (here, there) = (api.login().await, api.login().await);
        let (seeder, user, username) =
            (api.seeder(), (attribute::USER_ID, USER_ID), (attribute::USERNAME, USERNAME));
        let mut successor = None;
        match self {
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
            Self::RefreshOfAUsedToken => {
                let next = api.refresh(&here.refresh).await.tokens();
                api.refresh(&next.refresh).await.tokens();
            }
            Self::RefreshOfADisabledUser => {
                let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
                seeder.set("UsersTable", user, disabled).await.unwrap();
            }
            Self::RefreshOfAnUnreadableUser => {
                seeder.set("UsersTable", user, vec![(attribute::CLAIMS, text("[]"))]).await.unwrap();
            }
            _ => {}
        }
        Scene { here, there, successor }
    }

    pub(super) async fn send(self, api: &Api, Scene { here, there, .. }: &Scene) -> Reply {
        match self {
            Self::Login
            | Self::LoginAfterAWrongPassword
            | Self::LoginWithTheBudgetSpent
            | Self::LoginBeyondMaxSessions => api.try_login(PASSWORD).await,
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

    /// The status and the error of its answer, where nothing fails.
    pub(super) fn answer(self) -> (u16, Option<&'static str>) {
        match self {
            Self::LoginWithAWrongPassword
            | Self::LoginOfNobody
            | Self::LoginOfAGreekName
            | Self::LoginWithTheBudgetSpent
            | Self::RefreshOfAUsedToken
            | Self::RefreshOfADisabledUser
            | Self::LogoutEverywhereInVain
            | Self::ChangePasswordByAWrongOne => (400, Some("invalid_grant")),
            Self::LoginBeyondTheClientsScope => (400, Some("invalid_scope")),
            Self::RefreshOfAnUnreadableUser => (500, Some("server_error")),
            Self::ChangePasswordToTheSame => (400, Some("password_rejected")),
            Self::EndSession => (204, None),
            _ => (200, None),
        }
    }

    /// The sessions that it is there to end.
    pub(super) fn ends(self, Scene { here, there, .. }: &Scene) -> Vec<String> {
        match self {
            Self::RefreshOfAUsedToken
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

    /// The session that it ends in a minute.
    pub(super) fn ends_later(self, Scene { here, .. }: &Scene) -> Option<String> {
        (self == Self::ChangePasswordWithAKey).then(|| sid(here))
    }

    /// Whether the authorizer is asked first.
    pub(super) fn is_protected(self) -> bool {
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
        )
    }
}

/// The session of these tokens.
pub(super) fn sid(tokens: &Tokens) -> String {
    claims(&tokens.access)["sid"].as_str().unwrap().to_owned()
}
