//! The two tokens: a JWT for access, an opaque one for refresh.

mod access;
mod grant;
mod jws;
mod refresh;
mod refresh_error;
mod unverified;
mod verify;
mod verify_error;

pub use self::{
    access::{AccessClaims, IssueError, PASSWORD_PATH},
    grant::{Grant, TokenIssuer, TokenResponse},
    jws::Jws,
    refresh::RefreshToken,
    refresh_error::RefreshTokenError,
    unverified::UnverifiedRefreshToken,
    verify::{AccessToken, AccessTokenVerifier, Audience},
    verify_error::AccessTokenError,
};
