//! Three labels with caps on four Mesos agents of different sizes, as builds of the host see them; and who else wants the role.

use std::collections::BTreeMap;

use e2e::{Bed, Gate, LATER, SOON, complaints};
use testbed::http::Answer;
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError};

/// Label, thousandths of CPUs of an agent in all, cap, builds. The big one comes first: one Mesos agent alone has room for
/// it, which would be gone if that one's offer were the only one when a middle agent is asked for.
const LABELS: [(&str, i64, usize, usize); 3] =
    [("big", 2501, 1, 2), ("middle", 701, 2, 3), ("small", 200, 3, 4)];

fn template(label: &str, milli: i64, cap: usize) -> TemplateSeed {
    TemplateSeed {
        label: label.to_owned(),
        cpus: format!("{}", (milli - 1) as f64 / 1000.0),
        executor_cpus: "0.001".to_owned(),
        more: vec![("maxAgents", cap.to_string())],
        ..TemplateSeed::default()
    }
}

/// How many tasks each label has, with what the master has booked for each of them.
fn booked(cluster: &Cluster) -> Result<BTreeMap<String, Vec<i64>>, RunError> {
    let mut booked: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for task in cluster.tasks()? {
        let label = task.id.rsplit('-').next().unwrap_or_default().to_owned();
        booked
            .entry(label)
            .or_default()
            .push((task.cpus * 1000.0).round() as i64);
    }
    Ok(booked)
}

/// Whether all these words are in a good answer.
fn says(answer: Result<Answer, RunError>, words: &[&str]) -> Check<()> {
    match answer.and_then(Answer::good) {
        Ok(answer) => {
            let missing: Vec<_> = words
                .iter()
                .filter(|word| !answer.body.contains(**word))
                .collect();
            Check::when(missing.is_empty(), (), || {
                format!("{missing:?} are not in {}", answer.body)
            })
        }
        Err(error) => Check::NotYet(error.to_string()),
    }
}

#[test]
fn three_labels_with_caps_share_four_agents_of_different_sizes() -> Result<(), RunError> {
    let spec = ClusterSpec {
        agents: [0.5, 1.0, 1.5, 3.0]
            .map(|cpus| AgentSpec::with(cpus, 2048))
            .to_vec(),
        ..ClusterSpec::default()
    };
    let templates = LABELS
        .map(|(label, milli, cap, _)| template(label, milli, cap))
        .to_vec();
    let bed = Bed::start(
        &spec,
        CloudSeed {
            templates,
            ..CloudSeed::default()
        },
    )?;
    let gate = Gate::closed()?;
    let mut jobs = Vec::new();
    for (label, _, _, builds) in LABELS {
        for number in 1..=builds {
            let job = format!("{label}{number}");
            bed.host.create_job(&job, &freestyle(label, &gate.script()))?;
            bed.host.build(&job)?;
            jobs.push(job);
        }
        let placed = bed.host.await_that(&format!("an agent for {label}"), LATER, || {
            match booked(&bed.cluster) {
                Ok(booked) => Check::when(booked.contains_key(label), (), || format!("{booked:?}")),
                Err(error) => Check::NotYet(error.to_string()),
            }
        });
        bed.explain(placed)?;
    }
    let full: BTreeMap<String, Vec<i64>> = LABELS
        .iter()
        .map(|(label, milli, cap, _)| ((*label).to_owned(), vec![*milli; *cap]))
        .collect();
    let within = |booked: &BTreeMap<String, Vec<i64>>| {
        booked
            .iter()
            .all(|(label, tasks)| full.get(label).is_some_and(|cap| tasks.len() <= cap.len()))
    };
    let running = || {
        let started = |job: &&String| matches!(bed.host.find_build(job, 1), Ok(Some(_)));
        jobs.iter().filter(started).count()
    };
    let reached = bed
        .host
        .await_that("as many builds as there may be agents", LATER, || {
            match booked(&bed.cluster) {
                Ok(booked) if !within(&booked) => Check::Never(format!("more than the caps: {booked:?}")),
                Ok(booked) => {
                    let running = running();
                    Check::when(booked == full && running == 6, (), || {
                        format!("{running} builds run, {booked:?} instead of {full:?}")
                    })
                }
                Err(error) => Check::NotYet(error.to_string()),
            }
        });
    bed.explain(reached)?;
    // 6 CPUs are there, and 4.503 in use.
    let told = [
        "and there are 3: wait for one to end",
        "this cloud, Jenkins Scheduler",
        "1 (100.0 % of the cluster while everybody wants as much as they can get)",
        "4.503 CPUs, ",
        "(75.1 % of the cluster)",
        "no limit",
    ];
    // The page shows what the master said last, and that may have been before the last agent.
    let page = bed
        .host
        .await_that("the caps and the role on the page", SOON, || {
            says(bed.host.page("/mesos/"), &told)
        });
    bed.explain(page)?;
    // A test that takes longer than a second is answered with a place to look at.
    let told = ["Role *: weight 1 (100.0 %", "Jenkins Scheduler (4.503 CPUs, "];
    bed.host.await_that("the role in a connection test", SOON, || {
        let tested = bed.host.client().post_form(
            "/descriptorByName/org.jenkinsci.plugins.mesos.MesosCloud/testConnection",
            &[("master", &bed.cluster.master())],
        );
        says(tested, &told)
    })?;

    gate.open()?;
    for job in &jobs {
        let end = bed.host.await_that(&format!("the end of {job}"), LATER, || {
            match booked(&bed.cluster) {
                Ok(booked) if !within(&booked) => {
                    return Check::Never(format!("more than the caps: {booked:?}"));
                }
                _ => {}
            }
            match bed.host.find_build(job, 1) {
                Ok(Some(build)) if !build.building => Check::Ready(build),
                other => Check::NotYet(format!("{other:?}")),
            }
        });
        assert_eq!(bed.explain(end)?.result.as_deref(), Some("SUCCESS"), "{job}");
    }
    let metrics = bed.cluster.master_metrics()?;
    assert_eq!(metrics["master/tasks_error"].as_f64(), Some(0.0));
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
    Ok(())
}
