//! Time limits: a function answers before Lambda stops it, however slow its calls are, and its unfinished work is
//! completed later.

use std::time::Duration;

use local::template::Template;
use shared::{aborted::TIME_LIMIT, aws};

use super::{
    case::Stage, flow::Flow, limit::time_limit, oauth::OauthFlow, rows::rotation_rows, run::side_by_side,
};
use crate::harness::{Spoiled, WireFault, waves};

/// The time a function needs besides its calls to answer, on a shared processor.
const MARGIN: Duration = Duration::from_secs(1);

/// A generous time for hashing.
const HASHING: Duration = Duration::from_millis(500);

#[test]
fn every_function_answers_before_lambda_ends_it() {
    let template = Template::of_project().unwrap();
    for name in template.functions(&template.parameters()).unwrap().into_keys() {
        let resource = format!("{}{}Function", name[..1].to_uppercase(), &name[1..]);
        let limit = match name.as_str() {
            "keys" => keys::TIME_LIMIT,
            "mailer" => mailer::TIME_LIMIT,
            _ => TIME_LIMIT,
        };
        assert!(limit + MARGIN <= time_limit(&resource), "{name}");
    }
}

/// The longest time of a call with all its attempts.
fn call_limit() -> Duration {
    aws::timeouts().operation_timeout().unwrap()
}

/// Flows whose calls, one after the other, could take longer than the limit, with the outcome of a request that is
/// abandoned.
fn may_be_left(flow: Flow) -> Option<&'static str> {
    match flow {
        Flow::Login => Some("what follows the decision is given up after as long as a call may take"),
        Flow::LoginAfterAWrongPassword
        | Flow::LoginOfADevice
        | Flow::LoginWithAProof
        | Flow::LoginOfAGreekName
        | Flow::LoginBeyondMaxSessions => {
            Some("nobody has tokens of a session that it may leave; the same request again is another login")
        }
        Flow::RefreshOfAUsedToken | Flow::RefreshAtTokenOfAUsedToken | Flow::RefreshOfADisabledUser => {
            Some("the session is ended at the next use of the token, as it would have been at this one")
        }
        Flow::Logout => Some("the session lives until it is ended; the same request again completes that"),
        Flow::LogoutEverywhere => {
            Some("the same request again ends what is left: its own session comes last")
        }
        Flow::ChangePassword | Flow::ChangePasswordWithAKey | Flow::CompleteAChangeOfPassword => {
            Some("the same request again completes the change that it recognises")
        }
        Flow::Oauth(flow) => flow.may_be_left(),
        Flow::Mail(flow) => Some(flow.left()),
        _ => None,
    }
}

/// The number of a flow's successive calls, including those that renew its function's caches. The authorizer's calls
/// count separately.
async fn waves_of(flow: Flow) -> usize {
    let stage = Stage::set(flow).await;
    let api = stage.fork_with_its_items().await;
    api.calls.take();
    flow.send(&api, &stage.scene).await;
    let calls = api.calls.take();
    let own =
        if flow.is_protected() && flow != Flow::ListSessionsByDenylist { &calls[1..] } else { &calls[..] };
    let has_copies = !matches!(
        flow,
        Flow::ListSessions
            | Flow::ListSessionsByDenylist
            | Flow::EndSession
            | Flow::Jwks
            | Flow::Oauth(OauthFlow::Userinfo)
    );
    waves(own).len() + usize::from(has_copies)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_has_time_for_its_calls_or_may_be_left() {
    side_by_side(|flow| async move {
        let calls = waves_of(flow).await;
        let needs = call_limit() * u32::try_from(calls).unwrap() + HASHING;
        assert!(needs <= TIME_LIMIT || may_be_left(flow).is_some(), "{calls} calls, {needs:?}");
    })
    .await;
}

/// A rotation whose tokens weren't delivered must be marked, or a later retry counts as theft. The limit leaves time
/// for that.
#[tokio::test]
async fn a_refresh_that_fails_has_time_to_say_so() {
    for flow in [Flow::RefreshOfAnUnreadableUser, Flow::RefreshAtTokenOfAnUnreadableUser] {
        assert_eq!(waves_of(flow).await, 4, "keyset, client, rotation and mark");
    }
    assert!(call_limit() * 4 < TIME_LIMIT);
}

#[test]
fn a_step_of_a_rotation_has_time_for_its_calls() {
    // All steps together, with twice as many keys, take less time than Lambda allows for one step.
    let calls = u32::try_from(rotation_rows().len()).unwrap();
    assert!(call_limit() * calls < keys::TIME_LIMIT, "{calls}");
}

/// Each call succeeds, but takes almost the longest time, so that they don't all fit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_out_of_time_is_a_503_and_the_same_request_again_completes() {
    let mut running = tokio::task::JoinSet::new();
    let at_pages = Flow::Oauth(OauthFlow::ChangePassword);
    for flow in [Flow::ChangePassword, Flow::CompleteAChangeOfPassword, Flow::LogoutEverywhere, at_pages] {
        running.spawn(async move {
            let stage = Stage::set(flow).await;
            let fork = stage.fork().await;
            let (api, proxy) = stage.enter(&fork).await;
            proxy.spoil(Spoiled::UntilTheThird, WireFault::HangBefore);
            stage.send_patiently(&api).await.assert_failed("the flow's own");
            proxy.heal();
            stage.assert_nothing_lost(&api).await;
            let again = stage.send(&api).await;
            stage.assert_answered(&again);
            Box::pin(stage.assert_done(&api, &again)).await;
        });
    }
    running.join_all().await;
}
