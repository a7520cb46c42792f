//! What is wrong with a container, and with the memory of what runs in it.

use super::*;

fn container(json: serde_json::Value) -> Vec<(Severity, &'static str, String)> {
    let mut container = serde_json::json!({"image": "team/agent:17"});
    for (key, value) in json.as_object().unwrap() {
        container[key] = value.clone();
    }
    template(serde_json::json!({ "container": container }))
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
