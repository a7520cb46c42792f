//! All that a task's launch takes but its offer.

use crate::command::command;
use crate::config::{
    Container, ContainerKind, DOCKER_SOCKET, DockerAccess, Networking, PortMapping, Template, Volume,
};
use crate::image::check_image;
use crate::request::Launch;
use crate::scalar::Scalar;
use crate::status::Port;
use mesos_wire::container_info::{DockerInfo, MesosInfo, docker_info};
use mesos_wire::{
    AgentId, ContainerInfo, Image, NetworkInfo, Parameter, Resource, TaskId, TaskInfo, container_info, image,
    network_info, volume,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The label of each Docker container; its value is the agent's name.
pub(crate) const AGENT_LABEL: &str = "org.jenkinsci.plugins.mesos.agent";
/// Where Docker keeps its images and containers.
const DOCKER_FOLDER: &str = "/var/lib/docker";
/// The sandbox's folder that stands for it in a container with a Docker of its own.
const SANDBOX_DOCKER_FOLDER: &str = "docker";

/// A task before it is known where it runs and with which ports. Thousands may wait, so that its command line is not made
/// before it is launched, and what many have in common is shared.
#[derive(Clone)]
pub(crate) struct Blueprint {
    template: Arc<Template>,
    launch: Arc<Launch>,
    /// In place of the template's.
    image: Option<Box<str>>,
    /// What the agent's JVM gets.
    mem: Scalar,
    /// Ports to be had from the offer, in order; `None` is any.
    pub(crate) ports: Box<[Option<u32>]>,
}

impl Blueprint {
    /// `mem` is what the agent's JVM gets. The template must be without errors.
    ///
    /// # Errors
    /// What is wrong with the image that is asked for, and the cure.
    pub(crate) fn new(
        launch: Arc<Launch>,
        image: Option<&str>,
        template: Arc<Template>,
        mem: Scalar,
    ) -> Result<Self, String> {
        let asked = image.map(str::trim).filter(|image| !image.is_empty());
        let image = match (asked, &template.container) {
            (None, _) => None,
            (Some(image), Some(container)) if container.image_customizable => {
                check_image(image).map_err(|problem| format!("its image {problem}"))?;
                Some(image.into())
            }
            (Some(image), Some(container)) if container.image.trim() == image => None,
            (Some(image), _) => {
                return Err(format!(
                    "the agent template `{}` does not let builds choose their image, and `{image}` is asked for: \
                     allow it in the template's container, or take the image out of the label",
                    template.key()
                ));
            }
        };
        Ok(Self {
            ports: mappings(&template)
                .iter()
                .map(PortMapping::fixed_host_port)
                .collect(),
            template,
            launch,
            image,
            mem,
        })
    }

    /// The ports of the host that lead into the container.
    pub(crate) fn ports_on(&self, host: &str, ports: &[u32]) -> Vec<Port> {
        mappings(&self.template)
            .iter()
            .zip(ports)
            .map(|(mapping, port)| Port::new(mapping, host, *port))
            .collect()
    }

    /// The task. `ports` are in the order of [`ports`](Self::ports); an empty `user` is that of the framework, which Mesos
    /// never changes.
    pub(crate) fn task(
        &self,
        name: &str,
        agent_id: AgentId,
        resources: Vec<Resource>,
        ports: &[u32],
        user: &str,
    ) -> TaskInfo {
        let mut command = command(&self.launch, name, &self.template, self.mem.whole());
        command.user = (!user.is_empty()).then(|| user.to_owned());
        let mut container = self
            .template
            .container
            .as_ref()
            .and_then(|container| container_info(container, self.image.as_deref(), name));
        if let Some(container) = &mut container {
            map_ports(container, mappings(&self.template), ports);
        }
        TaskInfo {
            name: name.to_owned(),
            task_id: TaskId {
                value: name.to_owned(),
            },
            agent_id,
            resources,
            command: Some(command),
            container: container.map(Box::new),
            ..TaskInfo::default()
        }
    }
}

/// What the blueprints of many agents have in common.
#[derive(Debug, Default)]
pub(crate) struct Makings {
    /// By key.
    templates: HashMap<String, Arc<Template>>,
    /// Of the last agent.
    launch: Option<Arc<Launch>>,
}

impl Makings {
    /// The template of today, for all that are submitted until it changes.
    pub(crate) fn template(&mut self, template: &Template) -> Arc<Template> {
        let known = self.templates.entry(template.key());
        Arc::clone(known.or_insert_with(|| Arc::new(template.clone())))
    }

    /// The templates may have changed.
    pub(crate) fn forget_templates(&mut self) {
        self.templates.clear();
    }

    /// That of the last agent, if this one is launched in the same way.
    pub(crate) fn launch(&mut self, launch: Launch) -> Arc<Launch> {
        match &self.launch {
            Some(last) if **last == launch => Arc::clone(last),
            _ => Arc::clone(self.launch.insert(Arc::new(launch))),
        }
    }
}

fn mappings(template: &Template) -> &[PortMapping] {
    template
        .container
        .as_ref()
        .map(Container::used_port_mappings)
        .unwrap_or_default()
}

fn container_info(container: &Container, image: Option<&str>, name: &str) -> Option<ContainerInfo> {
    let kind = container.kind()?;
    let networking = container.networking()?;
    let image = image.unwrap_or_else(|| container.image.trim()).to_owned();
    let mut info = ContainerInfo {
        volumes: container
            .volumes
            .iter()
            .enumerate()
            .map(|(index, volume)| volume_of(volume, index))
            .collect(),
        network_infos: networks(container, kind, networking),
        ..ContainerInfo::default()
    };
    info.volumes.extend(docker_volume(container, kind));
    match kind {
        ContainerKind::Docker => {
            info.r#type = container_info::Type::Docker.into();
            // On the host's network the container has the host's name; Docker refuses another.
            info.hostname = (networking != Networking::Host).then(|| name.to_owned());
            info.docker = Some(DockerInfo {
                image,
                network: Some(network_of(networking).into()),
                privileged: Some(container.privileged || container.has_own_docker()),
                force_pull_image: Some(container.force_pull),
                parameters: std::iter::once(labelled(name))
                    .chain(container.parameters.iter().map(|parameter| Parameter {
                        key: parameter.key.trim().to_owned(),
                        value: parameter.value.clone(),
                    }))
                    .collect(),
                ..DockerInfo::default()
            });
        }
        ContainerKind::Mesos => {
            info.r#type = container_info::Type::Mesos.into();
            info.hostname = (networking == Networking::User).then(|| name.to_owned());
            info.mesos = Some(MesosInfo {
                image: (!image.is_empty()).then(|| Image {
                    r#type: image::Type::Docker.into(),
                    docker: Some(image::Docker {
                        name: image,
                        ..image::Docker::default()
                    }),
                    cached: Some(!container.force_pull),
                    ..Image::default()
                }),
            });
        }
    }
    Some(info)
}

/// Mesos names containers itself: by this one `docker ps` finds the agent's.
fn labelled(name: &str) -> Parameter {
    Parameter {
        key: "label".to_owned(),
        value: format!("{AGENT_LABEL}={name}"),
    }
}

/// What the builds' Docker needs of the host or of the sandbox, unless the template has a volume there.
fn docker_volume(container: &Container, kind: ContainerKind) -> Option<mesos_wire::Volume> {
    let (inside, outside) = match container.docker_access()? {
        DockerAccess::Socket => (DOCKER_SOCKET, container.docker_socket()),
        DockerAccess::Own => (DOCKER_FOLDER, SANDBOX_DOCKER_FOLDER),
        // As old versions had it, which left it out with Docker.
        DockerAccess::None if container.dind && kind == ContainerKind::Mesos => {
            (DOCKER_FOLDER, SANDBOX_DOCKER_FOLDER)
        }
        DockerAccess::None => return None,
    };
    let there = |volume: &Volume| volume.container_path.trim().trim_end_matches('/') == inside;
    (!container.volumes.iter().any(there)).then(|| mesos_wire::Volume {
        container_path: inside.to_owned(),
        host_path: Some(outside.to_owned()),
        mode: volume::Mode::Rw.into(),
        ..mesos_wire::Volume::default()
    })
}

fn volume_of(volume: &Volume, index: usize) -> mesos_wire::Volume {
    let host_path = volume.host_path.trim();
    mesos_wire::Volume {
        container_path: volume.container_path.trim().to_owned(),
        // Mesos refuses a volume without any source: it gets a folder of the sandbox, which goes with the agent.
        host_path: Some(match host_path {
            "" => format!("volume-{index}"),
            path => path.to_owned(),
        }),
        mode: match volume.read_only {
            true => volume::Mode::Ro,
            false => volume::Mode::Rw,
        }
        .into(),
        ..mesos_wire::Volume::default()
    }
}

/// Docker joins one network, the other containerizer any number.
fn networks(container: &Container, kind: ContainerKind, networking: Networking) -> Vec<NetworkInfo> {
    if networking != Networking::User {
        return Vec::new();
    }
    let most = match kind {
        ContainerKind::Docker => 1,
        ContainerKind::Mesos => usize::MAX,
    };
    container
        .networks
        .iter()
        .take(most)
        .map(|name| NetworkInfo {
            name: Some(name.trim().to_owned()),
            ..NetworkInfo::default()
        })
        .collect()
}

fn network_of(networking: Networking) -> docker_info::Network {
    match networking {
        Networking::Host => docker_info::Network::Host,
        Networking::Bridge => docker_info::Network::Bridge,
        Networking::None => docker_info::Network::None,
        Networking::User => docker_info::Network::User,
    }
}

fn map_ports(container: &mut ContainerInfo, mappings: &[PortMapping], ports: &[u32]) {
    let pairs = mappings.iter().zip(ports);
    if let Some(docker) = &mut container.docker {
        docker.port_mappings = pairs
            .map(|(mapping, port)| docker_info::PortMapping {
                host_port: *port,
                container_port: mapping.container_port_number(),
                protocol: mapping.protocol().map(|protocol| protocol.as_str().to_owned()),
            })
            .collect();
    } else if let Some(network) = container.network_infos.first_mut() {
        network.port_mappings = pairs
            .map(|(mapping, port)| network_info::PortMapping {
                host_port: *port,
                container_port: mapping.container_port_number(),
                protocol: mapping.protocol().map(|protocol| protocol.as_str().to_owned()),
            })
            .collect();
    }
}

#[cfg(test)]
#[path = "blueprint_tests.rs"]
mod tests;
