use std::time::Duration;

use serde_json::Value;
use testbed::{Jenkins, RunError};

use crate::failure::Failure;

/// For the slowest case: a stock Jenkins takes two minutes for one job, and each build of the many a minute.
pub(super) const LIMIT: Duration = Duration::from_secs(280);

/// What was seen of builds that were put into the queue together; seconds from then on.
pub(super) struct Run {
    starts: Vec<f64>,
    /// When the last of their agents was requested from Mesos.
    pub(super) requested: f64,
    /// When the first of them was.
    pub(super) first_requested: f64,
    /// How many agents were requested, with those that were withdrawn again.
    pub(super) agents: usize,
    /// The decisions that it came by; the plugin's log of them.
    pub(super) decisions: Vec<String>,
}

impl Run {
    /// When the last build started.
    pub(super) fn last(&self) -> f64 {
        self.starts.iter().copied().fold(0.0, f64::max)
    }
}

const MAKE: &str = "
(0..<COUNT).each {
  def job = Jenkins.get().createProject(hudson.model.FreeStyleProject, 'LABEL-' + it)
  job.assignedLabel = Jenkins.get().getLabel('LABEL')
  job.buildersList.add(new hudson.tasks.Shell('sleep SECONDS'))
  job.save()
}
";

/// Watched in the controller itself, so that asking costs nothing. Agents are counted for a while after the last start:
/// those that are too many come late. An agent's log says when it was requested; while the agent connects, the log is begun
/// anew and lacks it for a moment.
const RUN: &str = "
def jobs = (0..<COUNT).collect { Jenkins.get().getItem('LABEL-' + it) }
def mine = Jenkins.get().getLabel('LABEL')
def logs = [:]
def number = { org.jenkinsci.plugins.mesos.MesosAgent.NUMBERS.get() }
def decisions = new java.util.concurrent.ConcurrentLinkedQueue()
def handler = new java.util.logging.Handler() {
  void publish(java.util.logging.LogRecord record) { decisions.add(record.millis + ' ' + record.message) }
  void flush() {}
  void close() {}
}
def logger = java.util.logging.Logger.getLogger('org.jenkinsci.plugins.mesos.DemandLog')
logger.addHandler(handler)
logger.level = java.util.logging.Level.FINE
long before = number()
def look = {
  Jenkins.get().nodes.findAll { it.assignedLabels.contains(mine) }.each {
    if (!logs[it.nodeName]) {
      def log = it.toComputer()?.log ?: ''
      logs[it.nodeName] = log.contains('] Requested from ') ? log : ''
    }
  }
}
long begin = System.currentTimeMillis()
jobs.each { it.scheduleBuild2(0) }
long limit = begin + LIMIT
while (System.currentTimeMillis() < limit && jobs.any { it.lastBuild == null || it.lastBuild.startTimeInMillis == 0 }) {
  look(); Thread.sleep(5)
}
long started = System.currentTimeMillis()
while (System.currentTimeMillis() < started + WATCH) { look(); Thread.sleep(20) }
logger.removeHandler(handler)
logger.level = null
println groovy.json.JsonOutput.toJson([begin: begin, logs: logs.values(), agents: number() - before, decisions: decisions,
  starts: jobs.collect { it.lastBuild == null ? -1 : it.lastBuild.startTimeInMillis - begin }])
";

const CLEAN: &str = "
Jenkins.get().items.each { job -> job.builds.each { if (it.isBuilding()) it.doStop() } }
Jenkins.get().nodes.toList().each { Jenkins.get().removeNode(it) }
Jenkins.get().items.toList().each { it.delete() }
";

pub(super) fn run(jenkins: &Jenkins, label: &str, count: usize, seconds: u32) -> Result<Run, Failure> {
    let fill = |script: &str| {
        script
            .replace("COUNT", &count.to_string())
            .replace("LABEL", label)
            .replace("SECONDS", &seconds.to_string())
            .replace("LIMIT", &LIMIT.as_millis().to_string())
            .replace("WATCH", if count > 1 { "30000" } else { "500" })
    };
    jenkins.groovy(&fill(MAKE))?;
    let printed = jenkins.groovy(&fill(RUN))?;
    let seen: Value =
        serde_json::from_str(&printed).map_err(|error| unmet(&format!("{error} in {printed}")))?;
    let list = |key: &str| seen[key].as_array().cloned().unwrap_or_default();
    let starts: Vec<f64> = list("starts").iter().filter_map(Value::as_f64).collect();
    if starts.iter().any(|start| *start < 0.0) {
        return Err(unmet("a build has not started").into());
    }
    let begin = seen["begin"].as_u64().unwrap_or(0);
    let requested = list("logs")
        .iter()
        .map(|log| {
            let log = log.as_str().unwrap_or_default();
            requested_after(log, begin).ok_or_else(|| unmet(&format!("a log without a request: {log}")))
        })
        .collect::<Result<Vec<f64>, RunError>>()?;
    Ok(Run {
        starts: starts.iter().map(|millis| millis / 1000.0).collect(),
        requested: requested.iter().copied().fold(0.0, f64::max),
        first_requested: requested.iter().copied().fold(f64::INFINITY, f64::min),
        agents: seen["agents"]
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(0),
        decisions: list("decisions")
            .iter()
            .filter_map(|line| line.as_str().map(str::to_owned))
            .collect(),
    })
}

/// Ends the builds and removes nodes and jobs.
pub(super) fn clean(jenkins: &Jenkins) -> Result<(), Failure> {
    Ok(jenkins.groovy(CLEAN).map(drop)?)
}

fn unmet(reason: &str) -> RunError {
    RunError::Condition {
        what: "the measurement".into(),
        reason: reason.to_owned(),
    }
}

/// Reads `[12:30:00.446] Requested from …` in an agent's log: the seconds since `begin` (milliseconds since 1970). The
/// clock of the log is that of the controller's time zone, so only minutes and below are looked at.
fn requested_after(log: &str, begin: u64) -> Option<f64> {
    let line = log.lines().find(|line| line.contains("] Requested from "))?;
    let (_, clock) = line.split_once('[')?.1.split_once(':')?;
    let (minutes, seconds) = clock.split_once(']')?.0.split_once(':')?;
    let within: f64 = minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?;
    let hour = 3_600.0;
    let begin = (begin % 3_600_000) as f64 / 1000.0;
    Some((within - begin).rem_euclid(hour))
}

#[cfg(test)]
mod tests {
    use super::requested_after;

    #[test]
    fn the_time_of_the_request_is_read_from_the_log() {
        let log =
            "Inbound agent connected\n[12:30:00.446] Requested from Mesos cloud\n[12:30:01.000] Accepted\n";
        // 1970-01-01 10:29:59.946: another time zone.
        let begin = ((10 * 60 + 29) * 60 + 59) * 1000 + 946;
        assert!((requested_after(log, begin).unwrap() - 0.5).abs() < 1e-6);
        assert_eq!(requested_after("nothing", begin), None);
    }
}
