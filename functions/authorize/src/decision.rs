//! Decides about an authorization request, without I/O (OpenID Connect Core 1.0 sections 3.1.2.3 to 3.1.2.6).

use shared::{clock::Timestamp, ids::UserId};

use crate::{
    request::{AuthorizationRequest, Hint},
    target::Target,
};

/// The signed-in user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn<'a> {
    pub(crate) user_id: &'a UserId,
    /// When the user entered the password.
    pub(crate) auth_time: Timestamp,
    /// Whether this request's form had the password, so that it isn't asked for again.
    pub(crate) is_fresh: bool,
}

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Ask the user for a password.
    ShowSignIn,
    /// Ask the user for consent.
    ShowConsent,
    /// Ask the user whether to continue, since another program may impersonate the client.
    ShowContinue,
    /// Issue a code.
    IssueCode,
    /// Answer `login_required`.
    LoginRequired,
    /// Answer `consent_required`.
    ConsentRequired,
    /// Answer `interaction_required`.
    InteractionRequired,
}

/// Decides by the request, the signed-in user, and whether that user has consented to all of it.
pub(crate) fn decide(
    request: &AuthorizationRequest,
    target: &Target,
    signed_in: Option<SignedIn<'_>>,
    has_consented: bool,
    now: Timestamp,
) -> Decision {
    let prompts = request.prompts;
    let ask_for_password = if prompts.none { Decision::LoginRequired } else { Decision::ShowSignIn };
    let Some(signed_in) = signed_in else { return ask_for_password };
    match &request.hint {
        Hint::User(user_id) if user_id != signed_in.user_id => {
            // Another user than the hinted one has just signed in. Asking again could go on forever.
            return if signed_in.is_fresh { Decision::LoginRequired } else { ask_for_password };
        }
        Hint::Unknown if prompts.none => return Decision::LoginRequired,
        Hint::Nobody | Hint::User(_) | Hint::Unknown => {}
    }
    if !signed_in.is_fresh && is_password_wanted(request, signed_in.auth_time, now) {
        return ask_for_password;
    }
    let is_agreed = target.client.is_first_party || has_consented;
    if prompts.consent || !is_agreed {
        return if prompts.none { Decision::ConsentRequired } else { Decision::ShowConsent };
    }
    // Every time: another program may send the request this time (RFC 8252 section 8.6).
    if target.may_be_anyone() && !signed_in.is_fresh {
        return if prompts.none { Decision::InteractionRequired } else { Decision::ShowContinue };
    }
    Decision::IssueCode
}

/// Whether the client wants a new password entry. A `max_age` of zero means `prompt=login` (section 3.1.2.1).
fn is_password_wanted(request: &AuthorizationRequest, auth_time: Timestamp, now: Timestamp) -> bool {
    let is_too_old = request.max_age.is_some_and(|age| age.is_zero() || now.since(auth_time) > age);
    request.prompts.login || request.prompts.select_account || is_too_old
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use shared::{
        client::{ClaimSelection, Client, ClientKind},
        ids::ClientId,
        lifetimes::LifetimeOverrides,
        resource::GrantedResources,
        scope::Scope,
    };

    use super::*;
    use crate::request::Prompts;

    const NOW: u64 = 1_800_000_000;
    /// How long ago the user signed in, in seconds.
    const AGO: u64 = 300;

    fn client(is_first_party: bool) -> Target {
        let client = Client {
            client_id: ClientId::parse("web").unwrap(),
            name: None,
            kind: ClientKind::Public,
            scope: Scope::parse("read write").unwrap(),
            resources: BTreeSet::new(),
            claims: ClaimSelection::All,
            not_before: Timestamp::default(),
            disabled: false,
            requires_dpop: false,
            redirect_uris: vec![],
            post_logout_redirect_uris: vec![],
            is_first_party,
            sign_up: None,
            url: None,
            overrides: LifetimeOverrides::default(),
        };
        Target::new(client.into(), "https://app.example.com/callback".to_owned(), None)
    }

    fn request(prompt: &str) -> AuthorizationRequest {
        AuthorizationRequest {
            scope: Scope::parse("read").unwrap(),
            resources: GrantedResources::default(),
            code_challenge: String::new(),
            nonce: None,
            prompts: if prompt.is_empty() { Prompts::default() } else { Prompts::parse(prompt).unwrap() },
            max_age: None,
            login_hint: None,
            hint: Hint::Nobody,
            jkt: None,
            is_refreshable: true,
        }
    }

    /// The decision for a user who signed in `AGO`, or just now.
    fn of_user(
        request: &AuthorizationRequest,
        client: &Target,
        is_fresh: bool,
        has_consented: bool,
    ) -> Decision {
        let user_id = UserId::parse("ada").unwrap();
        let auth_time = Timestamp::from_unix(if is_fresh { NOW } else { NOW - AGO });
        let signed_in = SignedIn { user_id: &user_id, auth_time, is_fresh };
        decide(request, client, Some(signed_in), has_consented, Timestamp::from_unix(NOW))
    }

    fn of_nobody(request: &AuthorizationRequest) -> Decision {
        decide(request, &client(true), None, false, Timestamp::from_unix(NOW))
    }

    #[test]
    fn without_a_session_the_password_is_asked_for_unless_prompt_is_none() {
        for prompt in ["", "login", "consent", "select_account", "login consent"] {
            assert_eq!(of_nobody(&request(prompt)), Decision::ShowSignIn, "{prompt}");
        }
        assert_eq!(of_nobody(&request("none")), Decision::LoginRequired);
    }

    #[test]
    fn a_signed_in_user_is_asked_again_once_if_the_prompt_says_so() {
        for (prompt, decision) in [
            ("", Decision::IssueCode),
            ("none", Decision::IssueCode),
            ("login", Decision::ShowSignIn),
            ("select_account", Decision::ShowSignIn),
            ("login consent", Decision::ShowSignIn),
        ] {
            assert_eq!(of_user(&request(prompt), &client(true), false, false), decision, "{prompt}");
        }
        for prompt in ["", "login", "select_account"] {
            assert_eq!(
                of_user(&request(prompt), &client(true), true, false),
                Decision::IssueCode,
                "{prompt}"
            );
        }
        assert_eq!(of_user(&request("login consent"), &client(true), true, false), Decision::ShowConsent);
    }

    #[test]
    fn a_password_may_be_as_old_as_the_client_says() {
        for (age, decision) in [
            (AGO + 1, Decision::IssueCode),
            (AGO, Decision::IssueCode),
            (AGO - 1, Decision::ShowSignIn),
            (0, Decision::ShowSignIn),
        ] {
            let max_age = Some(Duration::from_secs(age));
            let request = AuthorizationRequest { max_age, ..request("") };
            assert_eq!(of_user(&request, &client(true), false, false), decision, "{age}");
            assert_eq!(of_user(&request, &client(true), true, false), Decision::IssueCode, "{age}");
        }
        let max_age = Some(Duration::ZERO);
        let silent = AuthorizationRequest { max_age, ..request("none") };
        assert_eq!(of_user(&silent, &client(true), false, false), Decision::LoginRequired);
    }

    #[test]
    fn a_user_other_than_the_hinted_one_gets_no_code() {
        let hinted = |prompt, hint| AuthorizationRequest { hint, ..request(prompt) };
        let user = |id| Hint::User(UserId::parse(id).unwrap());
        for (prompt, hint, is_fresh, decision) in [
            ("", user("ada"), false, Decision::IssueCode),
            ("none", user("ada"), false, Decision::IssueCode),
            ("", user("grace"), false, Decision::ShowSignIn),
            ("none", user("grace"), false, Decision::LoginRequired),
            ("", user("grace"), true, Decision::LoginRequired),
            ("none", Hint::Unknown, false, Decision::LoginRequired),
            ("", Hint::Unknown, false, Decision::IssueCode),
        ] {
            let request = hinted(prompt, hint);
            assert_eq!(of_user(&request, &client(true), is_fresh, false), decision, "{request:?}");
        }
        assert_eq!(of_nobody(&hinted("", user("grace"))), Decision::ShowSignIn);
        assert_eq!(of_nobody(&hinted("none", user("grace"))), Decision::LoginRequired);
    }

    #[test]
    fn a_third_party_client_needs_consent_to_the_whole_request() {
        let third = client(false);
        for (agreed, loud, silent) in [
            (false, Decision::ShowConsent, Decision::ConsentRequired),
            (true, Decision::IssueCode, Decision::IssueCode),
        ] {
            assert_eq!(of_user(&request(""), &third, false, agreed), loud);
            assert_eq!(of_user(&request("none"), &third, false, agreed), silent);
            assert_eq!(of_user(&request("consent"), &third, false, agreed), Decision::ShowConsent);
        }
        assert_eq!(of_user(&request("consent"), &client(true), false, false), Decision::ShowConsent);
    }

    /// RFC 8252 section 8.6.
    #[test]
    fn a_client_that_can_be_imitated_gets_nothing_without_a_click() {
        for (uri, kind, asks) in [
            ("https://app.example.com/callback", ClientKind::Public, false),
            ("http://127.0.0.1:5000/callback", ClientKind::Public, true),
            ("com.example.app:/callback", ClientKind::Public, true),
            ("http://127.0.0.1:5000/callback", ClientKind::Confidential(vec![]), false),
        ] {
            for (is_first_party, agreed) in [(true, false), (false, true)] {
                let client = Client { kind: kind.clone(), ..(*client(is_first_party).client).clone() };
                let target = Target::new(client.into(), uri.to_owned(), None);
                let (loud, silent) = if asks {
                    (Decision::ShowContinue, Decision::InteractionRequired)
                } else {
                    (Decision::IssueCode, Decision::IssueCode)
                };
                assert_eq!(of_user(&request(""), &target, false, agreed), loud, "{uri}");
                assert_eq!(of_user(&request("none"), &target, false, agreed), silent, "{uri}");
                assert_eq!(of_user(&request(""), &target, true, agreed), Decision::IssueCode, "{uri}");
            }
            let target = Target::new(client(false).client, uri.to_owned(), None);
            assert_eq!(of_user(&request(""), &target, false, false), Decision::ShowConsent, "one question");
        }
    }
}
