//! Requests during a change of password, which is held before each of its calls in turn.

use axum::http::Request;
use shared::route;

use crate::harness::{APP, Api, Fault, PASSWORD, Reply, Tokens, bearer, claims};

const NEW: &str = "a much better password";
const KEY: &str = "4b0e2b63-7ac2-4b7e-9a5c-0d6f5a3f8e11";

/// A change of password that is held before a call.
struct Held {
    api: Api,
    here: Tokens,
    key: Option<&'static str>,
}

impl Held {
    /// The calls of such a change.
    async fn calls(key: Option<&'static str>) -> Vec<String> {
        let api = Api::start().await;
        let held = Self { here: api.login().await, key, api };
        let (behind, proxy) = held.api.behind_a_gate().await;
        proxy.take_calls();
        held.change(&behind).await.tokens();
        proxy.take_calls().into_iter().map(|(name, _)| name).collect()
    }

    async fn change(&self, api: &Api) -> Reply {
        match self.key {
            Some(key) => api.change_password_with_key(&self.here.access, PASSWORD, NEW, key).await,
            None => api.change_password(&self.here.access, PASSWORD, NEW).await,
        }
    }

    /// Begins a change, runs `other` before this call, and lets the change continue.
    async fn before(call: usize, key: Option<&'static str>, other: impl AsyncFnOnce(&Self)) -> (Self, Reply) {
        let api = Api::start().await;
        let held = Self { here: api.login().await, key, api };
        let (behind, proxy) = held.api.behind_a_gate().await;
        let gate = proxy.hold(call);
        let reply = {
            let change = held.change(&behind);
            let meanwhile = async {
                gate.reached().await;
                other(&held).await;
                gate.open();
            };
            tokio::join!(change, meanwhile).0
        };
        (held, reply)
    }
}

/// The number of calls after the one that decides the old session's end: the denylist row, and without a key the
/// deletion.
fn after_the_end(key: Option<&str>) -> usize {
    if key.is_some() { 1 } else { 2 }
}

#[tokio::test]
async fn a_logout_during_a_change_of_password_ends_its_new_session_too() {
    for key in [None, Some(KEY)] {
        let calls = Held::calls(key).await.len();
        for call in 0..calls {
            let log_out = async |held: &Held| {
                assert_eq!(held.api.logout(&held.here.refresh).await.status, 200);
            };
            let (held, reply) = Held::before(call, key, log_out).await;
            let is_late = call >= calls - after_the_end(key);
            assert_eq!(reply.status == 200, is_late, "{key:?}, before call {call} of {calls}: {reply:?}");
            let sessions = held.api.items("SessionsTable").await;
            assert_eq!(sessions.len(), usize::from(is_late), "{key:?}, before call {call}: {sessions:?}");
        }
    }
}

/// A client's way to end a session.
#[derive(Clone, Copy, Debug)]
enum End {
    Logout,
    Everywhere,
    Device,
}

impl End {
    async fn of(self, ended: &Tokens, api: &Api) -> Reply {
        let form = [("client_id", APP), ("token", &*ended.refresh), ("everywhere", "true")];
        match self {
            Self::Logout => api.logout(&ended.refresh).await,
            Self::Everywhere => api.post(route::LOGOUT, &form).await,
            Self::Device => end_device(api, ended, ended).await,
        }
    }
}

#[tokio::test]
async fn a_change_of_password_during_the_end_of_its_session_leaves_no_session() {
    for end in [End::Logout, End::Everywhere, End::Device] {
        let api = Api::start().await;
        let here = api.login().await;
        let (behind, proxy) = api.behind_a_gate().await;
        proxy.take_calls();
        end.of(&here, &behind).await;
        let calls: Vec<_> = proxy.take_calls().into_iter().map(|(name, _)| name).collect();
        let mark = calls.iter().position(|name| name.starts_with("UpdateItem Sessions SET ended_at"));
        let mark = mark.unwrap();
        for (key, call) in
            [None, Some(KEY)].into_iter().flat_map(|key| (0..calls.len()).map(move |call| (key, call)))
        {
            let api = Api::start().await;
            let held = Held { here: api.login().await, key, api };
            let (behind, proxy) = held.api.behind_a_gate().await;
            let gate = proxy.hold(call);
            let meanwhile = async {
                gate.reached().await;
                let changed = held.change(&held.api).await;
                gate.open();
                changed
            };
            let (ended, changed) = tokio::join!(end.of(&held.here, &behind), meanwhile);
            let context =
                format!("{end:?}, {key:?}, before call {call} of {calls:?}: {ended:?}, {changed:?}");
            if call > mark {
                assert!(ended.status < 300 && changed.status == 400, "{context}");
                assert!(held.api.items("SessionsTable").await.is_empty(), "{context}");
            } else {
                // The change came first. `everywhere` may end the new session too.
                assert_eq!(changed.status, 200, "{context}");
                let refreshed = held.api.refresh(&changed.tokens().refresh).await;
                assert!(refreshed.status == 200 || matches!(end, End::Everywhere), "{context}");
            }
        }
    }
}

#[tokio::test]
async fn a_refresh_during_a_change_of_password_ends_nothing() {
    for key in [None, Some(KEY)] {
        for call in 0..Held::calls(key).await.len() {
            let refresh = async |held: &Held| {
                held.api.refresh(&held.here.refresh).await;
            };
            let (held, reply) = Held::before(call, key, refresh).await;
            assert_eq!(reply.status, 200, "{key:?}, before call {call}: {reply:?}");
            held.api.refresh(&reply.tokens().refresh).await.tokens();
        }
    }
}

/// The repetition stored the new session, and the user has logged out of it.
#[tokio::test]
async fn a_change_of_password_that_its_repetition_overtakes_undoes_no_logout() {
    let calls = Held::calls(Some(KEY)).await;
    let put = calls.iter().position(|name| name.starts_with("PutItem Sessions")).unwrap();
    let log_out = async |held: &Held| {
        let repeated = held.change(&held.api).await.tokens();
        assert_eq!(held.api.logout(&repeated.refresh).await.status, 200);
    };
    let (held, reply) = Held::before(put, Some(KEY), log_out).await;
    reply.assert_error(400, "invalid_grant");
    assert_eq!(held.api.items("SessionsTable").await.len(), 1);
    held.api.refresh(&held.here.refresh).await.tokens();
}

/// A refresh sends its rotation and its read of the user together. Here the rotation comes before the change claims the
/// session, and the read comes later. After the cut-off, the read finds a user whose cut-off is later than the
/// session's creation.
#[tokio::test]
async fn a_refresh_that_reads_its_user_during_a_change_of_password_ends_nothing() {
    const ROTATION: &str = "UpdateItem Sessions SET generation REMOVE undelivered";
    for (key, is_retry) in [(None, false), (Some(KEY), true)] {
        let calls = Held::calls(key).await;
        let claim = calls.iter().position(|name| name.starts_with("UpdateItem Sessions SET password_change"));
        for (call, name) in calls.iter().enumerate().skip(claim.unwrap()) {
            let context = format!("{key:?}, a retry: {is_retry}, the user is read before {call}, {name}");
            let api = Api::start().await;
            let held = Held { here: api.login().await, key, api };
            let here = &held.here;
            if is_retry {
                held.api.refresh(&here.refresh).await.tokens();
            }
            let (refreshing, user) = held.api.behind_a_gate().await;
            let (changing, change) = held.api.behind_a_gate().await;
            let (reading, going_on) = (user.hold_call("GetItem Users"), change.hold(call));
            let refresh = async {
                let refreshed = refreshing.refresh(&here.refresh).await;
                going_on.open();
                refreshed
            };
            let change = async {
                user.answered(ROTATION).await;
                held.change(&changing).await
            };
            let read = async {
                going_on.reached().await;
                reading.open();
            };
            let (refreshed, changed, ()) = tokio::join!(refresh, change, read);
            assert_eq!(
                (refreshed.status, changed.status),
                (200, 200),
                "{context}: {refreshed:?}, {changed:?}"
            );
            held.api.refresh(&changed.tokens().refresh).await.tokens();
            // With a key, the old session continues for a minute.
            held.api.clock.advance(if key.is_some() { 61 } else { 0 });
            held.api.refresh(&refreshed.tokens().refresh).await.assert_error(400, "invalid_grant");
            let sessions = held.api.items("SessionsTable").await;
            assert_eq!(sessions.len(), if key.is_some() { 2 } else { 1 }, "{context}: {sessions:?}");
        }
    }
}

#[tokio::test]
async fn at_least_one_of_two_equal_concurrent_changes_leaves_a_session() {
    for call in 0..Held::calls(None).await.len() {
        let mut second = None;
        let again = async |held: &Held| second = Some(held.change(&held.api).await);
        let (held, first) = Held::before(call, None, again).await;
        let second = second.unwrap();
        let mut living = 0;
        for reply in [first, second].into_iter().filter(|reply| reply.status == 200) {
            living += usize::from(held.api.refresh(&reply.tokens().refresh).await.status == 200);
        }
        assert!(living > 0, "before call {call}: nobody is logged in any more");
    }
}

/// By a logout, or because the user removes the old device from the list.
#[tokio::test]
async fn the_end_of_the_old_session_during_a_late_duplicate_leaves_the_new_one_alone() {
    let api = Api::start().await;
    let here = api.login().await;
    api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    let (behind, proxy) = api.behind_a_gate().await;
    proxy.take_calls();
    behind.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    let calls = proxy.take_calls().len();
    for by_list in [false, true] {
        for call in 0..calls {
            let api = Api::start().await;
            let held = Held { here: api.login().await, key: Some(KEY), api };
            let new = held.change(&held.api).await.tokens();
            let (behind, proxy) = held.api.behind_a_gate().await;
            let gate = proxy.hold(call);
            let end = async {
                gate.reached().await;
                if by_list {
                    assert_eq!(end_device(&held.api, &new, &held.here).await.status, 204);
                } else {
                    assert_eq!(held.api.logout(&held.here.refresh).await.status, 200);
                }
                gate.open();
            };
            let (late, ()) = tokio::join!(held.change(&behind), end);
            assert!(matches!(late.status, 200 | 400 | 401), "before call {call} of {calls}: {late:?}");
            held.api.refresh(&new.refresh).await.tokens();
        }
    }
}

/// Ends the session of `ended` through the list of devices.
async fn end_device(api: &Api, caller: &Tokens, ended: &Tokens) -> Reply {
    let path = format!("{}/{}", route::SESSIONS, claims(&ended.access)["sid"].as_str().unwrap());
    api.send(bearer(Request::delete(path), &caller.access), "").await
}

#[tokio::test]
async fn a_change_that_failed_half_way_is_completed_after_a_refresh_of_the_client() {
    let api = Api::start().await;
    let here = api.login().await;
    api.calls.fail(Fault::Before("PutItem Sessions"));
    let failed = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await;
    failed.assert_error(503, "temporarily_unavailable");
    api.calls.heal();
    api.refresh(&here.refresh).await.tokens();
    let new = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    assert_ne!(claims(&new.access)["sid"], claims(&here.access)["sid"]);
    api.refresh(&new.refresh).await.tokens();
}

#[tokio::test]
async fn the_tokens_of_a_half_done_change_end_even_if_it_is_never_completed() {
    for key in [None, Some(KEY)] {
        for wait in [599, 600] {
            let api = Api::start().await;
            let held = Held { here: api.login().await, key, api };
            let api = &held.api;
            api.calls.fail(Fault::Before("PutItem Sessions"));
            held.change(api).await.assert_error(503, "temporarily_unavailable");
            api.calls.heal();
            api.clock.advance(300);
            let stolen = api.refresh(&held.here.refresh).await;
            assert_eq!(stolen.body["refresh_token_expires_in"], 300, "nothing outlives the end");
            // Another attempt doesn't postpone the end.
            api.calls.fail(Fault::Before("PutItem Sessions"));
            held.change(api).await.assert_error(503, "temporarily_unavailable");
            api.calls.heal();
            api.clock.advance(wait - 300);
            let changed = held.change(api).await;
            if wait < 600 {
                api.refresh(&changed.tokens().refresh).await.tokens();
            } else {
                changed.assert_gateway_error(401, "unauthorized");
                api.refresh(&stolen.tokens().refresh).await.assert_error(400, "invalid_grant");
                api.try_login(NEW).await.tokens();
            }
        }
    }
}

#[tokio::test]
async fn an_older_change_takes_no_claim_from_a_later_one() {
    const LATER: &str = "an even better password";
    for key in [None, Some(KEY)] {
        let calls = Held::calls(key).await;
        let claim = calls.iter().position(|name| name.starts_with("UpdateItem Sessions SET password_change"));
        let fail_later = async |held: &Held| {
            held.api.calls.fail(Fault::Before("PutItem Sessions"));
            let later = held.api.change_password(&held.here.access, NEW, LATER).await;
            later.assert_error(503, "temporarily_unavailable");
            held.api.calls.heal();
        };
        let (held, older) = Held::before(claim.unwrap(), key, fail_later).await;
        older.assert_error(400, "invalid_grant");
        let completed = held.api.change_password(&held.here.access, NEW, LATER).await.tokens();
        held.api.refresh(&completed.refresh).await.tokens();
        held.api.try_login(LATER).await.tokens();
    }
}

/// The earlier of two changes ends the later one's session, and the later one cuts off the earlier one's. No session is
/// left, and the answer says that the password was changed.
#[tokio::test]
async fn the_answer_says_that_the_password_changed_if_no_session_is_left() {
    const LATER: &str = "an even better password";
    let calls = Held::calls(None).await;
    let claim = calls.iter().position(|name| name.starts_with("UpdateItem Sessions SET password_change"));
    let mut later = None;
    let api = Api::start().await;
    let held = Held { here: api.login().await, key: None, api };
    let (first, second) = (held.api.behind_a_gate().await, held.api.behind_a_gate().await);
    let gates = [first.1.hold(claim.unwrap()), second.1.hold(claim.unwrap())];
    let earlier = async {
        let reply = held.change(&first.0).await;
        gates[1].open();
        reply
    };
    let meanwhile = async {
        gates[0].reached().await;
        let change = second.0.change_password(&held.here.access, NEW, LATER);
        let go_on = async {
            gates[1].reached().await;
            gates[0].open();
        };
        later = Some(tokio::join!(change, go_on).0);
    };
    let (earlier, ()) = tokio::join!(earlier, meanwhile);
    earlier.tokens();
    let later = later.unwrap();
    later.assert_error(400, "invalid_grant");
    let description = later.body["error_description"].as_str().unwrap();
    assert!(description.contains("the password was changed"), "{description}");
    held.api.try_login(LATER).await.tokens();
}

/// Of two duplicates that read the old session together, one has already scheduled its end in a minute.
#[tokio::test]
async fn a_duplicate_does_not_put_off_the_end_of_the_old_session() {
    for call in 0..Held::calls(Some(KEY)).await.len() {
        let again = async |held: &Held| {
            held.change(&held.api).await.tokens();
        };
        let (held, reply) = Held::before(call, Some(KEY), again).await;
        held.api.refresh(&reply.tokens().refresh).await.tokens();
        held.api.clock.advance(61);
        held.api.refresh(&held.here.refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_late_half_done_request_does_not_reopen_a_logged_out_session() {
    let api = Api::start().await;
    let here = api.login().await;
    let new = api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.tokens();
    assert_eq!(api.logout(&new.refresh).await.status, 200);
    api.calls.fail(Fault::After("PutItem Sessions"));
    api.change_password_with_key(&here.access, PASSWORD, NEW, KEY).await.assert_error(400, "invalid_grant");
    api.calls.heal();
    api.refresh(&new.refresh).await.assert_error(400, "invalid_grant");
}

/// A login with the same name may tidy up, or the row may expire.
#[tokio::test]
async fn a_change_of_password_gives_back_no_attempt_forgotten_meanwhile() {
    let calls = Held::calls(None).await;
    let change =
        calls.iter().position(|name| name.starts_with("UpdateItem Credentials SET password_hash")).unwrap();
    let forget = async |held: &Held| {
        let mut credential = held.api.items("CredentialsTable").await.remove(0);
        let before = credential.len();
        credential.retain(|name, _| !is_counter(name));
        assert!(credential.len() < before, "the attempt was counted: {credential:?}");
        held.api.put("CredentialsTable", credential).await;
    };
    let (held, reply) = Held::before(change, None, forget).await;
    reply.tokens();
    let credential = held.api.items("CredentialsTable").await.remove(0);
    assert!(!credential.keys().any(|name| is_counter(name)), "{credential:?}");
    held.api.try_login(NEW).await.tokens();
}

/// Whether an attribute counts attempts of any budget.
fn is_counter(name: &str) -> bool {
    name.starts_with("guesses")
}
