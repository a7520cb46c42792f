//! The container of a template.

use super::members::is_scheme;
use super::{named, short};
use crate::config::{
    CommandStyle, Container, ContainerKind, DockerAccess, Networking, PORT_MOST, Parameter, PortMapping,
    Volume,
};
use crate::findings::Findings;
use crate::image::check_image;
use std::collections::BTreeSet;

/// Addresses that a browser would run instead of open.
const ACTIVE_SCHEMES: [&str; 3] = ["javascript", "data", "vbscript"];

/// `style` is none if it is wrong.
pub(super) fn check(container: &Container, style: Option<CommandStyle>, findings: &mut Findings) {
    if container.kind().is_none() {
        findings.error(
            "container.type",
            format!(
                "container type is `{}`: enter DOCKER or MESOS",
                short(&container.kind)
            ),
        );
    }
    if container.networking().is_none() {
        findings.error(
            "container.networking",
            format!(
                "networking is `{}`: enter HOST, BRIDGE, NONE or USER",
                short(&container.networking)
            ),
        );
    }
    let (Some(kind), Some(networking)) = (container.kind(), container.networking()) else {
        return;
    };
    let image = container.image.trim();
    // The Mesos containerizer can do without: then the agent sees the host's files.
    if (kind == ContainerKind::Docker || !image.is_empty())
        && let Err(problem) = check_image(image)
    {
        findings.error("container.image", format!("image {problem}"));
    }
    if container.shell() == Some("") {
        findings.error(
            "container.customShell",
            "custom shell is empty: enter the program that gets the agent's command line, or do not use one",
        );
    }
    match kind {
        ContainerKind::Docker => docker_only(container, findings),
        ContainerKind::Mesos => mesos_only(container, networking, findings),
    }
    docker_access(container, style, findings);
    without_shell(container, kind, style, findings);
    networks(container, kind, networking, findings);
    port_mappings(container, networking, findings);
    volumes(&container.volumes, kind, style, findings);
    parameters(&container.parameters, findings);
}

fn docker_access(container: &Container, style: Option<CommandStyle>, findings: &mut Findings) {
    let Some(access) = container.docker_access() else {
        findings.error(
            "container.dockerAccess",
            format!(
                "Docker for builds is `{}`: enter none, socket or own",
                short(&container.docker_access)
            ),
        );
        return;
    };
    let socket = container.docker_socket();
    if !socket.starts_with('/') {
        findings.error(
            "container.dockerSocket",
            "socket of the host's Docker is no absolute path: begin it with a slash",
        );
    } else if let Some(problem) = odd_path(socket, false) {
        findings.error(
            "container.dockerSocket",
            format!("socket of the host's Docker {problem}"),
        );
    }
    if access == DockerAccess::None {
        return;
    }
    if style == Some(CommandStyle::Windows) {
        let problem = "Docker for builds is for Linux: choose none, or Linux as the command style";
        match access {
            // The command that starts it would fail.
            DockerAccess::Own => findings.error("container.dockerAccess", problem),
            _ => findings.warning("container.dockerAccess", problem),
        }
    }
    if container.dind {
        findings.warning(
            "container.dind",
            "Docker in Docker as of old versions is chosen beside Docker for builds: leave one of them out",
        );
    }
    if access == DockerAccess::Own && container.starts_directly() {
        findings.error(
            "container.noShell",
            "a Docker of the container is started by a shell: use an image that has one",
        );
    }
}

fn docker_only(container: &Container, findings: &mut Findings) {
    if container.dind && !container.use_custom_shell && container.docker_access() == Some(DockerAccess::None)
    {
        findings.warning(
            "container.dind",
            "Docker in the container changes nothing for a Docker container without a custom shell: enter the command \
             that starts its Docker as the custom shell",
        );
    }
}

/// What stands in the way of starting the JVM without a shell.
fn without_shell(
    container: &Container,
    kind: ContainerKind,
    style: Option<CommandStyle>,
    findings: &mut Findings,
) {
    if !container.no_shell {
        return;
    }
    if container.use_custom_shell {
        findings.warning(
            "container.noShell",
            "the image has no shell and a custom shell is used: the custom shell is what counts; choose one of them",
        );
    } else if kind == ContainerKind::Mesos {
        findings.warning(
            "container.noShell",
            "images without a shell are for Docker containers: a Mesos container needs one",
        );
    } else if style == Some(CommandStyle::Windows) {
        findings.error(
            "container.noShell",
            "images without a shell are for Linux: choose Linux as the command style",
        );
    }
}

fn mesos_only(container: &Container, networking: Networking, findings: &mut Findings) {
    if container.privileged {
        findings.warning(
            "container.privileged",
            "privileged mode is for Docker containers: a Mesos container runs without it",
        );
    }
    if !container.parameters.is_empty() {
        findings.warning(
            "container.parameters",
            "parameters are for Docker containers: a Mesos container runs without them",
        );
    }
    if matches!(networking, Networking::Bridge | Networking::None) {
        findings.warning(
            "container.networking",
            format!(
                "networking {} is for Docker containers, a Mesos container has the host's network instead: choose \
                 HOST, or USER and the name of a network",
                container.networking.trim().to_ascii_uppercase()
            ),
        );
    }
}

fn networks(container: &Container, kind: ContainerKind, networking: Networking, findings: &mut Findings) {
    if networking != Networking::User {
        if !container.networks.is_empty() {
            findings.warning(
                "container.networks",
                "network names are not used: choose USER networking, or remove them",
            );
        }
        return;
    }
    if container.networks.is_empty() {
        findings.error(
            "container.networks",
            "name of the network is missing: enter it, or choose another networking than USER",
        );
    }
    if kind == ContainerKind::Docker && container.networks.len() > 1 {
        findings.error(
            "container.networks",
            "a Docker container joins one network only: remove the others",
        );
    }
    for (index, name) in container.networks.iter().enumerate() {
        let name = name.trim();
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let problem = if name.is_empty() {
            "is empty: enter it".to_owned()
        } else if let Some(bad) = name.chars().find(|c| !good(*c)) {
            format!("has {} in it, which no network has: correct it", named(bad))
        } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            "does not begin with a letter or a digit: correct it".to_owned()
        } else {
            continue;
        };
        findings.error(
            format!("container.networks[{index}]"),
            format!("name of network {} {problem}", index + 1),
        );
    }
}

fn port_mappings(container: &Container, networking: Networking, findings: &mut Findings) {
    if !container.port_mappings.is_empty() && container.used_port_mappings().is_empty() {
        let why = match networking {
            Networking::None => "without a network nothing leads into the container",
            _ => "on the host's network the container has all ports of the host",
        };
        findings.warning(
            "container.portMappings",
            format!("port mappings are left out: {why}; remove them, or choose BRIDGE or USER networking"),
        );
    }
    let mut taken = BTreeSet::new();
    for (index, mapping) in container.port_mappings.iter().enumerate() {
        let field = |name: &str| format!("container.portMappings[{index}].{name}");
        let number = index + 1;
        if let Err(error) = mapping.container_port.whole(1, PORT_MOST) {
            findings.error(
                field("containerPort"),
                format!("container port of mapping {number} {error}"),
            );
        }
        if !mapping.host_port.text().is_empty()
            && let Err(error) = mapping.host_port.whole(1, PORT_MOST)
        {
            findings.error(
                field("hostPort"),
                format!("host port of mapping {number} {error}, or leave it empty for any that is free"),
            );
        }
        if mapping.protocol().is_none() {
            findings.error(
                field("protocol"),
                format!(
                    "protocol of mapping {number} is `{}`: enter tcp or udp",
                    short(&mapping.protocol)
                ),
            );
        }
        if let (Some(port), Some(protocol)) = (mapping.fixed_host_port(), mapping.protocol())
            && !taken.insert((port, protocol.as_str()))
        {
            findings.error(
                field("hostPort"),
                format!(
                    "host port of mapping {number} is {port}/{}, which another mapping has: choose another, or leave it \
                     empty for any that is free",
                    protocol.as_str()
                ),
            );
        }
        url_format(mapping, number, field("urlFormat"), findings);
    }
}

fn url_format(mapping: &PortMapping, number: usize, field: String, findings: &mut Findings) {
    let format = mapping.url_format.trim();
    if format.is_empty() {
        return;
    }
    let scheme = format.split_once(':').map(|(scheme, _)| scheme);
    let good = scheme.is_some_and(|scheme| {
        is_scheme(scheme) && !ACTIVE_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
    }) && !format.chars().any(|c| c.is_whitespace() || c.is_control());
    if !good {
        findings.error(
            field,
            format!("URL format of mapping {number} is no address: write it as in http://{{host}}:{{port}}/"),
        );
    }
}

fn volumes(volumes: &[Volume], kind: ContainerKind, style: Option<CommandStyle>, findings: &mut Findings) {
    let windows = style == Some(CommandStyle::Windows);
    let mut seen = BTreeSet::new();
    for (index, volume) in volumes.iter().enumerate() {
        let number = index + 1;
        let (inside, outside) = (volume.container_path.trim(), volume.host_path.trim());
        let absolute = inside.starts_with('/') || (windows && is_drive(inside));
        let problem = if inside.is_empty() {
            Some("is empty: enter the folder's path in the container".to_owned())
        } else if !absolute && kind == ContainerKind::Docker {
            Some("is not absolute: begin it with a slash".to_owned())
        } else {
            odd_path(inside, windows)
        };
        if let Some(problem) = problem {
            findings.error(
                format!("container.volumes[{index}].containerPath"),
                format!("container path of volume {number} {problem}"),
            );
        } else if !seen.insert(inside.trim_end_matches('/')) {
            findings.error(
                format!("container.volumes[{index}].containerPath"),
                format!("container path of volume {number} is that of another volume: choose another"),
            );
        }
        if let Some(problem) = odd_path(outside, windows) {
            findings.error(
                format!("container.volumes[{index}].hostPath"),
                format!("host path of volume {number} {problem}"),
            );
        }
    }
}

fn is_drive(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':')
}

/// What keeps a path from being one.
fn odd_path(path: &str, windows: bool) -> Option<String> {
    let body = match windows && is_drive(path) {
        true => path.get(2..).unwrap_or_default(),
        false => path,
    };
    if let Some(bad) = body.chars().find(|c| c.is_control() || *c == ':') {
        return Some(format!("has {} in it: correct it", named(bad)));
    }
    let leaves = !body.starts_with(['/', '\\']) && body.split(['/', '\\']).any(|part| part == "..");
    leaves.then(|| "leads out of the sandbox: take the .. out of it, or begin it with a slash".to_owned())
}

fn parameters(parameters: &[Parameter], findings: &mut Findings) {
    for (index, parameter) in parameters.iter().enumerate() {
        let number = index + 1;
        let key = parameter.key.trim();
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let problem = if key.is_empty() {
            "is empty: enter an option of docker run, as in memory-swap".to_owned()
        } else if key.starts_with('-') {
            "begins with a dash: write the option without its dashes".to_owned()
        } else if let Some(bad) = key.chars().find(|c| !good(*c)) {
            format!(
                "has {} in it, which no option has: write its value into the other field",
                named(bad)
            )
        } else {
            continue;
        };
        findings.error(
            format!("container.parameters[{index}].key"),
            format!("name of parameter {number} {problem}"),
        );
    }
}
