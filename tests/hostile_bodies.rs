//! Bodies made to be misread: repeated names, deep and wide JSON, oversized numbers, line breaks, and more of
//! everything than any client needs.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::harness::{Api, BodyEndpoint, Lambdas, Log, Tokens};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

async fn start() -> (Api, Tokens) {
    let api = Api::start().await;
    let tokens = api.login().await;
    (api, tokens)
}

/// A JSON object with this member before the others.
fn with_first(object: &serde_json::Value, member: &str) -> String {
    format!("{{{member},{}", &object.to_string()[1..])
}

#[tokio::test]
async fn a_repeated_name_is_refused_in_every_spelling() {
    let (api, tokens) = start().await;
    for endpoint in BodyEndpoint::ALL {
        for (name, value) in endpoint.parameters(&tokens) {
            let (form, object) = (endpoint.form(&tokens), endpoint.json(&tokens));
            let escaped = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
            for twice in [
                format!("{form}&{name}={value}"),
                format!("{name}=&{form}"),
                format!("{form}&{escaped}=x"),
                format!("{form}&{name}"),
            ] {
                let event = endpoint.event(&tokens, FORM, &twice);
                api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
            }
            let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
            for member in
                [format!(r#""{name}":"{value}""#), format!(r#""{name}":null"#), format!(r#""{escaped}":1"#)]
            {
                let event = endpoint.event(&tokens, JSON, &with_first(&object, &member));
                api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
            }
        }
        let twice = endpoint.form(&tokens) + "&x=1&x=1";
        let event = endpoint.event(&tokens, FORM, &twice);
        api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
    }
}

#[tokio::test]
async fn deep_json_is_refused_and_unknown_members_are_ignored() {
    let (api, tokens) = start().await;
    for endpoint in BodyEndpoint::ALL {
        let object = endpoint.json(&tokens);
        for depth in [200, 10_000] {
            for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
                let deep = format!(r#""x":{}1{}"#, open.repeat(depth), close.repeat(depth));
                let event = endpoint.event(&tokens, JSON, &with_first(&object, &deep));
                let status = if event["body"].as_str().unwrap().len() > 32 * 1024 { 413 } else { 400 };
                api.assert_refuses(endpoint, &event, status, "invalid_request").await;
            }
            let open = endpoint.event(&tokens, JSON, &"[".repeat(depth));
            api.assert_refuses(endpoint, &open, 400, "invalid_request").await;
        }
        for member in [
            r#""x":{"client_id":"demo-server","everywhere":true}"#,
            r#""__proto__":{},"constructor":null"#,
            r#""x":[[[[[[[[1]]]]]]]]"#,
            r#""CLIENT_ID":"demo-server""#,
            r#""x":1e308,"y":-0,"z":18446744073709551615"#,
        ] {
            let event = endpoint.event(&tokens, JSON, &with_first(&object, member));
            api.assert_carries_out(endpoint, &event).await;
        }
        let event = endpoint.event(&tokens, FORM, &(endpoint.form(&tokens) + "&x=1&Client_Id=y&&="));
        api.assert_carries_out(endpoint, &event).await;
    }
}

#[tokio::test]
async fn a_number_is_refused_as_text_and_an_enormous_one_as_json() {
    let (api, tokens) = start().await;
    let digits = "9".repeat(5000);
    for endpoint in BodyEndpoint::ALL {
        let object = endpoint.json(&tokens);
        for (name, _) in endpoint.parameters(&tokens) {
            for number in [json!(0), json!(-1), json!(u64::MAX), json!(1e300), json!(0.1)] {
                let mut object = object.clone();
                object[name] = number;
                let event = endpoint.event(&tokens, JSON, &object.to_string());
                api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
            }
        }
        for number in ["1e999", "-1e999", digits.as_str(), "0x10", "01", "1.", ".1", "+1", "NaN", "Infinity"]
        {
            let event = endpoint.event(&tokens, JSON, &with_first(&object, &format!(r#""x":{number}"#)));
            api.assert_refuses(endpoint, &event, 400, "invalid_request").await;
        }
    }
}

/// Control characters that could end a line of a log or header. They are refused or unknown, and never repeated.
#[tokio::test]
async fn characters_that_end_a_line_never_reach_a_log_or_a_header() {
    let (api, tokens) = start().await;
    let lambdas = Lambdas::start(&api).await;
    for endpoint in BodyEndpoint::ALL {
        for (name, value) in endpoint.parameters(&tokens) {
            for added in [
                "\r\nSet-Cookie: evil=1",
                "\n{\"event\":\"evil\"}",
                "\u{0}evil",
                "\u{1b}[31mevil",
                "\u{2028}evil",
            ] {
                if (name, added) == ("new_password", "\u{2028}evil") {
                    // U+2028 isn't a control character, so a password may contain it. It never gets into a log.
                    continue;
                }
                // This restores the user's budget between cases.
                let before = api.stored().await;
                let mut object = endpoint.json(&tokens);
                object[name] = format!("{value}{added}").into();
                let event = endpoint.event(&tokens, JSON, &object.to_string());
                let (log, guard) = Log::listen();
                let reply = lambdas.answer(endpoint.path(), &event).await.unwrap();
                drop(guard);
                if name == "token" {
                    // RFC 7009 section 2.2: an invalid token counts as already revoked.
                    assert_eq!(reply.status, 200, "{added:?}");
                } else {
                    assert!([400, 401].contains(&reply.status), "{endpoint:?} {name} {added:?}: {reply:?}");
                    reply.assert_error(reply.status, reply.body["error"].as_str().unwrap());
                }
                assert!(!format!("{reply:?}").contains("evil"), "{name} {added:?}");
                for line in log.text().lines() {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert_ne!(line["event"], "evil");
                    assert!(!line.to_string().contains("evil"), "{name} {added:?}: {line}");
                }
                let sessions = &api.stored().await["SessionsTable"];
                assert_eq!(*sessions, before["SessionsTable"], "{name} {added:?}");
                api.restore(&before).await;
            }
        }
    }
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_413_in_every_form_and_changes_nothing() {
    let (api, tokens) = start().await;
    let many = (0..700_000).fold(String::new(), |mut form, i| {
        let _ = write!(form, "p{i}=v&");
        form
    });
    let numbers = "1,".repeat(5_000_000);
    let large = STANDARD.encode("x".repeat(10_000_000));
    for endpoint in BodyEndpoint::ALL {
        let event = endpoint.event(&tokens, FORM, &format!("{many}{}", endpoint.form(&tokens)));
        api.assert_refuses(endpoint, &event, 413, "invalid_request").await;
        let object = with_first(&endpoint.json(&tokens), &format!(r#""x":[{numbers}1]"#));
        api.assert_refuses(endpoint, &endpoint.event(&tokens, JSON, &object), 413, "invalid_request").await;
        let mut event = endpoint.event(&tokens, FORM, &large);
        event["isBase64Encoded"] = true.into();
        api.assert_refuses(endpoint, &event, 413, "invalid_request").await;
    }
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_bound_and_not_a_byte_longer() {
    let (api, tokens) = start().await;
    for endpoint in BodyEndpoint::ALL {
        let form = endpoint.form(&tokens) + "&x=";
        let bound = 32 * 1024 - form.len();
        let event = |len: usize| endpoint.event(&tokens, FORM, &format!("{form}{}", "x".repeat(len)));
        api.assert_carries_out(endpoint, &event(bound)).await;
        api.assert_refuses(endpoint, &event(bound + 1), 413, "invalid_request").await;
    }
}
