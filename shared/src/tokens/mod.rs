//! The tokens: a JWT for access, an opaque token for refresh.

mod access;
mod code;
mod form;
mod id_token;
mod issue;
mod jws;
mod refresh;
mod refresh_error;
mod unverified;
mod verify;
mod verify_error;

pub use self::{
    access::{AccessClaims, Confirmation, Issuance, IssueError},
    code::AuthorizationCode,
    form::Form,
    id_token::{IdTokenGrant, OPENID, issue_id_token, unverified_audience, verify_id_token_hint},
    issue::{Grant, TokenIssuer, TokenResponse, token_type},
    jws::Jws,
    refresh::{RefreshToken, SessionSecret},
    refresh_error::RefreshTokenError,
    unverified::UnverifiedRefreshToken,
    verify::{Access, AccessToken, AccessTokenVerifier},
    verify_error::AccessTokenError,
};
