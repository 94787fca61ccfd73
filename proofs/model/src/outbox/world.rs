//! The world: the row of a mailbox, the records of the stream, and the deliveries.

use super::{
    delivery::{Delivery, Stage, Step},
    row::Row,
    scenario::{DELIVERY_TTL, Scenario},
};
use crate::scenario::Tick;

/// The most mails of a scenario.
const MAILS: usize = 4;

/// The complete state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The time.
    pub now: Tick,
    /// The row.
    pub row: Row,
    /// The records that wait.
    pub records: u8,
    /// The deliveries, each of a record that still counts.
    pub deliveries: Vec<Delivery>,
    /// The mails that were asked for.
    pub mails: u8,
    /// How often the mail service has accepted each mail.
    pub accepted: [u8; MAILS],
    /// How often a delivery of each mail ended after it was accepted and before it was marked.
    pub unmarked: [u8; MAILS],
    /// Whether the link of the latest mail was used.
    pub was_used: bool,
    /// The faults that may still happen.
    pub faults: u8,
    /// The records that may still come twice.
    pub duplicates: u8,
}

impl World {
    /// The initial world: a mail is written.
    pub fn new(scenario: &Scenario) -> Self {
        let mut world = Self {
            now: 0,
            row: Row { unsent: None, lease: None, marks: 0 },
            records: 0,
            deliveries: Vec::new(),
            mails: 0,
            accepted: [0; MAILS],
            unmarked: [0; MAILS],
            was_used: false,
            faults: scenario.faults,
            duplicates: scenario.duplicates,
        };
        world.ask();
        world
    }

    /// The latest mail.
    pub fn latest(&self) -> usize {
        usize::from(self.mails - 1)
    }

    /// Writes another request into the row, and its record into the stream.
    pub(crate) fn ask(&mut self) {
        (self.row.unsent, self.row.lease) = (Some(self.mails), None);
        self.was_used = false;
        self.mails += 1;
        self.records += 1;
    }

    /// The reader uses the link of the latest mail, which ends its wait.
    pub(crate) fn use_link(&mut self) {
        (self.row.unsent, self.row.lease) = (None, None);
        self.was_used = true;
    }

    /// Hands a record to a delivery.
    pub(crate) fn deliver(&mut self) {
        self.records -= 1;
        self.deliveries.push(Delivery::new(self.now));
    }

    pub(crate) fn tick(&mut self) {
        self.now += 1;
        for i in (0..self.deliveries.len()).rev() {
            if self.deliveries[i].began + DELIVERY_TTL < self.now {
                self.end(i);
            }
        }
    }

    /// Ends a delivery before it is done. Its record comes again.
    fn end(&mut self, i: usize) {
        let delivery = self.deliveries.remove(i);
        if let Some(mail) = delivery.left_unmarked() {
            self.unmarked[usize::from(mail)] += 1;
        }
        self.records += 1;
    }

    pub(crate) fn step(&mut self, i: usize, step: Step, scenario: &Scenario) {
        self.faults -= u8::from(step != Step::Next);
        if step == Step::Crash {
            return self.end(i);
        }
        let delivery = &mut self.deliveries[i];
        if let Some(mail) = delivery.accepted_by(step) {
            self.accepted[usize::from(mail)] += 1;
            self.unmarked[usize::from(mail)] += u8::from(step == Step::AcceptUnheard);
        }
        delivery.go_on(step, &mut self.row, self.now, scenario);
        match delivery.stage {
            Stage::Done => {
                self.deliveries.remove(i);
            }
            Stage::Failed => {
                self.deliveries.remove(i);
                self.records += 1;
            }
            Stage::Leasing | Stage::Sending(_) | Stage::Marking(_) | Stage::Releasing(_) => {}
        }
    }

    /// Removes details that make no difference, so that equal worlds are recognised.
    pub(crate) fn tidy(&mut self) {
        self.deliveries.sort_unstable();
        // More waiting records than that are handled in the same way.
        self.records = self.records.min(2);
    }
}
