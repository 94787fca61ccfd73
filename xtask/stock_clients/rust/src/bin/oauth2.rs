//! Signs a user in with `oauth2`, which has no support for OpenID Connect and needs two URLs.

use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType},
    reqwest,
};
use stock_clients::{Listener, Result, SCOPES, hold, variable};

fn main() -> Result<()> {
    let issuer = variable("LATCHGATE_URL")?;
    let http = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let listener = Listener::start()?;
    let client = BasicClient::new(ClientId::new(variable("LATCHGATE_CLIENT_ID")?))
        .set_auth_uri(AuthUrl::new(format!("{issuer}/authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{issuer}/token"))?)
        .set_redirect_uri(RedirectUrl::new(listener.url("/callback")?)?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = listener.open(&url, "/callback")?;
    hold(back["state"] == *state.secret() && back["iss"] == issuer, format!("state and iss of {back:?}"))?;

    // A wrong verifier doesn't use the code up: the right one works afterwards.
    let trade = |verifier| {
        client
            .exchange_code(AuthorizationCode::new(back["code"].clone()))
            .set_pkce_verifier(verifier)
            .request(&http)
    };
    let again = PkceCodeVerifier::new(verifier.secret().clone());
    let another = trade(PkceCodeVerifier::new("x".repeat(43))).map(|_| ());
    hold(is_invalid_grant(&another), format!("another verifier is refused: {another:?}"))?;
    let first = trade(verifier)?;
    hold(first.scopes().is_some_and(|scopes| scopes.len() == SCOPES.len()), format!("{:?}", first.scopes()))?;

    let refresh_token = first.refresh_token().ok_or("no refresh token")?;
    let second = client.exchange_refresh_token(refresh_token).request(&http)?;
    let successor = second.refresh_token().ok_or("no refresh token")?;
    hold(successor.secret() != refresh_token.secret(), "a refresh token is replaced")?;
    let userinfo =
        || http.get(format!("{issuer}/userinfo")).bearer_auth(second.access_token().secret()).send();
    hold(userinfo()?.text()?.contains(r#""sub":"demo-user""#), "/userinfo says who it is")?;

    // This crate has no sign-out, and revokes only over TLS. But a repeated code ends its session.
    let twice = trade(again).map(|_| ());
    hold(is_invalid_grant(&twice), format!("a code works once: {twice:?}"))?;
    let after = client.exchange_refresh_token(successor).request(&http).map(|_| ());
    hold(is_invalid_grant(&after), format!("its session is over: {after:?}"))?;
    hold(userinfo()?.status() == 401, "and so is the access token")?;
    println!(
        "oauth2: signed in, another verifier and the code's second use refused, claims, refreshed"
    );
    Ok(())
}

type Answer<E> = std::result::Result<(), RequestTokenError<E, BasicErrorResponse>>;

fn is_invalid_grant<E: std::error::Error + 'static>(answer: &Answer<E>) -> bool {
    matches!(answer, Err(RequestTokenError::ServerResponse(error)) if *error.error() == BasicErrorResponseType::InvalidGrant)
}
