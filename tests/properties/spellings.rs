//! Scope rules: spellings of a protected path with escapes, slashes, dots and parameters.

use proptest::{
    collection::vec,
    prelude::any,
    strategy::{BoxedStrategy, Strategy},
};

use super::{Bench, holds};
use crate::spellings::{events, is_allowed, with_rules};

const PROTECTED: &str = "/orders/7";

/// Segments after a slash that normalisation removes.
const AFTER_A_SLASH: [&str; 9] = ["", "", "", "/", "./", "x/../", ".%2F", "%2E/", "x/..%2f"];
/// Suffixes that normalisation removes.
const AT_THE_END: [&str; 6] = ["", "", "/", ";a=b", "%3B", "/."];

/// A spelling that becomes the protected path by repeated decoding, or by a server's normalisation.
fn spelling() -> BoxedStrategy<String> {
    // The spelling of each character, and the insertions around each slash.
    let characters = vec(0..6_u8, PROTECTED.len());
    (characters, vec(0..9_u8, 2), 0..6_u8)
        .prop_map(|(characters, inserted, end)| {
            let mut slashes = inserted.into_iter();
            let written = PROTECTED.chars().zip(characters).map(|(c, how)| {
                let code = u32::from(c);
                let after = if c == '/' { AFTER_A_SLASH[usize::from(slashes.next().unwrap())] } else { "" };
                match how {
                    2 => format!("{}{after}", c.to_uppercase()),
                    3 => format!("%{code:02X}{after}"),
                    4 => format!("%{code:02x}{after}"),
                    5 => format!("%25{code:02X}{after}"),
                    _ => format!("{c}{after}"),
                }
            });
            let path: Vec<_> = written.collect();
            let path = path.concat();
            // A request path begins with a slash.
            let path = if path.starts_with('/') { path } else { format!("/x/..{path}") };
            path + AT_THE_END[usize::from(end)]
        })
        .boxed()
}

#[test]
fn no_spelling_of_a_protected_path_is_allowed_to_a_token_without_the_scope() {
    let bench = Bench::set();
    let token = bench.tokens.access.clone();
    let tables = [
        ("GET /orders/7 admin", "allow"),
        ("* /orders* admin; * /* -", "deny"),
        ("GET /orders/* admin; ANY /* -", "auto"),
    ];
    let authorizers = tables.map(|(rules, default)| bench.wait(with_rules(&bench.api, rules, default)));
    let routes = ["/orders/{id}", "/orders/7", "/{proxy+}"];
    holds((spelling(), any::<bool>(), 0..3_usize), |(path, is_head, route)| {
        let method = if is_head { "HEAD" } else { "GET" };
        for (event, arn) in events(&token, method, &path, routes[route]) {
            for (authorizer, (rules, _)) in authorizers.iter().zip(tables) {
                assert!(!bench.wait(is_allowed(authorizer, &event, &arn)), "{rules}: {event}");
            }
        }
    });
}
