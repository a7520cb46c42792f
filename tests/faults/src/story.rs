//! What happens around a fault: ten builds run and ten wait, it strikes, it is over, and all has to be as if it had not
//! been.

use std::fmt::Display;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use testbed::{Check, RunError};

use crate::bed::{Bed, SOON, TEN};
use crate::list::Fault;
use crate::orders::Record;
use crate::strangers::Strangers;

/// For how long a task may live that nobody owns, once the fault is over.
pub const ORPHAN: Duration = Duration::from_secs(60);
/// For all builds to be done after the fault.
const DONE: Duration = Duration::from_secs(240);
const RECOVERY: Duration = Duration::from_secs(240);

/// What came of a fault.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The fault.
    pub fault: &'static str,
    /// Builds that ran when it struck.
    pub running: usize,
    /// Builds that were done in the end.
    pub done: usize,
    /// Builds that ended before their time.
    pub lost: usize,
    /// From the moment at which it could get better until a build that was asked for then began, in seconds.
    pub recovery: f64,
    /// The longest time from that moment on for which the master had a task that the controller had no node for, in seconds.
    pub orphan: f64,
    /// From the start of the controller on, in seconds.
    pub took: f64,
}

/// Plays a fault's story.
///
/// # Errors
/// [`RunError`] with what was not as it should be, and what all parts said.
pub fn play(bed: &mut Bed, fault: &Fault) -> Result<Row, RunError> {
    let result = played(bed, fault);
    if result.is_err() {
        bed.cluster.keep_logs();
    }
    result.map_err(|error| RunError::Condition {
        what: format!("{}: {error}", fault.name),
        reason: format!("{:?}\n{}", bed.record(), bed.tails()),
    })
}

fn played(bed: &mut Bed, fault: &Fault) -> Result<Row, RunError> {
    let begin = Instant::now();
    bed.open(fault.way, fault.seconds)?;
    bed.begin()?;
    let before = bed.record();
    let from = (fault.strike)(bed)?;
    let mut strangers = Strangers::default();
    let recovery = recovered(bed, &mut strangers)?.duration_since(from);
    // Until here those that ran when it struck have gone on, unless it is the fault's part that they cannot.
    bed.let_end()?;
    (fault.heal)(bed)?;
    bed.up()?;
    all_done(bed, &mut strangers)?;
    let record = bed.record();
    nothing_is_left(bed, &record, fault)?;
    bed.close()?;
    nobody_is_left(bed)?;
    let row = Row {
        fault: fault.name,
        running: before.running(),
        done: record.done(),
        lost: record.losses.len(),
        recovery: recovery.as_secs_f64(),
        orphan: strangers.oldest.as_secs_f64(),
        took: begin.elapsed().as_secs_f64(),
    };
    unless(
        before.waiting() == TEN,
        "ten builds that waited",
        before.waiting(),
    )?;
    judge(&row, fault, &record)?;
    Ok(row)
}

/// Asks for one more agent, and waits until it is there and the master has all Mesos agents again.
fn recovered(bed: &mut Bed, strangers: &mut Strangers) -> Result<Instant, RunError> {
    bed.order(|orders| orders.probes += 1)?;
    let mut begun = None;
    bed.wait("a build that was asked for after the fault", RECOVERY, |bed| {
        look_for(strangers, bed);
        let record = bed.record();
        if record.probes < bed.orders().probes {
            return Check::NotYet(format!("it has not begun: {}", record.connection));
        }
        if record.losses.len() < bed.lost {
            return Check::NotYet(format!("losses known: {:?}", record.losses));
        }
        // Whoever asks the master for its state asks late.
        let begun = *begun.get_or_insert_with(Instant::now);
        let state = match bed.cluster.master_state() {
            Ok(state) => state,
            Err(error) => return Check::NotYet(error.to_string()),
        };
        let agents = &state["activated_slaves"];
        Check::when(agents.as_f64() >= Some(bed.agents as f64), begun, || {
            format!("{agents} agents")
        })
    })
}

/// What of the master's tasks the controller has no node for; none when no master tells.
fn look_for(strangers: &mut Strangers, bed: &Bed) -> Option<usize> {
    let tasks = bed.cluster.tasks().ok()?;
    let record = bed.record();
    let owned = |name: &str| record.agents.get(name).is_some_and(|agent| agent.node);
    Some(strangers.look(&tasks, Instant::now(), owned))
}

/// Waits until all builds are done and all agents have ended.
fn all_done(bed: &mut Bed, strangers: &mut Strangers) -> Result<(), RunError> {
    let builds = usize::try_from(bed.orders().builds).unwrap_or(usize::MAX);
    bed.wait("the end of all builds", DONE, |bed| {
        let unowned = look_for(strangers, bed);
        let record = bed.record();
        if matches!(bed.controls(), Ok(false)) {
            return Check::Never("the controller has ended".into());
        }
        Check::when(
            record.done() == builds && record.agents.is_empty() && unowned == Some(0),
            (),
            || {
                format!(
                    "{} done, agents: {:?}, strangers: {unowned:?}, {}",
                    record.done(),
                    record.agents,
                    record.connection
                )
            },
        )
    })
}

pub(crate) fn unless(fine: bool, what: &str, reason: impl Display) -> Result<(), RunError> {
    if fine {
        return Ok(());
    }
    Err(RunError::Condition {
        what: what.into(),
        reason: reason.to_string(),
    })
}

/// One framework, after those that had to make way for it, and no task of it that may live in any list of the master.
fn nothing_is_left(bed: &mut Bed, record: &Record, fault: &Fault) -> Result<(), RunError> {
    let count = fault.frameworks;
    unless(
        record.frameworks.len() == count,
        "no framework id too many",
        format!("{:?} in place of {count}", record.frameworks),
    )?;
    let name = bed.orders().config["name"].clone();
    bed.wait("a master's state with one framework and no task", SOON, |bed| {
        let state = match bed.cluster.master_state() {
            Ok(state) => state,
            Err(error) => return Check::NotYet(error.to_string()),
        };
        let all = named(&state["frameworks"], &name);
        let ended = named(&state["completed_frameworks"], &name);
        let orphans = state["orphan_tasks"].as_array().map_or(0, Vec::len);
        let [one] = all.as_slice() else {
            return Check::NotYet(format!("{} frameworks", all.len()));
        };
        let tasks = ["tasks", "unreachable_tasks"].map(|list| one[list].as_array().map_or(0, Vec::len));
        let clean = one["active"] == true
            && tasks == [0, fault.unreachable]
            && orphans == 0
            && ended.len() + 1 == count;
        Check::when(clean, (), || {
            format!(
                "tasks: {tasks:?} and {orphans}; ended frameworks: {}",
                ended.len()
            )
        })
    })
}

/// The framework is gone.
fn nobody_is_left(bed: &mut Bed) -> Result<(), RunError> {
    let name = bed.orders().config["name"].clone();
    bed.wait("a master's state without our framework", SOON, |bed| {
        match bed.cluster.master_state() {
            Ok(state) => {
                let left = named(&state["frameworks"], &name).len();
                Check::when(left == 0, (), || format!("{left} frameworks"))
            }
            Err(error) => Check::NotYet(error.to_string()),
        }
    })
}

fn named<'a>(list: &'a Value, name: &Value) -> Vec<&'a Value> {
    let list = list.as_array().into_iter().flatten();
    list.filter(|framework| framework["name"] == *name).collect()
}

fn judge(row: &Row, fault: &Fault, record: &Record) -> Result<(), RunError> {
    unless(row.running == TEN, "ten builds that ran", row.running)?;
    unless(
        row.lost <= fault.may_lose,
        "no build lost whose machine lived",
        format!("{:#?}", record.losses),
    )?;
    unless(
        row.orphan <= ORPHAN.as_secs_f64(),
        "no task without an owner for more than 60 s",
        row.orphan,
    )
}
