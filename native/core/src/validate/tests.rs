use super::*;
use crate::findings::Severity;

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
fn roles_follow_the_rules_of_mesos() {
    for bad in ["a b", "-a", ".", "..", "a//b", "/a", "a/", "a\\b", "a/*"] {
        let found = of(serde_json::json!({"role": bad}));
        assert_eq!((found.len(), found[0].1), (1, "role"), "{bad}");
    }
    for good in ["*", "", "jenkins", "eng/ci", "a.b-c"] {
        assert_eq!(of(serde_json::json!({"role": good})), [], "{good}");
    }
}

#[test]
fn users_are_unix_users() {
    for bad in ["a b", "root;reboot", "-x", "a/b"] {
        assert_eq!(of(serde_json::json!({"user": bad}))[0].1, "user", "{bad}");
    }
    for good in ["", "jenkins", "_svc", "Build.User", "host$"] {
        assert_eq!(of(serde_json::json!({"user": good})), [], "{good}");
    }
}

#[test]
fn cloud_fields_are_looked_at() {
    let field = |json| of(json).into_iter().map(|p| p.1).collect::<Vec<_>>();
    assert_eq!(field(serde_json::json!({"master": "mesos://x"})), ["master"]);
    assert_eq!(
        field(serde_json::json!({"frameworkName": " "})),
        ["frameworkName"]
    );
    assert_eq!(
        field(serde_json::json!({"jenkinsUrl": "jenkins"})),
        ["jenkinsUrl"]
    );
    assert_eq!(
        field(serde_json::json!({"failoverTimeoutSeconds": 0})),
        ["failoverTimeoutSeconds"]
    );
    assert_eq!(
        field(serde_json::json!({"declineSeconds": "x"})),
        ["declineSeconds"]
    );
    assert_eq!(field(serde_json::json!({"secret": "s"})), ["principal"]);
    assert_eq!(field(serde_json::json!({"templates": []})), ["templates"]);
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

fn container(json: serde_json::Value) -> Vec<(Severity, &'static str, String)> {
    let mut container = serde_json::json!({"image": "team/agent:17"});
    for (key, value) in json.as_object().unwrap() {
        container[key] = value.clone();
    }
    template(serde_json::json!({ "container": container }))
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
fn a_good_container_has_no_problem() {
    assert_eq!(
        container(serde_json::json!({
            "type": "DOCKER", "networking": "BRIDGE", "forcePull": true, "privileged": true,
            "portMappings": [{"containerPort": "5900", "hostPort": "", "protocol": "tcp", "urlFormat": "vnc://{host}:{port}"},
                {"containerPort": 53, "hostPort": 53, "protocol": "udp"}, {"containerPort": 53, "hostPort": 53}],
            "volumes": [{"containerPath": "/cache", "hostPath": "/var/cache", "readOnly": true},
                {"containerPath": "/work", "hostPath": "work/x"}, {"containerPath": "/tmp/x"}],
            "parameters": [{"key": "memory-swap", "value": "-1"}, {"key": "entrypoint", "value": ""}]
        })),
        []
    );
    assert_eq!(
        container(serde_json::json!({"networking": "USER", "networks": ["weave.1"]})),
        []
    );
    for access in [
        serde_json::json!({"dockerAccess": "none"}),
        serde_json::json!({"dockerAccess": " Socket ", "dockerSocket": "/run/user/1000/docker.sock"}),
        serde_json::json!({"dockerAccess": "own"}),
        serde_json::json!({"type": "MESOS", "dockerAccess": "own", "useCustomShell": true, "customShell": "/start"}),
    ] {
        assert_eq!(container(access), []);
    }
    assert_eq!(
        container(
            serde_json::json!({"type": "MESOS", "image": "", "volumes": [{"containerPath": "here"}], "dind": true})
        ),
        []
    );
}

#[test]
fn what_is_wrong_with_a_container_is_told_by_its_path() {
    let found = |json| {
        let found = container(json);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].0, found[0].1, found[0].2.clone())
    };
    let error = |field, json| {
        let (severity, found, message) = found(json);
        assert_eq!((severity, found), (Severity::Error, field), "{message}");
        assert!(message.contains(": "), "no cure in {message}");
    };
    error("container.type", serde_json::json!({"type": "RKT"}));
    error("container.networking", serde_json::json!({"networking": "WIFI"}));
    error("container.image", serde_json::json!({"image": " "}));
    error("container.image", serde_json::json!({"image": "--privileged"}));
    error(
        "container.customShell",
        serde_json::json!({"useCustomShell": true, "customShell": " "}),
    );
    error("container.networks", serde_json::json!({"networking": "USER"}));
    error(
        "container.networks",
        serde_json::json!({"networking": "USER", "networks": ["a", "b"]}),
    );
    error(
        "container.networks[0]",
        serde_json::json!({"networking": "USER", "networks": ["a b"]}),
    );
    let port = |json: serde_json::Value| serde_json::json!({"portMappings": [{"containerPort": 1}, json]});
    error(
        "container.portMappings[1].containerPort",
        port(serde_json::json!({})),
    );
    error(
        "container.portMappings[1].containerPort",
        port(serde_json::json!({"containerPort": 65536})),
    );
    error(
        "container.portMappings[1].hostPort",
        port(serde_json::json!({"containerPort": 2, "hostPort": 0})),
    );
    error(
        "container.portMappings[1].protocol",
        port(serde_json::json!({"containerPort": 2, "protocol": "icmp"})),
    );
    error(
        "container.portMappings[1].urlFormat",
        port(serde_json::json!({"containerPort": 2, "urlFormat": "javascript:alert(1)"})),
    );
    error(
        "container.portMappings[1].hostPort",
        serde_json::json!({"portMappings": [{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": "80"}]}),
    );
    let volume = |json: serde_json::Value| serde_json::json!({"volumes": [json]});
    error(
        "container.volumes[0].containerPath",
        volume(serde_json::json!({})),
    );
    error(
        "container.volumes[0].containerPath",
        volume(serde_json::json!({"containerPath": "x"})),
    );
    error(
        "container.volumes[0].containerPath",
        volume(serde_json::json!({"containerPath": "/a:/b"})),
    );
    error(
        "container.volumes[0].hostPath",
        volume(serde_json::json!({"containerPath": "/a", "hostPath": "x/../../y"})),
    );
    error(
        "container.volumes[1].containerPath",
        serde_json::json!({"volumes": [{"containerPath": "/a"}, {"containerPath": "/a/"}]}),
    );
    error(
        "container.parameters[0].key",
        serde_json::json!({"parameters": [{"key": "--net", "value": "x"}]}),
    );
    error(
        "container.parameters[0].key",
        serde_json::json!({"parameters": [{"key": " ", "value": "x"}]}),
    );

    let warning = |field, json| {
        let (severity, found, message) = found(json);
        assert_eq!((severity, found), (Severity::Warning, field), "{message}");
    };
    warning(
        "container.portMappings",
        serde_json::json!({"networking": "HOST", "portMappings": [{"containerPort": 1}]}),
    );
    warning("container.networks", serde_json::json!({"networks": ["a"]}));
    warning("container.dind", serde_json::json!({"dind": true}));
    warning(
        "container.dind",
        serde_json::json!({"dind": true, "dockerAccess": "own"}),
    );
    error(
        "container.dockerAccess",
        serde_json::json!({"dockerAccess": "yes"}),
    );
    error(
        "container.dockerSocket",
        serde_json::json!({"dockerAccess": "socket", "dockerSocket": "run/docker.sock"}),
    );
    error(
        "container.dockerSocket",
        serde_json::json!({"dockerSocket": "/run/docker.sock:/x"}),
    );
    error(
        "container.noShell",
        serde_json::json!({"dockerAccess": "own", "noShell": true}),
    );
    warning(
        "container.privileged",
        serde_json::json!({"type": "MESOS", "privileged": true}),
    );
    warning(
        "container.networking",
        serde_json::json!({"type": "MESOS", "networking": "BRIDGE"}),
    );
    warning(
        "container.parameters",
        serde_json::json!({"type": "MESOS", "parameters": [{"key": "a", "value": ""}]}),
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
fn files_variables_and_places_are_looked_at() {
    let uri = |value: &str| errors(serde_json::json!({"uris": [{"value": "http://a/b"}, {"value": value}]}));
    for bad in ["", "x.tgz", "http://", "http://a/b c", "http://a/'b'", "://x"] {
        assert_eq!(uri(bad), ["uris[1].value"], "{bad}");
    }
    for good in ["https://a/b?c=d&e", "/etc/docker.tar.gz", "file:///x"] {
        assert_eq!(uri(good), [""; 0], "{good}");
    }
    let hdfs = template(serde_json::json!({"uris": [{"value": "hdfs://a/b"}]}));
    assert_eq!((hdfs.len(), hdfs[0].0), (1, Severity::Warning));

    let variable = |name: &str| {
        errors(serde_json::json!({"environment": [{"name": "A", "value": "hunter2"}, {"name": name}]}))
    };
    for bad in ["", "A", "A B", "A=B", "1A"] {
        assert_eq!(variable(bad), ["environment[1].name"], "{bad}");
    }
    assert_eq!(variable("_b.c-D1"), [""; 0]);

    let domain = |json: serde_json::Value| errors(serde_json::json!({ "domain": json }));
    assert_eq!(domain(serde_json::json!({"mode": "near"})), ["domain.mode"]);
    assert_eq!(
        domain(serde_json::json!({"mode": "match", "zone": "a"})),
        ["domain.region"]
    );
    for good in [
        serde_json::json!(null),
        serde_json::json!({"mode": "HOME"}),
        serde_json::json!({"mode": "any"}),
        serde_json::json!({"mode": "match", "region": "east"}),
    ] {
        assert_eq!(domain(good), [""; 0]);
    }
    assert_eq!(
        errors(serde_json::json!({"attributes": {"os": ["linux"]}})),
        ["attributes"]
    );
    assert_eq!(errors(serde_json::json!({"disk": "-1"})), ["disk"]);
    assert_eq!(
        errors(serde_json::json!({"launchTimeoutSeconds": 0})),
        ["launchTimeoutSeconds"]
    );
}

#[test]
fn no_message_quotes_the_value_of_a_variable() {
    let found = of(serde_json::json!({"templates": [{"environment": [
        {"name": "A", "value": "hunter2"}, {"name": "A", "value": "hunter2\0"}, {"name": "=", "value": "hunter2"}]}]}));
    assert_eq!(found.len(), 3);
    assert!(
        found.iter().all(|problem| !problem.3.contains("hunter2")),
        "{found:?}"
    );
}

#[test]
fn a_heap_that_the_memory_cannot_hold_is_told() {
    let found = |jvm: &str, mem: u32| errors(serde_json::json!({"jvmArgs": jvm, "mem": mem}));
    assert_eq!(found("-Xms1g", 512), ["jvmArgs"]);
    assert_eq!(found("-Xms524288k", 512), [""; 0]);
    assert_eq!(found("-Xms513M", 512), ["jvmArgs"]);
    let beside = template(serde_json::json!({"executorMem": 0}));
    assert_eq!((beside[0].0, beside[0].1), (Severity::Warning, "executorMem"));
}

#[test]
fn the_overhead_is_taken_from_the_heap() {
    let size = |json: serde_json::Value| {
        let config: Config = serde_json::from_value(serde_json::json!({ "templates": [json] })).unwrap();
        config.templates[0].size().unwrap()
    };
    let heap = |json| size(json).heap().to_string();
    assert_eq!(heap(serde_json::json!({"mem": 512})), "512");
    assert_eq!(
        heap(serde_json::json!({"mem": 512, "memOverheadPercent": ""})),
        "512"
    );
    assert_eq!(
        heap(serde_json::json!({"mem": 512, "memOverheadPercent": "25"})),
        "384"
    );
    assert_eq!(heap(serde_json::json!({"mem": 1, "memOverheadPercent": 90})), "1");
    assert_eq!(
        errors(serde_json::json!({"memOverheadPercent": 91})),
        ["memOverheadPercent"]
    );
    assert_eq!(
        errors(serde_json::json!({"jvmArgs": "-Xms400m", "memOverheadPercent": 25})),
        ["jvmArgs"]
    );
    let enough = template(serde_json::json!({"executorMem": 0, "memOverheadPercent": 20}));
    assert_eq!(enough, []);
}

#[test]
fn a_container_that_cannot_hold_a_jvm_is_refused() {
    let small = serde_json::json!({"mem": 32, "executorMem": 63});
    assert_eq!(
        errors(small.clone()),
        [""; 0],
        "outside of a container the limit is mostly none"
    );
    let mut contained = small;
    contained["container"] = serde_json::json!({"image": "a"});
    let found = template(contained.clone());
    assert_eq!((found[0].0, found[0].1), (Severity::Error, "mem"));
    assert!(
        found[0].2.contains("are 95 MB together") && found[0].2.contains("takes 96 MB"),
        "{}",
        found[0].2
    );
    contained["executorMem"] = 64.into();
    assert_eq!(template(contained), []);
}

#[test]
fn an_image_without_a_shell_is_for_docker_on_linux() {
    let found = |container: serde_json::Value, style: &str| {
        template(serde_json::json!({"container": container, "commandStyle": style}))
            .into_iter()
            .map(|problem| (problem.0, problem.1))
            .collect::<Vec<_>>()
    };
    let field = "container.noShell";
    assert_eq!(found(serde_json::json!({"image": "a", "noShell": true}), ""), []);
    assert_eq!(
        found(
            serde_json::json!({"image": "a", "noShell": true, "useCustomShell": true, "customShell": "/s"}),
            ""
        ),
        [(Severity::Warning, field)]
    );
    assert_eq!(
        found(
            serde_json::json!({"type": "MESOS", "image": "a", "noShell": true}),
            ""
        ),
        [(Severity::Warning, field)]
    );
    assert_eq!(
        found(serde_json::json!({"image": "a", "noShell": true}), "windows"),
        [(Severity::Error, field)]
    );
}

#[test]
fn a_label_with_an_image_says_where_the_image_belongs() {
    let found = template(
        serde_json::json!({"label": "linux:jdk", "container": {"image": "a", "imageCustomizable": true}}),
    );
    assert_eq!((found[0].0, found[0].1), (Severity::Warning, "label"));
    assert!(
        found[0].2.contains("what stands before the image"),
        "{}",
        found[0].2
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
fn this_machine_as_master_is_looked_at_by_parameter() {
    let master = |text: &str| {
        let container = serde_json::json!({"image": "maven:3", "networking": "HOST"});
        let boxed = serde_json::json!([{"label": "boxed", "mem": 512, "container": container}]);
        of(serde_json::json!({"master": text, "templates": boxed}))
    };
    assert_eq!(master("local://?cpus=2&docker=tcp://engine:2375"), []);
    let (severity, field, _, message) = master("local://?cpus=two").remove(0);
    assert_eq!((severity, field), (Severity::Error, "master"));
    assert!(
        message.contains("has cpus=two: enter a number of CPUs"),
        "{message}"
    );
    let (severity, field, _, message) = master("local://?docker=none").remove(0);
    assert_eq!((severity, field), (Severity::Warning, "master"));
    assert!(
        message.contains("the template `boxed` has a container"),
        "{message}"
    );
}

#[test]
fn what_is_typed_about_placement_is_told_with_field_and_cure() {
    let cloud = |json: serde_json::Value| -> (Severity, &'static str, String) {
        let mut found = of(json);
        assert_eq!(found.len(), 1, "{found:?}");
        let (severity, field, index, message) = found.remove(0);
        assert_eq!(index, None);
        (severity, field, message)
    };
    assert_eq!(
        cloud(serde_json::json!({"placement": "tight"})),
        (
            Severity::Error,
            "placement",
            "placement is `tight`: enter pack, spread or balanced".to_owned()
        )
    );
    assert_eq!(
        cloud(serde_json::json!({"holdBackSeconds": "0"})),
        (
            Severity::Error,
            "holdBackSeconds",
            "seconds until room is held back is 0: enter 1 or more".to_owned()
        )
    );
    for good in ["", "pack", " Spread ", "BALANCED"] {
        assert_eq!(
            of(serde_json::json!({"placement": good, "holdBackSeconds": 1})),
            [],
            "{good}"
        );
    }
    for (field, value, message) in [
        (
            "priority",
            serde_json::json!(-1),
            "priority is -1: enter 0 or more",
        ),
        (
            "priority",
            serde_json::json!("1001"),
            "priority is 1001: enter 1000 or less",
        ),
        (
            "priority",
            serde_json::json!("high"),
            "priority is `high`, which is not a number: enter digits, as in 3",
        ),
        (
            "gpus",
            serde_json::json!("0.5"),
            "GPUs is 0.5: enter a whole number",
        ),
        ("gpus", serde_json::json!(-2), "GPUs is -2: enter 0 or more"),
        (
            "resources",
            serde_json::json!("licenses"),
            "the field of other resources has a line `licenses` without an equals sign: enter one a line, as in \
             licenses = 2 or fpga = {a, b}",
        ),
        (
            "resources",
            serde_json::json!("= 3"),
            "the field of other resources has a line `= 3` without a name: enter one a line, as in licenses = 2 or \
             fpga = {a, b}",
        ),
        (
            "resources",
            serde_json::json!("licenses = 0"),
            "the field of other resources has a line `licenses = 0` that asks for nothing: enter one a line, as in \
             licenses = 2 or fpga = {a, b}",
        ),
    ] {
        let found = template(serde_json::json!({ field: value.clone() }));
        assert_eq!(found, error(field, message), "{field} {value}");
    }
}

#[test]
fn constraints_that_cannot_be_read_are_told_by_line() {
    for (lines, words) in [
        ("rack", "line 1: `rack` has no comparison: write it as rack = a"),
        (
            "rack = a\n\nos =",
            "line 3: `os` is compared with nothing: write it as rack = a",
        ),
        ("= a", "line 1: begins with no name: write it as rack = a"),
        ("os matches (", "line 1: `(` is no regular expression ("),
        (
            "cores at least many",
            "line 1: `many` is no number: write it as in cores at least 8",
        ),
        (
            "rack in ,",
            "line 1: lists nothing: separate values by commas, as in rack in a, b",
        ),
        (
            "at most 0 per rack",
            "line 1: `0` is no number from 1: write it as in at most 2 per rack",
        ),
        (
            "near hosts used lately\navoid hosts used lately",
            "line 2: says a second time what is thought of hosts used lately: keep one of them",
        ),
    ] {
        let found = template(serde_json::json!({ "constraints": lines }));
        assert_eq!(found.len(), 1, "{lines}: {found:?}");
        let (severity, field, message) = &found[0];
        assert_eq!((*severity, *field), (Severity::Error, "constraints"), "{lines}");
        assert!(
            message.starts_with(&format!("constraints, {words}")),
            "{lines}: {message}"
        );
    }
    let many = "rack = a\n".repeat(101);
    let found = template(serde_json::json!({ "constraints": many }));
    assert_eq!(
        found,
        error(
            "constraints",
            "constraints, line 101: more than 100 lines: use fewer"
        )
    );
    assert_eq!(
        template(
            serde_json::json!({"constraints": "# a remark\n rack in a, b \nunique per host\nnear hosts used lately",
            "priority": "", "gpus": "", "resources": " \n", "revocable": true})
        ),
        []
    );
}

#[test]
fn several_roles_are_looked_at_one_by_one() {
    assert_eq!(of(serde_json::json!({"role": "ci, qa,eng/ci ,"})), []);
    let found = of(serde_json::json!({"role": "ci, q a"}));
    assert_eq!((found.len(), found[0].1), (1, "role"));
    assert_eq!(
        found[0].3,
        "role has a blank in it, which Mesos refuses: remove it"
    );
}

#[test]
fn a_ca_file_is_named_by_its_whole_path() {
    for (path, good) in [
        ("", true),
        (" /etc/ssl/mesos-ca.pem ", true),
        ("mesos-ca.pem", false),
        ("/a\nb", false),
    ] {
        let found = of(serde_json::json!({"caFile": path}));
        let told = found.iter().any(|problem| problem.1 == "caFile");
        assert_eq!(told, !good, "{path:?}: {found:?}");
    }
}
