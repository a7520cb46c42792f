//! A Mesos cluster on this machine.

mod boxed;
mod members;
mod spec;
mod view;
mod zookeeper;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::RunError;
use crate::guard::{self, Guard};
use crate::http::Client;
use crate::process::{Daemon, Recipe};
use crate::setup::MesosHome;
use crate::wait::{Check, until};
use crate::{paths, ports};

pub use spec::{AgentSpec, ClusterSpec};
pub use view::{Leader, TaskView};

const START: Duration = Duration::from_secs(60);
/// The name of the ZooKeeper server; those of an ensemble are `zookeeper1` …
pub const ZOOKEEPER: &str = "zookeeper";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    ZooKeeper,
    Master,
    Agent,
}

/// What another process needs to know of a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Plan {
    name: String,
    role: Role,
    address: Ipv4Addr,
    port: u16,
    recipe: Recipe,
}

#[derive(Debug)]
struct Member {
    name: String,
    role: Role,
    address: Ipv4Addr,
    port: u16,
    daemon: Daemon,
}

impl Member {
    fn client(&self) -> Client {
        Client::new(format!("http://{}:{}", self.address, self.port))
    }
}

/// A running cluster. Its members are named `zookeeper` (or `zookeeper1` …), `master1` …, `agent1` …; when it is dropped,
/// all of them end, and their executors and tasks with them.
#[derive(Debug)]
pub struct Cluster {
    run: PathBuf,
    home: MesosHome,
    members: Vec<Member>,
    // None: the cluster was started to stay (`keep`).
    guard: Option<Guard>,
    // Whether the start went well; if not, the logs are kept.
    up: bool,
}

impl Cluster {
    /// Starts a cluster and waits until a master leads and all agents are registered with it.
    ///
    /// # Errors
    /// [`RunError`] with the ends of the members' logs.
    pub fn start(spec: &ClusterSpec) -> Result<Self, RunError> {
        Self::start_in(spec, &paths::fresh_run("mesos"))
    }

    /// The same in a folder of the caller's choice, which is emptied first.
    ///
    /// # Errors
    /// [`RunError`] with the ends of the members' logs.
    pub fn start_in(spec: &ClusterSpec, run: &Path) -> Result<Self, RunError> {
        let home = MesosHome::ensure()?;
        let file = |doing| {
            let path = run.to_path_buf();
            move |source| RunError::File { doing, path, source }
        };
        if run.exists() {
            fs::remove_dir_all(run).map_err(file("emptying"))?;
        }
        fs::create_dir_all(run).map_err(file("creating"))?;
        if spec.agents.iter().any(|agent| agent.images.is_some()) {
            boxed::write_end(run)?;
        }
        let guard = Some(Guard::over(run)?);
        let members = members::plan(spec, &home, run)?
            .into_iter()
            .map(Member::from)
            .collect();
        let mut cluster = Self {
            run: run.to_path_buf(),
            home,
            members,
            guard,
            up: false,
        };
        cluster.write_plan()?;
        for role in [Role::ZooKeeper, Role::Master, Role::Agent] {
            let names: Vec<String> = cluster.names(role);
            for name in &names {
                cluster.member_mut(name)?.daemon.start()?;
            }
            for name in &names {
                cluster.await_answer(name)?;
            }
        }
        cluster.await_agents(spec.agents.len())?;
        for name in cluster.names(Role::Master) {
            cluster.await_replica(&name)?;
            cluster.await_word_of_leader(&name)?;
        }
        cluster.up = true;
        Ok(cluster)
    }

    /// The cluster that another process started in this folder with [`Cluster::keep`]. Dropping it ends nothing.
    ///
    /// # Errors
    /// [`RunError::Member`] when there is none.
    pub fn attach(run: &Path) -> Result<Self, RunError> {
        let plan = fs::read_to_string(run.join("cluster.json")).map_err(|_| RunError::Member {
            name: "the cluster".into(),
            problem: format!("was never started in {}", run.display()),
        })?;
        let plans: Vec<Plan> = serde_json::from_str(&plan).map_err(|error| RunError::Member {
            name: "the cluster".into(),
            problem: format!("has an unreadable plan in {}: {error}", run.display()),
        })?;
        let members = plans.into_iter().map(Member::from).collect();
        Ok(Self {
            run: run.to_path_buf(),
            home: MesosHome::ensure()?,
            members,
            guard: None,
            up: true,
        })
    }

    /// Leaves the cluster running, also after this process has ended.
    ///
    /// # Errors
    /// [`RunError::Spawn`] when its guard does not take the word.
    pub fn keep(&mut self) -> Result<(), RunError> {
        self.guard.take().map_or(Ok(()), Guard::keep)
    }

    /// Leaves its folder with all logs when it is dropped: something has gone wrong.
    pub fn keep_logs(&mut self) {
        self.up = false;
    }

    /// Ends the cluster of a folder, whoever started it.
    ///
    /// # Errors
    /// [`RunError::Spawn`].
    pub fn down(run: &Path) -> Result<(), RunError> {
        guard::sweep(run)
    }

    /// The folder of the cluster: a folder for each member, with its `log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.run
    }

    /// Each member's name, address and process number (none: it does not run).
    pub fn status(&mut self) -> Vec<(String, String, Option<u32>)> {
        let member = |member: &mut Member| {
            (
                member.name.clone(),
                format!("{}:{}", member.address, member.port),
                member.daemon.pid(),
            )
        };
        self.members.iter_mut().map(member).collect()
    }

    /// Sends SIGKILL to a member, and waits for its end.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name; [`RunError::Condition`] when it does not end.
    pub fn kill(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.kill()
    }

    /// Sends SIGTERM to a member, and waits for its end.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name; [`RunError::Condition`] when it does not end.
    pub fn stop(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.stop()
    }

    /// Stops a member for a while, as a machine that hangs: SIGSTOP. [`resume`](Self::resume) lets it go on.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name; [`RunError::Spawn`].
    pub fn pause(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.signal("-STOP").map(drop)
    }

    /// Lets a member go on that was paused.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name; [`RunError::Spawn`].
    pub fn resume(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.signal("-CONT").map(drop)
    }

    /// The names of all masters.
    #[must_use]
    pub fn masters(&self) -> Vec<String> {
        self.names(Role::Master)
    }

    /// The names of all ZooKeeper servers.
    #[must_use]
    pub fn zookeepers(&self) -> Vec<String> {
        self.names(Role::ZooKeeper)
    }

    /// Starts a member that does not run, without waiting until it answers.
    ///
    /// # Errors
    /// [`RunError`] of its process.
    pub fn launch(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.start()
    }

    /// Starts a member that does not run, with its old state, and waits until it answers.
    ///
    /// # Errors
    /// [`RunError`] with the end of its log.
    pub fn restart(&mut self, name: &str) -> Result<(), RunError> {
        self.member_mut(name)?.daemon.start()?;
        self.await_answer(name)
    }

    /// Whether a member runs. Masters end themselves when ZooKeeper is away for long.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name.
    pub fn runs(&mut self, name: &str) -> Result<bool, RunError> {
        Ok(self.member_mut(name)?.daemon.alive())
    }

    /// The port of a member.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name.
    pub fn port(&self, name: &str) -> Result<u16, RunError> {
        Ok(self.member(name)?.port)
    }

    /// The log of a member.
    ///
    /// # Errors
    /// [`RunError::Member`] for an unknown name.
    pub fn log(&self, name: &str) -> Result<String, RunError> {
        Ok(self.member(name)?.daemon.log())
    }

    /// The ends of all logs, for messages.
    #[must_use]
    pub fn tails(&self) -> String {
        self.members
            .iter()
            .map(|member| member.daemon.tail())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What a scheduler is given as the address of the masters: `zk://…`, without ZooKeeper `host:port`.
    #[must_use]
    pub fn master(&self) -> String {
        let find = |role| self.members.iter().filter(move |member| member.role == role);
        match (find(Role::ZooKeeper).next(), find(Role::Master).next()) {
            (Some(first), _) => {
                zookeeper::url(first.address, find(Role::ZooKeeper).map(|member| member.port))
            }
            (None, Some(master)) => format!("{}:{}", master.address, master.port),
            (None, None) => "127.0.0.1:5050".to_owned(),
        }
    }

    /// Waits until this many agents are registered with the leading master.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the ends of all logs.
    pub fn await_agents(&mut self, count: usize) -> Result<(), RunError> {
        let found = until(
            format!("{count} agents with the leading master"),
            START,
            || match self.master_state() {
                Ok(state) => {
                    let agents = &state["activated_slaves"];
                    let active = agents.as_f64().unwrap_or(0.0);
                    Check::when(active >= count as f64, (), || format!("{agents} agents"))
                }
                Err(error) => Check::NotYet(error.to_string()),
            },
        );
        found.map_err(|error| self.explained(error))
    }

    fn await_answer(&mut self, name: &str) -> Result<(), RunError> {
        let role = self.member(name)?.role;
        let client = self.member(name)?.client();
        let (address, port) = (self.member(name)?.address, self.member(name)?.port);
        let result = until(format!("an answer of {name}"), START, || {
            if let Ok(false) = self.runs(name) {
                return Check::Never("it has ended".into());
            }
            match role {
                Role::ZooKeeper => Check::from(zookeeper::mode(address, port)),
                Role::Master | Role::Agent => Check::from(
                    client
                        .get("/version")
                        .and_then(crate::http::Answer::good)
                        .map(|answer| answer.body),
                ),
            }
        });
        result.map(drop).map_err(|error| self.explained(error))
    }

    /// A master can take over only when its replica of the registry has caught up with the others.
    fn await_replica(&self, name: &str) -> Result<(), RunError> {
        let client = self.member(name)?.client();
        let result = until(format!("the registry of {name}"), START, || {
            match client.json("/metrics/snapshot") {
                Ok(metrics) => {
                    let recovered = &metrics["registrar/log/recovered"];
                    Check::when(recovered.as_f64() == Some(1.0), (), || {
                        format!("recovered is {recovered}")
                    })
                }
                Err(error) => Check::NotYet(error.to_string()),
            }
        });
        result.map_err(|error| self.explained(error))
    }

    /// A master that has not heard yet who leads refuses what the leader has to answer.
    fn await_word_of_leader(&self, name: &str) -> Result<(), RunError> {
        let client = self.member(name)?.client();
        let result = until(format!("the word of {name} on who leads"), START, || {
            match (self.leader(), client.get("/master/redirect")) {
                (Ok(leader), Ok(answer)) => Check::when(view::leads_to(&answer, leader.port), (), || {
                    format!("{:?}, and {} leads", answer.location, leader.name)
                }),
                (Err(error), _) | (_, Err(error)) => Check::NotYet(error.to_string()),
            }
        });
        result.map_err(|error| self.explained(error))
    }

    fn explained(&self, error: RunError) -> RunError {
        match error {
            RunError::Condition { what, reason } => RunError::Condition {
                what,
                reason: format!("{reason}\n{}", self.tails()),
            },
            other => other,
        }
    }

    fn write_plan(&self) -> Result<(), RunError> {
        let plans: Vec<Plan> = self.members.iter().map(Plan::from).collect();
        let path = self.run.join("cluster.json");
        let text = Value::to_string(&serde_json::json!(plans));
        fs::write(&path, text).map_err(|source| RunError::File {
            doing: "writing",
            path,
            source,
        })
    }

    fn names(&self, role: Role) -> Vec<String> {
        let members = self.members.iter().filter(|member| member.role == role);
        members.map(|member| member.name.clone()).collect()
    }

    fn member(&self, name: &str) -> Result<&Member, RunError> {
        self.members
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| unknown(name))
    }

    fn member_mut(&mut self, name: &str) -> Result<&mut Member, RunError> {
        self.members
            .iter_mut()
            .find(|member| member.name == name)
            .ok_or_else(|| unknown(name))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            drop(guard);
            // What a failed test has left is there to be looked at.
            if self.up && !std::thread::panicking() {
                let _ = fs::remove_dir_all(&self.run);
            }
        }
    }
}

impl From<Plan> for Member {
    fn from(plan: Plan) -> Self {
        Self {
            name: plan.name,
            role: plan.role,
            address: plan.address,
            port: plan.port,
            daemon: Daemon::attach(plan.recipe),
        }
    }
}

impl From<&Member> for Plan {
    fn from(member: &Member) -> Self {
        let recipe = member.daemon.recipe().clone();
        Self {
            name: member.name.clone(),
            role: member.role,
            address: member.address,
            port: member.port,
            recipe,
        }
    }
}

fn unknown(name: &str) -> RunError {
    RunError::Member {
        name: name.into(),
        problem: "is not a member of the cluster".into(),
    }
}
