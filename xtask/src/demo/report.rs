use serde_json::{Map, Value, json};
use testbed::cluster::TaskView;

use super::watch::Seen;
use crate::failure::Failure;

const TERMINAL: [&str; 8] = [
    "TASK_FINISHED",
    "TASK_FAILED",
    "TASK_KILLED",
    "TASK_ERROR",
    "TASK_LOST",
    "TASK_DROPPED",
    "TASK_GONE",
    "TASK_GONE_BY_OPERATOR",
];

/// Prints the console, the task and the times.
pub(super) fn print(seen: &Seen) {
    println!("\n--- console log of the build ---\n{}", seen.console.trim_end());
    println!("\n--- the task while it ran, and at its end ---");
    for task in [&seen.live, &seen.last].into_iter().flatten() {
        println!("{:#}", excerpt(task));
    }
    println!("\n--- times ---");
    let started = seen.build.as_ref().map(|build| build.started);
    // The build may start between two looks at the agent; the agent was online by then.
    let online = seen.online.map(|online| online.min(started.unwrap_or(online)));
    let mut before = Some(seen.queued);
    for (name, time) in [
        ("queued", Some(seen.queued)),
        ("accepted", seen.accepted),
        ("running", seen.running),
        ("online", online),
        ("build started", started),
        ("build ended", seen.ended),
        ("released", seen.released),
    ] {
        let since = |from: Option<u64>| match (from, time) {
            (Some(from), Some(time)) => format!("{:8.2} s", (time as f64 - from as f64) / 1000.0),
            _ => format!("{:>10}", "not seen"),
        };
        println!(
            "{name:<14} {}  (+{})",
            since(Some(seen.queued)),
            since(before).trim_start()
        );
        before = time.or(before);
    }
}

/// Whether all of it is as promised.
pub(super) fn verdict(seen: &Seen) -> Result<(), Failure> {
    let result = seen
        .build
        .as_ref()
        .and_then(|build| build.result.as_deref())
        .unwrap_or("none");
    let state = seen.last.as_ref().map_or("none", |task| task.state.as_str());
    let wrong = if result != "SUCCESS" {
        Some(format!("the build's result is {result}"))
    } else if !TERMINAL.contains(&state) {
        Some(format!("the task's last state is {state}"))
    } else if seen.cpus_used != Some(0.0) {
        Some(format!("the cluster's used CPUs are {:?}", seen.cpus_used))
    } else if !seen.node_gone {
        Some("the node is still there".into())
    } else {
        None
    };
    match wrong {
        Some(wrong) => Err(Failure::Outcome(wrong)),
        None => {
            println!("\nSUCCESS; the task is {state}, the node is gone, the cluster's used CPUs are 0");
            Ok(())
        }
    }
}

fn excerpt(task: &TaskView) -> Value {
    let keys = ["id", "name", "state", "slave_id", "resources"];
    let mut part: Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), task.json[*key].clone()))
        .collect();
    let statuses = task.json["statuses"].as_array().cloned().unwrap_or_default();
    let states: Vec<Value> = statuses.iter().map(|status| status["state"].clone()).collect();
    part.insert("states".into(), json!(states));
    Value::Object(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testbed::host::Build;

    fn good() -> Seen {
        let task = TaskView {
            id: "mesos-jenkins-1".into(),
            state: "TASK_KILLED".into(),
            cpus: 0.2,
            mem: 192.0,
            agent: "S0".into(),
            json: Value::Null,
        };
        let build = Build {
            number: 1,
            building: false,
            result: Some("SUCCESS".into()),
            node: "n".into(),
            started: 1,
        };
        Seen {
            build: Some(build),
            last: Some(task),
            cpus_used: Some(0.0),
            node_gone: true,
            ..Seen::default()
        }
    }

    #[test]
    fn all_must_be_as_promised() {
        verdict(&good()).unwrap();
        let failed = |change: fn(&mut Seen)| {
            let mut seen = good();
            change(&mut seen);
            verdict(&seen).unwrap_err().to_string()
        };
        assert_eq!(failed(|seen| seen.build = None), "the build's result is none");
        assert_eq!(failed(|seen| seen.last = None), "the task's last state is none");
        assert_eq!(
            failed(|seen| seen.cpus_used = Some(0.2)),
            "the cluster's used CPUs are Some(0.2)"
        );
        assert_eq!(failed(|seen| seen.node_gone = false), "the node is still there");
    }
}
