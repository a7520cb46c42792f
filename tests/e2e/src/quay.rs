//! The master `local` on a real Docker engine, with the driver and its agents.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use mesos_client::Runtime;
use mesos_core::Notice;
use serde_json::{Value, json};
use testbed::{Engine, RunError};

use crate::trial::{Program, Trial, configured, folder, runtime, unmet};
use crate::{LATER, SOON};

/// An engine, and a driver whose master is this machine with that engine. What is declared first ends first.
#[derive(Debug)]
pub struct Quay {
    /// The driver.
    pub trial: Trial,
    /// The engine.
    pub engine: Engine,
    /// What the agents run.
    pub program: Program,
    /// The driver's threads.
    pub runtime: Runtime,
    /// The driver's state.
    pub folder: PathBuf,
    /// The templates of the driver.
    pub templates: Value,
}

impl Quay {
    /// Starts both, after `prepare` has had the engine for itself and has said which templates there are: by label, each with
    /// its members or with those of its container only.
    ///
    /// # Errors
    /// [`RunError`] of what does not start.
    pub fn start(prepare: impl FnOnce(&mut Engine) -> Result<Value, RunError>) -> Result<Self, RunError> {
        Self::start_at(|engine| Ok(master(engine)), prepare)
    }

    /// The same with a master of the caller's choice.
    ///
    /// # Errors
    /// [`RunError`] of what does not start.
    pub fn start_at(
        master: impl FnOnce(&Engine) -> Result<String, RunError>,
        prepare: impl FnOnce(&mut Engine) -> Result<Value, RunError>,
    ) -> Result<Self, RunError> {
        let mut engine = Engine::start()?;
        let mut templates = Vec::new();
        for (label, block) in prepare(&mut engine)?.as_object().into_iter().flatten() {
            // A template, or only its container.
            let mut template = if block["container"].is_object() {
                block.clone()
            } else {
                json!({"container": block})
            };
            template["label"] = json!(label);
            let usual = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";
            for (member, value) in [
                ("mem", json!(64)),
                ("executorMem", json!(96)),
                ("jvmArgs", json!(usual)),
            ] {
                if template[member].is_null() {
                    template[member] = value;
                }
            }
            templates.push(template);
        }
        let templates = Value::Array(templates);
        let runtime = runtime()?;
        let folder = folder();
        let config = configured(&master(&engine)?, json!({ "templates": templates }))?;
        let mut trial = Trial::open(config, &folder, &runtime);
        trial.subscribed()?;
        Ok(Self {
            trial,
            program: Program::serve()?,
            engine,
            runtime,
            folder,
            templates,
        })
    }

    /// Asks for an agent of each of these templates: their names by label.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub fn submit(&mut self, labels: &[&str]) -> Result<BTreeMap<String, String>, RunError> {
        let mut names = BTreeMap::new();
        for label in labels {
            let submitted = self.trial.submit_to(label, &self.program, 1)?;
            names.extend(submitted.into_iter().map(|name| ((*label).to_owned(), name)));
        }
        Ok(names)
    }

    /// The same, and waits until all run.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what the driver told.
    pub fn run(&mut self, labels: &[&str]) -> Result<BTreeMap<String, String>, RunError> {
        let names = self.submit(labels)?;
        let all: Vec<String> = names.values().cloned().collect();
        self.trial.running(&all)?;
        Ok(names)
    }

    /// The agent's container as `docker inspect` shows it.
    ///
    /// # Errors
    /// [`RunError`] when there is none.
    pub fn shown(&self, name: &str) -> Result<Value, RunError> {
        self.engine.inspect(&format!("mesos-local-{name}"))
    }

    /// What a command in the agent's container prints.
    ///
    /// # Errors
    /// [`RunError`] with its words when it fails.
    pub fn inside(&self, name: &str, command: &str) -> Result<String, RunError> {
        let container = format!("mesos-local-{name}");
        let text = self
            .engine
            .docker(&["exec", &container, "/bin/sh", "-c", command])?;
        Ok(text.trim_end().to_owned())
    }

    /// Waits for the end of an agent: its state and what is told of it.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn end_of(&mut self, wanted: &str) -> Result<String, RunError> {
        self.trial.notice("an end", LATER, |notice| match notice {
            Notice::Ended {
                name, state, message, ..
            } if name == wanted => Some(format!("{state}: {}", message.clone().unwrap_or_default())),
            _ => None,
        })
    }

    /// Waits until this is said of an agent whose start takes its time.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn progress(&mut self, wanted: &str, words: &str) -> Result<(), RunError> {
        self.trial.notice(words, SOON, |notice| match notice {
            Notice::State {
                name,
                message: Some(message),
                ..
            } if name == wanted && message.contains(words) => Some(()),
            _ => None,
        })
    }

    /// Waits until the cloud tells of a trouble with the engine in these words.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn trouble(&mut self, words: &str) -> Result<(), RunError> {
        self.trial.notice(words, SOON, |notice| match notice {
            Notice::Trouble { subject, message } if subject == "docker" && message.contains(words) => {
                Some(())
            }
            _ => None,
        })
    }

    /// Ends the framework; nothing may be left.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what is left.
    pub fn end(self) -> Result<(), RunError> {
        self.trial.close(true)?;
        self.engine.await_nothing(SOON)?;
        fs::remove_dir_all(&self.folder).map_err(|error| unmet("the folder", error.to_string()))
    }
}

/// The master: a large part of this machine, with this engine.
#[must_use]
pub fn master(engine: &Engine) -> String {
    format!(
        "local://?cpus=16&mem=16384&docker=unix://{}",
        engine.socket().display()
    )
}
