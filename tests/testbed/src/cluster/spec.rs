use std::net::Ipv4Addr;
use std::path::PathBuf;

/// A cluster to start.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// How many masters; more than one need ZooKeeper.
    pub masters: usize,
    /// The agents.
    pub agents: Vec<AgentSpec>,
    /// Whether masters are found through ZooKeeper.
    pub zookeeper: bool,
    /// How many ZooKeeper servers, where there is one at all; several are an ensemble.
    pub zookeepers: usize,
    /// Where masters and ZooKeeper listen: an address of this machine.
    pub address: Ipv4Addr,
    /// Short intervals and timeouts: offers within 50 ms, a lost agent noticed after 6 s, a lost leader after 6 s.
    /// Otherwise Mesos's own (1 s, 75 s, 10 s).
    pub quick: bool,
    /// More flags for all masters.
    pub master_flags: Vec<String>,
}

/// An agent to start.
#[derive(Debug, Clone)]
pub struct AgentSpec {
    /// CPUs of the default role.
    pub cpus: f64,
    /// Memory of the default role, in MB.
    pub mem: u64,
    /// Disk of the default role, in MB.
    pub disk: u64,
    /// Ports that it offers: first and last.
    pub ports: (u16, u16),
    /// Resources besides, in Mesos's own notation, such as `cpus(ci):2;mem(ci):512`.
    pub more_resources: Option<String>,
    /// Attributes in Mesos's own notation, such as `rack:r1;zone:z1`.
    pub attributes: Option<String>,
    /// A folder of [`Archives`](crate::Archives): the agent runs containers with these images itself. It needs root and
    /// control groups of version 1 then.
    pub images: Option<PathBuf>,
    /// More flags.
    pub flags: Vec<String>,
}

impl Default for ClusterSpec {
    /// ZooKeeper, one master, one default agent, quick, all on 127.0.0.1.
    fn default() -> Self {
        Self {
            masters: 1,
            agents: vec![AgentSpec::default()],
            zookeeper: true,
            zookeepers: 1,
            address: Ipv4Addr::LOCALHOST,
            quick: true,
            master_flags: Vec::new(),
        }
    }
}

impl ClusterSpec {
    /// ZooKeeper, one master and this many equal agents.
    #[must_use]
    pub fn with_agents(count: usize, agent: &AgentSpec) -> Self {
        Self {
            agents: vec![agent.clone(); count],
            ..Self::default()
        }
    }
}

impl Default for AgentSpec {
    /// 4 CPUs, 4096 MB of memory, 10240 MB of disk, ports 31000 to 32000.
    fn default() -> Self {
        Self {
            cpus: 4.0,
            mem: 4096,
            disk: 10_240,
            ports: (31_000, 32_000),
            more_resources: None,
            attributes: None,
            images: None,
            flags: Vec::new(),
        }
    }
}

impl AgentSpec {
    /// An agent with so many CPUs and so much memory (MB).
    #[must_use]
    pub fn with(cpus: f64, mem: u64) -> Self {
        Self {
            cpus,
            mem,
            ..Self::default()
        }
    }

    pub(super) fn resources(&self) -> String {
        let (first, last) = self.ports;
        let mut text = format!(
            "cpus:{};mem:{};disk:{};ports:[{first}-{last}]",
            self.cpus, self.mem, self.disk
        );
        if let Some(more) = &self.more_resources {
            text.push(';');
            text.push_str(more);
        }
        text
    }
}
