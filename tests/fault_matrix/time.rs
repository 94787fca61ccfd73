//! Time: a function answers before Lambda ends it, however long its calls take, and what it leaves undone is completed.

use std::time::Duration;

use local::template::Template;
use shared::{aborted::TIME_LIMIT, aws};

use super::{case::Stage, flow::Flow, limit::time_limit, rows::rotation_rows};
use crate::harness::{Spoiled, WireFault, waves};

/// What a function needs beside its flow: to answer, and on a processor that others use as well.
const MARGIN: Duration = Duration::from_secs(1);

/// What hashing takes, generously.
const HASHING: Duration = Duration::from_millis(500);

#[test]
fn every_function_answers_before_lambda_ends_it() {
    let template = Template::of_project().unwrap();
    for name in template.functions(&template.parameters()).unwrap().into_keys() {
        let resource = format!("{}{}Function", name[..1].to_uppercase(), &name[1..]);
        let limit = if name == "keys" { keys::TIME_LIMIT } else { TIME_LIMIT };
        assert!(limit + MARGIN <= time_limit(&resource), "{name}");
    }
}

/// How long a call takes at most, with all attempts at it.
fn call_limit() -> Duration {
    aws::timeouts().operation_timeout().unwrap()
}

/// Flows that make more calls one after the other than there is time for, were each to take as long as it may, and what
/// becomes of one that is left.
fn may_be_left(flow: Flow) -> Option<&'static str> {
    match flow {
        Flow::Login => Some("what follows the decision is given up after as long as a call may take"),
        Flow::LoginAfterAWrongPassword
        | Flow::LoginOfADevice
        | Flow::LoginOfAGreekName
        | Flow::LoginBeyondMaxSessions => {
            Some("nobody has tokens of a session that it may leave; the same request again is another login")
        }
        Flow::RefreshOfAUsedToken | Flow::RefreshOfADisabledUser => {
            Some("the session is ended at the next use of the token, as it would have been at this one")
        }
        Flow::Logout => Some("the session lives until it is ended; the same request again completes that"),
        Flow::LogoutEverywhere => {
            Some("the same request again ends what is left: its own session comes last")
        }
        Flow::ChangePassword | Flow::ChangePasswordWithAKey | Flow::CompleteAChangeOfPassword => {
            Some("the same request again completes the change that it recognises")
        }
        _ => None,
    }
}

/// The calls that a flow makes one after the other: those that its function makes to renew its copies before, and those of
/// the flow. The authorizer's are its own.
async fn waves_of(flow: Flow) -> usize {
    let stage = Stage::set(flow).await;
    let api = stage.fork_with_its_items().await;
    api.calls.take();
    flow.send(&api, &stage.scene).await;
    let calls = api.calls.take();
    let own =
        if flow.is_protected() && flow != Flow::ListSessionsByDenylist { &calls[1..] } else { &calls[..] };
    let has_copies =
        !matches!(flow, Flow::ListSessions | Flow::ListSessionsByDenylist | Flow::EndSession | Flow::Jwks);
    waves(own).len() + usize::from(has_copies)
}

#[tokio::test]
async fn a_flow_has_time_for_its_calls_or_may_be_left() {
    for flow in Flow::ALL {
        let calls = waves_of(flow).await;
        let needs = call_limit() * u32::try_from(calls).unwrap() + HASHING;
        assert!(needs <= TIME_LIMIT || may_be_left(flow).is_some(), "{flow:?}: {calls} calls, {needs:?}");
    }
}

/// A rotation that brought nobody its tokens must be marked, or a later retry is taken for theft: that is what the limit is
/// longer than.
#[tokio::test]
async fn a_refresh_that_fails_has_time_to_say_so() {
    let calls = waves_of(Flow::RefreshOfAnUnreadableUser).await;
    assert_eq!(calls, 4, "keyset, client, rotation and mark");
    assert!(call_limit() * 4 < TIME_LIMIT);
}

#[test]
fn a_step_of_a_rotation_has_time_for_its_calls() {
    // All steps in one, and twice as many keys: still less than Lambda lets one of them take.
    let calls = u32::try_from(rotation_rows().len()).unwrap();
    assert!(call_limit() * calls < keys::TIME_LIMIT, "{calls}");
}

/// Each call takes almost as long as it may, and succeeds: then there are too many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_for_want_of_time_is_a_503_and_the_same_request_again_completes_it() {
    let mut running = tokio::task::JoinSet::new();
    for flow in [Flow::ChangePassword, Flow::CompleteAChangeOfPassword, Flow::LogoutEverywhere] {
        running.spawn(async move {
            let stage = Stage::set(flow).await;
            let fork = stage.fork().await;
            let (api, proxy) = stage.enter(&fork).await;
            proxy.spoil(Spoiled::UntilTheThird, WireFault::HangBefore);
            let reply = stage.send_patiently(&api).await;
            reply.assert_error(503, "temporarily_unavailable");
            assert_eq!(reply.header("retry-after"), Some("1"), "{flow:?}");
            proxy.heal();
            stage.assert_nothing_lost(&api).await;
            let again = stage.send(&api).await;
            stage.assert_answered(&again);
            Box::pin(stage.assert_done(&api, &again)).await;
        });
    }
    running.join_all().await;
}
