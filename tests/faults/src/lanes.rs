//! Several beds side by side: most faults only wait.

use std::sync::{Mutex, PoisonError};
use std::thread;

use testbed::RunError;

use crate::bed::Bed;
use crate::host;
use crate::list::{Fault, Scene};
use crate::story::{self, Row};

/// Plays all faults on so many beds at a time; each end is told when it comes.
pub fn play(faults: &[&'static Fault], lanes: usize, tell: impl Fn(&Fault, &Result<Row, RunError>) + Sync) {
    let waiting = Mutex::new(faults.to_vec());
    thread::scope(|scope| {
        for _ in 0..lanes.min(faults.len()) {
            scope.spawn(|| lane(&waiting, &tell));
        }
    });
}

fn lane(waiting: &Mutex<Vec<&'static Fault>>, tell: &(impl Fn(&Fault, &Result<Row, RunError>) + Sync)) {
    let mut bed: Option<Bed> = None;
    while let Some(fault) = next(waiting, bed.as_ref()) {
        if let Scene::Host(_) | Scene::Today(_) = fault.scene {
            tell(fault, &host::play(fault));
            continue;
        }
        let ours = match bed.take() {
            Some(bed) if bed.place == fault.place => Ok(bed),
            other => {
                drop(other);
                Bed::start(fault.place)
            }
        };
        let result = match ours {
            Ok(mut ours) => {
                let result = story::play(&mut ours, fault);
                // A bed is used again only when it is as it was.
                bed = (result.is_ok() && !fault.spoils).then_some(ours);
                result
            }
            Err(error) => Err(error),
        };
        tell(fault, &result);
    }
}

/// The longest fault for the bed that stands, else the longest.
fn next(waiting: &Mutex<Vec<&'static Fault>>, bed: Option<&Bed>) -> Option<&'static Fault> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let longest = |fits: &dyn Fn(&Fault) -> bool| {
        let fitting = waiting.iter().enumerate().filter(|(_, fault)| fits(fault));
        fitting
            .max_by_key(|(_, fault)| fault.lasts)
            .map(|(index, _)| index)
    };
    let same = bed.and_then(|bed| longest(&|fault| fault.place == bed.place));
    let index = same.or_else(|| longest(&|_| true))?;
    Some(waiting.remove(index))
}
