//! The two tokens: a JWT for access, an opaque one for refresh.

mod access;
mod grant;
mod refresh;
mod unverified;
mod verify;

pub use self::{
    access::{AccessClaims, IssueError, PASSWORD_PATH, RESERVED_CLAIMS},
    grant::{Grant, TokenIssuer, TokenResponse},
    refresh::{RefreshToken, RefreshTokenError},
    unverified::UnverifiedRefreshToken,
    verify::{AccessToken, AccessTokenError, AccessTokenVerifier, Audience},
};
