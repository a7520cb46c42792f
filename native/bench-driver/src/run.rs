//! The two runs.

use std::time::{Duration, Instant};

use mesos_client::{Cloud, Runtime};
use mesos_core::{Config, ConnectionState, Launch, Notice, Protocol, Request};

use crate::Failure;
use crate::figures::{Figures, processor};

const PATIENCE: Duration = Duration::from_secs(300);
/// After the registration, so that the start is not in the figures.
const SETTLED: Duration = Duration::from_millis(500);

/// In which a new picture of the moment is published.
const LOOK: Duration = Duration::from_millis(100);

/// A cloud that is registered.
struct Registered {
    cloud: Cloud,
    after: Duration,
    // Its threads end with it.
    _runtime: Runtime,
}

fn config(master: &str, executor: Option<&str>) -> Result<Config, Failure> {
    let template = |label: &str, cpus: f64| {
        serde_json::json!({
            "label": label, "cpus": cpus, "mem": 32, "executorCpus": 0, "executorMem": 0, "maxExecutors": 1,
        })
    };
    Ok(serde_json::from_value(serde_json::json!({
        "v": 1, "cloudId": "bench", "name": "bench", "master": master, "frameworkName": "driver-bench", "user": "root",
        "templates": [template("task", 0.1), template("huge", 1000.0)],
        "bench": {"refuseSeconds": 0.0, "executor": executor},
    }))?)
}

impl Registered {
    fn start(config: Config, folder: &str) -> Result<Self, Failure> {
        let begin = Instant::now();
        let runtime = Runtime::new()?;
        let cloud = Cloud::open(config, folder.into(), &runtime);
        let subscribed = |notice: &Notice| {
            matches!(
                notice,
                Notice::Connection {
                    state: ConnectionState::Subscribed,
                    ..
                }
            )
        };
        loop {
            let batch = cloud.poll(PATIENCE);
            if batch.events.iter().any(|event| subscribed(&event.notice)) {
                break;
            }
            if begin.elapsed() > PATIENCE {
                return Err(Failure::Late(format!("no registration: {:?}", batch.events)));
            }
        }
        Ok(Self {
            after: begin.elapsed(),
            cloud,
            _runtime: runtime,
        })
    }

    fn submit(&self, number: u32, label: &str) -> Result<(), Failure> {
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins/");
        let request = Request::new(format!("bench-{number:06}"), label, 1, launch);
        Ok(self.cloud.submit(request)?)
    }

    /// Takes events as the JNI border does, until `done` says so of one of them or the patience is over.
    fn serve(&self, patience: Duration, mut done: impl FnMut(&Notice) -> bool) -> Result<bool, Failure> {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let batch = self.cloud.poll(left);
            std::hint::black_box(serde_json::to_vec(&batch)?);
            let mut over = false;
            for event in &batch.events {
                over |= done(&event.notice);
            }
            if over {
                return Ok(true);
            }
        }
    }

    /// Ends the framework; what was measured is over.
    fn end(self) -> Result<(), Failure> {
        self.cloud.close(true);
        match self.cloud.wait_closed(PATIENCE) {
            true => Ok(()),
            false => Err(Failure::Late("the cloud does not close".to_owned())),
        }
    }
}

/// Offers only: what waits needs more than any agent has, so each offer is looked at, declined and offered anew.
pub(crate) fn offers(master: &str, folder: &str, seconds: u32) -> Result<Figures, Failure> {
    let registered = Registered::start(config(master, None)?, folder)?;
    registered.submit(0, "huge")?;
    registered.serve(SETTLED, |_| false)?;
    // The first look may show a picture that is a second old, the next shows a new one.
    let seen = || {
        registered.cloud.status();
        registered.serve(LOOK, |_| false)?;
        Ok::<_, Failure>(registered.cloud.status().counters.offers_received)
    };
    let offers = seen()?;
    let (begin, before) = (Instant::now(), processor());
    registered.serve(Duration::from_secs(seconds.into()), |_| false)?;
    let offers = seen()?.saturating_sub(offers);
    let figures = Figures {
        wall: begin.elapsed(),
        processor: processor().saturating_sub(before),
        offers,
        registered: registered.after,
        ..Figures::default()
    };
    registered.end()?;
    Ok(figures)
}

/// Tasks in a closed loop: as many at a time as the cluster holds.
pub(crate) fn tasks(master: &str, folder: &str, count: u32, executor: &str) -> Result<Figures, Failure> {
    let registered = Registered::start(config(master, Some(executor))?, folder)?;
    let before = processor();
    for number in 0..count {
        registered.submit(number, "task")?;
    }
    let (mut first, mut ended, mut failed) = (None, 0, 0);
    let all = registered.serve(PATIENCE, |notice| {
        match notice {
            Notice::Accepted { .. } => {
                first.get_or_insert_with(Instant::now);
            }
            Notice::Ended { state, message, .. } => {
                ended += 1;
                if state != "TASK_FINISHED" {
                    failed += 1;
                    eprintln!("{state}: {message:?}");
                }
            }
            _ => {}
        }
        ended == count
    })?;
    if !all {
        return Err(Failure::Late(format!("{ended} of {count} tasks have ended")));
    }
    let figures = Figures {
        wall: first.map_or(Duration::ZERO, |first| first.elapsed()),
        processor: processor().saturating_sub(before),
        offers: registered.cloud.status().counters.offers_received,
        tasks: count,
        failed,
        registered: registered.after,
    };
    registered.end()?;
    Ok(figures)
}
