//! The flow of a userinfo request, top to bottom.

use lambda_http::{
    Body, Request, Response,
    http::{Method, StatusCode},
};
use serde_json::{Map, Value};
use shared::{
    claims::standard_claims,
    http::{RequestError, caller, caller_scope, json},
    ids::UserId,
    log::RequestLog,
    scope::Scope,
    store::User,
    tokens::OPENID,
};

use crate::{Userinfo, UserinfoError, UserinfoReason};

impl Userinfo {
    /// Returns the user's current claims, which may be newer than those in tokens. It takes one round trip
    /// and one read unit.
    pub(crate) async fn claims(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, UserinfoError> {
        // POST may have the token in the body (section 5.3.1), but the authorizer only reads the header.
        if ![Method::GET, Method::POST].contains(request.method()) {
            return Err(RequestError::Method.into());
        }
        let caller = caller(request)?;
        log.session(&caller);
        let scope = caller_scope(request)?;
        if !scope.contains(OPENID) {
            return Err(UserinfoReason::Scope.into());
        }
        let user = self.users.find(&caller.user_id).await?;
        let user = user.filter(|user| !user.disabled).ok_or(UserinfoReason::UserCutOff)?;
        Ok(json(StatusCode::OK, &claims_of(&caller.user_id, &user, &scope)))
    }
}

/// The `sub`, which is always present (section 5.3.2), and the claims of the user that the scope asks for.
fn claims_of(user_id: &UserId, user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = standard_claims(&user.claims, scope);
    claims.insert("sub".to_owned(), user_id.as_str().into());
    claims
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_answer_has_the_sub_and_the_claims_of_the_scope() {
        let claims = json!({ "email": "a@example.com", "name": "A", "role": "admin", "sub": "another" });
        let user = User { claims: claims.as_object().unwrap().clone(), ..User::default() };
        let user_id = UserId::parse("u1").unwrap();
        for (scope, expected) in [
            ("openid", json!({ "sub": "u1" })),
            ("openid email", json!({ "sub": "u1", "email": "a@example.com" })),
            ("openid phone profile", json!({ "sub": "u1", "name": "A" })),
        ] {
            let claims = claims_of(&user_id, &user, &Scope::parse(scope).unwrap());
            assert_eq!(Value::Object(claims), expected, "{scope}");
        }
    }
}
