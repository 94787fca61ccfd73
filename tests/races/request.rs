//! The requests in a race.

use shared::route;

use crate::harness::{APP, Api, CHOSEN, Device, GRACE, GRACES_PASSWORD, Reply, Tokens};

/// A request of the demo user or of Grace, on the public client.
#[derive(Clone)]
pub(super) enum Request {
    Refresh(String),
    RefreshWithKey {
        token: String,
        key: String,
    },
    /// With a fresh proof of this device.
    RefreshOf {
        device: Box<Device>,
        token: String,
    },
    /// With this proof.
    RefreshWith {
        proof: String,
        token: String,
    },
    Logout(String),
    Everywhere(String),
    Login(&'static str),
    ChangePassword {
        access: String,
        current: &'static str,
        new: &'static str,
    },
    ChangePasswordWithKey {
        access: String,
        current: &'static str,
        new: &'static str,
    },
    /// Grace logs in.
    GracesLogin,
    /// Opens an account with this link.
    Confirm(String),
    /// Sets a new password with this link.
    Reset(String),
    /// Changes the address with this link.
    ConfirmAddress(String),
    /// Undoes a change of the address with this link.
    UndoAddress(String),
    /// Deletes Grace's account, with this access token.
    DeleteAccount(String),
}

impl Request {
    pub(super) fn refresh(tokens: &Tokens) -> Self {
        Self::Refresh(tokens.refresh.clone())
    }

    pub(super) fn everywhere(tokens: &Tokens) -> Self {
        Self::Everywhere(tokens.refresh.clone())
    }

    pub(super) fn change_password(tokens: &Tokens, current: &'static str, new: &'static str) -> Self {
        Self::ChangePassword { access: tokens.access.clone(), current, new }
    }

    pub(super) async fn send(self, api: &Api) -> Reply {
        match self {
            Self::Refresh(token) => api.refresh(&token).await,
            Self::RefreshWithKey { token, key } => api.refresh_with_key(&token, &key).await,
            Self::RefreshOf { device, token } => api.refresh_of(&device, &token).await,
            Self::RefreshWith { proof, token } => api.refresh_with(&token, &proof).await,
            Self::Logout(token) => api.logout(&token).await,
            Self::Everywhere(token) => {
                let parameters = [("client_id", APP), ("token", &token), ("everywhere", "true")];
                api.post(route::LOGOUT, &parameters).await
            }
            Self::Login(password) => api.try_login(password).await,
            Self::ChangePasswordWithKey { access, current, new } => {
                api.change_password_with_key(&access, current, new, "one key for all requests").await
            }
            Self::ChangePassword { access, current, new } => api.change_password(&access, current, new).await,
            Self::GracesLogin => api.try_login_as(GRACE, GRACES_PASSWORD).await,
            Self::Confirm(link) => api.confirm(&[("token", &link)], CHOSEN).await,
            Self::Reset(link) => api.reset(&[("token", &link)], CHOSEN).await,
            Self::ConfirmAddress(link) => api.confirm_address(&[("token", &link)]).await,
            Self::UndoAddress(link) => api.undo_address(&link, CHOSEN).await,
            Self::DeleteAccount(access) => api.delete_account(&access, GRACES_PASSWORD).await,
        }
    }
}
