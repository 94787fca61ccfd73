//! Authorization requests of clients.

use std::collections::BTreeSet;

use shared::{
    client::{ClaimSelection, ClientKind},
    environment::{Environment, variable},
    ids::ClientId,
    lifetimes::LifetimeOverrides,
    resource::TargetError,
};

use super::{super::pairs::tests::pairs, *};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn client(scope: &str, is_first_party: bool) -> Client {
    Client {
        client_id: ClientId::parse("web").unwrap(),
        name: None,
        kind: ClientKind::Public,
        scope: Scope::parse(scope).unwrap(),
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
    }
}

/// Parses a plain request with these changes. An empty value removes a parameter.
fn parse_of(client: &Client, changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RequestRefusal> {
    let plain = [("response_type", "code"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let is_changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept = plain.into_iter().filter(|(name, _)| !is_changed(name));
    let all: Vec<_> = kept.chain(changes.iter().copied()).collect();
    AuthorizationRequest::parse(&pairs(&all), client, &indicators())
}

fn indicators() -> ResourceIndicators {
    let variables = [
        (variable::AUDIENCE, "api"),
        (variable::PROTECTED_RESOURCES, "https://notes.example/mcp; https://billing.example"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ResourceIndicators::from_environment(&Environment::from_variables(variables)).unwrap()
}

fn parse(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RequestRefusal> {
    parse_of(&client("openid email offline_access read write", true), changes)
}

#[test]
fn every_forbidden_request_has_its_refusal() {
    use RequestRefusal::{
        ChallengeMethod, Malformed, Missing, Repeated, RequestObject, RequestUri, ResponseMode, ResponseType,
        Scope, Target,
    };
    let long = "x".repeat(513);
    for (changes, refusal) in [
        (&[("response_type", "")][..], Missing("response_type")),
        (&[("response_type", "token")], ResponseType),
        (&[("response_type", "code token")], ResponseType),
        (&[("response_type", "Code")], ResponseType),
        (&[("response_mode", "fragment")], ResponseMode),
        (&[("request", "e30.e30.")], RequestObject),
        (&[("request_uri", "https://a.example")], RequestUri),
        (&[("code_challenge", "")], Missing("code_challenge")),
        (&[("code_challenge", &CHALLENGE[1..])], Malformed("code_challenge")),
        (&[("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")], Malformed("code_challenge")),
        (&[("code_challenge_method", "")], ChallengeMethod),
        (&[("code_challenge_method", "plain")], ChallengeMethod),
        (&[("scope", " ")], Scope),
        (&[("scope", "admin")], Scope),
        (&[("scope", "a\"b read")], Scope),
        (&[("nonce", &long)], Malformed("nonce")),
        (&[("resource", "https://notes.example")], Target(TargetError::Unknown)),
        (&[("resource", "https://billing.example"), ("resource", "notes")], Target(TargetError::Unknown)),
        (&[("prompt", "wink")], Malformed("prompt")),
        (&[("prompt", "none login")], Malformed("prompt")),
        (&[("max_age", "-1")], Malformed("max_age")),
        (&[("max_age", "+1")], Malformed("max_age")),
        (&[("max_age", "1.5")], Malformed("max_age")),
        (&[("dpop_jkt", "x")], Malformed("dpop_jkt")),
        (&[("x", "1"), ("x", "1")], Repeated),
        (&[("nonce", ""), ("nonce", "n")], Repeated),
    ] {
        assert_eq!(parse(changes).err(), Some(refusal), "{changes:?}");
    }
}

#[test]
fn empty_parameters_are_absent_and_unknown_values_are_ignored() {
    let names = [
        "response_mode",
        "scope",
        "resource",
        "nonce",
        "prompt",
        "max_age",
        "dpop_jkt",
        "login_hint",
        "id_token_hint",
    ];
    let empty: Vec<_> = names.into_iter().map(|name| (name, "")).chain([("display", "popup")]).collect();
    let request = parse(&empty).unwrap();
    assert_eq!((request.nonce, request.max_age, request.login_hint), (None, None, None));
    assert!(request.resources.is_empty());
    assert_eq!((request.prompts, request.hint, request.jkt), (Prompts::default(), Hint::Nobody, None));
}

#[test]
fn forbidden_scopes_are_ignored_unless_no_scope_is_left() {
    let granted = |changes: &[(&str, &str)]| parse(changes).unwrap().scope.to_string();
    assert_eq!(granted(&[("scope", "read admin openid")]), "openid read");
    assert_eq!(granted(&[]), "read write", "what a login gives");
    let bare = client("", true);
    assert_eq!(parse_of(&bare, &[]).unwrap().scope, Scope::default());
    assert_eq!(parse_of(&bare, &[("scope", "openid")]).err(), Some(RequestRefusal::Scope));
}

#[test]
fn a_refresh_token_is_for_the_operators_clients_and_for_those_that_ask() {
    let third = client("openid offline_access read", false);
    for (client, scope, is_refreshable) in [
        (&client("read", true), "read", true),
        (&third, "read", false),
        (&third, "read offline_access", true),
        (&client("read", false), "read offline_access", false),
    ] {
        assert_eq!(parse_of(client, &[("scope", scope)]).unwrap().is_refreshable, is_refreshable, "{scope}");
    }
}

#[test]
fn an_age_may_be_anything_in_digits() {
    let max_age = |text| parse(&[("max_age", text)]).unwrap().max_age;
    assert_eq!(max_age("0"), Some(Duration::ZERO));
    assert_eq!(max_age("300"), Some(Duration::from_secs(300)));
    assert_eq!(max_age("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
}

#[test]
fn a_hint_that_is_not_an_id_token_names_an_unknown_user() {
    assert_eq!(parse(&[("id_token_hint", "x")]).unwrap().hint, Hint::Unknown);
    let long = "x".repeat(257);
    assert_eq!(parse(&[("login_hint", &long)]).unwrap().login_hint, None);
    assert_eq!(parse(&[("login_hint", "ada")]).unwrap().login_hint.as_deref(), Some("ada"));
}

#[test]
fn a_user_has_agreed_to_scopes_and_to_resources() {
    let consent = |scope: &str, resources: &[&str]| Consent {
        user_id: UserId::parse("ada").unwrap(),
        client_id: ClientId::parse("web").unwrap(),
        scope: Scope::parse(scope).unwrap(),
        resources: GrantedResources::stored(&resources.iter().map(|&id| id.to_owned()).collect::<Vec<_>>()),
        granted_at: Timestamp::default(),
    };
    let (notes, billing) = ("https://notes.example/mcp", "https://billing.example");
    let is_agreed = |asked: &[(&str, &str)], scope, resources: &[&str]| {
        let asked = [&[("scope", "read")], asked].concat();
        parse(&asked).unwrap().is_within(&consent(scope, resources), "api")
    };
    for (asked, scope, resources, expected) in [
        (&[][..], "read write", &[][..], true),
        (&[], "write", &[], false),
        (&[], "read", &[notes], false),
        (&[], "read", &["api", notes], true),
        (&[("resource", notes)], "read", &[], false),
        (&[("resource", notes)], "read", &[notes, billing], true),
        (&[("resource", notes)], "write", &[notes], false),
        (&[("resource", notes), ("resource", billing)], "read", &[notes], false),
        (&[("resource", "api")], "read", &[], true),
    ] {
        assert_eq!(is_agreed(asked, scope, resources), expected, "{asked:?} {scope} {resources:?}");
    }
    assert!(parse_of(&client("", true), &[]).unwrap().is_within(&consent("", &[]), "api"));
}
