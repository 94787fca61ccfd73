//! A running function, and the steps that it can take.

use crate::{
    ending::{self, Ending},
    password::{self, Changing, LoggingIn, LoginStage},
    refreshing::{Reading, Refreshing, Refusal, Stage, Writing},
    scenario::{Scenario, Tick},
    store::Store,
};

/// A running function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function {
    /// The time at which its request began.
    pub began: Tick,
    /// The party that waits for its answer.
    pub waiting: Waiting,
    /// Its task.
    pub task: Task,
}

/// The party that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Waiting {
    /// The client.
    Client,
    /// The thief.
    Thief,
    /// The user, for the end of sessions.
    User,
    /// No party: the request was abandoned.
    Nobody,
}

/// The task of a function.
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

/// A step of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The write is carried out and acknowledged.
    Write,
    /// The write is carried out, and its acknowledgement is lost.
    WriteUnacknowledged,
    /// The write takes longer than the function waits.
    WriteLate,
    /// The user's record is read.
    Read,
    /// The user's record can't be read.
    ReadFails,
    /// The next operation succeeds.
    Next,
    /// The store fails the next operation.
    Fail,
    /// The function answers, and the waiting party hears the answer.
    Answer,
    /// The function crashes, or its answer is lost.
    Crash,
}

impl Step {
    /// Whether the step is a fault.
    pub fn is_fault(self) -> bool {
        !matches!(self, Self::Write | Self::Read | Self::Next | Self::Answer)
    }
}

impl Function {
    /// Whether only the answer is left.
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

    /// The refresh, if the task is one.
    pub fn refresh(&self) -> Option<&Refreshing> {
        match &self.task {
            Task::Refresh(refresh) => Some(refresh),
            Task::Logout(_) | Task::Password(_) | Task::Login(_) => None,
        }
    }

    /// Whether the successor's use overtook its request.
    pub fn is_overtaken(&self) -> bool {
        self.refresh().is_some_and(|refresh| refresh.is_refused(Refusal::Overtaken))
    }

    /// Takes this step.
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

    /// The steps that it can take.
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
