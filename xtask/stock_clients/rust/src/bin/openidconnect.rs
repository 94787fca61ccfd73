//! Signs a user in with `openidconnect`, and out again.

use openidconnect::{
    AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken,
    IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdTokenVerifier, CoreUserInfoClaims,
    },
    reqwest,
};
use stock_clients::{Listener, Result, SCOPES, hold, variable};

fn main() -> Result<()> {
    let (issuer, id) = (variable("LATCHGATE_URL")?, ClientId::new(variable("LATCHGATE_CLIENT_ID")?));
    let http = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let listener = Listener::start()?;
    let metadata = ProviderMetadataWithLogout::discover(&IssuerUrl::new(issuer.clone())?, &http)?;
    let end_session = metadata.additional_metadata().end_session_endpoint.clone();
    let (keys, algorithms) =
        (metadata.jwks().clone(), metadata.id_token_signing_alg_values_supported().clone());
    let client = CoreClient::from_provider_metadata(metadata, id.clone(), None)
        .set_redirect_uri(RedirectUrl::new(listener.url("/callback")?)?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow: CoreAuthenticationFlow = AuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        // The crate adds `openid` itself.
        .add_scopes(SCOPES[1..].iter().map(|&scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let back = listener.open(&url, "/callback")?;
    hold(back["state"] == *state.secret() && back["iss"] == issuer, format!("state and iss of {back:?}"))?;

    // A wrong verifier doesn't use the code up: the right one works afterwards.
    let trade = |verifier| {
        let code = AuthorizationCode::new(back["code"].clone());
        Ok::<_, Box<dyn std::error::Error>>(
            client.exchange_code(code)?.set_pkce_verifier(verifier).request(&http),
        )
    };
    let another = trade(PkceCodeVerifier::new("x".repeat(43)))?.map(|_| ());
    hold(is_invalid_grant(&another), format!("another verifier is refused: {another:?}"))?;
    let first = trade(verifier)??;

    let id_token = first.id_token().ok_or("no ID token")?;
    let judge = client.id_token_verifier();
    let claims = id_token.claims(&judge, &nonce)?;
    hold(claims.subject().as_str() == "demo-user", claims.subject().as_str())?;
    let hash = AccessTokenHash::from_token(
        first.access_token(),
        id_token.signing_alg()?,
        id_token.signing_key(&judge)?,
    )?;
    hold(claims.access_token_hash() == Some(&hash), "at_hash is the access token's")?;
    let another = id_token.claims(&judge, &Nonce::new_random()).err();
    hold(
        matches!(another, Some(ClaimsVerificationError::InvalidNonce(_))),
        format!("another nonce: {another:?}"),
    )?;
    let evil = IssuerUrl::new("https://evil.example".to_owned())?;
    let judge = CoreIdTokenVerifier::new_public_client(id, evil, keys).set_allowed_algs(algorithms);
    let another = id_token.claims(&judge, &nonce).err();
    hold(
        matches!(another, Some(ClaimsVerificationError::InvalidIssuer(_))),
        format!("another issuer: {another:?}"),
    )?;

    let refresh_token = first.refresh_token().ok_or("no refresh token")?;
    let second = client.exchange_refresh_token(refresh_token)?.request(&http)?;
    let successor = second.refresh_token().ok_or("no refresh token")?;
    hold(successor.secret() != refresh_token.secret(), "a refresh token is replaced")?;
    let subject = claims.subject().clone();
    let user: CoreUserInfoClaims =
        client.user_info(second.access_token().clone(), Some(subject))?.request(&http)?;
    hold(
        user.email().is_some_and(|email| email.as_str() == "demo@example.com"),
        "/userinfo has the address",
    )?;

    let state = CsrfToken::new_random();
    let out = LogoutRequest::from(end_session.ok_or("no end_session_endpoint")?)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(listener.url("/signed-out")?)?)
        .set_state(state.clone());
    let back = listener.open(&out.http_get_url(), "/signed-out")?;
    hold(back["state"] == *state.secret(), "the state comes back after the sign-out")?;
    let after = client.exchange_refresh_token(successor)?.request(&http).map(|_| ());
    hold(is_invalid_grant(&after), format!("signed out: {after:?}"))?;
    println!(
        "openidconnect: signed in, another verifier, nonce and issuer refused, at_hash, claims, refreshed, signed out"
    );
    Ok(())
}

type Answer<E> = std::result::Result<(), RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>>;

fn is_invalid_grant<E: std::error::Error + 'static>(answer: &Answer<E>) -> bool {
    matches!(answer, Err(RequestTokenError::ServerResponse(error)) if *error.error() == CoreErrorResponseType::InvalidGrant)
}
