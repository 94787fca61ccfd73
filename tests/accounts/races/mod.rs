//! Requests at the same time: one use of a link wins, and a reset leaves no session.

mod address;
mod deletion;

use std::sync::Arc;

use shared::route;
use tokio::task::JoinSet;

use super::Stage;
use crate::harness::{Api, CHOSEN, GRACE, GRACES_PASSWORD, NEWCOMER, NEWCOMERS_NAME, Reply, SCALE, text};

/// The number in the promise.
pub(super) const PARALLEL: usize = 20;

/// A deployment, and two more instances of its functions.
pub(super) async fn instances(stage: &Stage) -> [Arc<Api>; 2] {
    [stage.api.restarted().await, stage.api.restarted().await].map(Arc::new)
}

/// Sends as many requests at the same time.
pub(super) async fn at_once<F>(instances: &[Arc<Api>; 2], send: impl Fn(Arc<Api>, usize) -> F) -> Vec<Reply>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let mut running = JoinSet::new();
    for number in 0..PARALLEL {
        running.spawn(send(instances[number % 2].clone(), number));
    }
    running.join_all().await
}

/// Asserts that one request was carried out, and returns its place.
#[track_caller]
pub(super) fn assert_one_wins(replies: &[Reply]) {
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.assert_error(400, "invalid_grant");
    }
    assert_eq!(won, 1, "{replies:?}");
}

/// The passwords with which a name logs in, among those of the requests.
pub(super) async fn passwords_of(api: &Api, username: &str) -> Vec<usize> {
    let mut good = Vec::new();
    for number in 0..PARALLEL {
        if api.try_login_as(username, &password(number)).await.status == 200 {
            good.push(number);
        }
        // Each wrong password costs an attempt, which this forgets.
        for row in api.items("CredentialsTable").await {
            let row = row.into_iter().filter(|(name, _)| !name.starts_with("guesses"));
            api.put("CredentialsTable", row.collect()).await;
        }
    }
    good
}

pub(super) fn password(number: usize) -> String {
    format!("password of request {number}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_uses_of_one_link_one_creates_the_account() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let link = asked.link.clone();
            async move { api.confirm(&[("token", &link)], &password(number)).await }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_eq!(passwords_of(&stage.api, NEWCOMERS_NAME).await.len(), 1);
        let users = stage.api.items("UsersTable").await;
        let name = text(NEWCOMERS_NAME);
        assert_eq!(users.iter().filter(|user| user.get("username") == Some(&name)).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_uses_of_one_link_one_sets_the_password() {
    for _ in 0..SCALE.rounds.div_ceil(10) {
        let stage = Stage::set().await;
        let asked = stage.asked(route::FORGOT, GRACE).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let link = asked.link.clone();
            async move { api.reset(&[("token", &link)], &password(number)).await }
        });
        let replies = replies.await;
        assert_one_wins(&replies);
        assert_eq!(passwords_of(&stage.api, GRACE).await.len(), 1);
        stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.assert_error(400, "invalid_grant");
    }
}

/// The link and the code of one mail are one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_uses_of_a_link_and_its_code_one_wins() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let instances = instances(&stage).await;
    let replies = at_once(&instances, |api, number| {
        let (link, request, code) = (asked.link.clone(), asked.request.clone(), asked.code.clone());
        async move {
            if number % 2 == 0 {
                api.confirm(&[("token", &link)], &password(number)).await
            } else {
                api.confirm(&[("request", &request), ("code", &code)], &password(number)).await
            }
        }
    });
    let replies = replies.await;
    assert_one_wins(&replies);
    assert_eq!(passwords_of(&stage.api, NEWCOMERS_NAME).await.len(), 1);
}

/// Refreshes and logins with the old password, while it is reset. A login that came first by a hair has an access token
/// until it expires, as with a change of password, and no refresh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_before_a_reset_is_refreshed_after_it() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let first = stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
        let asked = stage.asked(route::FORGOT, GRACE).await;
        let instances = instances(&stage).await;
        let replies = at_once(&instances, |api, number| {
            let (link, refresh) = (asked.link.clone(), first.refresh.clone());
            async move {
                match number {
                    0 => api.reset(&[("token", &link)], CHOSEN).await,
                    1..=4 => api.try_login_as(GRACE, GRACES_PASSWORD).await,
                    _ => api.refresh(&refresh).await,
                }
            }
        });
        let replies = replies.await;
        let is_reset = |reply: &&Reply| reply.status == 200 && reply.body.get("access_token").is_none();
        assert_eq!(replies.iter().filter(is_reset).count(), 1, "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.body.get("access_token").is_some()) {
            stage.api.refresh(&reply.tokens().refresh).await.assert_error(400, "invalid_grant");
        }
        stage.api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(stage.api.call(&first.access).await.status, 401);
        let tokens = stage.api.try_login_as(GRACE, CHOSEN).await.tokens();
        assert_eq!(stage.api.call(&tokens.access).await.status, 200);
        stage.api.refresh(&tokens.refresh).await.tokens();
    }
}

/// A thief of an old link and the owner with a new one: the account is created once, by one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_request_and_the_old_link_create_one_account() {
    for _ in 0..SCALE.rounds.div_ceil(4) {
        let stage = Stage::set().await;
        let old = stage.asked(route::SIGNUP, NEWCOMER).await;
        let [here, there] = instances(&stage).await;
        let (asking, using) = tokio::join!(here.try_ask(route::SIGNUP, NEWCOMER), {
            let (there, link) = (there.clone(), old.link.clone());
            async move { there.confirm(&[("token", &link)], CHOSEN).await }
        });
        let request = asking.request_token();
        if using.status == 200 {
            // The mail that follows is for an account, or its link finds one.
            for mail in stage.post.deliver(&stage.api).await {
                assert_eq!(crate::harness::link_of(&mail), None);
            }
        } else {
            using.assert_error(400, "invalid_grant");
            let new = stage.read(request).await;
            stage.api.confirm(&new.by_link(), CHOSEN).await.tokens();
        }
        stage.api.confirm(&old.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
        stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
    }
}
