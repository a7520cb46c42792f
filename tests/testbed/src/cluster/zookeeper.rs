use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Cluster, Role, ZOOKEEPER};
use crate::error::RunError;
use crate::ports;
use crate::process::Recipe;
use crate::setup::MesosHome;
use crate::tools;

/// Where the masters announce themselves.
pub(super) const ROOT: &str = "/mesos";

/// A server of an ensemble.
pub(super) struct Server {
    pub(super) name: String,
    address: Ipv4Addr,
    /// For clients.
    pub(super) port: u16,
    /// For the other servers: to follow the leader, and to elect one.
    between: (u16, u16),
}

/// Servers on free ports: one that is alone, or an ensemble.
pub(super) fn ensemble(count: usize, address: Ipv4Addr) -> Result<Vec<Server>, RunError> {
    (1..=count)
        .map(|number| {
            Ok(Server {
                name: match count {
                    1 => ZOOKEEPER.to_owned(),
                    _ => format!("{ZOOKEEPER}{number}"),
                },
                address,
                port: ports::free_port()?,
                between: (ports::free_port()?, ports::free_port()?),
            })
        })
        .collect()
}

/// What masters, agents and schedulers are given.
pub(super) fn url(address: Ipv4Addr, ports: impl Iterator<Item = u16>) -> String {
    let servers: Vec<String> = ports.map(|port| format!("{address}:{port}")).collect();
    format!("zk://{}{ROOT}", servers.join(","))
}

pub(super) fn recipe(
    home: &MesosHome,
    run: &Path,
    server: &Server,
    ensemble: &[Server],
) -> Result<Recipe, RunError> {
    let folder = run.join(&server.name);
    let data = folder.join("data");
    let file = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| RunError::File { doing, path, source }
    };
    fs::create_dir_all(&data).map_err(file("creating", &data))?;
    let configuration = folder.join("zoo.cfg");
    let mut text = format!(
        "tickTime=1000\ndataDir={}\nclientPortAddress={}\nclientPort={}\nmaxClientCnxns=0\n",
        data.display(),
        server.address,
        server.port
    );
    let mut main = "org.apache.zookeeper.server.ZooKeeperServerMain";
    if ensemble.len() > 1 {
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        text.push_str("initLimit=20\nsyncLimit=5\n");
        for (index, other) in ensemble.iter().enumerate() {
            let (number, (follow, elect)) = (index + 1, other.between);
            text.push_str(&format!("server.{number}={}:{follow}:{elect}\n", other.address));
            if other.name == server.name {
                let id = data.join("myid");
                fs::write(&id, number.to_string()).map_err(file("writing", &id))?;
            }
        }
    }
    fs::write(&configuration, text).map_err(file("writing", &configuration))?;
    let mut arguments: Vec<String> = [
        "-Xmx128m",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Djava.net.preferIPv4Stack=true",
        "-Dzookeeper.admin.enableServer=false",
        // All sessions wait for a file to be synced, for more than a second where builds write. What a server has
        // written outlives its process without that; it is the machine's end that nobody tries here.
        "-Dzookeeper.forceSync=no",
        "-Dzookeeper.preAllocSize=1024",
        "-cp",
    ]
    .map(str::to_owned)
    .into();
    arguments.extend([
        home.zookeeper_classes(),
        main.into(),
        configuration.display().to_string(),
    ]);
    Ok(Recipe {
        program: "java".into(),
        arguments,
        environment: BTreeMap::new(),
        folder,
        run: run.to_path_buf(),
    })
}

/// It listens a little before it serves; then it knows its mode: `standalone`, `leader` or `follower`.
pub(super) fn mode(address: Ipv4Addr, port: u16) -> Result<String, String> {
    let limit = Duration::from_secs(2);
    let address = SocketAddr::from((address, port));
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"srvr")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        Ok(answer) => match answer.lines().find_map(|line| line.strip_prefix("Mode: ")) {
            Some(mode) => Ok(mode.to_owned()),
            None => Err(format!("it says {answer:?}")),
        },
        Err(error) => Err(error.to_string()),
    }
}

impl Cluster {
    /// The name of the ZooKeeper server that leads the ensemble.
    ///
    /// # Errors
    /// [`RunError::Condition`] when none leads now.
    pub fn zookeeper_leader(&self) -> Result<String, RunError> {
        let mut seen = Vec::new();
        for member in self
            .members
            .iter()
            .filter(|member| member.role == Role::ZooKeeper)
        {
            match mode(member.address, member.port) {
                Ok(mode) if mode == "leader" => return Ok(member.name.clone()),
                Ok(mode) => seen.push(format!("{} is {mode}", member.name)),
                Err(error) => seen.push(format!("{}: {error}", member.name)),
            }
        }
        Err(RunError::Condition {
            what: "a ZooKeeper server that leads".into(),
            reason: seen.join("; "),
        })
    }

    /// The names of a node's children, such as those of `/mesos`.
    ///
    /// # Errors
    /// [`RunError`] when ZooKeeper or its client fails.
    pub fn znodes(&self, path: &str) -> Result<Vec<String>, RunError> {
        let answer = self.zookeeper_client(&["ls", path])?;
        let list = answer
            .lines()
            .rev()
            .find(|line| line.starts_with('['))
            .unwrap_or("[]");
        let names = list
            .trim_matches(['[', ']'])
            .split(", ")
            .filter(|name| !name.is_empty());
        Ok(names.map(str::to_owned).collect())
    }

    /// Writes a node, which is created when it is not there.
    ///
    /// # Errors
    /// [`RunError`] when ZooKeeper or its client fails.
    pub fn set_znode(&self, path: &str, data: &str) -> Result<(), RunError> {
        if self.zookeeper_client(&["set", path, data]).is_err() {
            self.zookeeper_client(&["create", path, data])?;
        }
        Ok(())
    }

    /// Creates a node that only those may read whom `acl` names, in ZooKeeper's notation.
    ///
    /// # Errors
    /// [`RunError`] when ZooKeeper or its client fails.
    pub fn create_guarded_znode(&self, path: &str, data: &str, acl: &str) -> Result<(), RunError> {
        self.zookeeper_client(&["create", path, data, acl]).map(drop)
    }

    /// Deletes a node and all below it.
    ///
    /// # Errors
    /// [`RunError`] when ZooKeeper or its client fails.
    pub fn delete_znode(&self, path: &str) -> Result<(), RunError> {
        self.zookeeper_client(&["deleteall", path]).map(drop)
    }

    fn zookeeper_client(&self, words: &[&str]) -> Result<String, RunError> {
        let servers: Vec<String> = self
            .members
            .iter()
            .filter(|member| member.role == Role::ZooKeeper)
            .map(|member| format!("{}:{}", member.address, member.port))
            .collect();
        let server = servers.join(",");
        let answer = tools::run(
            Command::new("java")
                .args([
                    "-XX:TieredStopAtLevel=1",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                    "-cp",
                ])
                .arg(self.home.zookeeper_classes())
                .args(["org.apache.zookeeper.ZooKeeperMain", "-server", &server])
                .args(words),
        )?;
        Ok(answer)
    }
}
