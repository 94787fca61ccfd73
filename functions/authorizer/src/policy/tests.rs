//! Tests that evaluate policies as API Gateway does.

use shared::{environment::Environment, scope::Scope};

use super::*;

const STAGE: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod";

/// Spellings that a server may treat as `/orders/7`.
const SPELLINGS: [&str; 24] = [
    "//orders/7",
    "/orders//7",
    "/orders/7/",
    "/./orders/7",
    "/x/../orders/7",
    "/orders/7/.",
    "/orders/7/x/..",
    "/orders/%37",
    "/%6Frders/7",
    "/%6frders/7",
    "/%6F%72%64%65%72%73/7",
    "/orders%2F7",
    "/orders%2f7",
    "/orders/7%2F",
    "/orders;x/7",
    "/orders/7;x=1",
    "/orders/7%3Bx",
    "/orders/7%3F",
    "/orders/7%23",
    "/orders%5C7",
    "/%256Frders/7",
    "/x/%2E%2E/orders/7",
    "/orders/7%00",
    "/%C1%AFrders/7",
];

fn table(rules: &str, default: &str) -> ScopeRules {
    let variables = [(variable::SCOPE_RULES, rules), (variable::SCOPE_DEFAULT, default)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ScopeRules::from_environment(&Environment::from_variables(variables)).unwrap()
}

fn policy(rules: &ScopeRules, scope: &str, call: &str) -> PolicyDocument {
    let policy = policy_of_any_length(rules, scope, call);
    assert!(policy.fits(), "{policy:?}");
    policy
}

fn policy_of_any_length(rules: &ScopeRules, scope: &str, call: &str) -> PolicyDocument {
    let (scope, target) = (Scope::parse(scope).unwrap(), Target::of_arn(call));
    let stage = Stage::of_method_arn(&format!("{STAGE}/GET/")).unwrap();
    let verdict = rules.decide(target.as_ref(), &scope);
    let call = Call { stage: &stage, arn: call, target: target.as_ref(), verdict };
    PolicyDocument::of_call(&call, rules, |rule| rule.is_met_by(&scope))
}

/// IAM's evaluation: `*` is any run of characters, `?` is one.
fn allows(policy: &PolicyDocument, call: &str) -> bool {
    let arn = format!("{STAGE}/{call}");
    let has = |effect: &str| {
        let statements = policy.statement.iter().filter(|statement| statement.effect == effect);
        statements
            .flat_map(|statement| &statement.resource)
            .any(|resource| is_of(resource.as_bytes(), arn.as_bytes()))
    };
    has("Allow") && !has("Deny")
}

fn is_of(mut pattern: &[u8], mut text: &[u8]) -> bool {
    let mut retry = None;
    loop {
        match (pattern, text) {
            ([], []) => return true,
            ([b'*', after @ ..], _) => {
                (retry, pattern) = (Some((after, text)), after);
            }
            ([p, after @ ..], [t, rest @ ..]) if p == t || *p == b'?' => (pattern, text) = (after, rest),
            _ => match retry {
                Some((after, [_, rest @ ..])) => {
                    retry = Some((after, rest));
                    (pattern, text) = (after, rest);
                }
                _ => return false,
            },
        }
    }
}

/// Tables that protect `/orders/7`, and whether other calls pass.
const TABLES: [(&str, &str, bool); 8] = [
    ("GET /orders/7 admin", "allow", true),
    ("GET /orders/* admin", "allow", true),
    ("GET /orders* admin", "allow", true),
    ("* /orders/* admin", "allow", true),
    ("ANY /* admin", "allow", false),
    ("GET /orders/7 admin; GET /* -", "deny", true),
    ("* /orders/* admin; * /* -", "auto", true),
    ("GET /orders/7 admin", "", false),
];

#[test]
fn no_spelling_of_a_protected_path_passes_by_decision_or_cached_policy() {
    for (rules, default, others_pass) in TABLES {
        let rules = table(rules, default);
        let remembered = policy(&rules, "", "GET/other");
        assert_eq!(allows(&remembered, "GET/other"), others_pass, "{rules:?}");
        for method in ["GET", "HEAD"] {
            for path in SPELLINGS.into_iter().chain(["/orders/7"]) {
                let call = format!("{method}{path}");
                assert!(!allows(&policy(&rules, "", &call), &call), "{rules:?} {call}");
                assert!(!allows(&remembered, &call), "remembered, {rules:?} {call}");
            }
            // Wildcards can't name this.
            let call = format!("{method}/Orders/7");
            assert!(!allows(&policy(&rules, "", &call), &call), "{rules:?} {call}");
        }
    }
}

#[test]
fn a_token_with_the_scope_passes_in_the_normal_spelling_and_in_no_other() {
    for (rules, default, _) in TABLES {
        let rules = table(rules, default);
        for call in ["GET/orders/7", "HEAD/orders/7"] {
            assert!(allows(&policy(&rules, "admin", call), call), "{rules:?} {call}");
        }
        for path in SPELLINGS {
            let call = format!("GET{path}");
            assert!(!allows(&policy(&rules, "admin", &call), &call), "{rules:?} {call}");
        }
    }
}

#[test]
fn identifiers_with_spaces_and_at_signs_go_on_working() {
    let rules = table("GET /users/* -; DELETE /users/* admin", "deny");
    for path in [
        "/users/a%20b",
        "/users/a b",
        "/users/me%40example.com",
        "/users/me@example.com",
        "/users/auth0%7C1",
        "/users/caf%C3%A9",
        "/users/café",
        "/users/arn%3Aaws%3A%2A",
        "/users/a=b&c",
    ] {
        let [get, delete] = ["GET", "DELETE"].map(|method| format!("{method}{path}"));
        assert!(allows(&policy(&rules, "", &get), &get), "{path}");
        assert!(allows(&policy(&rules, "", "GET/users/x"), &get), "remembered, {path}");
        assert!(!allows(&policy(&rules, "", &delete), &delete), "{path}");
        assert!(!allows(&policy(&rules, "", "GET/users/x"), &delete), "remembered, {path}");
    }
}

#[test]
fn a_rule_for_every_method_covers_only_its_own_paths() {
    let rules = table("* /health -", "deny");
    let remembered = policy(&rules, "", "GET/health");
    for method in METHODS {
        assert!(allows(&remembered, &format!("{method}/health")), "{method}");
        assert!(!allows(&remembered, &format!("{method}/secret/health")), "{method}");
    }
    let rules = table("* /health admin", "allow");
    assert!(allows(&policy(&rules, "", "GET/other/health"), "GET/other/health"));
}

#[test]
fn a_rule_holds_in_both_spellings_of_its_path() {
    let rules = table("GET /by/me@home admin; GET /* -", "deny");
    for call in ["GET/by/me@home", "GET/by/me%40home"] {
        assert!(!allows(&policy(&rules, "", call), call), "{call}");
        assert!(!allows(&policy(&rules, "", "GET/other"), call), "remembered, {call}");
        assert!(allows(&policy(&table("GET /by/me@home -", "deny"), "", call), call), "{call}");
    }
}

#[test]
fn a_slash_at_the_end_passes_where_a_rule_has_one() {
    let rules = table("GET /orders/ read; GET /other -", "deny");
    for (call, scope, expected) in [
        ("GET/orders/", "read", true),
        ("GET/orders/", "", false),
        ("GET/orders", "read", false),
        ("GET/other", "", true),
        ("GET/other/", "", false),
    ] {
        assert_eq!(allows(&policy(&rules, scope, call), call), expected, "{call} {scope}");
    }
    let remembered = policy(&table("GET /orders/ admin", "allow"), "", "GET/other");
    assert!(!allows(&remembered, "GET/orders") && !allows(&remembered, "GET/orders/"));
}

#[test]
fn without_rules_the_default_decides_every_spelling() {
    for path in SPELLINGS {
        let call = format!("GET{path}");
        assert!(allows(&policy(&table("", ""), "", &call), &call), "{call}");
        assert!(!allows(&policy(&table("", "deny"), "", &call), &call), "{call}");
    }
}

#[test]
fn a_call_with_a_long_path_is_denied_by_a_short_resource() {
    let rules = table("GET /Orders* admin", "allow");
    for path in ["a".repeat(1500), "é/".repeat(700) + "x", "{".repeat(500)] {
        let call = format!("GET/orders/{}", path.replace('{', "%7B"));
        assert!(!allows(&policy(&rules, "", &call), &call), "{call}");
    }
}

#[test]
fn a_policy_variable_in_a_path_is_denied_with_wildcards() {
    let rules = table("GET /x* admin", "allow");
    let policy = policy(&rules, "", "GET/X%24%7Baws:username%7D");
    let denied = &policy.statement[1].resource;
    assert!(denied.iter().all(|resource| !resource.contains('$')), "{denied:?}");
    assert_eq!(denied.last().map(String::as_str), Some(&*format!("{STAGE}/GET/X*aws*username*")));
}

#[test]
fn a_table_too_long_for_all_methods_allows_only_the_calls_method() {
    let rules: Vec<_> =
        (0..40).map(|i| format!("* /rule{i} {}", if i == 0 { "admin" } else { "-" })).collect();
    let rules = evaluable(table(&format!("GET /x/rule0 -; OPTIONS /x/rule0 -; {}", rules.join(";")), "deny"));
    let rules = rules.unwrap();
    for call in ["GET/rule7", "OPTIONS/rule39", "GET/x/rule0"] {
        assert!(allows(&policy(&rules, "", call), call), "{call}");
        assert!(!allows(&policy(&rules, "", call), "PATCH/rule0"), "{call}");
        assert!(!allows(&policy(&rules, "", call), "GET/x/rule7"), "{call}");
        assert!(!allows(&policy(&rules, "", call), "GET/rule0"), "{call}");
    }
    for call in ["GET/rule7", "GET/x/rule0"] {
        assert!(allows(&policy(&rules, "", call), "GET/x/rule0"), "{call}");
    }
}

#[test]
fn rules_that_make_no_policy_keep_the_function_from_starting() {
    let long = "GET /a-path-that-is-long-enough-to-matter read;".repeat(100);
    assert!(evaluable(table(&long, "")).unwrap_err().to_string().contains("too long"));
    let arn = A_STAGE.len() + "/GET/".len();
    for (len, is_taken) in [(MAX_RESOURCE_LEN - arn - 1, true), (MAX_RESOURCE_LEN - arn + 1, false)] {
        for default in ["allow", "deny"] {
            // HEAD is a letter longer than GET.
            let rules = table(&format!("GET /{} -; PUT /x y", "a".repeat(len)), default);
            let result = evaluable(rules).map_err(|error| error.to_string());
            assert_eq!(result.is_ok(), is_taken, "{len} {default}");
            assert!(result.map_or_else(|error| error.contains("512 characters"), |_| true));
        }
    }
}

#[test]
fn an_unmet_rule_with_special_characters_blocks_no_allowed_call() {
    for (special, wide, call, remembered) in [
        ("/users/@me", "/users/*", "/users/jerome", "/users/%40me"),
        ("/orders*:cancel", "/orders/*", "/orders/7/cancel", "/orders/7%3Acancel"),
        ("/th%C3%A9", "/th*", "/theatre", "/thé"),
        ("/th%C3%A9", "/th*", "/theatre", "/th%C3%A9"),
        ("/a+b", "/a*", "/a-b", "/a%20b"),
        ("/a%24b", "/a*", "/a-b", "/a$b"),
        ("/a%24%7Bb%7D", "/a*", "/a-b", "/a${b}"),
        // There are more spellings than are listed, so the policy covers only the call.
        ("/@a:b&c=d", "/*", "/@a:b&cd", "/%40a:b%26c=d"),
        ("/@a:b&c=d", "/*", "/%40a:b&c-d", "/@a:b&c=d"),
        ("/%E4%B8%96%E7%95%8C%E4%BD%A0%E5%A5%BD", "/*", "/世界你x", "/世界你%E5%A5%BD"),
    ] {
        for (method, default) in [("GET", "deny"), ("*", "deny"), ("GET", "allow")] {
            let rules = table(&format!("{method} {special} admin; GET {wide} users:read"), default);
            let policy = policy(&rules, "users:read", &format!("GET{call}"));
            assert!(allows(&policy, &format!("GET{call}")), "{method} {special} {default}");
            assert!(!allows(&policy, &format!("GET{remembered}")), "{method} {special} {default}");
        }
    }
}

#[test]
fn a_rule_that_is_met_allows_each_special_character_as_itself_or_escaped() {
    let rules = table("GET /me%40home&x read; GET /other admin", "deny");
    for path in ["/me@home&x", "/me%40home%26x", "/me%40home&x", "/me@home%26x"] {
        let call = format!("GET{path}");
        assert!(allows(&policy(&rules, "read", &call), &call), "{path}");
    }
}

#[test]
fn a_deny_for_every_method_does_not_refuse_a_call_that_only_ends_alike() {
    let rules: Vec<_> = (0..30).map(|i| format!("GET /rule{i} admin")).collect();
    let rules = table(&format!("* /health admin; {}", rules.join(";")), "allow");
    assert!(allows(&policy(&rules, "", "GET/x/health"), "GET/x/health"));
    assert!(!allows(&policy(&rules, "", "GET/x/health"), "GET/health"));
}

/// The largest number of these rules whose policies are evaluated.
fn most_rules(default: &str, rule: impl Fn(usize) -> String) -> usize {
    let is_taken = |count: &usize| {
        let rules: Vec<_> = (0..*count).map(&rule).collect();
        evaluable(table(&rules.join(";"), default)).is_ok()
    };
    let counts: Vec<_> = (1..200).collect();
    counts.partition_point(is_taken)
}

#[test]
fn as_many_rules_fit_as_the_manual_says() {
    let short = |i: usize| format!("GET /r{i:03} read");
    let long = |i: usize| format!("GET /a-longer-path{i:02} read");
    let wild = |i: usize| format!("GET /r{i:03}* read");
    let found = [
        most_rules("deny", short),
        most_rules("deny", long),
        most_rules("deny", wild),
        most_rules("allow", short),
        most_rules("allow", long),
    ];
    assert_eq!(found, [84, 75, 46, 23, 20]);
}

#[test]
fn a_table_whose_longest_policy_is_as_long_as_can_be_is_taken() {
    let stage = Stage::of_method_arn(&format!("{A_STAGE}/GET/")).unwrap();
    for default in ["allow", "deny"] {
        let rule = |i: usize| format!("GET /r{i:03} read");
        let others: Vec<_> = (0..most_rules(default, rule) - 1).map(rule).collect();
        let of_len =
            |len: usize| table(&format!("{}; * /{} read", others.join(";"), "a".repeat(len)), default);
        let longest = |len: usize| longest(&stage, &of_len(len), "HEAD");
        let lens: Vec<_> = (1..400).collect();
        let exact = 1 + lens.partition_point(|len| longest(*len) < MAX_LEN);
        assert_eq!(longest(exact), MAX_LEN, "{default}");
        assert!(evaluable(of_len(exact)).is_ok(), "{default} {exact}");
        assert!(evaluable(of_len(exact + 1)).is_err(), "{default} {exact}");
    }
}

#[test]
fn no_policy_for_one_method_is_longer_than_the_longest() {
    let rules: Vec<_> = (0..40).map(|i| format!("* /rule{i} read")).collect();
    let rules = table(&format!("GET /orders* read; {}", rules.join(";")), "allow");
    let call = format!("GET/orders/{}", "y".repeat(600));
    let policy = policy_of_any_length(&rules, "", &call);
    let stage = Stage::of_method_arn(&format!("{STAGE}/GET/")).unwrap();
    let longest = longest(&stage, &rules, "GET");
    assert!((longest - 5..=longest).contains(&policy.len()), "{} {longest}", policy.len());
    // It denies nothing that a token without any scope may call.
    let open = table(
        &(0..100).map(|i| format!("GET /a-longer-path{i:02} -")).collect::<Vec<_>>().join(";"),
        "allow",
    );
    assert!(evaluable(open).is_ok());
}

#[test]
fn the_longest_policy_counts_a_deny_if_some_token_does_not_meet_its_rule() {
    let stage = Stage::of_method_arn(&format!("{STAGE}/GET/")).unwrap();
    let longest = |scope: &str| {
        // The Deny has four spellings of `+`, and the Allow two.
        longest(&stage, &table(&format!("GET /a+b {scope}; GET /* -"), "deny"), "GET")
    };
    assert!(longest("admin") > longest("-"));
}

#[test]
fn a_deny_of_the_greatest_length_is_exact() {
    let stage = Stage::of_method_arn(&format!("{STAGE}/GET/")).unwrap();
    let deny = |len: usize| {
        let resource = resource_of(&stage, &Target::of_arn(&format!("GET/{}", "y".repeat(len))).unwrap());
        assert!(is_short(&resource), "{resource}");
        resource
    };
    let rest = format!("{STAGE}/GET/").len();
    assert!(!deny(MAX_RESOURCE_LEN - rest).contains('*'));
    assert!(deny(MAX_RESOURCE_LEN - rest + 1).ends_with("y*"));
}

#[test]
fn a_rule_for_every_method_and_any_start_is_one_resource() {
    let rules = table("* /* read; * /orders read", "allow");
    let counts: Vec<_> = rules
        .iter()
        .map(|rule| {
            (Methods::Each.allowed(rule).len(), Methods::Each.denied(rule, rules.default(), false).len())
        })
        .collect();
    assert_eq!(counts, [(1, 1), (METHODS.len(), METHODS.len())]);
}

#[test]
fn a_star_in_a_path_opens_nothing_else() {
    for (rules, call, other) in [
        ("GET /users/@me admin; GET /users/* read", "GET/users/%2Ame", "GET/users/@me"),
        ("GET /users/@me admin; GET /users/* read", "GET/users/*me", "GET/users/%40me"),
        // There are more spellings than are listed, so the Deny has a `*` and matches the call.
        ("GET /@a:b&c=d admin; GET /* read", "GET/@a:b&c%2Ad", "GET/@a:b&c=d"),
    ] {
        let policy = policy(&table(rules, "deny"), "read", call);
        assert!(!allows(&policy, other), "{call} {other} {policy:?}");
    }
}

#[test]
fn an_accepted_table_makes_policies_that_fit_for_every_token() {
    let long = "x".repeat(380);
    for default in ["deny", "allow"] {
        // The longest policy doesn't come from the first rule.
        let tables: [&dyn Fn(usize) -> String; 5] = [
            &|i| format!("GET /{}{i} s{i}", if i == 0 { &*long } else { "" }),
            &|i| format!("GET /{i}/ s{i}"),
            &|i| format!("GET /{}/{i} s{i}", if i % 2 == 0 { "*" } else { "@me" }),
            &|i| format!("* /{i}{} s{i}", if i == 3 { "*" } else { "" }),
            &|i| format!("POST /a{i}%20:{} s{i}", if i == 1 { "*" } else { "" }),
        ];
        for rule in tables {
            let count = most_rules(default, rule);
            let mut longest = 0;
            let rules: Vec<_> = (0..count).map(rule).collect();
            let rules = table(&rules.join(";"), default);
            let stage = Stage::of_method_arn(&format!("{A_STAGE}/GET/")).unwrap();
            let all: Vec<_> = (0..count).map(|i| Scope::parse(&format!("s{i}")).unwrap()).collect();
            let even: Vec<_> = all.iter().step_by(2).cloned().collect();
            let each = all.iter().take(4).map(|scope| vec![scope.clone()]);
            for scopes in each.chain([all.clone(), even, vec![]]) {
                // A call whose Deny has the full length, and another.
                for call in [format!("GET/{}", "y".repeat(600)), "POST/a1%20:".to_owned()] {
                    let target = Target::of_arn(&call);
                    for verdict in [Verdict::InsufficientScope, Verdict::Allowed] {
                        let call = Call { stage: &stage, arn: &call, target: target.as_ref(), verdict };
                        let is_met = |rule: &ScopeRule| scopes.iter().any(|scope| rule.is_met_by(scope));
                        let policy = PolicyDocument::of_call(&call, &rules, is_met);
                        assert!(policy.fits(), "{default} {}", policy.len());
                        longest = longest.max(policy.len());
                    }
                }
            }
            // Few more rules would fit.
            assert!(longest > MAX_LEN - 800, "{default} {count} {longest}");
        }
    }
}

#[test]
fn a_bound_token_is_allowed_only_its_call_or_nothing() {
    let stage = Stage::of_method_arn(&format!("{STAGE}/GET/")).unwrap();
    let alone = |call: &str, verdict| {
        let target = Target::of_arn(call);
        let call = Call { stage: &stage, arn: call, target: target.as_ref(), verdict };
        (call.is_nameable(), PolicyDocument::of_call_alone(&call))
    };
    let others = ["GET/orders", "POST/orders/7", "GET/orders/8", "GET/orders/7/x", "GET/", "$connect"];
    for call in
        ["GET/orders/7", "GET/orders//7", "GET/a%2Fb", "GET/a%20b", "GET/a%2Ab", "GET/orders/7/", "$default"]
    {
        let (is_nameable, policy) = alone(call, Verdict::Allowed);
        assert!(is_nameable && allows(&policy, call), "{call} {policy:?}");
        for other in others {
            assert!(!allows(&policy, other), "{call} {other} {policy:?}");
        }
    }
    assert!(allows(&alone("GET/a%20b", Verdict::Allowed).1, "GET/a b"), "it has two spellings");
    let too_long = format!("GET/{}", "x".repeat(600));
    for call in ["GET/orders/*", "GET/orders/?", &too_long] {
        let (is_nameable, policy) = alone(call, Verdict::Allowed);
        assert!(
            !is_nameable && !allows(&policy, call) && !allows(&policy, "GET/orders/7"),
            "{call} {policy:?}"
        );
    }
    for verdict in [Verdict::InsufficientScope, Verdict::PathNotNormal] {
        let (_, policy) = alone("GET/orders/7", verdict);
        for call in others.into_iter().chain(["GET/orders/7"]) {
            assert!(!allows(&policy, call), "{call} {policy:?}");
        }
    }
}
