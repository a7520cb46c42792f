use super::*;
use mesos_core::Scalar;
use mesos_wire::{Environment, NetworkInfo, Parameter, TaskId, Volume, environment};

fn amount() -> Amount {
    Amount {
        cpus: Scalar::from_milli(500),
        mem: Scalar::from_milli(256_000),
        ..Amount::default()
    }
}

fn docker(network: docker_info::Network) -> container_info::DockerInfo {
    container_info::DockerInfo {
        image: "registry:5000/team/agent:17".to_owned(),
        network: Some(network.into()),
        ..container_info::DockerInfo::default()
    }
}

fn task(docker: container_info::DockerInfo, command: CommandInfo) -> TaskInfo {
    TaskInfo {
        task_id: TaskId::from("agent-1"),
        command: Some(command),
        container: Some(Box::new(ContainerInfo {
            r#type: container_info::Type::Docker.into(),
            docker: Some(docker),
            hostname: Some("agent-1".to_owned()),
            ..ContainerInfo::default()
        })),
        ..TaskInfo::default()
    }
}

fn arguments(words: &[&str]) -> CommandInfo {
    CommandInfo {
        shell: Some(false),
        arguments: words.iter().map(|word| (*word).to_owned()).collect(),
        ..CommandInfo::default()
    }
}

#[test]
fn a_container_has_labels_limits_and_the_image_s_entrypoint() {
    let mut command = arguments(&["/bin/sh", "-c", "exec java"]);
    command.environment = Some(Environment {
        variables: vec![environment::Variable {
            name: "A".to_owned(),
            value: Some("1".to_owned()),
            ..environment::Variable::default()
        }],
    });
    let body = describe(
        &task(docker(docker_info::Network::Bridge), command),
        "c-1",
        amount(),
    )
    .unwrap();
    assert_eq!(body["Image"], "registry:5000/team/agent:17");
    assert_eq!(
        body["Labels"],
        json!({CLUSTER_LABEL: "c-1", TASK_LABEL: "agent-1"})
    );
    assert_eq!(
        (&body["Entrypoint"], &body["Cmd"][2]),
        (&Value::Null, &json!("exec java"))
    );
    assert_eq!(body["Hostname"], "agent-1");
    assert!(body["Env"].as_array().unwrap().contains(&json!("A=1")));
    assert!(
        body["Env"]
            .as_array()
            .unwrap()
            .contains(&json!("MESOS_SANDBOX=/mnt/mesos/sandbox"))
    );
    assert_eq!(body["HostConfig"]["Memory"], json!(256 * 1024 * 1024));
    assert_eq!(body["HostConfig"]["CpuShares"], json!(512));
    assert_eq!(body["HostConfig"]["NetworkMode"], "bridge");
}

#[test]
fn a_shell_line_takes_the_entrypoint_s_place_and_a_custom_shell_is_its_argument() {
    let line = CommandInfo {
        value: Some("java".to_owned()),
        ..CommandInfo::default()
    };
    let body = describe(&task(docker(docker_info::Network::None), line), "c", amount()).unwrap();
    assert_eq!(
        (&body["Entrypoint"], &body["Cmd"]),
        (&json!(["/bin/sh", "-c"]), &json!(["java"]))
    );
    let custom = CommandInfo {
        value: Some("/entry.sh".to_owned()),
        ..arguments(&["java"])
    };
    let body = describe(&task(docker(docker_info::Network::None), custom), "c", amount()).unwrap();
    assert_eq!(
        (&body["Entrypoint"], &body["Cmd"]),
        (&Value::Null, &json!(["/entry.sh", "java"]))
    );
}

#[test]
fn volumes_ports_and_networks_are_those_of_the_task() {
    let mut info = docker(docker_info::Network::User);
    info.port_mappings = vec![docker_info::PortMapping {
        host_port: 31_000,
        container_port: 5900,
        protocol: Some("udp".to_owned()),
    }];
    info.parameters = vec![Parameter {
        key: "init".to_owned(),
        value: "true".to_owned(),
    }];
    let mut task = task(info, arguments(&["x"]));
    let container = task.container.as_mut().unwrap();
    assert!(
        describe(
            &TaskInfo {
                container: Some(container.clone()),
                ..TaskInfo::default()
            },
            "c",
            amount()
        )
        .unwrap_err()
        .contains("user network without a name")
    );
    container.network_infos = vec![NetworkInfo {
        name: Some("team".to_owned()),
        ..NetworkInfo::default()
    }];
    let volume = |path: &str, host: Option<&str>| Volume {
        container_path: path.to_owned(),
        host_path: host.map(str::to_owned),
        mode: volume::Mode::Ro.into(),
        ..Volume::default()
    };
    container.volumes = vec![volume("/data", Some("/srv")), volume("/own", None)];
    let body = describe(&task, "c", amount()).unwrap();
    let host = &body["HostConfig"];
    assert_eq!(host["NetworkMode"], "team");
    assert_eq!(host["PortBindings"], json!({"5900/udp": [{"HostPort": "31000"}]}));
    assert_eq!(body["ExposedPorts"], json!({"5900/udp": {}}));
    assert_eq!(
        host["Mounts"],
        json!([{"Type": "bind", "Source": "/srv", "Target": "/data", "ReadOnly": true}])
    );
    assert_eq!(body["Volumes"], json!({"/own": {}}));
    assert_eq!(host["Init"], json!(true));
}
