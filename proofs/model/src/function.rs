//! A function that runs, and how it may go on.

use crate::{
    ending::{self, Ending},
    password::{self, Changing, LoggingIn, LoginStage},
    refreshing::{Answer, Reading, Refreshing, Stage, Writing},
    scenario::Scenario,
    store::Store,
    tick::Tick,
};

/// One function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function {
    /// When its request began.
    pub began: Tick,
    /// Who waits for its answer.
    pub waiting: Waiting,
    /// What it does.
    pub task: Task,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Waiting {
    /// The client.
    Client,
    /// The thief.
    Thief,
    /// The user, who wants an end.
    User,
    /// Nobody any more.
    Nobody,
}

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// A refresh.
    Refresh(Refreshing),
    /// A logout, here or everywhere.
    Logout(Ending),
    /// A change of password.
    Password(Changing),
    /// A login with the old password.
    Login(LoggingIn),
}

/// How a function goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its write is carried out and acknowledged.
    Write,
    /// Its write is carried out, and the acknowledgement is lost.
    WriteUnacknowledged,
    /// Its write is on its way for longer than it waits.
    WriteLate,
    /// The user's record comes back.
    Read,
    /// The user's record can't be had.
    ReadFails,
    /// It does what is next.
    Next,
    /// The store fails what is next.
    Fail,
    /// It answers, and who waits hears it.
    Answer,
    /// It is gone, or its answer is.
    Crash,
}

impl Step {
    /// Whether something goes wrong.
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Write | Self::Read | Self::Next | Self::Answer)
    }
}

impl Function {
    /// Whether all that is left is to answer.
    pub fn has_answer(&self) -> bool {
        match &self.task {
            Task::Refresh(refresh) => matches!(refresh.stage, Stage::Answering(_)),
            Task::Logout(logout) => matches!(logout.stage, ending::Stage::Done | ending::Stage::Refused),
            Task::Password(change) => {
                matches!(change.stage, password::Stage::Done | password::Stage::Refused)
            }
            Task::Login(login) => login.stage == LoginStage::Done,
        }
    }

    /// Whether its request was overtaken by the use of its successor.
    pub fn is_overtaken(&self) -> bool {
        let overtaken = Stage::Answering(Answer::Refused { is_overtaken: true });
        matches!(&self.task, Task::Refresh(refresh) if refresh.stage == overtaken)
    }

    /// Goes on.
    pub fn go_on(&mut self, step: Step, store: &mut Store, scenario: &Scenario) {
        match &mut self.task {
            Task::Refresh(refresh) => match step {
                Step::Write | Step::WriteUnacknowledged => {
                    refresh.write(store, step == Step::Write, scenario);
                }
                Step::WriteLate => refresh.lose(scenario),
                Step::Read => refresh.read(Some(store.not_before), scenario),
                Step::ReadFails => refresh.read(None, scenario),
                Step::Fail => refresh.fail(),
                Step::Next | Step::Answer | Step::Crash => refresh.go_on(store, scenario),
            },
            Task::Logout(logout) => logout.go_on(store, scenario),
            Task::Password(change) => change.go_on(store, step != Step::WriteUnacknowledged, scenario),
            Task::Login(login) => login.go_on(store, scenario),
        }
    }

    /// How it may go on.
    pub fn steps(&self, may_fail: bool) -> Vec<Step> {
        let mut steps = self.undisturbed();
        if may_fail {
            steps.extend(self.faults());
        }
        steps
    }

    fn undisturbed(&self) -> Vec<Step> {
        if self.has_answer() {
            return vec![Step::Answer];
        }
        match &self.task {
            Task::Refresh(Refreshing { stage: Stage::AtStore(write, user), .. }) => {
                let write = matches!(write, Writing::Sent(_)).then_some(Step::Write);
                let read = (*user == Reading::Sent).then_some(Step::Read);
                write.into_iter().chain(read).collect()
            }
            Task::Refresh(_) | Task::Logout(_) | Task::Password(_) | Task::Login(_) => vec![Step::Next],
        }
    }

    fn faults(&self) -> Vec<Step> {
        let mut faults = vec![Step::Crash];
        match &self.task {
            _ if self.has_answer() => {}
            Task::Refresh(Refreshing { stage: Stage::AtStore(write, user), .. }) => {
                if matches!(write, Writing::Sent(_)) {
                    faults.extend([Step::WriteUnacknowledged, Step::WriteLate]);
                }
                if *user == Reading::Sent {
                    faults.push(Step::ReadFails);
                }
            }
            Task::Refresh(_) => faults.push(Step::Fail),
            Task::Password(_) => faults.push(Step::WriteUnacknowledged),
            Task::Logout(_) | Task::Login(_) => {}
        }
        faults
    }
}
