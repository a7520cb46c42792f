use super::*;
use crate::config::Config;
use crate::request::{Launch, Protocol};
use mesos_wire::CommandInfo;
use mesos_wire::container_info::docker_info::Network;

fn launch() -> Arc<Launch> {
    Arc::new(Launch::new(Protocol::Inbound, "http://jenkins"))
}

fn template(json: serde_json::Value) -> Arc<Template> {
    let config: Config = serde_json::from_value(serde_json::json!({ "templates": [json] })).unwrap();
    config.templates[0].size().unwrap();
    Arc::new(config.templates[0].clone())
}

fn blueprint(container: serde_json::Value, image: Option<&str>) -> Result<Blueprint, String> {
    Blueprint::new(
        launch(),
        image,
        template(serde_json::json!({"label": "a", "container": container})),
        Scalar::from_milli(512_000),
    )
}

fn launched(plan: Blueprint, ports: &[u32]) -> (CommandInfo, ContainerInfo) {
    let name = "mesos-jenkins-1-a";
    let task = plan.task(name, AgentId::from("agent"), Vec::new(), ports, "jenkins");
    (task.command.unwrap(), *task.container.unwrap())
}

fn task(container: serde_json::Value, ports: &[u32]) -> (CommandInfo, ContainerInfo) {
    launched(blueprint(container, None).unwrap(), ports)
}

#[test]
fn without_a_container_a_shell_runs_the_line_in_the_sandbox() {
    let plan = Blueprint::new(
        launch(),
        None,
        template(serde_json::json!({})),
        Scalar::from_milli(1000),
    )
    .unwrap();
    assert!(plan.ports.is_empty());
    let task = plan.task("n", AgentId::from("a"), Vec::new(), &[], "");
    assert!(task.container.is_none());
    let command = task.command.unwrap();
    assert_eq!(command.shell, Some(true));
    assert!(command.value.unwrap().starts_with("exec java -Xmx1m"));
}

#[test]
fn docker_keeps_the_entrypoint_and_gives_it_the_command_as_arguments() {
    let (command, container) = task(
        serde_json::json!({"image": "team/agent:17", "privileged": true, "forcePull": true,
            "parameters": [{"key": "memory-swap", "value": "-1"}]}),
        &[],
    );
    assert_eq!((command.shell, command.value), (Some(false), None));
    assert_eq!(command.arguments[..2], ["/bin/sh", "-c"]);
    assert!(
        command.arguments[2].starts_with("cd \"${MESOS_SANDBOX-.}\" && exec java "),
        "{}",
        command.arguments[2]
    );
    assert_eq!(container.r#type, i32::from(container_info::Type::Docker));
    assert_eq!(container.hostname.as_deref(), Some("mesos-jenkins-1-a"));
    let docker = container.docker.unwrap();
    assert_eq!(
        (docker.image.as_str(), docker.network()),
        ("team/agent:17", Network::Bridge)
    );
    assert_eq!(
        (docker.privileged, docker.force_pull_image),
        (Some(true), Some(true))
    );
    let parameters: Vec<(&str, &str)> = docker
        .parameters
        .iter()
        .map(|parameter| (parameter.key.as_str(), parameter.value.as_str()))
        .collect();
    assert_eq!(
        parameters,
        [
            ("label", "org.jenkinsci.plugins.mesos.agent=mesos-jenkins-1-a"),
            ("memory-swap", "-1")
        ]
    );
    assert!(container.mesos.is_none());
}

#[test]
fn a_custom_shell_gets_the_line_as_its_only_argument() {
    let shell = serde_json::json!({"image": "a", "useCustomShell": true, "customShell": " /wrapper.sh "});
    let (command, _) = task(shell.clone(), &[]);
    assert_eq!(
        (command.shell, command.value.as_deref()),
        (Some(false), Some("/wrapper.sh"))
    );
    assert_eq!(command.arguments.len(), 1);

    let mut mesos = shell.clone();
    mesos["type"] = "MESOS".into();
    let (command, _) = task(mesos, &[]);
    assert_eq!(command.arguments[0], "/wrapper.sh", "its own name");
    assert_eq!(command.arguments.len(), 2);

    let mut dind = shell;
    dind["dind"] = true.into();
    let (command, container) = task(dind, &[]);
    assert_eq!(command.shell, Some(true));
    assert!(command.value.unwrap().starts_with("/wrapper.sh && cd "));
    assert_eq!(container.volumes, [], "the volume is for the other containerizer");
}

#[test]
fn builds_have_the_hosts_docker_or_one_of_the_container() {
    let volume = |container: &ContainerInfo| {
        let volumes = &container.volumes;
        assert_eq!(volumes.len(), 1, "{volumes:?}");
        assert_eq!(volumes[0].mode(), mesos_wire::volume::Mode::Rw);
        let outside = volumes[0].host_path.clone().unwrap_or_default();
        (volumes[0].container_path.clone(), outside)
    };
    let pair = |inside: &str, outside: &str| (inside.to_owned(), outside.to_owned());
    let privileged = |container: ContainerInfo| container.docker.map(|docker| docker.privileged());
    for kind in ["DOCKER", "MESOS"] {
        let (command, container) = task(
            serde_json::json!({"type": kind, "image": "a", "dockerAccess": "socket"}),
            &[],
        );
        let socket = "/var/run/docker.sock";
        assert_eq!(volume(&container), pair(socket, socket));
        assert_ne!(privileged(container), Some(true));
        assert!(!format!("{command:?}").contains("dockerd"));

        let own = serde_json::json!({"type": kind, "image": "a", "dockerAccess": "own"});
        let (command, container) = task(own.clone(), &[]);
        assert_eq!(volume(&container), pair("/var/lib/docker", "docker"));
        assert_eq!(privileged(container), (kind == "DOCKER").then_some(true));
        assert_eq!(command.shell, Some(true), "in front of the image's entrypoint");
        let line = command.value.unwrap();
        assert!(
            line.starts_with("{ dockerd > ") && line.contains("done; } && cd "),
            "{line}"
        );

        let mut started = own;
        started["useCustomShell"] = true.into();
        started["customShell"] = "start-docker --quick".into();
        let (command, _) = task(started, &[]);
        let line = command.value.unwrap();
        assert!(line.starts_with("start-docker --quick && cd "), "{line}");
    }
    let (_, container) = task(
        serde_json::json!({"image": "a", "dockerAccess": "socket", "dockerSocket": "/run/user/1000/docker.sock"}),
        &[],
    );
    assert_eq!(volume(&container).1, "/run/user/1000/docker.sock");
    let (_, container) = task(
        serde_json::json!({"image": "a", "dockerAccess": "own",
            "volumes": [{"containerPath": "/var/lib/docker/", "hostPath": "/srv/images"}]}),
        &[],
    );
    assert_eq!(
        volume(&container).1,
        "/srv/images",
        "the template's own volume counts"
    );
}

#[test]
fn the_mesos_containerizer_gets_the_image_and_a_shell() {
    let (command, container) = task(
        serde_json::json!({"type": "MESOS", "image": "agent", "dind": true,
            "volumes": [{"containerPath": "/c", "hostPath": "/h", "readOnly": true}, {"containerPath": "/d"}]}),
        &[],
    );
    assert_eq!(command.shell, Some(true));
    assert_eq!(container.hostname, None, "the host's network, the host's name");
    assert!(container.docker.is_none());
    let image = container.mesos.unwrap().image.unwrap();
    assert_eq!(
        (image.docker.unwrap().name.as_str(), image.cached),
        ("agent", Some(true))
    );
    let volumes: Vec<_> = container
        .volumes
        .iter()
        .map(|volume| {
            (
                volume.container_path.as_str(),
                volume.host_path.as_deref(),
                volume.mode(),
            )
        })
        .collect();
    assert_eq!(
        volumes,
        [
            ("/c", Some("/h"), volume::Mode::Ro),
            ("/d", Some("volume-1"), volume::Mode::Rw),
            ("/var/lib/docker", Some("docker"), volume::Mode::Rw),
        ]
    );
}

#[test]
fn ports_of_the_offer_lead_to_the_containers_ports() {
    let mappings = serde_json::json!([
        {"containerPort": 5900, "description": " VNC ", "urlFormat": "vnc://{host}:{port}/"},
        {"containerPort": 53, "hostPort": "53", "protocol": "UDP"}]);
    let json = serde_json::json!({"image": "a", "portMappings": mappings});
    let plan = blueprint(json.clone(), None).unwrap();
    assert_eq!(*plan.ports, [None, Some(53)]);
    let shown = plan.ports_on("host-1", &[31_000, 53]);
    assert_eq!(
        serde_json::to_value(&shown).unwrap(),
        serde_json::json!([
            {"containerPort": 5900, "hostPort": 31000, "protocol": "tcp", "description": "VNC",
             "url": "vnc://host-1:31000/"},
            {"containerPort": 53, "hostPort": 53, "protocol": "udp", "description": "", "url": null}])
    );
    let (_, container) = task(json.clone(), &[31_000, 53]);
    let docker = container.docker.unwrap();
    let mapped: Vec<_> = docker
        .port_mappings
        .iter()
        .map(|m| (m.host_port, m.container_port, m.protocol.as_deref().unwrap()))
        .collect();
    assert_eq!(mapped, [(31_000, 5900, "tcp"), (53, 53, "udp")]);

    let mut user = json.clone();
    user["networking"] = "USER".into();
    user["networks"] = serde_json::json!(["weave"]);
    user["type"] = "MESOS".into();
    let (_, container) = task(user, &[31_000, 53]);
    assert_eq!(container.hostname.as_deref(), Some("mesos-jenkins-1-a"));
    let network = &container.network_infos[0];
    assert_eq!(
        (network.name.as_deref(), network.port_mappings.len()),
        (Some("weave"), 2)
    );

    let mut host = json;
    host["networking"] = "HOST".into();
    assert!(blueprint(host.clone(), None).unwrap().ports.is_empty());
    let (_, container) = task(host, &[]);
    assert_eq!(container.hostname, None);
    assert_eq!(container.docker.unwrap().port_mappings, []);
}

#[test]
fn a_user_network_is_joined_by_its_name() {
    let (_, container) = task(
        serde_json::json!({"image": "a", "networking": "USER", "networks": [" weave "]}),
        &[],
    );
    assert_eq!(container.docker.unwrap().network(), Network::User);
    assert_eq!(container.network_infos.len(), 1);
    assert_eq!(container.network_infos[0].name.as_deref(), Some("weave"));
}

#[test]
fn a_build_may_choose_its_image_where_the_template_says_so() {
    let chosen = |container: serde_json::Value, image: &str| {
        blueprint(container, Some(image)).map(|plan| launched(plan, &[]).1.docker.unwrap().image)
    };
    let open = serde_json::json!({"image": "standard", "imageCustomizable": true});
    assert_eq!(chosen(open.clone(), " special:1 ").as_deref(), Ok("special:1"));
    assert_eq!(chosen(open.clone(), " ").as_deref(), Ok("standard"));
    assert!(
        chosen(open, "-v/:/x")
            .unwrap_err()
            .contains("its image has the part")
    );
    let closed = serde_json::json!({"image": "standard"});
    assert_eq!(chosen(closed.clone(), "standard").as_deref(), Ok("standard"));
    assert!(
        chosen(closed, "special")
            .unwrap_err()
            .contains("does not let builds choose")
    );
    let none = Blueprint::new(launch(), Some("x"), template(serde_json::json!({})), Scalar::ZERO);
    assert!(none.is_err());
}
