//! Refresh tokens and access tokens.

use proptest::{
    collection::vec,
    prelude::any,
    sample::{Index, select},
    strategy::Strategy,
};
use shared::route;

use super::{Bench, holds, mutation::Mutation};
use crate::harness::{BodyEndpoint, Reply, Tokens, refresh_form};

impl Bench {
    fn refresh(&self, token: &str) -> Reply {
        self.wait(self.api.post(route::REFRESH, &refresh_form(token)))
    }
}

/// Invalid texts similar to a refresh token.
fn refresh_like() -> impl Strategy<Value = String> {
    proptest::prop_oneof!["lgr[0-9]_[A-Za-z0-9_-]{0,200}", "\\PC{1,80}", "[ -~]{1,300}"]
}

/// Texts similar to a JWT.
fn jwt_like() -> impl Strategy<Value = String> {
    proptest::prop_oneof![
        "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,90}\\.[A-Za-z0-9_-]{0,90}",
        "eyJ[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){0,5}",
        "[!-~]{1,80}",
    ]
}

#[test]
fn no_arbitrary_text_is_a_refresh_token() {
    let bench = Bench::set();
    holds(refresh_like(), |text| bench.assert_refused(&bench.refresh(&text)));
}

#[test]
fn any_single_change_to_a_refresh_token_is_refused_and_ends_nothing() {
    let bench = Bench::set();
    holds(Mutation::any(), |mutation| {
        let Some(changed) = mutation.of_text(&bench.tokens.refresh) else { return };
        bench.assert_refused(&bench.refresh(&changed));
    });
    assert_eq!(bench.refresh(&bench.tokens.refresh).status, 200, "it itself is fine");
}

/// Tries every other character at a position, so that none reads like the original.
#[test]
fn no_other_character_at_any_place_of_a_refresh_token_reads_the_same() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
    let bench = Bench::set();
    let token = bench.tokens.refresh.clone();
    let places = (0..token.len()).collect::<Vec<_>>();
    holds((select(places), select(ALPHABET)), |(place, byte)| {
        // The last character has unused bits, so every character is tried there.
        for place in [place, token.len() - 1] {
            let mut changed = token.clone().into_bytes();
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            if changed != token {
                bench.assert_refused(&bench.refresh(&changed));
            }
        }
    });
}

#[test]
fn any_single_change_to_an_access_token_is_refused() {
    let bench = Bench::set();
    let mutated = (Mutation::any(), any::<Index>());
    holds(mutated, |(mutation, _)| {
        let Some(changed) = mutation.of_text(&bench.tokens.access) else { return };
        // A header allows no other characters, and spaces around it don't count.
        if changed.bytes().all(|byte| byte.is_ascii_graphic()) {
            bench.wait(bench.api.call(&changed)).assert_gateway_error(401, "unauthorized");
        }
    });
    assert_eq!(bench.wait(bench.api.call(&bench.tokens.access)).status, 200, "it itself is fine");
}

#[test]
fn no_arbitrary_text_is_an_access_token() {
    let bench = Bench::set();
    holds(jwt_like(), |text| {
        bench.wait(bench.api.call(&text)).assert_gateway_error(401, "unauthorized");
        // Logout doesn't accept it either: an invalid token counts as already revoked (RFC 7009 section 2.2).
        let tokens = Tokens { refresh: text, ..bench.tokens.clone() };
        let event = BodyEndpoint::Logout.form_event(&tokens);
        assert_eq!(bench.answer(route::LOGOUT, &event).unwrap().status, 200);
        assert_eq!(bench.wait(bench.api.stored()), bench.stored);
    });
}

#[test]
fn parts_of_two_tokens_make_no_token() {
    let bench = Bench::set();
    let other = bench.wait(bench.api.login());
    let (one, other) = (bench.tokens.access.clone(), other.access);
    holds(vec(any::<bool>(), 3), |from| {
        let parts = from.iter().zip(one.split('.').zip(other.split('.')));
        let parts: Vec<_> = parts.map(|(is_one, (one, other))| if *is_one { one } else { other }).collect();
        let mixed = parts.join(".");
        let status = if [&one, &other].contains(&&mixed) { 200 } else { 401 };
        assert_eq!(bench.wait(bench.api.call(&mixed)).status, status, "{from:?}");
    });
}
