use super::*;
use crate::findings::Severity;

mod cloud;
mod container;
mod placement;

fn of(json: serde_json::Value) -> Vec<(Severity, &'static str, Option<usize>, String)> {
    let mut base = serde_json::json!({"master": "zk://h:2181/mesos", "templates": [{"label": "mesos"}]});
    for (key, value) in json.as_object().unwrap() {
        base[key] = value.clone();
    }
    let config = serde_json::from_value(base).unwrap();
    validate(&config)
        .problems
        .into_iter()
        .map(|p| (p.severity, &*p.field.into_owned().leak(), p.template, p.message))
        .collect()
}

fn template(json: serde_json::Value) -> Vec<(Severity, &'static str, String)> {
    of(serde_json::json!({"templates": [json]}))
        .into_iter()
        .map(|(severity, field, index, message)| {
            assert_eq!(index, Some(0));
            (severity, field, message)
        })
        .collect()
}

fn error(field: &'static str, message: &str) -> Vec<(Severity, &'static str, String)> {
    vec![(Severity::Error, field, message.to_owned())]
}

#[test]
fn the_defaults_are_good() {
    assert_eq!(of(serde_json::json!({})), []);
}

#[test]
fn bad_numbers_are_told_at_their_fields() {
    assert_eq!(
        template(serde_json::json!({"cpus": -1})),
        error("cpus", "agent CPUs is -1: enter 0.001 or more")
    );
    assert_eq!(
        template(serde_json::json!({"mem": "abc"})),
        error(
            "mem",
            "agent memory (MB) is `abc`, which is not a number: enter digits, as in 0.5"
        )
    );
    assert_eq!(
        template(serde_json::json!({"minExecutors": 3, "maxExecutors": 2})),
        error(
            "minExecutors",
            "minimum number of executors is 3, more than maxExecutors 2: lower it or raise maxExecutors"
        )
    );
    assert_eq!(
        template(serde_json::json!({"idleTerminationMinutes": "-1"})),
        error("idleTerminationMinutes", "idle minutes is -1: enter 0 or more")
    );
}

#[test]
fn the_smallest_agent_is_allowed() {
    assert_eq!(
        template(
            serde_json::json!({"cpus": "0.001", "mem": "1", "executorCpus": 0, "executorMem": 64, "jvmArgs": ""})
        ),
        []
    );
}

#[test]
fn labels_that_no_job_could_ask_for_are_refused() {
    for bad in ["a|b", "(linux)", "a&b"] {
        let found = template(serde_json::json!({"label": bad}));
        assert_eq!(
            (found.len(), found[0].0, found[0].1),
            (1, Severity::Error, "label"),
            "{bad}"
        );
    }
    assert_eq!(
        template(serde_json::json!({"label": "linux jdk-17_x.y mesos:registry/image:1"})),
        []
    );
}

#[test]
fn a_second_template_with_the_same_label_is_told() {
    let found = of(serde_json::json!({"templates": [{"label": "a b"}, {"label": " a  b "}]}));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].1, found[0].2), ("label", Some(1)));
    assert!(found[0].3.contains("template 1"), "{}", found[0].3);
}

#[test]
fn jvm_arguments_that_stop_a_jvm_are_warned_of() {
    let found = template(serde_json::json!({
        "jvmArgs": "-Xms16m -XX:+UseConcMarkSweepGC -Xmx1g oops -Djava.net.preferIPv4Stack=true"
    }));
    let severities: Vec<_> = found.iter().map(|f| f.0).collect();
    assert_eq!(severities, [Severity::Warning; 3], "{found:?}");
    assert!(
        found[0].2.contains("UseConcMarkSweepGC is left out: Java 14"),
        "{}",
        found[0].2
    );
    assert_eq!(
        template(serde_json::json!({"jvmArgs": "-Da='b"}))[0].0,
        Severity::Error
    );
}

#[test]
fn attributes_must_be_an_object() {
    assert_eq!(
        template(serde_json::json!({"attributes": "os=linux"}))[0].1,
        "attributes"
    );
    assert_eq!(
        template(serde_json::json!({"attributes": "{\"os\":\"linux\"}"})),
        []
    );
}

#[test]
fn totals_are_the_agents_own_and_its_executors_without_hidden_extra() {
    let config = serde_json::from_value(
        serde_json::json!({"master": "h", "templates": [{"mem": "x"}, {"label": "b"}]}),
    )
    .unwrap();
    let validation = validate(&config);
    assert_eq!(
        serde_json::to_value(&validation.totals).unwrap(),
        serde_json::json!([{"template":1,"minCpus":0.2,"minMem":640,"maxCpus":0.3,"maxMem":768,"disk":0}])
    );
}

/// Fields with errors of a template, and of those only.
fn errors(json: serde_json::Value) -> Vec<&'static str> {
    template(json)
        .into_iter()
        .filter(|found| found.0 == Severity::Error)
        .map(|found| found.1)
        .collect()
}

#[test]
fn the_largest_configurations_are_looked_at_in_no_time() {
    let many: Vec<_> = (0..5000)
        .map(|i| serde_json::json!({"label": format!("l{}", i / 2)}))
        .collect();
    let begin = std::time::Instant::now();
    let found = of(serde_json::json!({ "templates": many }));
    assert_eq!(found.len(), 2500);
    assert!(
        begin.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn two_names_may_share_a_label_but_not_a_name() {
    let found = |json| of(serde_json::json!({ "templates": json }));
    assert_eq!(
        found(serde_json::json!([{"name": "a", "label": "x"}, {"name": "b", "label": "x"}])),
        []
    );
    let twice = found(serde_json::json!([{"name": "x y"}, {"label": "x  y"}, {"name": " x y "}]));
    assert_eq!(
        twice.iter().map(|p| (p.1, p.2)).collect::<Vec<_>>(),
        [("label", Some(1)), ("name", Some(2))]
    );
    assert!(
        twice[0].3.contains("what template 1 is called already"),
        "{}",
        twice[0].3
    );
}

#[test]
fn windows_paths_are_paths_on_windows() {
    let at = |style: &str| {
        errors(
            serde_json::json!({"commandStyle": style, "container": {"image": "a",
            "volumes": [{"containerPath": "C:\\cache", "hostPath": "D:\\cache"}]}}),
        )
    };
    assert_eq!(at("Windows"), [""; 0]);
    assert_eq!(at("linux").len(), 2);
    assert_eq!(
        errors(serde_json::json!({"commandStyle": "bash"})),
        ["commandStyle"]
    );
}

#[test]
fn an_agent_of_a_single_use_is_counted_with_one_executor() {
    let config = serde_json::from_value(serde_json::json!({"master": "h", "templates": [
        {"singleUse": true, "minExecutors": 3, "maxExecutors": 4, "disk": "100"}]}))
    .unwrap();
    assert_eq!(
        serde_json::to_value(validate(&config).totals).unwrap(),
        serde_json::json!([{"template":0,"minCpus":0.2,"minMem":640,"maxCpus":0.2,"maxMem":640,"disk":100}])
    );
}

#[test]
fn caps_that_no_agent_fits_under_are_warned_of() {
    let found = template(serde_json::json!({"maxCpus": "0.1", "maxMem": "600", "maxAgents": "1"}));
    assert_eq!(
        found.iter().map(|f| (f.0, f.1)).collect::<Vec<_>>(),
        [(Severity::Warning, "maxCpus"), (Severity::Warning, "maxMem")]
    );
    assert_eq!(of(serde_json::json!({"maxAgents": "0"}))[0].1, "maxAgents");
}
