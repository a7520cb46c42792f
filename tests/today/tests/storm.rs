//! Many builds at once: none is lost, no agent is too many, and nothing is left.

use std::time::{Duration, Instant};

use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{AgentSpec, Check, ClusterSpec, RunError};
use today::{Bed, Gate, LATER};

const BUILDS: usize = 800;
const ROOM: usize = 40;
const SECONDS: usize = 2;
/// The most that the live heap may grow by from the first builds to the last, in bytes. What Jenkins itself remembers
/// of a build is a few kB.
const GROWTH: i64 = 48 << 20;

/// One job whose builds differ in a parameter, so that none joins another in the queue.
const JOB: &str = "
def job = Jenkins.get().createProject(hudson.model.FreeStyleProject, 'storm')
job.assignedLabel = Jenkins.get().getLabel('mesos')
job.concurrentBuild = true
job.addProperty(new hudson.model.ParametersDefinitionProperty(new hudson.model.StringParameterDefinition('n', '')))
job.buildersList.add(new hudson.tasks.Shell('sleep SECONDS'))
job.save()
";
const QUEUE: &str = "
def job = Jenkins.get().getItem('storm')
(FROM..<TO).each {
  job.scheduleBuild2(0, new hudson.model.ParametersAction(new hudson.model.StringParameterValue('n', '' + it)))
}
";
/// A node whose task is over is no agent any more, and goes as soon as the queue lets it.
const DONE: &str = "
def job = Jenkins.get().getItem('storm')
def last = job.lastBuild == null ? 0 : job.lastBuild.number
def running = Jenkins.get().computers.collectMany { it.executors }.count { it.busy }
def agents = Jenkins.get().nodes.count { org.jenkinsci.plugins.mesos.MesosFrameworks.agent(it.cloudId, it.nodeName) != null }
println last + ' ' + running + ' ' + Jenkins.get().queue.items.length + ' ' + agents + ' ' + Jenkins.get().nodes.size()
";
const RESULTS: &str = "
println Jenkins.get().getItem('storm').builds.countBy { '' + it.result }.sort()
";
/// Used after full collections, in bytes.
const HEAP: &str = "
3.times { System.gc() }
println java.lang.management.ManagementFactory.memoryMXBean.heapMemoryUsage.used
";

struct Storm<'a> {
    bed: &'a Bed,
    most_tasks: usize,
    most_agents: usize,
    most_nodes: usize,
}

impl Storm<'_> {
    /// Queues the builds from one number to another and waits until they are done.
    fn pass(&mut self, from: usize, to: usize) -> Result<Duration, RunError> {
        let bed = self.bed;
        let script = QUEUE
            .replace("FROM", &from.to_string())
            .replace("TO", &to.to_string());
        let begin = Instant::now();
        bed.jenkins.groovy(&script)?;
        let limit = Duration::from_secs(900);
        let done = bed.jenkins.await_that("all builds to be done", limit, || {
            let tasks = bed.cluster.tasks().map_or(0, |tasks| tasks.len());
            self.most_tasks = self.most_tasks.max(tasks);
            let seen = bed.jenkins.groovy(DONE).unwrap_or_default();
            let numbers: Vec<usize> = seen.split(' ').filter_map(|word| word.parse().ok()).collect();
            let &[last, running, waiting, agents, nodes] = numbers.as_slice() else {
                return Check::NotYet(seen);
            };
            self.most_agents = self.most_agents.max(agents);
            self.most_nodes = self.most_nodes.max(nodes);
            Check::when(last == to && running == 0 && waiting == 0, (), || {
                format!("{last} begun, {running} running, {waiting} waiting, {agents} agents, {tasks} tasks")
            })
        });
        bed.explain(done)?;
        Ok(begin.elapsed())
    }
}

#[test]
fn eight_hundred_builds_pass_through_a_cluster_with_room_for_forty_agents() {
    // An agent takes 0.2 CPUs and 192 MB.
    let spec = ClusterSpec::with_agents(4, &AgentSpec::with(2.0, 16_384));
    let cloud = CloudSeed {
        templates: vec![TemplateSeed::default()],
        ..CloudSeed::default()
    };
    let bed = Bed::start(&spec, cloud).unwrap();
    bed.jenkins
        .groovy(&JOB.replace("SECONDS", &SECONDS.to_string()))
        .unwrap();
    let mut storm = Storm {
        bed: &bed,
        most_tasks: 0,
        most_agents: 0,
        most_nodes: 0,
    };
    let heap = || bed.jenkins.groovy(HEAP).unwrap().parse::<i64>().unwrap();

    let first = BUILDS / 8;
    let mut took = storm.pass(0, first).unwrap();
    let before = heap();
    let lines_before = bed.jenkins.log().lines().count();
    took += storm.pass(first, BUILDS).unwrap();
    let growth = heap() - before;
    let lines = bed.jenkins.log().lines().count() - lines_before;

    let agents = bed.cluster.ended_tasks().unwrap().len() + bed.cluster.tasks().unwrap().len();
    let ideal = (BUILDS * SECONDS) as f64 / ROOM as f64;
    println!(
        "{BUILDS} builds of {SECONDS} s with room for {ROOM} agents: {:.1} s, {:.2} x the ideal of {ideal:.0} s; \
         {agents} agents in all, at most {} tasks, {} agents and {} nodes at a time; heap {:+.1} MiB from build {first} on; \
         {:.2} log lines for each build",
        took.as_secs_f64(),
        took.as_secs_f64() / ideal,
        storm.most_tasks,
        storm.most_agents,
        storm.most_nodes,
        growth as f64 / f64::from(1 << 20),
        lines as f64 / (BUILDS - first) as f64,
    );
    assert_eq!(
        bed.jenkins.groovy(RESULTS).unwrap(),
        format!("[SUCCESS:{BUILDS}]")
    );
    assert!(storm.most_tasks <= ROOM, "{} tasks", storm.most_tasks);
    assert!(storm.most_agents <= ROOM, "{} agents", storm.most_agents);
    // For a moment there may be more nodes: those whose task is over. They go while the next batch is coming.
    assert!(storm.most_nodes <= 2 * ROOM, "{} nodes", storm.most_nodes);
    assert!(growth < GROWTH, "the heap has grown by {growth} bytes");
    assert!(lines < 2 * (BUILDS - first), "{lines} lines");
    bed.nothing_left(LATER).unwrap();
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

/// Removes a node and, between the two halves of that removal, another one: the log of the first half is where a script
/// can step in. Jenkins then makes a new computer for the first node, which is gone.
const TWO_AT_ONCE: &str = "
import java.util.logging.*
def jenkins = Jenkins.get()
def (first, second) = jenkins.nodes
def made = 0
def listener = [onConfigurationChange: { if (first.toComputer() != null && first.toComputer().node == null) made++ }] as
  hudson.slaves.ComputerListener
def between = new Handler() {
  void publish(LogRecord record) {
    if (record.message.startsWith('deleting') && record.message.endsWith(first.nodeName)) jenkins.removeNode(second)
  }
  void flush() {}
  void close() {}
}
between.level = Level.ALL
def nodes = Logger.getLogger('jenkins.model.Nodes')
nodes.level = Level.FINE
nodes.addHandler(between)
hudson.slaves.ComputerListener.all().add(listener)
try {
  jenkins.removeNode(first)
} finally {
  hudson.slaves.ComputerListener.all().remove(listener)
  nodes.removeHandler(between)
  nodes.level = null
}
println made + ' ' + jenkins.computers.findAll { it.node == null }*.name
";

#[test]
fn two_nodes_that_are_removed_at_once_leave_no_computer() {
    let bed = Bed::start(
        &ClusterSpec::with_agents(1, &AgentSpec::with(2.0, 16_384)),
        CloudSeed::default(),
    )
    .unwrap();
    // both run at the same time, so they have two agents
    let gate = Gate::closed().unwrap();
    for job in ["one", "two"] {
        bed.build(job, "mesos", &gate.script()).unwrap();
    }
    for job in ["one", "two"] {
        bed.start_of(job).unwrap();
    }
    gate.open().unwrap();
    for job in ["one", "two"] {
        bed.success_of(job).unwrap();
    }

    let seen = bed.jenkins.groovy(TWO_AT_ONCE).unwrap();

    let (made, left) = seen.split_once(' ').unwrap();
    assert_ne!(made, "0", "Jenkins made no computer for a node that was gone");
    assert_eq!(left, "[]");
    bed.nothing_left(LATER).unwrap();
}
