//! A task as the Docker engine takes it: as Mesos's containerizers would have run it.

use mesos_core::Amount;
use mesos_wire::container_info::docker_info;
use mesos_wire::{CommandInfo, ContainerInfo, TaskInfo, container_info, volume};
use serde_json::{Map, Value, json};

use crate::parameters;

/// Where the sandbox is in a container, as on Mesos.
pub(crate) const SANDBOX: &str = "/mnt/mesos/sandbox";
/// Whose container it is: the id of the cluster in a cloud's state folder.
pub(crate) const CLUSTER_LABEL: &str = "org.jenkinsci.mesos.local.cluster";
/// Which task it is.
pub(crate) const TASK_LABEL: &str = "org.jenkinsci.mesos.local.task";

/// The name of the container of a task; the engine sees to it that there are never two.
pub(crate) fn name(task: &str) -> String {
    format!("mesos-local-{task}")
}

/// The image that a task wants, and whether it is to be pulled in any case. `None`: it runs without a container.
pub(crate) fn image(task: &TaskInfo) -> Option<(String, bool)> {
    let container = task.container.as_ref()?;
    if let Some(docker) = &container.docker {
        return Some((docker.image.clone(), docker.force_pull_image()));
    }
    let image = container.mesos.as_ref()?.image.as_ref()?;
    Some((image.docker.as_ref()?.name.clone(), !image.cached()))
}

/// What `POST /containers/create` takes.
///
/// # Errors
/// What cannot be done here, and the cure.
pub(crate) fn describe(task: &TaskInfo, cluster: &str, amount: Amount) -> Result<Value, String> {
    let (Some((image, _)), Some(container)) = (image(task), &task.container) else {
        return Err("the task has no image".to_owned());
    };
    let command = task.command.clone().unwrap_or_default();
    let id = &task.task_id.value;
    let (network, mut ports) = network(container)?;
    let mut host = json!({
        // Mesos gives shares of CPUs, too: what nobody else wants may be used.
        "CpuShares": (amount.cpus.as_milli().saturating_mul(1024) / 1000).max(2),
        "Memory": amount.mem.whole().saturating_mul(1024 * 1024),
        "NetworkMode": network,
        "Privileged": container.docker.as_ref().is_some_and(docker_info_privileged),
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}},
    });
    let mut body = json!({
        "Image": image,
        "Env": environment(id, &command),
        "Labels": {CLUSTER_LABEL: cluster, TASK_LABEL: id},
        "AttachStdout": false,
        "AttachStderr": false,
    });
    if network != "host"
        && let Some(hostname) = &container.hostname
    {
        body["Hostname"] = json!(hostname);
    }
    let by_docker = container.r#type() == container_info::Type::Docker;
    run(&mut body, &command, by_docker);
    let mut mounts = Vec::new();
    let mut volumes = Map::new();
    for volume in &container.volumes {
        match volume.host_path.as_deref().filter(|path| path.starts_with('/')) {
            // Not by `Binds`, which makes a folder that is missing, as root.
            Some(path) => mounts.push(json!({
                "Type": "bind",
                "Source": path,
                "Target": absolute(&volume.container_path),
                "ReadOnly": volume.mode() == volume::Mode::Ro,
            })),
            // One of its own: it goes with the container.
            None => {
                volumes.insert(absolute(&volume.container_path), json!({}));
            }
        }
    }
    host["Mounts"] = Value::Array(mounts);
    if !volumes.is_empty() {
        body["Volumes"] = Value::Object(volumes);
    }
    if !ports.is_empty() {
        let exposed: Map<String, Value> = ports.keys().map(|port| (port.clone(), json!({}))).collect();
        body["ExposedPorts"] = Value::Object(exposed);
        host["PortBindings"] = Value::Object(std::mem::take(&mut ports));
    }
    let given = container
        .docker
        .as_ref()
        .map(|docker| docker.parameters.as_slice());
    for parameter in given.unwrap_or_default() {
        parameters::apply(&parameter.key, &parameter.value, &mut body, &mut host)?;
    }
    body["HostConfig"] = host;
    Ok(body)
}

fn docker_info_privileged(docker: &container_info::DockerInfo) -> bool {
    docker.privileged()
}

/// A path within the sandbox is one for Mesos's own containerizer.
fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{SANDBOX}/{path}")
    }
}

fn environment(id: &str, command: &CommandInfo) -> Vec<String> {
    let given = command
        .environment
        .iter()
        .flat_map(|environment| &environment.variables);
    [
        format!("MESOS_SANDBOX={SANDBOX}"),
        format!("MESOS_TASK_ID={id}"),
        format!("MESOS_CONTAINER_NAME={}", name(id)),
    ]
    .into_iter()
    .chain(given.map(|variable| {
        format!(
            "{}={}",
            variable.name,
            variable.value.as_deref().unwrap_or_default()
        )
    }))
    .collect()
}

/// A shell line takes the place of the image's entrypoint. Without it, the Docker containerizer leaves the entrypoint and
/// gives it value and arguments; Mesos's own takes the value for the program.
fn run(body: &mut Value, command: &CommandInfo, by_docker: bool) {
    if command.shell() {
        if let Some(line) = &command.value {
            body["Entrypoint"] = json!(["/bin/sh", "-c"]);
            body["Cmd"] = json!([line]);
        }
        return;
    }
    match &command.value {
        Some(program) if by_docker => {
            let words: Vec<&String> = std::iter::once(program).chain(&command.arguments).collect();
            body["Cmd"] = json!(words);
        }
        Some(program) => {
            body["Entrypoint"] = json!([program]);
            // The first argument is the program's own name.
            body["Cmd"] = json!(command.arguments.iter().skip(1).collect::<Vec<_>>());
        }
        None => body["Cmd"] = json!(command.arguments),
    }
}

/// The network, and the ports that lead into it.
fn network(container: &ContainerInfo) -> Result<(String, Map<String, Value>), String> {
    let named = container.network_infos.first();
    let user = || {
        named
            .and_then(|network| network.name.clone())
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                "the container joins a user network without a name: enter one in the template".to_owned()
            })
    };
    let mut ports = Map::new();
    let mut bind = |container_port: u32, host_port: u32, protocol: Option<&str>| {
        let key = format!("{container_port}/{}", protocol.unwrap_or("tcp"));
        let binding = json!({"HostPort": host_port.to_string()});
        match ports.get_mut(&key).and_then(Value::as_array_mut) {
            Some(bindings) => bindings.push(binding),
            None => {
                ports.insert(key, json!([binding]));
            }
        }
    };
    let name = match &container.docker {
        Some(docker) => {
            for mapping in &docker.port_mappings {
                bind(
                    mapping.container_port,
                    mapping.host_port,
                    mapping.protocol.as_deref(),
                );
            }
            match docker.network() {
                docker_info::Network::Host => "host".to_owned(),
                docker_info::Network::Bridge => "bridge".to_owned(),
                docker_info::Network::None => "none".to_owned(),
                docker_info::Network::User => user()?,
            }
        }
        None => {
            for mapping in named.iter().flat_map(|network| &network.port_mappings) {
                bind(
                    mapping.container_port,
                    mapping.host_port,
                    mapping.protocol.as_deref(),
                );
            }
            match named {
                Some(_) => user()?,
                None => "host".to_owned(),
            }
        }
    };
    Ok((name, ports))
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
