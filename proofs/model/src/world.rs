//! The world: its clients and requests, and the steps that they take.

use crate::{
    ending::{self, Ending},
    function::{Function, Step, Task, Waiting},
    parties::{Client, Standing, Thief},
    password::{self, Changing},
    refreshing::{Answer, Refreshing, Stage},
    scenario::{Cast, FUNCTION_TTL, Scenario, Tick},
    store::{CLIENTS, Key, OTHER, Row, Store, Write},
    token::{Jkt, Token, Tokens},
};

/// The complete state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The time.
    pub now: Tick,
    /// The tables.
    pub store: Store,
    /// The running functions.
    pub running: Vec<Function>,
    /// Writes that no function waits for, but that may still reach the store.
    pub late_writes: Vec<Write>,
    /// The client.
    pub client: Client,
    /// The thief, if there is one.
    pub thief: Thief,
    /// The faults that may still happen.
    pub faults: u8,
    /// The client's requests that may still arrive twice.
    pub duplicates: u8,
    /// The user's requests that may still end sessions: a logout, or a change of password.
    pub end_requests: u8,
    /// The state of the user's request to end sessions.
    pub end: End,
    /// Whether a request was overtaken by its successor's use, even if no party heard its answer.
    pub was_overtaken: bool,
    /// The logins with the old password that may still happen.
    pub late_logins: u8,
    /// The restores of the sessions table that may still happen.
    pub restores: u8,
    /// Whether the client's session expired and was swept: its access tokens expired with it.
    pub was_swept: bool,
    /// Whether a function was stopped before it had an answer.
    pub was_cut_short: bool,
}

/// The state of the user's request to end sessions: a logout, or a change of password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The user hasn't sent it.
    Unwanted,
    /// The user has sent it.
    Asked,
    /// The user was told that it succeeded.
    Acknowledged,
}

impl World {
    /// The initial world: the user is logged in on the client and on another device.
    pub fn new(scenario: &Scenario) -> Self {
        let client = Client::new(scenario);
        let mut thief =
            Thief { requests: scenario.thief_requests, logouts: scenario.thief_logouts, ..Thief::default() };
        if scenario.cast == Cast::Keyless {
            thief.copy(client.token);
        }
        Self {
            now: 0,
            store: Store::new(scenario),
            running: Vec::new(),
            late_writes: Vec::new(),
            client,
            thief,
            faults: scenario.faults,
            duplicates: scenario.duplicates,
            end_requests: match scenario.cast {
                Cast::Alone | Cast::Thief | Cast::Keyless => 0,
                Cast::Logout | Cast::Everywhere | Cast::PasswordChange => 2,
            },
            end: End::Unwanted,
            was_overtaken: false,
            late_logins: u8::from(scenario.cast == Cast::PasswordChange),
            restores: scenario.restores,
            was_swept: false,
            was_cut_short: false,
        }
    }

    /// Whether no refresh token and no access token of the session works any more.
    pub fn is_over(&self, session: usize) -> bool {
        let is_barred = self.store.is_denied(session) || (session == CLIENTS && self.was_swept);
        self.store.sessions[session].is_none() && is_barred
    }

    /// The client's session, if it exists and is bound to the client's key.
    pub fn bound_session(&self) -> Option<&Row> {
        self.session_of(Jkt::Clients)
    }

    /// The client's session, if it exists and is bound to this key.
    pub fn session_of(&self, jkt: Jkt) -> Option<&Row> {
        self.store.sessions[CLIENTS].as_ref().filter(|row| row.jkt == Some(jkt))
    }

    /// The refreshes in progress.
    pub fn refreshes(&self) -> impl Iterator<Item = &Refreshing> {
        self.running.iter().filter_map(Function::refresh)
    }

    /// The client's refreshes in progress, for which it waits.
    pub fn clients_refreshes(&self) -> impl Iterator<Item = &Refreshing> {
        self.refreshes_for(Waiting::Client)
    }

    /// The thief's refreshes in progress.
    pub fn thiefs_refreshes(&self) -> impl Iterator<Item = &Refreshing> {
        self.refreshes_for(Waiting::Thief)
    }

    fn refreshes_for(&self, waiting: Waiting) -> impl Iterator<Item = &Refreshing> {
        let theirs = self.running.iter().filter(move |function| function.waiting == waiting);
        theirs.filter_map(Function::refresh)
    }

    pub(crate) fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        let is_in_time = |function: &Function| function.began + FUNCTION_TTL >= now;
        self.was_cut_short |=
            !self.running.iter().all(|function| is_in_time(function) || function.has_answer());
        self.running.retain(is_in_time);
        self.late_writes.retain(|write| write.now + FUNCTION_TTL >= now);
    }

    pub(crate) fn sweep(&mut self) {
        self.store.sessions[CLIENTS] = None;
        self.was_swept = true;
    }

    /// Restores the sessions' initial state. Ended sessions are live again, and used tokens can be exchanged.
    pub(crate) fn restore(&mut self, scenario: &Scenario) {
        self.restores -= 1;
        self.store.sessions = Store::new(scenario).sessions;
        self.store.successors = Tokens::default();
    }

    pub(crate) fn client_asks(&mut self, proof: Option<Jkt>, scenario: &Scenario) {
        for function in &mut self.running {
            if function.waiting == Waiting::Client {
                function.waiting = Waiting::Nobody;
            }
        }
        let key = self.client.key(scenario).unwrap_or_else(|| self.random_key());
        self.client.ask(proof, self.now);
        self.refresh(Waiting::Client, self.client.token, proof, key, scenario);
    }

    /// Repeats the client's request, as a retry would, except that no party waits for its answer.
    pub(crate) fn duplicate(&mut self, scenario: &Scenario) {
        self.duplicates -= 1;
        (self.client.abandoned_at, self.client.has_retried) = (Some(self.now), true);
        let key = self.client.key(scenario).unwrap_or_else(|| self.random_key());
        self.refresh(Waiting::Nobody, self.client.token, self.client.proof, key, scenario);
    }

    pub(crate) fn thief_asks(&mut self, token: Token, proof: Option<Jkt>, key: Key, scenario: &Scenario) {
        self.thief.requests -= 1;
        self.refresh(Waiting::Thief, token, proof, key, scenario);
    }

    fn refresh(&mut self, waiting: Waiting, token: Token, proof: Option<Jkt>, key: Key, scenario: &Scenario) {
        let write = Write { session: CLIENTS, token, proof, key, now: self.now };
        self.start(waiting, Task::Refresh(Refreshing::new(write, scenario)));
    }

    pub(crate) fn thief_logs_out(&mut self, logout: Ending) {
        self.thief.logouts -= 1;
        self.start(Waiting::Thief, Task::Logout(logout));
    }

    pub(crate) fn user_asks(&mut self, scenario: &Scenario) {
        self.end_requests -= 1;
        self.end = End::Asked;
        let task = match scenario.cast {
            Cast::Everywhere => {
                let jkt = self.store.sessions[OTHER].and_then(|row| row.jkt);
                Task::Logout(Ending::everywhere(OTHER, jkt, self.now))
            }
            Cast::PasswordChange => Task::Password(Changing::new(self.now)),
            Cast::Alone | Cast::Thief | Cast::Keyless | Cast::Logout => {
                self.client.standing = Standing::Left;
                Task::Logout(Ending::here(self.now))
            }
        };
        self.start(Waiting::User, task);
    }

    pub(crate) fn start(&mut self, waiting: Waiting, task: Task) {
        self.running.push(Function { began: self.now, waiting, task });
    }

    /// The smallest unused random key: the choice makes no difference.
    pub(crate) fn random_key(&self) -> Key {
        let running = self.refreshes().map(|refresh| refresh.write.key);
        let late = self.late_writes.iter().map(|write| write.key);
        let stored = self.store.sessions.iter().flatten().filter_map(|row| row.retry_key);
        let used: Vec<Key> = running.chain(late).chain(stored).collect();
        (0..=u8::MAX).map(Key::Random).find(|key| !used.contains(key)).unwrap_or(Key::Random(u8::MAX))
    }

    /// Removes details that make no difference, so that equal worlds are recognised.
    pub(crate) fn tidy(&mut self, scenario: &Scenario) {
        self.was_overtaken |= self.running.iter().any(Function::is_overtaken);
        if scenario.cast == Cast::Keyless {
            self.overhear();
        }
        let is_heard = |function: &Function| function.waiting != Waiting::Nobody || !function.has_answer();
        self.running.retain(is_heard);
        self.running.sort_unstable();
        self.late_writes.sort_unstable();
    }

    /// Gives the thief every answer, even those that the client never hears.
    fn overhear(&mut self) {
        for refresh in self.running.iter().filter_map(Function::refresh) {
            if let Stage::Answering(Answer::Tokens { token, .. }) = refresh.stage {
                self.thief.copy(token);
            }
        }
    }

    pub(crate) fn step(&mut self, i: usize, step: Step, scenario: &Scenario) {
        self.faults -= u8::from(step.is_fault());
        if matches!(step, Step::Answer | Step::Crash) {
            let function = self.running.remove(i);
            if step == Step::Answer {
                self.answer(&function, scenario);
            }
            return;
        }
        let function = &mut self.running[i];
        if step == Step::WriteLate
            && let Task::Refresh(refresh) = &function.task
        {
            self.late_writes.push(refresh.write);
        }
        function.go_on(step, &mut self.store, scenario);
    }

    fn answer(&mut self, function: &Function, scenario: &Scenario) {
        match (&function.task, function.waiting) {
            (Task::Refresh(Refreshing { stage: Stage::Answering(answer), .. }), Waiting::Client) => {
                let may_be_over = match scenario.cast {
                    Cast::Thief => true,
                    // While the session exists and is bound to the client's key, no other party can end it.
                    Cast::Keyless => self.bound_session().is_none(),
                    Cast::Alone | Cast::Logout | Cast::Everywhere | Cast::PasswordChange => {
                        self.end != End::Unwanted
                    }
                };
                self.client.hear(*answer, function.began, may_be_over);
            }
            (Task::Refresh(Refreshing { stage: Stage::Answering(answer), .. }), Waiting::Thief) => {
                if let Answer::Tokens { token, .. } = answer {
                    self.thief.known.insert(*token);
                }
            }
            (Task::Logout(_), Waiting::Thief) => {}
            (Task::Logout(logout), _) if logout.stage == ending::Stage::Done => self.end = End::Acknowledged,
            (Task::Password(change), _) if change.stage == password::Stage::Done => {
                self.end = End::Acknowledged;
            }
            (Task::Refresh(_) | Task::Logout(_) | Task::Password(_) | Task::Login(_), _) => {}
        }
    }
}
