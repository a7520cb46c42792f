use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Cluster, ZOOKEEPER};
use crate::error::RunError;
use crate::process::Recipe;
use crate::setup::MesosHome;
use crate::tools;

/// Where the masters announce themselves.
pub(super) const ROOT: &str = "/mesos";

pub(super) fn recipe(home: &MesosHome, run: &Path, port: u16) -> Result<Recipe, RunError> {
    let folder = run.join(ZOOKEEPER);
    let data = folder.join("data");
    let file = |doing, path: &Path| {
        let path = path.to_path_buf();
        move |source| RunError::File { doing, path, source }
    };
    fs::create_dir_all(&data).map_err(file("creating", &data))?;
    let configuration = folder.join("zoo.cfg");
    let text = format!(
        "tickTime=1000\ndataDir={}\nclientPortAddress=127.0.0.1\nclientPort={port}\nmaxClientCnxns=0\n",
        data.display()
    );
    fs::write(&configuration, text).map_err(file("writing", &configuration))?;
    let mut arguments: Vec<String> = [
        "-Xmx128m",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Djava.net.preferIPv4Stack=true",
        "-Dzookeeper.admin.enableServer=false",
        "-cp",
    ]
    .map(str::to_owned)
    .into();
    arguments.extend([
        home.zookeeper_classes(),
        "org.apache.zookeeper.server.ZooKeeperServerMain".into(),
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

/// It listens a little before it serves; then it knows its mode.
pub(super) fn serves(port: u16) -> Result<(), String> {
    let limit = Duration::from_secs(2);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"srvr")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        Ok(answer) if answer.contains("Mode: ") => Ok(()),
        Ok(answer) => Err(format!("it says {answer:?}")),
        Err(error) => Err(error.to_string()),
    }
}

impl Cluster {
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

    /// Deletes a node and all below it.
    ///
    /// # Errors
    /// [`RunError`] when ZooKeeper or its client fails.
    pub fn delete_znode(&self, path: &str) -> Result<(), RunError> {
        self.zookeeper_client(&["deleteall", path]).map(drop)
    }

    fn zookeeper_client(&self, words: &[&str]) -> Result<String, RunError> {
        let server = format!("127.0.0.1:{}", self.port(ZOOKEEPER)?);
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
