//! template.yaml, compared with the code: keys, TTL, variables, actions and bounds.

use std::collections::{BTreeMap, BTreeSet};

use local::template::{NAMES, Route, TableDefinition, Template};
use mailer::Correspondent;
use mails::EmailAddress;
use shared::{
    dpop,
    environment::{Environment, EnvironmentError, variable},
    lifetimes,
    resource::Resources,
    route,
    store::attribute,
};

use crate::{
    harness::{Api, with_mail},
    operations::{of_type, template_called, untagged},
};

/// The public paths.
const PUBLIC: [&str; 6] = [
    route::JWKS,
    route::AUTHORIZATION_SERVER,
    "/.well-known/oauth-authorization-server/{issuer_path+}",
    route::PROTECTED_RESOURCE,
    "/.well-known/oauth-protected-resource/{resource+}",
    route::OPENID_CONFIGURATION,
];

/// The paths with preflights by the metadata function, because API Gateway can't select among origins. The pages below
/// /account have theirs by the function of the pages.
const PREFLIGHTS: [&str; 19] = [
    route::LOGIN,
    route::REFRESH,
    route::LOGOUT,
    route::PASSWORD,
    route::SESSIONS,
    "/sessions/{session_id}",
    route::TOKEN,
    route::USERINFO,
    route::SIGNUP,
    route::SIGNUP_CONFIRM,
    route::FORGOT,
    route::RESET,
    route::RESEND,
    route::EMAIL,
    route::EMAIL_CONFIRM,
    route::EMAIL_UNDO,
    route::AUTHORIZE,
    route::ACCOUNT,
    route::END_SESSION,
];

/// The paths of the pages below the account's.
const BELOW_ACCOUNT: [&str; 8] = [
    route::ACCOUNT_NEW,
    route::ACCOUNT_CONFIRM,
    route::ACCOUNT_FORGOT,
    route::ACCOUNT_RESET,
    route::ACCOUNT_EMAIL,
    route::ACCOUNT_EMAIL_CONFIRM,
    route::ACCOUNT_EMAIL_UNDO,
    route::ACCOUNT_DELETE,
];

/// The methods and paths of accounts by mail, and whether they are behind the authorizer.
const ACCOUNTS: [(&str, &str, bool); 9] = [
    ("POST", route::SIGNUP, false),
    ("POST", route::SIGNUP_CONFIRM, false),
    ("POST", route::FORGOT, false),
    ("POST", route::RESET, false),
    ("POST", route::RESEND, false),
    ("POST", route::EMAIL, true),
    ("POST", route::EMAIL_CONFIRM, false),
    ("POST", route::EMAIL_UNDO, false),
    ("DELETE", route::ACCOUNT, true),
];

fn key(name: &str, kind: &str) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

#[test]
fn the_tables_have_the_keys_and_the_ttl_that_the_code_uses_and_are_guarded() {
    let table = |partition, sort, ttl: Option<&str>| TableDefinition {
        partition_key: partition,
        sort_key: sort,
        ttl_attribute: ttl.map(str::to_owned),
        is_guarded: true,
    };
    let ttl = Some(attribute::EXPIRES_AT);
    let expected = BTreeMap::from([
        ("ClientsTable", table(key(attribute::CLIENT_ID, "S"), None, ttl)),
        ("CredentialsTable", table(key(attribute::USERNAME, "S"), None, ttl)),
        ("UsersTable", table(key(attribute::USER_ID, "S"), None, None)),
        ("SessionsTable", table(key(attribute::USER_ID, "S"), Some(key(attribute::SESSION_KEY, "S")), ttl)),
        ("KeysTable", table(key(attribute::KEY_USE, "S"), Some(key(attribute::KID, "S")), ttl)),
        ("RevocationsTable", table(key(attribute::BUCKET, "N"), Some(key(attribute::REVOCATION, "S")), ttl)),
        ("CodesTable", table(key(attribute::CODE_HASH, "S"), None, ttl)),
        ("ConsentsTable", table(key(attribute::USER_ID, "S"), Some(key(attribute::CLIENT_ID, "S")), None)),
        ("MailsTable", table(key(attribute::MAILBOX, "S"), None, ttl)),
    ]);
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(id, table)| (id.to_owned(), table)).collect();
    assert_eq!(Template::of_project().unwrap().tables().unwrap(), expected);
}

#[test]
fn the_routes_are_the_designs_and_only_those_that_need_no_token_are_open() {
    let template = Template::of_project().unwrap();
    assert_eq!(template.default_authorizer().unwrap(), "LatchgateAuthorizer");
    let functions = template.functions(&template.parameters()).unwrap();
    let routes: BTreeMap<_, _> = functions.into_iter().map(|(name, f)| (name, f.routes)).collect();
    let route = |method: &str, path: &str, authorizer: Option<&str>| Route {
        method: method.to_owned(),
        path: path.to_owned(),
        authorizer: authorizer.map(str::to_owned),
    };
    let expected = BTreeMap::from([
        ("login".to_owned(), vec![route("POST", route::LOGIN, Some("NONE"))]),
        ("refresh".to_owned(), vec![route("POST", route::REFRESH, Some("NONE"))]),
        ("logout".to_owned(), vec![route("POST", route::LOGOUT, Some("NONE"))]),
        (
            "sessions".to_owned(),
            vec![route("GET", route::SESSIONS, None), route("DELETE", "/sessions/{session_id}", None)],
        ),
        ("password".to_owned(), vec![route("POST", route::PASSWORD, None)]),
        ("token".to_owned(), vec![route("POST", route::TOKEN, Some("NONE"))]),
        (
            "authorize".to_owned(),
            [route::AUTHORIZE, route::ACCOUNT]
                .into_iter()
                .chain(BELOW_ACCOUNT)
                .chain([route::END_SESSION])
                .flat_map(|path| ["GET", "POST"].map(|method| route(method, path, Some("NONE"))))
                .chain(BELOW_ACCOUNT.map(|path| route("OPTIONS", path, Some("NONE"))))
                .collect(),
        ),
        (
            "userinfo".to_owned(),
            vec![route("GET", route::USERINFO, None), route("POST", route::USERINFO, None)],
        ),
        (
            "accounts".to_owned(),
            ACCOUNTS
                .into_iter()
                .map(|(method, path, is_protected)| route(method, path, (!is_protected).then_some("NONE")))
                .collect(),
        ),
        ("authorizer".to_owned(), vec![]),
        ("keys".to_owned(), vec![]),
        ("mailer".to_owned(), vec![]),
        (
            "metadata".to_owned(),
            PREFLIGHTS
                .into_iter()
                .map(|path| route("OPTIONS", path, Some("NONE")))
                .chain(PUBLIC.into_iter().flat_map(|path| {
                    ["GET", "HEAD", "OPTIONS"].map(|method| route(method, path, Some("NONE")))
                }))
                .collect(),
        ),
    ]);
    assert_eq!(routes, expected);
}

/// Scripts can read only a few other headers unless CORS exposes them.
#[test]
fn scripts_of_the_allowed_origin_can_read_the_headers_of_the_gateway() {
    let template = template_called("template.yaml");
    let responses = &template["Resources"]["Api"]["Properties"]["GatewayResponses"];
    let responses = responses.as_mapping().unwrap();
    assert_eq!(responses.len(), 9, "they were found");
    for (kind, response) in responses {
        let headers = &response["ResponseParameters"]["Headers"];
        let readers = untagged(&headers["Access-Control-Allow-Origin"]).as_sequence().unwrap();
        let readers: Vec<_> = readers.iter().map(untagged).collect();
        assert_eq!(readers, ["HasOrigins", "'*'", "'${AllowedOrigin}'"], "{kind:?}");
        assert_eq!(
            headers["Access-Control-Expose-Headers"], "'Retry-After, WWW-Authenticate, Date, DPoP-Nonce'",
            "{kind:?}"
        );
    }
}

#[test]
fn the_code_reads_every_variable_and_the_authorizer_has_no_private_key() {
    let template = Template::of_project().unwrap();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for variable in function.variables.keys() {
            assert!(variable::ALL.contains(&variable.as_str()), "{name}: {variable}");
        }
        let has_keyset = function.variables.contains_key(variable::KEYSET_SECRET);
        let needs_keyset =
            ["login", "refresh", "logout", "password", "token", "authorize", "accounts", "keys"];
        let needs_keyset = needs_keyset.contains(&name.as_str());
        assert_eq!(has_keyset, needs_keyset, "{name}");
        let may_read = function.statements.iter().any(|statement| statement.resource == "Keyset");
        assert_eq!(may_read, needs_keyset, "{name}");
    }
}

/// The key of links signs no token, and neither the authorizer nor `login` knows it.
#[test]
fn the_key_of_links_and_the_settings_of_mails_reach_the_functions_that_need_them() {
    let template = Template::of_project().unwrap();
    let having = |parameters, variable: &str| {
        let functions = template.functions(&parameters).unwrap().into_iter();
        let has = |f: &local::template::Function| f.variables.get(variable).is_some_and(|v| !v.is_empty());
        functions.filter(|(_, f)| has(f)).map(|(name, _)| name).collect::<BTreeSet<_>>()
    };
    let of = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    let sending = || with_mail(template.parameters());
    let with_links = of(&["accounts", "authorize", "mailer"]);
    assert_eq!(having(sending(), variable::MAIL_KEY_SECRET), with_links);
    assert_eq!(having(sending(), variable::MAILS_TABLE), with_links);
    assert_eq!(having(sending(), variable::MAIL_FROM), of(&["mailer"]));
    assert_eq!(having(sending(), variable::SIGN_UP), of(&["accounts", "authorize"]));
    let without = having(template.parameters(), variable::MAIL_KEY_SECRET);
    assert!(without.is_disjoint(&of(&["accounts", "authorize"])), "{without:?}");
    let domains = reached(&template, "SignUpDomains", variable::SIGN_UP_DOMAINS, "", "example.com");
    assert_eq!(domains, BTreeSet::from(["accounts", "authorize"]));
    let bound = reached(&template, "MailsPerHour", variable::MAILS_PER_HOUR, "5", "10");
    assert_eq!(bound, BTreeSet::from(["accounts", "authorize", "mailer"]));
    let devices = reached(&template, "NewDeviceMails", variable::NEW_DEVICE_MAILS, "no", "wanted");
    assert_eq!(devices, BTreeSet::from(["authorize", "mailer"]));
}

#[test]
fn the_settings_of_a_captcha_reach_the_functions_that_need_them() {
    let template = Template::of_project().unwrap();
    let both = BTreeSet::from(["accounts", "authorize"]);
    assert_eq!(reached(&template, "CaptchaFunction", variable::CAPTCHA, "", "captcha"), both);
    assert_eq!(reached(&template, "CaptchaFailure", variable::CAPTCHA_FAILURE, "closed", "open"), both);
    let pages = BTreeSet::from(["authorize"]);
    assert_eq!(reached(&template, "CaptchaWidget", variable::CAPTCHA_WIDGET, "none", "turnstile"), pages);
    assert_eq!(reached(&template, "CaptchaSiteKey", variable::CAPTCHA_KEY, "", "0x4AAAAAAA"), pages);
    for (name, is_good) in [
        ("", true),
        ("captcha", true),
        ("my_stack-Captcha-1:live", true),
        ("captcha:", false),
        (":live", false),
        ("a b", false),
        ("arn:aws:lambda:eu-west-1:123456789012:function:captcha", false),
    ] {
        assert_eq!(template.check("CaptchaFunction", name).is_ok(), is_good, "{name}");
    }
    for (key, is_good) in [
        ("0x4AAAAAAAAjq6WYeRDKmebM", true),
        ("10000000-ffff-ffff-ffff-000000000001", true),
        ("6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI", true),
        ("\"><script>", false),
        ("a b", false),
    ] {
        assert_eq!(template.check("CaptchaSiteKey", key).is_ok(), is_good, "{key}");
    }
}

/// Otherwise no function of the stack would start, or SES would refuse every mail.
#[test]
fn the_template_takes_senders_and_domains_that_the_functions_take() {
    let template = Template::of_project().unwrap();
    for sender in
        ["login@example.com", "Example <login@example.com>", "An Example Shop <no-reply+x@mail.example.com>"]
    {
        assert_eq!(template.check("MailFrom", sender), Ok(()), "{sender}");
        assert!(Correspondent::parse(sender).is_some(), "{sender}");
    }
    for bad in
        ["login", "Example login@example.com", "<>", "a@b@c", "A\r\nBcc: x@example.com <a@example.com>"]
    {
        assert!(template.check("MailFrom", bad).is_err(), "{bad}");
    }
    let (label, long_label) = ("d".repeat(63), "d".repeat(64));
    for (domains, is_good) in [
        ("", true),
        ("example.com", true),
        ("example.com,example.org", true),
        ("a.b-c.d0", true),
        (&*format!("{label}.com"), true),
        (&*format!("{long_label}.com"), false),
        ("-example.com", false),
        ("example-.com", false),
        ("example.com,mail.-example.org", false),
        ("example..com", false),
        ("example.com, example.org", false),
        ("example.com,", false),
        ("@example.com", false),
        ("Example.com", false),
        ("*.example.com", false),
    ] {
        assert_eq!(template.check("SignUpDomains", domains).is_ok(), is_good, "{domains}");
        let mut each = domains.split(',').filter(|_| is_good && !domains.is_empty());
        assert!(each.all(|domain| EmailAddress::parse(&format!("a@{domain}")).is_some()), "{domains}");
    }
    for (sign_up, is_good) in
        [("closed", true), ("invited", true), ("open", true), ("", false), ("yes", false)]
    {
        assert_eq!(template.check("SignUp", sign_up).is_ok(), is_good, "{sign_up}");
    }
}

/// The outbox's stream carries the keys alone, which are hashes, and that of sessions too. The others carry the row, where
/// a notice is. What the mailer fails at goes to the queue.
#[test]
fn streams_carry_keys_only_unless_a_notice_is_in_the_row_and_failures_are_kept() {
    let template = Template::of_project().unwrap();
    let streams = |parameters| {
        let streams = template.streams("mailer", &parameters).unwrap().into_iter();
        streams.map(|stream| (stream.table, stream.view)).collect::<Vec<_>>()
    };
    let all = streams(with_mail(template.parameters()).with("NewDeviceMails", "yes"));
    assert_eq!(streams(with_mail(template.parameters()).with("NewDeviceMails", "wanted")), all);
    let all: Vec<_> = all.iter().map(|(table, view)| (table.as_str(), view.as_str())).collect();
    let of_sessions = ("SessionsTable", "KEYS_ONLY");
    let images = [("UsersTable", "NEW_IMAGE"), ("RevocationsTable", "NEW_IMAGE")];
    assert_eq!(all, [&[("MailsTable", "KEYS_ONLY")], &images[..], &[of_sessions]].concat());
    assert_eq!(template.parameter("NewDeviceMails").unwrap()["Default"], "no");
    assert_eq!(streams(with_mail(template.parameters())).len(), 3);

    let template = template_called("template.yaml");
    let mailer = &template["Resources"]["MailerFunction"]["Properties"];
    let events = mailer["Events"].as_mapping().unwrap().values();
    let events = events.filter(|event| event["Type"] == "DynamoDB").map(|event| &event["Properties"]);
    let mappings: Vec<_> =
        events.chain([&template["Resources"]["MailerFunctionNewSessions"]["Properties"]]).collect();
    assert_eq!(mappings.len(), 4);
    for mapping in mappings {
        assert_eq!(mapping["FunctionResponseTypes"][0], "ReportBatchItemFailures");
        assert_eq!(*untagged(&mapping["DestinationConfig"]["OnFailure"]["Destination"]), "UnsentMails.Arn");
        // As long as a stream keeps a record.
        assert_eq!(mapping["MaximumRecordAgeInSeconds"], 86_400);
    }
    // Reports of SES come from SNS, which hands an event over once.
    let failed = &mailer["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
    assert_eq!(failed["Type"], "SQS");
    assert_eq!(*untagged(&failed["Destination"]), "UnsentMails.Arn");
}

/// The change of password needs no setting: the authorizer passes the key on.
#[test]
fn settings_for_proofs_reach_the_functions_that_check_them() {
    let template = Template::of_project().unwrap();
    let cdn = "https://cdn.example.com/auth";
    let endpoints = ["login", "logout", "refresh", "token", "accounts"];
    for (parameter, variable, default, other, more) in [
        ("Dpop", variable::DPOP, "off", "on", &["authorize", "metadata"][..]),
        ("DpopNonce", variable::DPOP_NONCE, "when-needed", "always", &[]),
        ("DpopOrigins", variable::DPOP_ORIGINS, "", cdn, &["authorize", "authorizer"]),
    ] {
        let expected = endpoints.iter().chain(more).copied().collect();
        assert_eq!(reached(&template, parameter, variable, default, other), expected, "{parameter}");
    }
    let replay = reached(&template, "DpopReplay", variable::DPOP_REPLAY, "window", "store");
    assert_eq!(replay, BTreeSet::from(["authorizer"]));
}

#[test]
fn settings_for_client_documents_reach_the_pages_and_the_metadata() {
    let template = Template::of_project().unwrap();
    let on = reached(&template, "ClientMetadataDocuments", variable::CLIENT_METADATA_DOCUMENTS, "off", "on");
    assert_eq!(on, BTreeSet::from(["authorize", "metadata"]));
    let scopes =
        reached(&template, "ClientMetadataScopes", variable::CLIENT_METADATA_SCOPES, "", "openid a:b");
    assert_eq!(scopes, BTreeSet::from(["authorize"]));
    for (value, is_good) in
        [("", true), ("openid notes.read a:b", true), ("a  b", false), (" a", false), ("a\"", false)]
    {
        assert_eq!(template.check("ClientMetadataScopes", value).is_ok(), is_good, "{value}");
    }
}

#[test]
fn resources_reach_the_functions_that_issue_tokens_for_them_and_the_documents() {
    let template = Template::of_project().unwrap();
    let resource = "https://notes.example.com/mcp notes:read [Notes]";
    let reached = reached(&template, "ProtectedResources", variable::PROTECTED_RESOURCES, "", resource);
    assert_eq!(reached, BTreeSet::from(["authorize", "metadata", "refresh", "token"]));
}

/// The functions whose variable has the parameter's value, both by default and when changed.
fn reached(
    template: &Template,
    parameter: &str,
    variable: &str,
    default: &str,
    other: &str,
) -> BTreeSet<&'static str> {
    let values = |parameters| {
        let functions = template.functions(&parameters).unwrap().into_iter();
        functions.filter_map(|(name, mut f)| Some((name, f.variables.remove(variable)?))).collect()
    };
    let at_first: BTreeMap<String, String> = values(template.parameters());
    assert!(at_first.values().all(|value| value == default), "{parameter}: {at_first:?}");
    let then: BTreeMap<String, String> = values(template.parameters().with(parameter, other));
    assert!(then.values().all(|value| value == other), "{parameter}: {then:?}");
    assert!(then.keys().eq(at_first.keys()), "{parameter}");
    NAMES.into_iter().filter(|name| then.contains_key(*name)).collect()
}

/// Otherwise no function of the stack would start.
#[test]
fn the_template_takes_the_urls_that_the_functions_take() {
    let template = Template::of_project().unwrap();
    let read = |value: &str| {
        let variable = (variable::DPOP_ORIGINS.to_owned(), value.to_owned());
        dpop::origins(&Environment::from_variables([variable])).map(|origins| origins.len()).ok()
    };
    for (value, count) in [
        ("", 0),
        ("https://cdn.example.com", 1),
        ("https://cdn.example.com/,http://localhost:8787", 2),
        ("https://CDN.Example.com:443/auth/v1", 1),
        ("https://cdn.example.com/a%20b/~c", 1),
        ("http://[::1]:8787,http://127.0.0.1:8787,http://localhost:8787", 3),
    ] {
        let is_taken = template.check("DpopOrigins", value).is_ok();
        assert_eq!((is_taken, read(value)), (true, Some(count)), "{value}");
    }
    for value in [
        "cdn.example.com",
        "//cdn.example.com",
        "ftp://cdn.example.com",
        "https://",
        "https://cdn.example.com,",
        ",https://cdn.example.com",
        "https://cdn.example.com,,https://www.example.com",
        "https://cdn.example.com, https://www.example.com",
        "https://cdn.example.com?a=b",
        "https://cdn.example.com#a",
        "https://user@cdn.example.com",
        "https://cdn.example.com:x",
        "https://cdn.example.com/%",
        "https://cdn.example.com/%4",
        "https://cdn.example.com/*",
    ] {
        assert!(template.check("DpopOrigins", value).is_err(), "{value}");
    }
}

/// A REST API's 401 contains a URL with the audience in apostrophes.
#[test]
fn an_audience_has_no_quotes_of_either_kind() {
    let template = Template::of_project().unwrap();
    for value in ["api", "https://orders.example.com/(v1)&more", "urn:orders"] {
        assert_eq!(template.check("Audience", value), Ok(()), "{value}");
    }
    for value in ["", "it's", "https://orders.example.com/it's", "a\"b", "a\\b", "a b", "café"] {
        assert!(template.check("Audience", value).is_err(), "{value}");
    }
}

/// Each resource also has to be a valid stage variable: API Gateway allows `[A-Za-z0-9-._~:/?#&=,]+`.
#[test]
fn the_template_takes_the_resources_that_the_functions_take() {
    let template = Template::of_project().unwrap();
    let read = |value: &str| {
        let variable = (variable::PROTECTED_RESOURCES.to_owned(), value.to_owned());
        let resources = Resources::from_environment(&Environment::from_variables([variable]))?;
        Ok::<_, EnvironmentError>(resources.iter().cloned().collect::<Vec<_>>())
    };
    for (value, count) in [
        ("", 0),
        ("https://notes.example.com/mcp notes:read notes:write [Notes]; https://billing.example.com", 2),
        ("https://notes.example.com;https://notes.example.com/a/b-c_d~e.f [A & B];", 2),
        (" https://notes.example.com:8443/  a[1] ]b ", 1),
        ("https://notes.example.com:4430; https://notes.example.com:44", 2),
    ] {
        assert_eq!(template.check("ProtectedResources", value), Ok(()), "{value}");
        let resources = read(value).unwrap();
        assert_eq!(resources.len(), count, "{value}");
        let is_taken_by_a_stage = |identifier: &str| {
            identifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&b))
        };
        assert!(resources.iter().all(|resource| is_taken_by_a_stage(&resource.identifier)), "{value}");
    }
    for value in [
        "api",
        "http://notes.example.com",
        "https://Notes.example.com",
        "https://notes.example.com:443",
        "https://notes.example.com/a%20b",
        "https://notes.example.com?a=b",
        "https://notes.example.com#a",
        "https://user@notes.example.com",
        "https://",
        "https://notes.example.com [A",
        "https://notes.example.com [A] scope",
        "https://notes.example.com [A] [B]",
        "https://notes.example.com []",
        "https://notes.example.com,https://billing.example.com",
        "https://notes.example.com sc\"ope",
        "https://notes.example.com;; https://billing.example.com",
    ] {
        assert!(template.check("ProtectedResources", value).is_err(), "{value}");
    }
}

/// A REST API's challenges name Latchgate's own metadata, if there is any.
#[test]
fn the_gateways_challenges_name_the_metadata_where_the_audience_is_a_url() {
    let template = Template::of_project().unwrap();
    let challenges = |audience: &str| {
        let parameters = template.parameters().with("Issuer", "https://login.example.com/prod");
        let responses = template.gateway_responses(&parameters.with("Audience", audience)).unwrap();
        [("UNAUTHORIZED", 401), ("ACCESS_DENIED", 403)].map(|(kind, status)| {
            let headers = &responses.find(kind, status).unwrap().headers;
            headers.iter().find(|(name, _)| name == "WWW-Authenticate").unwrap().1.clone()
        })
    };
    let plain = challenges("api");
    assert_eq!(challenges("urn:https://api.example.com"), plain);
    let place = "login.example.com/prod";
    let metadata = format!("https://login.example.com/prod{}/{place}", route::PROTECTED_RESOURCE);
    let named = challenges(&format!("https://{place}"));
    for (named, plain) in named.iter().zip(&plain) {
        let expected = format!(r#", resource_metadata="{metadata}", DPoP "#);
        assert_eq!(*named, plain.replacen(", DPoP ", &expected, 1));
    }
}

#[tokio::test]
async fn no_required_variable_is_unused() {
    let api = Api::with(with_mail).await;
    let functions = api.template.functions(&api.deployment.parameters).unwrap();
    let optional = [
        "ACCESS_TTL",
        "IDLE_TTL",
        "ABSOLUTE_TTL",
        "LEEWAY",
        "MAX_SESSIONS",
        "CLIENT_METADATA_DOCUMENTS",
        "CLIENT_METADATA_SCOPES",
        "BROWSER_IDLE_TTL",
        "BROWSER_ABSOLUTE_TTL",
        "PAGES_NAME",
        "PAGES_LOGO",
        "PAGES_COLOR",
        "PAGES_COLOR_DARK",
        "ALLOWED_ORIGINS",
        "ALLOWED_ORIGIN",
        "SIGNING_ALGORITHM",
        "KEY_LEAD",
        "REFRESH_KEY_TTL",
        "REVOCATION_CHECK",
        "DENYLIST_INTERVAL",
        "DENYLIST_MAX_AGE",
        "DENYLIST_MAX_ROWS",
        "SCOPE_RULES",
        "SCOPE_DEFAULT",
        "CONTEXT_CLAIMS",
        "CONTEXT_CLAIMS_AS",
        "PROTECTED_RESOURCES",
        "MAIL_KEY_SECRET",
        "MAIL_REPLY_TO",
        "MAIL_CONFIGURATION",
        "MAIL_TEMPLATES",
        "MAILS_PER_HOUR",
        "NEW_DEVICE_MAILS",
        "SIGN_UP",
        "SIGN_UP_DOMAINS",
        "CAPTCHA",
        "CAPTCHA_FAILURE",
        "CAPTCHA_WIDGET",
        "CAPTCHA_KEY",
        "CACHE_TTL",
        "DPOP",
        "DPOP_NONCE",
        "DPOP_ORIGINS",
        "DPOP_REPLAY",
        "STACK_NAME",
        "METRICS",
        "REQUEST_LINES",
        "TRUST_STORE",
    ];
    for (name, function) in functions {
        // During an upgrade, documents omit a missing value that they only repeat.
        let repeated = |variable: &str| (name.as_str(), variable) == ("metadata", "AUDIENCE");
        let needed = |variable: &&String| !optional.contains(&variable.as_str()) && !repeated(variable);
        for variable in function.variables.keys().filter(needed) {
            // A variable may be unused in one mode of the authorizer, and needed in another.
            let checks = if variable == "REVOCATIONS_TABLE" { "denylist" } else { "session" };
            let without = |variables: &mut BTreeMap<String, String>| {
                variables.remove(variable);
            };
            let error = start(&api, &name, without, checks).await.expect_err(variable);
            assert!(error.contains(variable), "{name} without {variable}: {error}");
        }
    }
}

#[test]
fn other_stacks_may_call_only_the_authorizer() {
    let template = template_called("template.yaml");
    let permissions = of_type(&template, "AWS::Lambda::Permission");
    let (rotation, consumers): (Vec<_>, Vec<_>) =
        permissions.into_iter().partition(|(name, _)| *name == "KeysetRotationPermission");
    assert_eq!((rotation.len(), consumers.len()), (1, 7));
    for (name, permission) in consumers {
        let permission = &permission["Properties"];
        assert_eq!(*untagged(&permission["FunctionName"]), "AuthorizerFunction", "{name}");
        if permission["Principal"] == "*" {
            assert_eq!(*untagged(&permission["PrincipalOrgID"]), "ConsumerOrganization", "{name}");
            continue;
        }
        assert_eq!(permission["Principal"], "apigateway.amazonaws.com", "{name}");
        let source = untagged(&permission["SourceArn"]);
        let source = source.as_str().or_else(|| source[0].as_str()).unwrap();
        let before = "arn:${AWS::Partition}:execute-api:${AWS::Region}:";
        let account = source.strip_prefix(before).and_then(|rest| rest.strip_suffix(":*/authorizers/*"));
        assert!(matches!(account, Some("${AWS::AccountId}" | "${Account}")), "{name}: {source}");
    }
}

#[test]
fn parameter_store_says_where_the_keys_are() {
    let template = template_called("template.yaml");
    let value = &template["Resources"]["JwksUriParameter"]["Properties"]["Value"];
    assert_eq!(untagged(value).as_str(), Some(format!("${{Issuer}}{}", route::JWKS).as_str()));
}

/// SAM's cache only looks at the function's own folder, so it would miss a change in `shared`.
#[test]
fn sam_does_not_cache_builds() {
    let is_cache = |line: &str| line.trim_start().starts_with("cached");
    assert!(!include_str!("../samconfig.toml").lines().any(is_cache));
}

/// Starts a function with changed variables.
async fn start(
    api: &Api,
    name: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
    revocation_check: &str,
) -> Result<(), String> {
    let parameters = api.deployment.parameters.clone().with("RevocationCheck", revocation_check);
    let mut function = api.template.functions(&parameters).unwrap().remove(name).unwrap();
    change(&mut function.variables);
    let mut deployment = api.deployment.clone();
    deployment.keyset = local::functions::Keyset::Secret("keyset".to_owned());
    let context = deployment.context(function);
    let started = match name {
        "login" => login::Login::start(&context).await.map(drop),
        "refresh" => refresh::Refresh::start(&context).await.map(drop),
        "logout" => logout::Logout::start(&context).await.map(drop),
        "sessions" => sessions::SessionsApi::start(&context).map(drop),
        "password" => password::PasswordChange::start(&context).await.map(drop),
        "token" => token::TokenEndpoint::start(&context).await.map(drop),
        "authorize" => authorize::Authorize::start(&context).await.map(drop),
        "userinfo" => userinfo::Userinfo::start(&context).map(drop),
        "metadata" => metadata::Metadata::start(&context).await.map(drop),
        "accounts" => accounts::AccountsApi::start(&context).await.map(drop),
        "mailer" => mailer::Mailer::start(&context).map(drop),
        "keys" => keys::KeyRotation::start(&context).map(drop),
        "authorizer" => authorizer::Authorizer::start(&context).await.map(drop),
        other => panic!("an unknown function {other}"),
    };
    started.map_err(|error| error.to_string())
}

#[test]
fn the_defaults_of_the_lifetimes_are_the_codes() {
    let template = Template::of_project().unwrap();
    for (parameter, default) in [
        ("AccessTtl", lifetimes::default::ACCESS_TTL),
        ("IdleTtl", lifetimes::default::IDLE_TTL),
        ("AbsoluteTtl", lifetimes::default::ABSOLUTE_TTL),
        ("Leeway", lifetimes::default::LEEWAY),
    ] {
        let definition = template.parameter(parameter).unwrap();
        assert_eq!(definition["Default"].as_u64(), Some(default), "{parameter}");
    }
}

/// So an update that CloudFormation accepts leaves no function that can't start, and the code allows nothing more.
#[tokio::test]
async fn the_bounds_of_every_number_are_the_codes() {
    let api = Api::start().await;
    let functions = api.template.functions(&api.deployment.parameters).unwrap();
    let mut tried = 0;
    for (variable, parameter) in api.template.parameters_by_variable() {
        let definition = api.template.parameter(&parameter).unwrap();
        let number = |name: &str| definition.get(name).and_then(serde_yaml_ng::Value::as_i64);
        let (Some(least), Some(most)) = (number("MinValue"), number("MaxValue")) else { continue };
        let has_it = functions.iter().filter(|(_, function)| function.variables.contains_key(&variable));
        let names: Vec<_> = has_it.map(|(name, _)| name).collect();
        for (value, is_allowed) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
            let mut refusals = Vec::new();
            for name in &names {
                let change = |variables: &mut BTreeMap<String, String>| {
                    variables.insert(variable.clone(), value.to_string());
                };
                let refusal = start(&api, name, change, "denylist").await.err();
                // Two variables may have to fit each other.
                let of_range = format!("variable {variable} must be a whole number");
                refusals.extend(refusal.filter(|error| error.contains(&of_range)));
            }
            // Not each function that has a variable reads it.
            assert_eq!(refusals.is_empty(), is_allowed, "{parameter} {value}: {refusals:?}");
        }
        tried += 1;
    }
    assert!(tried > 6, "{tried}");
}

/// Lambda's limit for all variables of a function, measured as JSON.
const ENVIRONMENT_LEN: usize = 4096;
/// Space for a later release's variables.
const SPARE_LEN: usize = 100;
/// The longest stack name.
const STACK_NAME_LEN: usize = 128;
/// The longest ARN of the secret: `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:Keyset-` and 19 random
/// characters.
const SECRET_LEN: usize = 110;
/// The longest name of a configuration set of SES.
const CONFIGURATION_LEN: usize = 64;

#[test]
fn the_longest_parameters_and_stack_name_fit_in_every_environment() {
    let template = Template::of_project().unwrap();
    let by_variable = template.parameters_by_variable();
    let mut parameters = template.parameters();
    for name in by_variable.values().collect::<BTreeSet<_>>() {
        parameters = parameters.with(name, "x".repeat(longest(&template, name)));
    }
    let tables = template.tables().unwrap();
    let mut sizes = BTreeMap::new();
    for (name, function) in template.functions(&parameters).unwrap() {
        let size = |(variable, value): (&String, &String)| {
            let of_value = match variable.as_str() {
                "STACK_NAME" => STACK_NAME_LEN,
                "KEYSET_SECRET" => SECRET_LEN,
                // `MailKey` is a letter longer than `Keyset`.
                "MAIL_KEY_SECRET" => SECRET_LEN + 1,
                "MAIL_CONFIGURATION" => CONFIGURATION_LEN,
                // CloudFormation adds the stack's name before a table's, and a hyphen with 13 characters after it.
                _ if tables.contains_key(value) => STACK_NAME_LEN + 1 + value.len() + 14,
                _ if by_variable.contains_key(variable) => value.len(),
                other => panic!("how long may {other} be?"),
            };
            r#""":"","#.len() + variable.len() + of_value
        };
        sizes.insert(name, "{}".len() + function.variables.iter().map(size).sum::<usize>());
    }
    assert_eq!(sizes.len(), 13);
    for (name, size) in &sizes {
        assert!(size + SPARE_LEN <= ENVIRONMENT_LEN, "{name}: {size}");
    }
    // The bounds are no narrower than necessary.
    let fullest = sizes.values().max().unwrap();
    assert!(fullest + 2 * SPARE_LEN > ENVIRONMENT_LEN, "{sizes:?}");
}

/// The most bytes of a parameter as JSON.
fn longest(template: &Template, name: &str) -> usize {
    let definition = template.parameter(name).unwrap();
    let digits = |bound: &str| definition.get(bound).map(|value| value.as_u64().unwrap().to_string().len());
    if let Some(values) = definition.get("AllowedValues") {
        return values
            .as_sequence()
            .unwrap()
            .iter()
            .map(|value| value.as_str().unwrap().len())
            .max()
            .unwrap();
    }
    if let Some(digits) = digits("MaxValue") {
        return digits;
    }
    // These take more than a byte in JSON, so the pattern must reject them at any position.
    let sample =
        definition.get("Default").and_then(serde_yaml_ng::Value::as_str).filter(|text| !text.is_empty());
    let sample = sample.unwrap_or("https://login.example.com");
    let takes = |long: char| {
        (0..=sample.len()).any(|at| {
            let mut value = sample.to_owned();
            value.insert(at, long);
            template.check(name, &value).is_ok()
        })
    };
    for long in ['"', '\\', '\t', '\u{7f}'] {
        assert!(!takes(long), "{name} may have {long:?}");
    }
    // A non-ASCII character may take two escapes, as in `\ud83d\ude00`.
    let bytes = if takes('é') { "\\ud83d\\ude00".len() } else { 1 };
    let longest = definition.get("MaxLength").unwrap_or_else(|| panic!("{name} has no MaxLength"));
    bytes * usize::try_from(longest.as_u64().unwrap()).unwrap()
}

/// A page needs a visible name, and loads no logo or colour from elsewhere.
#[test]
fn the_template_takes_names_logos_and_colours_that_pages_can_show() {
    let template = Template::of_project().unwrap();
    for (name, good, bad) in [
        (
            "PagesName",
            &["Latchgate", "Café & Söhne", "A <b>", "日本", "😀"][..],
            &["", "a\"b", "a\\b", "a\nb"][..],
        ),
        (
            "PagesLogo",
            &["", "https://cdn.example.com/logo.svg", "https://cdn.example.com:8443/a%20b/logo.png?v=1&w=2"],
            &[
                "http://cdn.example.com/logo.svg",
                "//cdn.example.com/logo.svg",
                "https://cdn.example.com/logo.svg; script-src *",
                "https://cdn.example.com/logo.svg#a",
                "https://cdn.example.com,https://www.example.com",
                "data:image/png;base64,AA",
            ],
        ),
        ("PagesColor", &["#1f5fbf", "#ABCDEF"], &["", "1f5fbf", "#fff", "#1f5fbf00", "red", "#1f5fbg"]),
        ("PagesColorDark", &["#8ab4f8"], &["", "#fff;}", "var(--x)"]),
    ] {
        for value in good {
            assert_eq!(template.check(name, value), Ok(()), "{name} {value}");
        }
        for value in bad {
            assert!(template.check(name, value).is_err(), "{name} {value}");
        }
    }
    let names = [30, 31].map(|length| template.check("PagesName", &"é".repeat(length)).is_ok());
    assert_eq!(names, [true, false]);
}

#[test]
fn a_limit_by_address_that_aws_waf_refuses_is_refused_before_the_deployment() {
    let template = Template::of_project().unwrap();
    for name in ["WafRequests", "WafLogins"] {
        for value in ["10", "11", "99", "100", "2000", "999999999", "1000000000", "1999999999", "2000000000"]
        {
            assert_eq!(template.check(name, value), Ok(()), "{name} {value}");
        }
        for value in
            ["1", "5", "9", "10.5", "9.9", "010", "1e3", "+20", "-20", " 20", "2000000001", "3000000000", ""]
        {
            let said = template.check(name, value).unwrap_err().to_string();
            assert!(said.contains("the least that AWS WAF accepts"), "{said}");
        }
    }
    // 0 turns the rule for requests off, but isn't allowed for logins.
    assert_eq!(template.check("WafRequests", "0"), Ok(()));
    assert!(template.check("WafLogins", "0").is_err());
}

/// Every table supports this much by itself, and DynamoDB refuses to lower it.
#[test]
fn a_warm_throughput_below_that_of_every_table_is_refused_before_the_deployment() {
    let template = Template::of_project().unwrap();
    for (name, least) in [
        ("WarmSessionReads", 12_000),
        ("WarmSessionWrites", 4_000),
        ("WarmUserReads", 12_000),
        ("WarmCredentialWrites", 4_000),
    ] {
        for units in [0, least, least + 1, 20_000, 99_999, 100_000, 163_000, 1_250_000, 9_999_999] {
            assert_eq!(template.check(name, &units.to_string()), Ok(()), "{name} {units}");
        }
        for units in ["1", "999", "010000", "12000.5", "1e5", "-1", "10000000", ""] {
            assert!(template.check(name, units).is_err(), "{name} {units}");
        }
        assert!(template.check(name, &(least - 1).to_string()).is_err(), "{name}");
    }
}

/// Lambda's limit for the policy of a function, which has a statement for each permission to call it.
const POLICY_LEN: usize = 20_480;

/// The length of a statement that lets an API call a function at this method and path, with the longest names of
/// statement, function, partition and region.
fn statement_len(method_and_path: &str) -> usize {
    let (sid, function) = ("s".repeat(100), "f".repeat(64));
    let statement = format!(
        r#"{{"Sid":"{sid}","Effect":"Allow","Principal":{{"Service":"apigateway.amazonaws.com"}},"Action":"lambda:InvokeFunction","Resource":"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:{function}","Condition":{{"ArnLike":{{"AWS:SourceArn":"arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdefghij/*/{method_and_path}"}}}}}},"#
    );
    statement.len()
}

/// The permissions are those of both kinds of API. Otherwise a stack with a long name could not be deployed.
#[test]
fn the_policy_of_each_function_has_room_for_its_routes() {
    let template = Template::of_project().unwrap();
    let http = template_called("template-http.yaml");
    let mut lengths = BTreeMap::new();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        let rest =
            function.routes.iter().map(|route| statement_len(&format!("{}{}", route.method, route.path)));
        lengths.insert(name, 60 + rest.sum::<usize>());
    }
    for permission in of_type(&http, "AWS::Lambda::Permission").values() {
        let properties = &permission["Properties"];
        let import = serde_yaml_ng::to_string(&properties["FunctionName"]).unwrap();
        let name = import.split("${LatchgateStack}-").nth(1).unwrap().split("Arn").next().unwrap();
        let source = untagged(&properties["SourceArn"]).as_str().unwrap();
        let path = source.split("${Api}/").nth(1).unwrap();
        *lengths.get_mut(&name.to_lowercase()).unwrap() += statement_len(path.trim_start_matches("*/"));
    }
    assert_eq!(lengths.len(), NAMES.len());
    for (name, length) in &lengths {
        assert!(*length <= POLICY_LEN, "{name}: {length}");
    }
}
