use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Engine, IMAGE, file};
use crate::error::RunError;
use crate::http::Client;
use crate::ports;
use crate::process::{Daemon, Recipe};
use crate::tools;
use crate::wait::{Check, until};

const START: Duration = Duration::from_secs(20);

/// A registry of an engine; it ends with the engine.
#[derive(Debug, Clone)]
pub struct Registry {
    /// `127.0.0.1:port`, as it stands before the names of images.
    pub address: String,
    credentials: Option<(String, String)>,
}

impl Registry {
    /// Docker's file with this login.
    #[must_use]
    pub fn login(&self, user: &str, password: &str) -> String {
        let auth = BASE64_STANDARD.encode(format!("{user}:{password}"));
        serde_json::json!({"auths": {self.address.as_str(): {"auth": auth}}}).to_string()
    }
}

impl Engine {
    /// Starts a registry on a free port; with a user and a password, it wants them.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn registry(&mut self, credentials: Option<(&str, &str)>) -> Result<Registry, RunError> {
        let port = ports::free_port()?;
        let folder = self.run.join(format!("registry{}", self.registries.len() + 1));
        fs::create_dir_all(&folder).map_err(file("creating", &folder))?;
        let mut settings = serde_json::json!({
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": folder.join("data")}},
            "http": {"addr": format!("127.0.0.1:{port}")},
        });
        if let Some((user, password)) = credentials {
            let passwords = folder.join("htpasswd");
            // It wants bcrypt, which the C library has not.
            let hash = "import crypt, sys; print(sys.argv[1] + ':' + crypt.crypt(sys.argv[2], \
                        crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))";
            let line = tools::run(
                std::process::Command::new("python3").args(["-W", "ignore", "-c", hash, user, password]),
            )?;
            fs::write(&passwords, line).map_err(file("writing", &passwords))?;
            settings["auth"] = serde_json::json!({"htpasswd": {"realm": "testbed", "path": passwords}});
        }
        // JSON is YAML.
        let configuration = folder.join("config.yml");
        fs::write(&configuration, settings.to_string()).map_err(file("writing", &configuration))?;
        let mut daemon = Daemon::attach(Recipe {
            program: self.home.program("docker-registry"),
            arguments: vec!["serve".into(), configuration.display().to_string()],
            environment: BTreeMap::new(),
            folder,
            run: self.run.clone(),
        });
        daemon.start()?;
        let client = Client::new(format!("http://127.0.0.1:{port}"));
        until("an answer of the registry", START, || {
            if !daemon.alive() {
                return Check::Never(daemon.tail());
            }
            Check::from(client.get("/v2/").map(drop))
        })?;
        self.registries.push(daemon);
        Ok(Registry {
            address: format!("127.0.0.1:{port}"),
            credentials: credentials.map(|(user, password)| (user.to_owned(), password.to_owned())),
        })
    }

    /// Puts one of the images (by its tag) into a registry, under another name, and gives that. The engine does not keep the
    /// name, so that the next use pulls it.
    ///
    /// # Errors
    /// [`RunError::Setup`] with the words of the engine.
    pub fn publish(&self, tag: &str, registry: &Registry, name: &str) -> Result<String, RunError> {
        let target = format!("{}/{name}", registry.address);
        if let Some((user, password)) = &registry.credentials {
            self.docker(&["login", "-u", user, "-p", password, &registry.address])?;
        }
        self.docker(&["tag", &format!("{IMAGE}:{tag}"), &target])?;
        let pushed = self.docker(&["push", "-q", &target]);
        if registry.credentials.is_some() {
            self.docker(&["logout", &registry.address])?;
        }
        pushed?;
        self.docker(&["rmi", &target])?;
        Ok(target)
    }
}
