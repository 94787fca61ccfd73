//! The world: who is there, what is under way, and what happens to it.

use crate::{
    ending::{self, Ending},
    function::{Function, Step, Task, Waiting},
    parties::{Client, Standing, Thief},
    password::{self, Changing},
    protocol::Action,
    refreshing::{Answer, Refreshing, Stage},
    scenario::{Cast, FUNCTION_TTL, Scenario},
    store::{CLIENTS, Key, Store, Write},
    tick::Tick,
};

/// All that is the case at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The time.
    pub now: Tick,
    /// The tables.
    pub store: Store,
    /// The functions that run.
    pub running: Vec<Function>,
    /// Writes that may still reach the store although nobody waits for them.
    pub late_writes: Vec<Write>,
    /// The client.
    pub client: Client,
    /// The thief, if there is one.
    pub thief: Thief,
    /// Faults that may still happen.
    pub faults: u8,
    /// How often the user may still ask for the end: a logout, or a change of password.
    pub end_requests: u8,
    /// What became of it.
    pub end: End,
    /// Whether a request was overtaken by the use of its successor. Nobody hears of it.
    pub was_overtaken: bool,
    /// How often somebody may still log in with the old password.
    pub late_logins: u8,
    /// Whether the client's session came to its own end and was swept: its access tokens ended with it.
    pub was_swept: bool,
    /// Whether a function was ended before it had an answer.
    pub was_cut_short: bool,
}

/// What became of the end that the user wants: a logout, or a change of password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// It was not asked for.
    Unwanted,
    /// It was asked for.
    Asked,
    /// The user was told that it is done.
    Acknowledged,
}

impl World {
    /// Before anything has happened: the user is logged in on the client and on another device.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            now: 0,
            store: Store::new(scenario),
            running: Vec::new(),
            late_writes: Vec::new(),
            client: Client::new(scenario),
            thief: Thief { requests: scenario.thief_requests, ..Thief::default() },
            faults: scenario.faults,
            end_requests: if matches!(scenario.cast, Cast::Alone | Cast::Thief) { 0 } else { 2 },
            end: End::Unwanted,
            was_overtaken: false,
            late_logins: u8::from(scenario.cast == Cast::PasswordChange),
            was_swept: false,
            was_cut_short: false,
        }
    }

    /// Whether nothing of the session works any more, refresh token or access token.
    pub fn is_over(&self, session: usize) -> bool {
        let is_barred = self.store.is_denied(session) || (session == CLIENTS && self.was_swept);
        self.store.sessions[session].is_none() && is_barred
    }

    /// The requests that may come in.
    pub(crate) fn requests(&self, scenario: &Scenario, actions: &mut Vec<Action>) {
        if self.client.can_ask(self.now, scenario) {
            actions.push(Action::ClientAsks);
        }
        if self.thief.requests > 0 {
            if !self.thief.has_copied(self.client.generation) {
                actions.push(Action::Steal);
            }
            actions.extend(self.thief.generations().map(Action::ThiefAsks));
            if scenario.client_has_keys {
                let copied = self.thief.generations().filter(|generation| self.thief.has_copied(*generation));
                actions.extend(copied.map(Action::ThiefRepeats));
            }
        }
        let user_waits = self.running.iter().any(|function| function.waiting == Waiting::User);
        if self.end_requests > 0 && self.end != End::Acknowledged && !user_waits {
            actions.push(Action::UserAsks);
        }
        if self.late_logins > 0 {
            actions.push(Action::LogIn);
        }
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

    pub(crate) fn client_asks(&mut self, scenario: &Scenario) {
        for function in &mut self.running {
            if function.waiting == Waiting::Client {
                function.waiting = Waiting::Nobody;
            }
        }
        let key = self.client.key(scenario).unwrap_or_else(|| self.random_key());
        self.client.ask(self.now);
        self.refresh(Waiting::Client, self.client.generation, key, scenario);
    }

    pub(crate) fn thief_asks(&mut self, generation: u8, key: Key, scenario: &Scenario) {
        self.thief.requests -= 1;
        self.refresh(Waiting::Thief, generation, key, scenario);
    }

    fn refresh(&mut self, waiting: Waiting, generation: u8, key: Key, scenario: &Scenario) {
        let write = Write { session: CLIENTS, generation, key, now: self.now };
        self.start(waiting, Task::Refresh(Refreshing::new(write, scenario)));
    }

    pub(crate) fn user_asks(&mut self, scenario: &Scenario) {
        self.end_requests -= 1;
        self.end = End::Asked;
        let task = match scenario.cast {
            Cast::Everywhere => Task::Logout(Ending::everywhere(self.now)),
            Cast::PasswordChange => Task::Password(Changing::new(self.now)),
            Cast::Alone | Cast::Thief | Cast::Logout => {
                self.client.standing = Standing::Left;
                Task::Logout(Ending::here(self.now))
            }
        };
        self.start(Waiting::User, task);
    }

    pub(crate) fn start(&mut self, waiting: Waiting, task: Task) {
        self.running.push(Function { began: self.now, waiting, task });
    }

    /// The smallest that nobody else has: which one it is makes no difference.
    pub(crate) fn random_key(&self) -> Key {
        let running = self.running.iter().filter_map(|function| match &function.task {
            Task::Refresh(refresh) => Some(refresh.write.key),
            Task::Logout(_) | Task::Password(_) | Task::Login(_) => None,
        });
        let late = self.late_writes.iter().map(|write| write.key);
        let stored = self.store.sessions.iter().flatten().filter_map(|row| row.retry_key);
        let used: Vec<Key> = running.chain(late).chain(stored).collect();
        (0..=u8::MAX).map(Key::Random).find(|key| !used.contains(key)).unwrap_or(Key::Random(u8::MAX))
    }

    /// Forgets what makes no difference any more.
    pub(crate) fn tidy(&mut self) {
        self.was_overtaken |= self.running.iter().any(Function::is_overtaken);
        let is_heard = |function: &Function| function.waiting != Waiting::Nobody || !function.has_answer();
        self.running.retain(is_heard);
        self.running.sort_unstable();
        self.late_writes.sort_unstable();
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
                let is_alone = scenario.cast != Cast::Thief && self.end == End::Unwanted;
                self.client.hear(*answer, function.began, is_alone);
            }
            (Task::Refresh(Refreshing { stage: Stage::Answering(answer), .. }), Waiting::Thief) => {
                if let Answer::Tokens { generation, .. } = answer {
                    self.thief.learn(*generation);
                }
            }
            (Task::Logout(logout), _) if logout.stage == ending::Stage::Done => self.end = End::Acknowledged,
            (Task::Password(change), _) if change.stage == password::Stage::Done => {
                self.end = End::Acknowledged;
            }
            (Task::Refresh(_) | Task::Logout(_) | Task::Password(_) | Task::Login(_), _) => {}
        }
    }
}
