//! Asking again: another mail with another link, on the same bounds.

use shared::route;

use super::Stage;
use crate::harness::{CHOSEN, GRACE, NEWCOMER, forged};

#[tokio::test]
async fn a_new_mail_ends_the_old_link_and_code() {
    for (path, email) in [(route::SIGNUP, NEWCOMER), (route::FORGOT, GRACE)] {
        for again in [true, false] {
            let stage = Stage::set().await;
            let old = stage.asked(path, email).await;
            let new = if again {
                let request = stage.api.try_resend(&old.request).await.request_token();
                stage.read(request).await
            } else {
                stage.asked(path, email).await
            };
            assert!(old.link != new.link && old.request != new.request, "{path}");
            let accounts = (stage.api.items("UsersTable").await, stage.api.items("CredentialsTable").await);
            let crossed = [("request", old.request.as_str()), ("code", new.code.as_str())];
            let other = [("request", new.request.as_str()), ("code", old.code.as_str())];
            for means in [&old.by_link()[..], &old.by_code(), &crossed, &other] {
                if *means == other && old.code == new.code {
                    continue;
                }
                let reply = if path == route::SIGNUP {
                    stage.api.confirm(means, CHOSEN).await
                } else {
                    stage.api.reset(means, CHOSEN).await
                };
                reply.assert_error(400, "invalid_grant");
            }
            let now = (stage.api.items("UsersTable").await, stage.api.items("CredentialsTable").await);
            assert_eq!(now, accounts, "{path}");
            let reply = if path == route::SIGNUP {
                stage.api.confirm(&new.by_link(), CHOSEN).await
            } else {
                stage.api.reset(&new.by_link(), CHOSEN).await
            };
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn an_expired_or_forged_request_token_asks_for_nothing() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    let before = stage.api.stored().await;
    stage.api.calls.take();
    for junk in ["x", "lgq1_x", &forged(&asked.request), &asked.link] {
        stage.api.try_resend(junk).await.assert_error(400, "invalid_grant");
    }
    stage.api.clock.advance(3600);
    stage.api.try_resend(&asked.request).await.assert_error(400, "invalid_grant");
    assert_eq!(stage.api.calls.count(), 0);
    assert_eq!(stage.api.stored().await, before);
}

/// Else a stranger's app would learn that the owner of the address has used the link.
#[tokio::test]
async fn a_request_whose_link_was_used_is_answered_as_any_other() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
    let request = stage.api.try_resend(&asked.request).await.request_token();
    let again = stage.read(request).await;
    assert_eq!(stage.api.reset(&again.by_link(), "yet another password").await.status, 200);
}

/// Each token of the chain stands for its own request: an old one asks again just as well.
#[tokio::test]
async fn an_older_request_token_asks_again_too() {
    let stage = Stage::set().await;
    let first = stage.asked(route::SIGNUP, NEWCOMER).await;
    for _ in 0..3 {
        let request = stage.api.try_resend(&first.request).await.request_token();
        stage.read(request).await;
    }
    let request = stage.api.try_resend(&first.request).await.request_token();
    let last = stage.read(request).await;
    stage.api.confirm(&last.by_link(), CHOSEN).await.tokens();
}
