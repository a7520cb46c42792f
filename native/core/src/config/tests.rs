use super::*;
use std::collections::BTreeMap;

#[test]
fn absent_members_take_their_defaults() {
    let config: Config = serde_json::from_str(r#"{"v":1,"master":"h:5050","templates":[{}]}"#).unwrap();
    assert_eq!(config.framework_name, "Jenkins Scheduler");
    assert_eq!(config.failover_timeout(), Duration::from_secs(604_800));
    assert!(config.checkpoint);
    let size = config.templates[0].size().unwrap();
    assert_eq!(
        size.total(2),
        (Scalar::from_milli(300), Scalar::from_milli(768_000))
    );
}

#[test]
fn null_members_read_as_empty() {
    let config: Config = serde_json::from_str(
        r#"{"user":null,"role":null,"templates":[{"label":null,"attributes":null,"remoteFsRoot":null}],"owned":null}"#,
    )
    .unwrap();
    assert_eq!(config.effective_role(), "*");
    assert_eq!(config.template(None, None).unwrap().effective_root(), "jenkins");
    assert!(config.owned.is_empty());
}

#[test]
fn a_failover_timeout_of_zero_never_reaches_mesos() {
    for bad in ["0", "-5", "abc", ""] {
        let config = Config {
            failover_timeout_seconds: Number::from(bad),
            ..Config::default()
        };
        assert_eq!(config.failover_timeout(), Duration::from_secs(604_800), "{bad}");
    }
}

#[test]
fn one_wrong_template_leaves_the_others_usable() {
    let config: Config = serde_json::from_str(
        r#"{"templates":[{"label":"bad","mem":"abc"},{"label":"good  one","cpus":"0.001","mem":1}]}"#,
    )
    .unwrap();
    let error = config
        .template(None, Some("bad"))
        .unwrap()
        .size()
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the agent template `bad` cannot be used: agent memory (MB) is `abc`, which is not a number: \
         enter digits, as in 0.5"
    );
    assert!(config.template(Some(" good one"), None).unwrap().size().is_ok());
    assert_eq!(
        config.template(Some("other"), Some("bad")),
        Err(LabelError::Unknown("other".to_owned()))
    );
}

#[test]
fn attributes_come_as_an_object_or_as_its_text() {
    let config: Config = serde_json::from_str(
        r#"{"templates":[{"label":"a","attributes":{"os":"linux"}},{"label":"b","attributes":"{\"os\":\"linux\",\"n\":5}"}]}"#,
    )
    .unwrap();
    let of = |label| {
        config
            .template(None, Some(label))
            .unwrap()
            .required_attributes()
            .unwrap()
    };
    assert_eq!(of("a"), BTreeMap::from([("os".to_owned(), "linux".to_owned())]));
    assert_eq!(of("b").get("n").map(String::as_str), Some("5"));
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let config: Config = serde_json::from_str(r#"{"principal":"p","secret":"hunter2"}"#).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(config.secret.unwrap().expose(), "hunter2");
}

fn three(json: serde_json::Value) -> Config {
    serde_json::from_value(serde_json::json!({ "templates": json })).unwrap()
}

fn flaw(config: &Config, key: &str) -> String {
    let template = config.template(Some(key), None).unwrap();
    template.size().unwrap_err().to_string()
}

#[test]
fn blank_members_come_from_the_parent_and_its_parents() {
    let config = three(serde_json::json!([
        {"label": "linux jdk", "name": "small", "inheritFrom": "base", "cpus": "", "mem": null, "mode": null,
         "environment": [], "container": null, "singleUse": null, "jvmArgs": " "},
        {"label": "", "name": "base", "inheritFrom": " root ", "cpus": "2", "mode": "EXCLUSIVE", "singleUse": true,
         "environment": [{"name": "A", "value": "1"}]},
        {"label": "root", "cpus": 8, "mem": "4096", "jvmArgs": "-Xss1m", "minExecutors": 2,
         "container": {"image": "agent:1", "volumes": [{"containerPath": "/c"}]}, "idleTerminationMinutes": 9},
    ]));
    let small = config.template(Some("small"), Some("linux jdk")).unwrap();
    let size = small.size().unwrap();
    assert_eq!(
        (size.cpus, size.mem),
        (Scalar::from_milli(2000), Scalar::from_milli(4_096_000))
    );
    assert_eq!((size.min_executors, size.idle_termination_minutes), (2, 9));
    assert!(small.single_use);
    assert_eq!(small.jvm_args, "-Xss1m");
    assert_eq!(small.environment[0].name, "A");
    assert_eq!(small.container.as_ref().unwrap().volumes[0].container_path, "/c");
    assert_eq!(
        (small.label.as_str(), small.mode),
        ("linux jdk", Mode::Normal),
        "its own"
    );
    assert_eq!(config.template(Some("base"), None).unwrap().label, "");
}

#[test]
fn what_a_child_says_itself_is_kept() {
    let config = three(serde_json::json!([
        {"label": "a", "inheritFrom": "b", "cpus": 1, "singleUse": false, "container": {"image": "mine"},
         "uris": [{"value": "http://x/y"}]},
        {"label": "b", "cpus": 9, "singleUse": true, "container": {"image": "theirs", "privileged": true},
         "uris": [{"value": "http://p"}, {"value": "http://q"}]},
    ]));
    let a = config.template(Some("a"), None).unwrap();
    let container = a.container.as_ref().unwrap();
    assert_eq!(
        (a.single_use, container.image.as_str(), container.privileged),
        (false, "mine", false)
    );
    assert_eq!((a.uris.len(), a.uris[0].extract), (1, true));
}

#[test]
fn an_unknown_parent_and_a_circle_cost_those_templates_only() {
    let config = three(serde_json::json!([
        {"label": "a", "inheritFrom": "nobody"},
        {"label": "b", "inheritFrom": "a"},
        {"label": "c", "inheritFrom": "d"}, {"label": "d", "inheritFrom": "c"},
        {"label": "self", "inheritFrom": "self"},
        {"label": "fine"},
        {"label": "odd", "cpus": [1]}, 7,
    ]));
    assert_eq!(
        flaw(&config, "a"),
        "the agent template `a` cannot be used: the template to inherit from is `nobody`, and no template has that name: \
         enter the name of another template"
    );
    assert!(flaw(&config, "b").contains("leads to a template that inherits from `nobody`"));
    for round in ["c", "d", "self"] {
        assert!(flaw(&config, round).contains("leads back to"), "{round}");
    }
    assert!(config.template(Some("fine"), None).unwrap().size().is_ok());
    assert!(flaw(&config, "odd").contains("member of another type"));
    assert_eq!(config.templates.len(), 8);
}

#[test]
fn a_long_line_of_parents_ends() {
    let line: Vec<_> = (0..3000)
        .map(|i| serde_json::json!({"label": format!("t{i}"), "inheritFrom": format!("t{}", i + 1)}))
        .collect();
    let config = three(line.into());
    assert!(flaw(&config, "t0").contains("more than 32 templates"));
}

#[test]
fn a_template_is_found_by_its_key_then_by_its_label() {
    let config = three(serde_json::json!([
        {"name": "big", "label": "linux"}, {"label": "linux"}, {"name": "only named", "label": "mac"}
    ]));
    let name = |key, label| config.template(key, label).map(|template| template.name.as_str());
    assert_eq!(name(Some("big"), Some("linux")), Ok("big"));
    assert_eq!(name(Some("linux"), None), Ok(""));
    assert_eq!(name(None, Some("linux")), Ok(""));
    assert_eq!(name(None, Some("mac")), Ok("only named"));
    assert_eq!(name(Some(""), Some(" only  named")), Ok("only named"));
    assert!(name(Some("gone"), Some("linux")).is_err());
}

#[test]
fn caps_are_none_unless_they_are_given() {
    let config =
        three(serde_json::json!([{"maxAgents": "3", "maxMem": 1024}, {"label": "b", "maxCpus": "x"}]));
    let limits = config.template(None, None).unwrap().limits().unwrap();
    assert_eq!((limits.agents, limits.cpus), (Some(3), None));
    assert_eq!(limits.mem, Some(Scalar::from_milli(1_024_000)));
    assert_eq!(config.limits(), Ok(Limits::default()));
    assert!(flaw(&config, "b").contains("maximum CPUs is `x`"));
}

#[test]
fn an_agent_of_a_single_use_has_one_executor() {
    let config = three(serde_json::json!([{"minExecutors": 2, "maxExecutors": 4, "singleUse": true}]));
    let size = config.template(None, None).unwrap().size().unwrap();
    assert_eq!(size.executors_for(9), 1);
}

#[test]
fn values_of_variables_do_not_show_in_debug_output() {
    let config = three(serde_json::json!([{"environment": [{"name": "TOKEN", "value": "hunter2"}]}]));
    let shown = format!("{config:?}");
    assert!(shown.contains("TOKEN") && !shown.contains("hunter2"));
}
