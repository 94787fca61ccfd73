//! One case: a request, one of whose calls is spoiled, and the same request again once that is healed.

use std::{future, time::Duration};

use tokio::{net::TcpSocket, sync::Semaphore, time};

use super::{
    flow::{Flow, Scene, sid},
    limit::time_limit,
    rows::Outcome,
    stored::{revoked, sessions},
};
use crate::harness::{Api, Proxy, Reply, Secrets, Spoiled, Stored, WireFault, keyset};

/// However a call fails: more would make what is too much for a table more still.
const MOST_ATTEMPTS: usize = 3;

/// A flow, prepared; what is stored then is what every case of it begins with.
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
        let scene = Box::pin(flow.prepare(&api)).await;
        let stored = api.stored().await;
        Self { flow, scene, api, secrets, stored }
    }

    /// Functions over these tables that have nothing in memory, and the proxy through which they call.
    pub(super) async fn enter(&self, fork: &Api) -> (Api, Proxy) {
        fork.restore(&self.stored).await;
        fork.cold_behind_proxy(&self.secrets).await
    }

    /// Functions over these tables that reach nothing at all.
    async fn enter_alone(&self, fork: &Api) -> (Api, TcpSocket) {
        fork.restore(&self.stored).await;
        fork.out_of_reach(&self.secrets).await
    }

    pub(super) async fn fork(&self) -> Api {
        self.api.fork().await
    }

    /// The same, with these items, where calls are counted.
    pub(super) async fn fork_with_its_items(&self) -> Api {
        let fork = self.fork().await;
        fork.restore(&self.stored).await;
        fork
    }

    pub(super) async fn send(&self, api: &Api) -> Reply {
        self.send_within(time_limit("Globals"), api).await
    }

    /// The same where the authorizer takes its time as well.
    pub(super) async fn send_patiently(&self, api: &Api) -> Reply {
        self.send_within(2 * time_limit("Globals"), api).await
    }

    async fn send_within(&self, limit: Duration, api: &Api) -> Reply {
        let send = Box::pin(self.flow.send(api, &self.scene));
        time::timeout(limit, send).await.expect("it answers in time")
    }

    /// The request's own answer.
    pub(super) fn assert_answered(&self, reply: &Reply) {
        match self.flow.answer() {
            (status, Some(error)) => reply.assert_error(status, error),
            (status, None) => assert_eq!(reply.status, status, "{reply:?}"),
        }
    }

    /// Nobody's session has ended but those that the request is there to end.
    pub(super) async fn assert_nothing_lost(&self, api: &Api) {
        let ends = self.flow.ends(&self.scene);
        let (sessions, revoked) = (sessions(api).await, revoked(api).await);
        for id in [&self.scene.here, &self.scene.there].map(sid) {
            assert!(ends.contains(&id) || sessions.contains(&id), "a session is lost");
        }
        let later = self.flow.ends_later(&self.scene);
        let is_meant = |id: &String| ends.contains(id) || later.as_ref() == Some(id);
        assert!(revoked.iter().all(is_meant), "a session is on the denylist");
    }
}

/// What is spoiled, how, and what becomes of the request.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) spoiled: Spoiled,
    pub(super) fault: WireFault,
    /// Whose call it is.
    pub(super) function: &'static str,
    pub(super) outcome: Outcome,
}

impl Case {
    /// Sends the request with the call spoiled. Until it is, and again once there is an answer, this is one of the few
    /// that are at work at a time, so that nothing else is late for want of a processor.
    async fn strike(&self, stage: &Stage, fork: &Api, work: &Semaphore) -> (Api, Reply, usize) {
        let permit = work.acquire().await.unwrap();
        let (api, proxy) = stage.enter(fork).await;
        proxy.spoil(self.spoiled.clone(), self.fault);
        let send = async { stage.send(&api).await };
        let until_struck = async {
            proxy.struck().await;
            drop(permit);
            future::pending().await
        };
        let reply = tokio::select! { reply = send => reply, never = until_struck => never };
        for (call, attempts) in proxy.take_calls() {
            assert!(attempts <= MOST_ATTEMPTS, "{attempts} attempts at {call}");
        }
        let struck = proxy.heal();
        (api, reply, struck)
    }

    /// The call fails until it is healed; then the same request again completes.
    pub(super) async fn fails(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let (api, reply, struck) = Box::pin(self.strike(stage, fork, work)).await;
        let _permit = work.acquire().await.unwrap();
        assert!(struck > 0, "the call is not made: {reply:?}");
        match self.outcome {
            Outcome::FollowsUp(_) => stage.assert_answered(&reply),
            Outcome::Fails | Outcome::FailsAtTheEnd(..) => assert_failed(&reply, self.function),
        }
        stage.assert_nothing_lost(&api).await;
        let again = stage.send(&api).await;
        match self.outcome {
            Outcome::FailsAtTheEnd(status, _) if self.fault.is_after() => assert_eq!(again.status, status),
            _ => stage.assert_answered(&again),
        }
        Box::pin(stage.assert_done(&api, &again)).await;
    }

    /// The first attempt at the call fails, and nobody notices.
    pub(super) async fn fails_once(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let (api, reply, struck) = Box::pin(self.strike(stage, fork, work)).await;
        let _permit = work.acquire().await.unwrap();
        assert_eq!(struck, 1, "the call is not made: {reply:?}");
        stage.assert_answered(&reply);
        stage.assert_nothing_lost(&api).await;
        Box::pin(stage.assert_done(&api, &reply)).await;
    }

    /// Connections are refused; once they aren't, the same request completes.
    pub(super) async fn is_refused(&self, stage: &Stage, fork: &Api, work: &Semaphore) {
        let permit = work.acquire().await.unwrap();
        let (alone, _port) = stage.enter_alone(fork).await;
        drop(permit);
        assert_failed(&stage.send(&alone).await, self.function);
        let _permit = work.acquire().await.unwrap();
        stage.assert_nothing_lost(&alone).await;
        let again = stage.send(fork).await;
        stage.assert_answered(&again);
        Box::pin(stage.assert_done(fork, &again)).await;
    }
}

#[track_caller]
fn assert_failed(reply: &Reply, function: &str) {
    if function == "authorizer" {
        // The gateway's answer to whatever is neither a policy nor `Unauthorized`.
        reply.assert_gateway_error(500, "server_error");
    } else {
        reply.assert_error(503, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
}
