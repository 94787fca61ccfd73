//! The two tokens: a JWT for access, an opaque one for refresh.

mod access;
mod issue;
mod jws;
mod refresh;
mod refresh_error;
mod unverified;
mod verify;
mod verify_error;

pub use self::{
    access::{AccessClaims, Issuance, IssueError},
    issue::{Grant, TokenIssuer, TokenResponse},
    jws::Jws,
    refresh::RefreshToken,
    refresh_error::RefreshTokenError,
    unverified::UnverifiedRefreshToken,
    verify::{Access, AccessToken, AccessTokenVerifier},
    verify_error::AccessTokenError,
};
