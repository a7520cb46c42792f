use std::time::{Duration, SystemTime, UNIX_EPOCH};

use testbed::cluster::TaskView;
use testbed::host::Build;
use testbed::{Check, Host, until};

use super::JOB;
use super::place::Place;
use crate::failure::Failure;
use crate::progress::Progress;

/// A line comes at least as often as this.
const SILENCE: Duration = Duration::from_secs(15);

/// What was seen of the build and its task; times in milliseconds since 1970.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) queued: u64,
    pub(super) accepted: Option<u64>,
    pub(super) running: Option<u64>,
    pub(super) online: Option<u64>,
    pub(super) build: Option<Build>,
    pub(super) ended: Option<u64>,
    pub(super) released: Option<u64>,
    pub(super) console: String,
    /// The task while it ran, and after its end.
    pub(super) live: Option<TaskView>,
    pub(super) last: Option<TaskView>,
    pub(super) cpus_used: Option<f64>,
    pub(super) node_gone: bool,
}

/// Starts the job, and watches until its agent's task has ended and its node is gone.
pub(super) fn until_released(
    host: &Host,
    place: &Place,
    progress: &mut Progress,
    limit: Duration,
) -> Result<Seen, Failure> {
    let mut seen = Seen {
        queued: now(),
        ..Seen::default()
    };
    host.build(JOB)?;
    progress.say(format!("job {JOB} is in the queue"));
    let done = until("the build's agent to be released", limit, || {
        match look(host, place, &mut seen, progress) {
            Ok(true) => Check::Ready(()),
            Ok(false) => Check::NotYet(format!("build {:?}, task {:?}", seen.build, seen.live)),
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    match done {
        Ok(()) => Ok(seen),
        Err(error) => Err(Failure::Outcome(format!(
            "{error}\n{}\n{}",
            host.tail(),
            place.tails()
        ))),
    }
}

fn look(host: &Host, place: &Place, seen: &mut Seen, progress: &mut Progress) -> Result<bool, Failure> {
    if seen.last.is_none() {
        look_at_task(host, place, seen, progress)?;
    }
    let nodes = host.nodes()?;
    if seen.online.is_none() && nodes.iter().any(|node| node.online) {
        seen.online = Some(now());
        progress.say("the agent is online");
    }
    if seen.ended.is_none() {
        look_at_build(host, seen, progress)?;
        if seen.build.is_none() && seen.accepted.is_none() {
            for item in host.queue()? {
                progress.say_if_new(&format!("waiting: {}", item.why));
            }
        }
    }
    if seen.ended.is_none() || seen.last.is_none() {
        progress.say_after(
            SILENCE,
            if seen.ended.is_some() {
                "the agent is idle"
            } else {
                "still waiting"
            },
        );
        return Ok(false);
    }
    seen.node_gone = nodes.is_empty();
    seen.cpus_used = Some(place.cpus_used(host)?);
    Ok(seen.node_gone && seen.cpus_used == Some(0.0))
}

fn look_at_task(host: &Host, place: &Place, seen: &mut Seen, progress: &mut Progress) -> Result<(), Failure> {
    if let Some(task) = place.tasks(host)?.into_iter().next() {
        if seen.accepted.is_none() {
            seen.accepted = Some(now());
            progress.say(format!(
                "{} has the task {} ({} CPUs, {} MB)",
                place.name(),
                task.id,
                task.cpus,
                task.mem
            ));
        }
        if seen.running.is_none() {
            seen.running = time_of(&task, "TASK_RUNNING");
            if seen.running.is_some() {
                progress.say("the task runs");
            }
        }
        if task.state == "TASK_RUNNING" || seen.live.is_none() {
            seen.live = Some(task);
        }
    } else if let Some(live) = &seen.live
        && let Some(task) = place.ended_tasks(host, live)?.into_iter().next()
    {
        // All of it may have happened between two looks.
        seen.running = seen.running.or_else(|| time_of(&task, "TASK_RUNNING"));
        seen.released = time_of(&task, &task.state);
        progress.say(format!("the task has ended: {}", task.state));
        seen.last = Some(task);
    }
    Ok(())
}

fn look_at_build(host: &Host, seen: &mut Seen, progress: &mut Progress) -> Result<(), Failure> {
    let Some(build) = host.find_build(JOB, 1)? else {
        return Ok(());
    };
    // A build is there before its node is written down.
    let told = seen.build.as_ref().is_some_and(|build| !build.node.is_empty());
    if !told && !build.node.is_empty() {
        progress.say(format!("the build has started on {}", build.node));
    }
    if let (false, Some(result)) = (build.building, &build.result) {
        seen.ended = Some(now());
        seen.console = host.console(JOB, 1)?;
        progress.say(format!(
            "the build has ended: {result}; its agent goes after a minute without work"
        ));
    }
    seen.build = Some(build);
    Ok(())
}

/// When a task came into a state, as the master noted it.
fn time_of(task: &TaskView, state: &str) -> Option<u64> {
    let statuses = task.json["statuses"].as_array()?;
    let seconds = statuses.iter().find(|status| status["state"] == state)?["timestamp"].as_f64()?;
    Some((seconds * 1000.0) as u64)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
