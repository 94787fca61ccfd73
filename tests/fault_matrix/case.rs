//! One case: a request with one failing call, and the same request after the fault is gone.

use std::{future, time::Duration};

use tokio::{net::TcpSocket, sync::Semaphore, time};

use super::{
    answer::Answer,
    flow::{Flow, Scene},
    limit::time_limit,
    rows::Outcome,
    stored::{revoked, sessions, sessions_of},
};
use crate::harness::{Api, Proxy, Secrets, Spoiled, Stored, WireFault, keyset};

/// The most attempts at a failing call: more would add to a table's overload.
const MOST_ATTEMPTS: usize = 3;

/// A prepared flow, with the stored items that each of its cases begins with.
pub(super) struct Stage {
    pub(super) flow: Flow,
    pub(super) scene: Scene,
    api: Api,
    secrets: Secrets,
    stored: Stored,
}

impl Stage {
    pub(super) async fn set(flow: Flow) -> Self {
        let document = keyset();
        let secrets = Secrets::emulated().await;
        secrets.put(&document.to_json()).await;
        let api = Box::pin(Api::with_keyset(document, |parameters| flow.parameters(parameters))).await;
        let api = if flow.has_clients() { api.with_clients().await } else { api };
        let scene = Box::pin(flow.prepare(&api)).await;
        let stored = api.stored().await;
        Self { flow, scene, api, secrets, stored }
    }

    /// Functions over these tables with empty caches, and the proxy that they call through.
    pub(super) async fn enter(&self, fork: &Api) -> (Api, Proxy) {
        fork.restore(&self.stored).await;
        fork.cold_behind_proxy(&self.secrets).await
    }

    /// Functions over these tables that can reach no service.
    async fn enter_alone(&self, fork: &Api) -> (Api, TcpSocket) {
        fork.restore(&self.stored).await;
        fork.out_of_reach(&self.secrets).await
    }

    pub(super) async fn fork(&self) -> Api {
        self.api.fork().await
    }

    /// A fork with these items, in which calls are counted.
    pub(super) async fn fork_with_its_items(&self) -> Api {
        let fork = self.fork().await;
        fork.restore(&self.stored).await;
        fork
    }

    pub(super) async fn send(&self, api: &Api) -> Answer {
        self.send_within(time_limit("Globals"), api).await
    }

    /// Sends the request, and waits longer, for the authorizer's time too.
    pub(super) async fn send_patiently(&self, api: &Api) -> Answer {
        self.send_within(2 * time_limit("Globals"), api).await
    }

    async fn send_within(&self, limit: Duration, api: &Api) -> Answer {
        let send = Box::pin(self.flow.send(api, &self.scene));
        time::timeout(limit, send).await.expect("it answers in time")
    }

    /// Asserts that the answer is the request's own.
    pub(super) fn assert_answered(&self, answer: &Answer) {
        match self.flow.answer() {
            (status, Some(error)) => answer.reply().assert_error(status, error),
            (status, None) => assert_eq!(answer.status(), status, "{answer:?}"),
        }
    }

    /// Reacts to an answer: a client whose code was used up in vain gets another.
    async fn settled(&self, api: &Api, answer: Answer) -> Answer {
        match &self.scene.oauth {
            Some(oauth) if oauth.is_for_nothing(&answer) && answer.status() != self.flow.answer().0 => {
                oauth.redeem_another(api).await
            }
            _ => answer,
        }
    }

    /// Asserts that only the sessions that the request ends have ended.
    pub(super) async fn assert_nothing_lost(&self, api: &Api) {
        let ends = self.flow.ends(&self.scene);
        let (sessions, revoked) = (sessions(api).await, revoked(api).await);
        for id in sessions_of(api, &self.stored) {
            assert!(ends.contains(&id) || sessions.contains(&id), "a session is lost");
        }
        let later = self.flow.ends_later(&self.scene);
        let is_meant = |id: &String| ends.contains(id) || later.as_ref() == Some(id);
        assert!(revoked.iter().all(is_meant), "a session is on the denylist");
    }
}

/// A fault, and the expected outcome of the request.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) spoiled: Spoiled,
    pub(super) fault: WireFault,
    /// The function that makes the call.
    pub(super) function: &'static str,
    pub(super) outcome: Outcome,
}

impl Case {
    /// Sends the request with the fault. A permit limits the number of busy cases, so that none is late for lack of a
    /// processor. It is held until the fault strikes; the callers take another after the answer.
    async fn strike(&self, stage: &Stage, fork: &Api, work: &Semaphore) -> (Api, Answer, usize) {
        let permit = work.acquire().await.unwrap();
        let (api, proxy) = stage.enter(fork).await;
        proxy.spoil(self.spoiled.clone(), self.fault);
        let send = async { stage.send(&api).await };
        let until_struck = async {
            proxy.struck().await;
            drop(permit);
            future::pending().await
        };
        let answer = tokio::select! { answer = send => answer, never = until_struck => never };
        for (call, attempts) in proxy.take_calls() {
            assert!(attempts <= MOST_ATTEMPTS, "{attempts} attempts at {call}");
        }
        let struck = proxy.heal();
        (api, answer, struck)
    }

    /// The call fails until the fault is gone. Then the same request completes.
    pub(super) async fn fails(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let (api, answer, struck) = Box::pin(self.strike(stage, fork, work)).await;
        let _permit = work.acquire().await.unwrap();
        assert!(struck > 0, "the call is not made: {answer:?}");
        match self.outcome {
            Outcome::FollowsUp(_) => stage.assert_answered(&answer),
            Outcome::Fails | Outcome::FailsAtTheEnd(..) | Outcome::UsesUp(..) => {
                answer.assert_failed(self.function);
            }
        }
        stage.assert_nothing_lost(&api).await;
        let again = stage.send(&api).await;
        match self.outcome {
            Outcome::FailsAtTheEnd(status, _) if self.fault.is_after() => {
                assert_eq!(again.status(), status, "{again:?}");
            }
            Outcome::UsesUp(status, _) => assert_eq!(again.status(), status, "{again:?}"),
            _ => stage.assert_answered(&again),
        }
        let again = Box::pin(stage.settled(&api, again)).await;
        Box::pin(stage.assert_done(&api, &again)).await;
    }

    /// The first attempt fails, and the client doesn't notice.
    pub(super) async fn fails_once(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let (api, answer, struck) = Box::pin(self.strike(stage, fork, work)).await;
        let _permit = work.acquire().await.unwrap();
        assert_eq!(struck, 1, "the call is not made: {answer:?}");
        stage.assert_answered(&answer);
        stage.assert_nothing_lost(&api).await;
        Box::pin(stage.assert_done(&api, &answer)).await;
    }

    /// Connections are refused. Once they are accepted again, the same request completes.
    pub(super) async fn is_refused(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let permit = work.acquire().await.unwrap();
        let (alone, _port) = stage.enter_alone(fork).await;
        drop(permit);
        stage.send(&alone).await.assert_failed(self.function);
        let _permit = work.acquire().await.unwrap();
        stage.assert_nothing_lost(&alone).await;
        let again = stage.send(fork).await;
        stage.assert_answered(&again);
        Box::pin(stage.assert_done(fork, &again)).await;
    }
}
