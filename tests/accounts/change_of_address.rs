//! A change of the address: who may ask for it, what its mail opens, and what it changes.

use admin::tables::users::{Renaming, UserTables};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use mailer::Mail;
use passwords::Username;
use serde_json::json;
use shared::{clock::Clock, route, store::attribute};

use super::{Asked, Stage};
use crate::harness::{
    APP, Api, CHOSEN, Device, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, HOPPERS_NAME, PASSWORD, SECRET,
    SERVER, THIRD, Tokens, USER_ID, bearer, claims, code_of, form, form_post, link_of, number, text, url_of,
    with_mail, wrong_code,
};

const OTHER: &str = "other@example.com";
const OTHERS_ID: &str = "other-user";

/// Asserts that the mail has nothing that opens anything.
#[track_caller]
fn assert_opens_nothing(mail: &Mail) {
    assert_eq!((link_of(mail), code_of(mail)), (None, None), "{}", mail.text);
    for part in [&mail.text, &mail.html, &mail.subject] {
        assert!(!part.contains("lgm1_") && !part.contains("lgq1_") && !part.contains("token="), "{part}");
    }
}

/// Asserts that Grace has her first address, and no other.
async fn assert_unchanged(api: &Api) {
    assert_eq!(api.names_of(GRACE_ID).await, [GRACE]);
    assert_eq!(api.user(GRACE_ID).await.unwrap()[attribute::USERNAME], text(GRACE));
    assert_eq!(api.claims_of(GRACE_ID).await["email"], GRACE);
}

#[tokio::test]
async fn a_confirmed_change_moves_the_account_and_ends_no_session() {
    for by_link in [true, false] {
        let stage = Stage::set().await;
        let (api, tokens) = (&stage.api, stage.api.graces().await);
        let own =
            json!({ "email": "Grace@example.com", "email_verified": true, "name": "Grace", "roles": ["a"] });
        api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
        let asked = stage.changing(&tokens, HOPPER).await;
        assert_eq!(asked.mail.to.as_str(), HOPPER, "as typed");
        assert_eq!(api.names_of(GRACE_ID).await, [GRACE], "nothing has changed yet");
        api.graces().await;

        let (link, code) = (asked.by_link(), asked.by_code());
        let reply = api.confirm_address(if by_link { &link[..] } else { &code }).await;
        assert_eq!((reply.status, &reply.body), (200, &json!({})), "{reply:?}");
        assert_eq!(reply.header("set-cookie"), None);
        assert_eq!(api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
        let user = api.user(GRACE_ID).await.unwrap();
        assert_eq!(user[attribute::USERNAME], text(HOPPERS_NAME));
        let expected = json!({ "email": HOPPER, "email_verified": true, "name": "Grace", "roles": ["a"] });
        assert_eq!(api.claims_of(GRACE_ID).await, expected, "the other claims stay");

        api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
        for spelling in [HOPPER, HOPPERS_NAME] {
            api.try_login_as(spelling, GRACES_PASSWORD).await.tokens();
        }
        assert_eq!(api.call(&tokens.access).await.status, 200);
        let next = api.refresh(&tokens.refresh).await.tokens();
        assert_eq!(claims(&next.access)["email"], HOPPER);
    }
}

#[tokio::test]
async fn the_link_leads_to_the_issuers_page_for_new_addresses() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let page = format!("https://issuer.example.com{}?token={}", route::ACCOUNT_EMAIL_CONFIRM, asked.link);
    assert!(url_of(&asked.mail).starts_with(&page), "{}", url_of(&asked.mail));
    for part in [&asked.mail.subject, &asked.mail.text, &asked.mail.html] {
        assert!(
            !part.to_ascii_lowercase().contains(GRACE),
            "the new mailbox may be another person's: {part}"
        );
    }
}

#[tokio::test]
async fn the_old_address_hears_of_the_change_and_is_free() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let mail = stage.changed(&tokens, HOPPER).await;
    assert_eq!(mail.to.as_str(), GRACE);
    let link = link_of(&mail).expect("a link that undoes it");
    assert_eq!(code_of(&mail), None, "and no code");
    let page = format!("https://issuer.example.com{}?token={link}", route::ACCOUNT_EMAIL_UNDO);
    assert!(url_of(&mail).starts_with(&page), "{}", url_of(&mail));
    // The owner of the mailbox signs up again.
    let asked = stage.asked(route::SIGNUP, GRACE).await;
    let again = stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    assert_ne!(claims(&again.access)["sub"], GRACE_ID);
}

/// The mail to the old address goes to the user's own spelling of it.
#[tokio::test]
async fn the_mail_at_the_old_address_goes_to_the_claims_spelling() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let own = json!({ "email": "GRACE@Example.com", "email_verified": true });
    stage.api.set_user(GRACE_ID, vec![(attribute::CLAIMS, text(&own.to_string()))]).await;
    assert_eq!(stage.changed(&tokens, HOPPER).await.to.as_str(), "GRACE@Example.com");
}

#[tokio::test]
async fn a_link_and_a_code_are_used_once_and_within_an_hour() {
    for (seconds, is_good) in [(3599, true), (3600, false)] {
        for by_link in [true, false] {
            let stage = Stage::set().await;
            let tokens = stage.api.graces().await;
            let asked = stage.changing(&tokens, HOPPER).await;
            stage.api.clock.advance(seconds);
            stage.api.calls.take();
            let (link, code) = (asked.by_link(), asked.by_code());
            let reply = stage.api.confirm_address(if by_link { &link[..] } else { &code }).await;
            if !is_good {
                reply.assert_error(400, "invalid_grant");
                assert_eq!(stage.api.calls.count(), 0, "it shows before any read");
                assert_unchanged(&stage.api).await;
                continue;
            }
            assert_eq!(reply.status, 200, "{reply:?}");
            let before = stage.api.stored().await;
            stage.api.confirm_address(&link).await.assert_error(400, "invalid_grant");
            assert_eq!(stage.api.stored().await, before);
            stage.api.confirm_address(&code).await.assert_error(400, "invalid_grant");
        }
    }
}

/// Each kind of link and code opens its own door alone.
#[tokio::test]
async fn no_link_or_code_of_another_mail_confirms_an_address_and_the_reverse() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let of_reset = stage.asked(route::FORGOT, GRACE).await;
    let of_sign_up = stage.asked(route::SIGNUP, "newcomer@example.com").await;
    let of_change = stage.changing(&tokens, HOPPER).await;
    let before = stage.api.stored().await;
    for asked in [&of_reset, &of_sign_up] {
        stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
        stage.api.undo_address(&asked.link, CHOSEN).await.assert_error(400, "invalid_grant");
    }
    stage.api.undo_address(&of_change.link, CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.confirm(&of_change.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.reset(&of_change.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    for asked in [&of_reset, &of_sign_up] {
        stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    }
    stage.api.confirm(&of_change.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    stage.api.reset(&of_change.by_code(), CHOSEN).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.confirm_address(&of_change.by_link()).await.status, 200);
}

#[tokio::test]
async fn an_address_with_an_account_is_mailed_that_and_no_token() {
    for is_disabled in [false, true] {
        let stage = Stage::set().await;
        stage.api.put_account(OTHER, PASSWORD, OTHERS_ID).await;
        if is_disabled {
            stage.api.disable(OTHERS_ID).await;
        }
        let tokens = stage.api.graces().await;
        let reply = stage.api.try_change_address(&tokens.access, "OTHER@example.com", GRACES_PASSWORD).await;
        let request = reply.request_token();
        let mail = stage.post.deliver_one(&stage.api).await;
        assert_opens_nothing(&mail);
        assert_eq!(mail.to.as_str(), OTHER, "the owner's spelling");
        assert!(!mail.text.to_ascii_lowercase().contains(GRACE), "nothing of the caller: {}", mail.text);
        let guess = [("request", request.as_str()), ("code", "000000")];
        stage.api.confirm_address(&guess).await.assert_error(400, "invalid_grant");
        assert_unchanged(&stage.api).await;
    }
}

/// The account came between the mail and its use.
#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_refused_and_nothing_is_used_up() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    stage.api.put_account(HOPPERS_NAME, PASSWORD, OTHERS_ID).await;
    let before = stage.api.stored().await;
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.stored().await, before);
    assert_unchanged(&stage.api).await;
    stage.api.try_login_as(HOPPER, PASSWORD).await.tokens();
}

/// Guesses at a free name leave a row in Credentials, which is nobody's.
#[tokio::test]
async fn guesses_at_the_new_name_do_not_keep_it_from_its_owner() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    for _ in 0..=passwords::BUDGET {
        stage.api.try_login_as(HOPPER, "wrong").await.assert_error(400, "invalid_grant");
    }
    let reply = stage.api.confirm_address(&asked.by_link()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

/// A thief would otherwise get rid of the count of wrong passwords by a change of the address.
#[tokio::test]
async fn failed_attempts_move_with_the_account() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    for _ in 0..passwords::BUDGET {
        stage.api.try_login_as(GRACE, "wrong").await.assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    stage.api.try_login_as(HOPPER, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_current_address_is_refused_clearly_in_every_spelling() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let before = stage.api.stored().await;
    for spelling in [GRACE, "GRACE@Example.COM"] {
        let reply = stage.api.try_change_address(&tokens.access, spelling, GRACES_PASSWORD).await;
        reply.assert_error(400, "invalid_request");
    }
    assert_eq!(stage.api.stored().await["MailsTable"], before["MailsTable"]);
}

#[tokio::test]
async fn a_malformed_address_is_refused_before_the_password_counts() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let before = stage.api.stored().await;
    for email in ["", "hopper", "@example.com", "a b@example.com", "a@-.com", "=?utf-8?q?boss?=@example.com"]
    {
        let reply = stage.api.try_change_address(&tokens.access, email, "wrong").await;
        reply.assert_error(400, "invalid_request");
    }
    assert_eq!(stage.api.stored().await, before);
}

/// A user with another name has nothing that an address would replace.
#[tokio::test]
async fn a_user_whose_name_is_no_address_is_refused_clearly() {
    let stage = Stage::set().await;
    let tokens = stage.api.login().await;
    let before = stage.api.stored().await;
    let reply = stage.api.try_change_address(&tokens.access, HOPPER, PASSWORD).await;
    reply.assert_error(400, "invalid_request");
    let after = stage.api.stored().await;
    assert_eq!((&after["MailsTable"], &after["UsersTable"]), (&before["MailsTable"], &before["UsersTable"]));
    assert_eq!(stage.api.names_of(USER_ID).await.len(), 1);
}

#[tokio::test]
async fn a_wrong_password_counts_asks_for_nothing_and_spends_the_budget() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for _ in 0..2 * passwords::BUDGET {
        let reply = stage.api.try_change_address(&tokens.access, HOPPER, "a wrong password").await;
        reply.assert_error(400, "invalid_grant");
    }
    assert!(stage.api.items("MailsTable").await.is_empty(), "not even the caller's mails are counted");
    let reply = stage.api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    reply.assert_error(400, "invalid_grant");
    // The same counters as at the change of a password.
    let reply = stage.api.change_password(&tokens.access, GRACES_PASSWORD, CHOSEN).await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_right_password_forgives_the_attempts_before_it() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let before = stage.api.items("CredentialsTable").await;
    stage.changing(&tokens, HOPPER).await;
    assert_eq!(stage.api.items("CredentialsTable").await, before, "no counter is left");
}

#[tokio::test]
async fn only_a_live_session_may_ask() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let request = || form_post(route::EMAIL);
    let body = || form(&[("email", HOPPER), ("current_password", GRACES_PASSWORD)]);
    stage.api.send(request(), body()).await.assert_gateway_error(401, "unauthorized");
    stage.api.send(bearer(request(), "junk"), body()).await.assert_gateway_error(401, "unauthorized");
    let before = stage.api.stored().await;
    stage.api.disable(GRACE_ID).await;
    let reply = stage.api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    assert!([400, 401].contains(&reply.status), "{reply:?}");
    stage.api.restore(&before).await;
    stage.api.logout(&tokens.refresh).await;
    let reply = stage.api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    assert!(stage.api.items("MailsTable").await.is_empty());
    stage.api.send(Request::get(route::EMAIL), "").await.assert_gateway_error(404, "not_found");
}

/// A third party would learn the password.
#[tokio::test]
async fn a_third_partys_client_may_neither_ask_nor_confirm_nor_undo() {
    let stage = Stage::of(Api::with_mail().await.with_clients().await);
    let api = &stage.api;
    let mut browser = crate::harness::Browser::new(api);
    let flow = crate::harness::Flow::of(THIRD);
    let page = flow.sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let page = browser.press(&page, "allow").await;
    let theirs = flow.redeem(api, &flow.code_of(&page)).await.tokens();
    let before = api.stored().await;
    let reply = api.try_change_address(&theirs.access, HOPPER, GRACES_PASSWORD).await;
    reply.assert_error(400, "unauthorized_client");
    assert_eq!(api.stored().await, before, "the password isn't tried");

    let tokens = api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let confirm = [("client_id", THIRD), ("token", asked.link.as_str())];
    api.post(route::EMAIL_CONFIRM, &confirm).await.assert_error(400, "unauthorized_client");
    assert_unchanged(api).await;
    let mail = stage.changed(&tokens, HOPPER).await;
    let link = link_of(&mail).unwrap();
    let undo = [("client_id", THIRD), ("token", link.as_str()), ("new_password", CHOSEN)];
    api.post(route::EMAIL_UNDO, &undo).await.assert_error(400, "unauthorized_client");
    assert_eq!(api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

#[tokio::test]
async fn a_confidential_client_proves_its_secret_to_confirm() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    for secret in ["", "wrong"] {
        let confirm = [("client_id", SERVER), ("client_secret", secret), ("token", asked.link.as_str())];
        stage.api.post(route::EMAIL_CONFIRM, &confirm).await.assert_error(401, "invalid_client");
    }
    assert_unchanged(&stage.api).await;
    let confirm = [("client_id", SERVER), ("client_secret", SECRET), ("token", asked.link.as_str())];
    assert_eq!(stage.api.post(route::EMAIL_CONFIRM, &confirm).await.status, 200);
}

/// A stolen access token without the key asks for nothing.
#[tokio::test]
async fn a_bound_token_asks_with_a_proof_of_its_key_alone() {
    let api = Api::with(|parameters| with_mail(parameters).with("Dpop", "on")).await;
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let stage = Stage::of(api);
    let (api, device, thief) = (&stage.api, Device::es256(1), Device::es256(2));
    let proof = device.proof(api, "POST", route::LOGIN).sign();
    let parameters = [("client_id", APP), ("username", GRACE), ("password", GRACES_PASSWORD)];
    let request = crate::harness::with_proof(form_post(route::LOGIN), &proof);
    let tokens: Tokens = api.send(request, form(&parameters)).await.tokens();
    let reply = api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    let reply = api.try_change_address_of(&thief, &tokens.access, HOPPER, GRACES_PASSWORD).await;
    reply.assert_gateway_error(401, "unauthorized");
    assert!(api.items("MailsTable").await.is_empty());
    let reply = api.try_change_address_of(&device, &tokens.access, HOPPER, GRACES_PASSWORD).await;
    let asked = stage.read(reply.request_token()).await;
    assert_eq!(api.confirm_address(&asked.by_link()).await.status, 200);
    assert_eq!(api.call_of(&device, &tokens.access).await.status, 200, "the session stays, and stays bound");
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    api.refresh_of(&device, &tokens.refresh).await.tokens();
}

#[tokio::test]
async fn json_asks_and_confirms_as_a_form_does() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let body = json!({ "email": HOPPER, "current_password": GRACES_PASSWORD });
    let request =
        bearer(Request::post(route::EMAIL), &tokens.access).header("content-type", "application/json");
    let reply = stage.api.send(request, body.to_string()).await;
    let Asked { request, code, .. } = stage.read(reply.request_token()).await;
    let body = json!({ "client_id": APP, "request": request, "code": code });
    assert_eq!(stage.api.post_json(route::EMAIL_CONFIRM, &body).await.status, 200);
}

/// A newer request for the same address makes the earlier one void, also if another user made it.
#[tokio::test]
async fn a_new_request_for_an_address_ends_the_earlier_one() {
    let stage = Stage::set().await;
    stage.api.put_account(OTHER, PASSWORD, OTHERS_ID).await;
    let tokens = stage.api.graces().await;
    let first = stage.changing(&tokens, HOPPER).await;
    let second = stage.changing(&tokens, HOPPER).await;
    let others = stage.api.try_login_as(OTHER, PASSWORD).await.tokens();
    let reply = stage.api.try_change_address(&others.access, HOPPER, PASSWORD).await;
    let third = stage.read(reply.request_token()).await;
    for old in [&first, &second] {
        stage.api.confirm_address(&old.by_link()).await.assert_error(400, "invalid_grant");
        stage.api.confirm_address(&old.by_code()).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(stage.api.confirm_address(&third.by_link()).await.status, 200);
    assert_eq!(stage.api.names_of(OTHERS_ID).await, [HOPPERS_NAME], "the account of who asked");
    assert_unchanged(&stage.api).await;
}

/// The mail of an earlier request can be asked for again, as at a sign-up.
#[tokio::test]
async fn a_change_can_be_asked_for_again_by_its_request_token() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let first = stage.changing(&tokens, HOPPER).await;
    let request = stage.api.try_resend(&first.request).await.request_token();
    let second = stage.read(request).await;
    stage.api.confirm_address(&first.by_link()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.confirm_address(&second.by_code()).await.status, 200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

/// A user who mistyped an address asks for the right one. The mistyped one's reader gets nothing by it afterwards.
#[tokio::test]
async fn a_confirmed_change_voids_what_was_asked_for_before_it() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let [mistyped, right] = [stage.changing(&tokens, OTHER).await, stage.changing(&tokens, HOPPER).await];
    stage.api.clock.advance(1);
    assert_eq!(stage.api.confirm_address(&right.by_link()).await.status, 200);
    stage.api.confirm_address(&mistyped.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&mistyped.by_code()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

/// A thief asks for a change, and the owner resets the password. The thief's link must not work any more: it needs no
/// session.
#[tokio::test]
async fn a_reset_voids_a_change_that_was_asked_for_before_it() {
    let stage = Stage::set().await;
    let thiefs = stage.api.graces().await;
    let asked = stage.changing(&thiefs, HOPPER).await;
    stage.api.clock.advance(60);
    let reset = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&reset.by_link(), CHOSEN).await.status, 200);
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    assert_unchanged(&stage.api).await;
}

/// The same for a change of the password, which ends the thief's session.
#[tokio::test]
async fn a_change_of_password_voids_a_change_that_was_asked_for_before_it() {
    let stage = Stage::set().await;
    let (thiefs, own) = (stage.api.graces().await, stage.api.graces().await);
    let asked = stage.changing(&thiefs, HOPPER).await;
    stage.api.clock.advance(60);
    stage.api.change_password(&own.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    assert_unchanged(&stage.api).await;
}

/// As `users set-password --keep-sessions` writes it, or a change whose request was interrupted.
#[tokio::test]
async fn a_new_password_that_cut_nobody_off_voids_a_change_that_was_asked_for_before_it() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    stage.api.clock.advance(60);
    let since = vec![(attribute::VALID_FROM, number(stage.api.clock.unix()))];
    let credential = (attribute::USERNAME, GRACE);
    stage.api.seeder().set("CredentialsTable", credential, since).await.unwrap();
    stage.api.try_resend(&asked.request).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    assert_unchanged(&stage.api).await;
    let later = stage.changing(&tokens, HOPPER).await;
    assert_eq!(stage.api.confirm_address(&later.by_link()).await.status, 200);
}

/// The session that follows a change of password begins some seconds after its request, and so does what it asks for.
#[tokio::test]
async fn a_change_is_asked_for_again_right_after_a_new_password() {
    let stage = Stage::set().await;
    let own = stage.api.graces().await;
    let next = stage.api.change_password(&own.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    stage.api.clock.advance(1);
    let first = stage.api.try_change_address(&next.access, HOPPER, CHOSEN).await.request_token();
    stage.read(first.clone()).await;
    stage.api.clock.advance(1);
    let again = stage.api.try_resend(&first).await.request_token();
    let again = stage.read(again).await;
    assert_eq!(stage.api.confirm_address(&again.by_link()).await.status, 200);
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

/// An operator's word is the last: neither an address that was asked for before nor the one before that comes back,
/// whatever changes and undoes follow.
#[tokio::test]
async fn an_operators_rename_voids_the_links_of_before_and_no_later_one() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    let undo = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
    api.clock.advance(60);
    let asked = stage.changing(&tokens, GRACE).await;
    let [from, to] = [HOPPERS_NAME, OTHER].map(|name| Username::parse(name).unwrap());
    let tables = UserTables::of(&api.operator(None)).unwrap();
    assert_eq!(tables.rename(&from, &to, None, api.clock.now()).await.unwrap(), Renaming::Done);
    let is_void = async || {
        api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
        api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
        api.undo_address(&undo, CHOSEN).await.assert_error(400, "invalid_grant");
    };
    is_void().await;
    assert_eq!(api.names_of(GRACE_ID).await, [OTHER]);

    api.clock.advance(60);
    let later = link_of(&stage.changed(&tokens, HOPPER).await).unwrap();
    assert_eq!(api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
    assert_eq!(api.undo_address(&later, CHOSEN).await.status, 200);
    is_void().await;
    assert_eq!(api.names_of(GRACE_ID).await, [OTHER]);
}

/// A thief with the new password may send such requests. Each is for another address.
#[tokio::test]
async fn a_change_right_after_a_new_password_voids_the_others_that_were_asked_for() {
    let stage = Stage::set().await;
    let own = stage.api.graces().await;
    let next = stage.api.change_password(&own.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    stage.api.clock.advance(1);
    let mut asked = Vec::new();
    for address in [HOPPER, OTHER] {
        let request = stage.api.try_change_address(&next.access, address, CHOSEN).await.request_token();
        asked.push(stage.read(request).await);
    }
    stage.api.clock.advance(1);
    assert_eq!(stage.api.confirm_address(&asked[0].by_link()).await.status, 200);
    stage.api.confirm_address(&asked[1].by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked[1].by_code()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [HOPPERS_NAME]);
}

/// A session with a new password begins with it, some seconds ahead, and so do its requests.
#[tokio::test]
async fn an_operators_rename_right_after_a_new_password_voids_what_was_asked_for() {
    let stage = Stage::set().await;
    let own = stage.api.graces().await;
    let next = stage.api.change_password(&own.access, GRACES_PASSWORD, CHOSEN).await.tokens();
    stage.api.clock.advance(1);
    let first = stage.api.try_change_address(&next.access, HOPPER, CHOSEN).await.request_token();
    let asked = stage.read(first).await;
    stage.api.clock.advance(1);
    let [from, to] = [GRACE, OTHER].map(|name| Username::parse(name).unwrap());
    let tables = UserTables::of(&stage.api.operator(None)).unwrap();
    assert_eq!(tables.rename(&from, &to, None, stage.api.clock.now()).await.unwrap(), Renaming::Done);
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [OTHER]);
}

#[tokio::test]
async fn a_disabled_or_deleted_user_is_not_moved() {
    for is_deleted in [false, true] {
        let stage = Stage::set().await;
        let tokens = stage.api.graces().await;
        let asked = stage.changing(&tokens, HOPPER).await;
        if is_deleted {
            stage.api.delete_all("UsersTable").await;
            stage.api.delete_all("CredentialsTable").await;
        } else {
            stage.api.disable(GRACE_ID).await;
        }
        let before = stage.api.stored().await;
        stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
        assert_eq!(stage.api.stored().await, before);
    }
}

/// A copy of the row from a backup lets a used link move nothing again.
#[tokio::test]
async fn a_restored_row_moves_nobody_back() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let rows = stage.api.items("MailsTable").await;
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
    stage.post.deliver_one(&stage.api).await;
    stage.api.clock.advance(1);
    let next = stage.changing(&tokens, OTHER).await;
    assert_eq!(stage.api.confirm_address(&next.by_link()).await.status, 200);
    for row in rows {
        stage.api.put("MailsTable", row).await;
    }
    stage.api.confirm_address(&asked.by_link()).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.names_of(GRACE_ID).await, [OTHER]);
}

#[tokio::test]
async fn a_deployment_without_a_sender_answers_503_and_writes_nothing() {
    let api = Api::with(|parameters| with_mail(parameters).with("MailFrom", "")).await;
    api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    let tokens = api.graces().await;
    let before = api.stored().await;
    let reply = api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await;
    reply_is_unavailable(&reply);
    reply_is_unavailable(&api.confirm_address(&[("token", "lgm1_x")]).await);
    reply_is_unavailable(&api.undo_address("lgm1_x", CHOSEN).await);
    assert_eq!(api.stored().await, before);
}

#[track_caller]
fn reply_is_unavailable(reply: &crate::harness::Reply) {
    assert_eq!((reply.status, &reply.body["error"]), (503, &json!("temporarily_unavailable")), "{reply:?}");
}

/// The mail to the old address has the language of the request too, unless the user has a `locale`.
#[tokio::test]
async fn the_mails_have_the_language_of_the_request() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    for (number, (header, language)) in
        [(Some("vi-VN,vi;q=0.9"), "vi"), (Some("fr"), "en"), (None, "en")].into_iter().enumerate()
    {
        stage.api.clock.advance(1);
        let email = format!("{number}@example.com");
        let mut request = bearer(form_post(route::EMAIL), &tokens.access);
        if let Some(header) = header {
            request = request.header("accept-language", header);
        }
        let body = form(&[("email", &email), ("current_password", GRACES_PASSWORD)]);
        let reply = stage.api.send(request, body).await;
        let asked = stage.read(reply.request_token()).await;
        assert!(asked.mail.html.contains(&format!("lang=\"{language}\"")), "{}", asked.mail.html);
        assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
        let undo = stage.post.deliver_one(&stage.api).await;
        assert!(undo.html.contains(&format!("lang=\"{language}\"")), "{}", undo.html);
    }
}

/// A code's guesses are those of its request and its day, as at a sign-up.
#[tokio::test]
async fn five_wrong_codes_end_the_codes_of_a_change_and_not_its_link() {
    let stage = Stage::set().await;
    let tokens = stage.api.graces().await;
    let asked = stage.changing(&tokens, HOPPER).await;
    let wrong = wrong_code(&asked.code);
    for _ in 0..5 {
        let guess = [("request", asked.request.as_str()), ("code", wrong.as_str())];
        stage.api.confirm_address(&guess).await.assert_error(400, "invalid_grant");
    }
    stage.api.confirm_address(&asked.by_code()).await.assert_error(400, "invalid_grant");
    assert_unchanged(&stage.api).await;
    assert_eq!(stage.api.confirm_address(&asked.by_link()).await.status, 200);
}

/// A user who has to change the password has a session that opens nothing else.
#[tokio::test]
async fn an_expired_password_changes_no_address() {
    let stage = Stage::set().await;
    let must_change = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    let seeder = stage.api.seeder();
    seeder.set("CredentialsTable", (attribute::USERNAME, GRACE), must_change).await.unwrap();
    let reply = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await;
    assert_eq!(reply.status, 403, "{reply:?}");
    let Some(access) = reply.body["access_token"].as_str() else { return };
    let reply = stage.api.try_change_address(access, HOPPER, GRACES_PASSWORD).await;
    assert!(reply.status >= 400, "{reply:?}");
    assert!(stage.api.items("MailsTable").await.is_empty());
}
