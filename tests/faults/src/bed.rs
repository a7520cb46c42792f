//! A cluster, a network to it, and a controller.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::{Value, json};
use testbed::guard::{self, END};
use testbed::process::{Daemon, Recipe};
use testbed::{AgentSpec, Check, Cluster, ClusterSpec, RunError, SmallDisk, until};

use crate::controller::{BUILD, PROBE};
use crate::files;
use crate::jar;
use crate::link::Link;
use crate::orders::{Folder, Orders, Record};
use crate::proxy::Proxy;
use crate::story::unless;

/// How many builds run when a fault strikes, and how many wait.
pub const TEN: usize = 10;
/// For what takes seconds on an idle machine.
pub const SOON: Duration = Duration::from_secs(120);
/// A member that ended itself is started again, but not all the time.
const AGAIN: Duration = Duration::from_secs(1);
/// The name of the second of the two Mesos agents.
pub const SECOND: &str = "agent2";

/// The name under which this program is an agent.
pub const JAVA: &str = "java";
/// The word after which this program is a controller.
pub const CONTROLLER: &str = "controller";

/// What a fault needs of its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nothing besides.
    Plain,
    /// A network that can be cut between the controller and the rest.
    Apart,
    /// Masters that ask for a password.
    Guarded,
}

/// How the controller gets to the masters, and where it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By ZooKeeper.
    Election,
    /// By a faulty proxy before the leading master.
    ProxiedMaster,
    /// By a faulty proxy before one ZooKeeper server.
    ProxiedZooKeeper,
    /// By ZooKeeper; its ledger is on a disk that can be full.
    SmallDisk,
}

/// A cluster and what is needed around it, for one story after another.
#[derive(Debug)]
pub struct Bed {
    /// What it is made for.
    pub place: Place,
    // Dropped in this order: the cluster's guard ends the controller, which holds the disk and the link.
    /// The cluster.
    pub cluster: Cluster,
    /// The network, where the place has one.
    pub link: Option<Link>,
    disk: Option<SmallDisk>,
    controller: Option<Daemon>,
    /// The proxy of this story.
    pub proxy: Option<Proxy>,
    folder: Folder,
    orders: Orders,
    /// Members that are meant to be down.
    down: BTreeSet<String>,
    started: BTreeMap<String, Instant>,
    jars: u16,
    stories: u32,
    /// How many Mesos agents are to be registered after the fault.
    pub agents: usize,
    /// How many builds must be known as lost before it counts as recovered.
    pub lost: usize,
}

/// What masters ask for at [`Place::Guarded`].
pub const PRINCIPAL: &str = "jenkins";
/// The password at first.
pub const SECRET: &str = "first secret";
/// Another principal that the masters know, and its password.
pub const OTHER: (&str, &str) = ("other", "other secret");

impl Bed {
    /// Starts three ZooKeeper servers, three masters and two agents, each with room for five builds and a probe.
    ///
    /// # Errors
    /// [`RunError`] of the cluster or of the network.
    pub fn start(place: Place) -> Result<Self, RunError> {
        let link = match place {
            Place::Apart => Some(Link::make()?),
            Place::Plain | Place::Guarded => None,
        };
        let address = link.as_ref().map_or(Ipv4Addr::LOCALHOST, Link::address);
        let run = testbed::paths::fresh_run("faults");
        let mut master_flags = vec!["--zk_session_timeout=4secs".to_owned()];
        let passwords = passwords(&run);
        if place == Place::Guarded {
            write_passwords(&passwords, SECRET)?;
            master_flags.extend([
                "--authenticate_http_frameworks".to_owned(),
                "--http_framework_authenticators=basic".to_owned(),
                format!("--credentials={}", passwords.display()),
            ]);
        }
        let agent = AgentSpec {
            flags: vec!["--zk_session_timeout=4secs".to_owned()],
            ..AgentSpec::with(1.1, 4096)
        };
        let cluster = Cluster::start_in(
            &ClusterSpec {
                masters: 3,
                zookeepers: 3,
                address,
                master_flags,
                ..ClusterSpec::with_agents(2, &agent)
            },
            &run,
        )?;
        let bed = Self {
            place,
            folder: Folder::new(cluster.folder()),
            cluster,
            link,
            disk: None,
            controller: None,
            proxy: None,
            orders: Orders::default(),
            down: BTreeSet::new(),
            started: BTreeMap::new(),
            jars: jar::serve().map_err(file("serving below", &run))?,
            stories: 0,
            agents: 2,
            lost: 0,
        };
        bed.write_end(None)?;
        Ok(bed)
    }

    /// What is run by whoever outlives this process, so that no network and no disk is left.
    fn write_end(&self, disk: Option<&Path>) -> Result<(), RunError> {
        let path = self.cluster.folder().join(END);
        let mut text = "#!/bin/sh\n".to_owned();
        for line in disk
            .map(SmallDisk::removal)
            .into_iter()
            .chain(self.link.as_ref().map(Link::removal))
        {
            text.push_str(&format!("{line} 2>/dev/null\n"));
        }
        fs::write(&path, text).map_err(file("writing", &path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(file("changing", &path))
    }

    /// Starts a controller with ten builds that can run and ten that wait; none begins before [`Self::begin`], and none ends
    /// before [`Self::let_end`].
    ///
    /// # Errors
    /// [`RunError`].
    pub fn open(&mut self, way: Way, seconds: u32) -> Result<(), RunError> {
        self.stories += 1;
        self.agents = 2;
        self.lost = 0;
        let name = format!("story{}", self.stories);
        let run = self.cluster.folder().to_path_buf();
        let path = run.join(&name);
        self.folder = Folder::new(&path);
        let program = std::env::current_exe().map_err(file("finding the program of", &path))?;
        let bin = path.join("bin");
        for folder in [&bin, &path.join("jnlpJars"), &self.folder.notes()] {
            fs::create_dir_all(folder).map_err(file("creating", folder))?;
        }
        let jar = path.join("jnlpJars/slave.jar");
        fs::write(&jar, "no jar").map_err(file("writing", &jar))?;
        symlink(&program, bin.join(JAVA)).map_err(file("linking to", &program))?;
        if way == Way::SmallDisk {
            self.write_end(Some(&self.folder.state()))?;
            self.disk = Some(SmallDisk::mount(&self.folder.state(), 4)?);
        }
        let master = self.master(way)?;
        self.orders = Orders {
            config: config(&name, &master, &bin, self.place),
            jars: format!("http://127.0.0.1:{}", self.jars),
            builds: 2 * TEN as u32,
            seconds,
            hold: true,
            ..Orders::default()
        };
        self.write_orders()?;
        let held = self.folder.held();
        fs::write(&held, "").map_err(file("writing", &held))?;
        let mut words = self.link.as_ref().map(Link::within).unwrap_or_default();
        words.extend([
            program.display().to_string(),
            CONTROLLER.to_owned(),
            path.display().to_string(),
        ]);
        let mut words = words.into_iter();
        self.controller = Some(Daemon::attach(Recipe {
            program: words.next().unwrap_or_default().into(),
            arguments: words.collect(),
            environment: BTreeMap::new(),
            folder: path,
            run,
        }));
        self.start_controller()
    }

    fn master(&mut self, way: Way) -> Result<String, RunError> {
        let proxied = match way {
            Way::Election | Way::SmallDisk => return Ok(self.cluster.master()),
            Way::ProxiedMaster => self.cluster.leader()?.port,
            Way::ProxiedZooKeeper => self.cluster.port("zookeeper1")?,
        };
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, proxied));
        let proxy = Proxy::before(target).map_err(file("a proxy before", self.folder.path()))?;
        let port = proxy.port();
        self.proxy = Some(proxy);
        Ok(match way {
            Way::ProxiedZooKeeper => format!("zk://127.0.0.1:{port}/mesos"),
            _ => format!("127.0.0.1:{port}"),
        })
    }

    /// Lets ten builds begin at once, and waits until they run and ten wait.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn begin(&mut self) -> Result<(), RunError> {
        self.wait("ten agents with builds and ten that wait", SOON, |bed| {
            let record = bed.record();
            let agents = record.agents.iter();
            let online = agents
                .filter(|(name, agent)| agent.node && bed.folder.note(name, "online").exists())
                .count();
            Check::when(online == TEN && record.agents.len() == 2 * TEN, (), || {
                format!("{online} online; {record:?}")
            })
        })?;
        self.order(|orders| orders.hold = false)?;
        self.wait("ten builds that run", SOON, |bed| {
            let record = bed.record();
            let begun = record
                .agents
                .keys()
                .filter(|name| bed.folder.note(name, "begun").exists());
            let (begun, waiting) = (begun.count(), record.waiting());
            Check::when((begun, waiting) == (TEN, TEN), (), || {
                format!("{begun} run, {waiting} wait")
            })
        })
    }

    /// From now on builds end, as soon as they have lasted for their time.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn let_end(&self) -> Result<(), RunError> {
        let held = self.folder.held();
        match fs::remove_file(&held) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file("removing", &held)(error)),
            _ => Ok(()),
        }
    }

    /// Changes the orders.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn order(&mut self, change: impl FnOnce(&mut Orders)) -> Result<(), RunError> {
        change(&mut self.orders);
        self.write_orders()
    }

    /// The orders.
    #[must_use]
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    fn write_orders(&self) -> Result<(), RunError> {
        let path = self.folder.orders();
        files::save(&path, &self.orders).map_err(file("writing", &path))
    }

    /// What the controller has on disk.
    #[must_use]
    pub fn record(&self) -> Record {
        files::load(&self.folder.record())
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// The controller's files.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The small disk.
    ///
    /// # Errors
    /// [`RunError::Member`] when this story has none.
    pub fn disk(&self) -> Result<&SmallDisk, RunError> {
        self.disk.as_ref().ok_or_else(|| missing("a small disk"))
    }

    /// The proxy.
    ///
    /// # Errors
    /// [`RunError::Member`] when this story has none.
    pub fn proxy(&self) -> Result<&Proxy, RunError> {
        self.proxy.as_ref().ok_or_else(|| missing("a proxy"))
    }

    /// The network.
    ///
    /// # Errors
    /// [`RunError::Member`] when this place has none.
    pub fn link(&self) -> Result<&Link, RunError> {
        self.link.as_ref().ok_or_else(|| missing("a network of its own"))
    }

    fn daemon(&mut self) -> Result<&mut Daemon, RunError> {
        self.controller.as_mut().ok_or_else(|| missing("a controller"))
    }

    /// The controller's process.
    ///
    /// # Errors
    /// [`RunError::Member`] when it does not run.
    pub fn controller(&mut self) -> Result<Pid, RunError> {
        let pid = self.daemon()?.pid().and_then(|pid| i32::try_from(pid).ok());
        pid.and_then(Pid::from_raw)
            .ok_or_else(|| missing("a running controller"))
    }

    /// The most memory that the controller has had, in kB.
    ///
    /// # Errors
    /// [`RunError`] when it does not run.
    pub fn memory(&mut self) -> Result<u64, RunError> {
        let pid = self.controller()?.as_raw_nonzero();
        let path = PathBuf::from(format!("/proc/{pid}/status"));
        let status = fs::read_to_string(&path).map_err(file("reading", &path))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| missing("a peak of memory"))
    }

    /// Kills the controller with SIGKILL.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn kill_controller(&mut self) -> Result<(), RunError> {
        self.daemon()?.kill()
    }

    /// Starts the controller (again).
    ///
    /// # Errors
    /// [`RunError`].
    pub fn start_controller(&mut self) -> Result<(), RunError> {
        self.daemon()?.start()
    }

    /// Whether the controller runs.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn controls(&mut self) -> Result<bool, RunError> {
        Ok(self.daemon()?.alive())
    }

    /// Takes a member down until [`Self::up`].
    ///
    /// # Errors
    /// [`RunError`].
    pub fn down(&mut self, name: &str) -> Result<(), RunError> {
        self.down.insert(name.to_owned());
        self.cluster.kill(name)
    }

    /// Starts what was taken down.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn up(&mut self) -> Result<(), RunError> {
        // A machine that is lost stays so.
        let (lost, names) = std::mem::take(&mut self.down)
            .into_iter()
            .partition(|name| name == SECOND);
        self.down = lost;
        for name in &names {
            self.cluster.launch(name)?;
        }
        Ok(())
    }

    /// Takes the second Mesos agent and all that runs on it away, for good.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn lose_machine(&mut self) -> Result<(), RunError> {
        self.down(SECOND)?;
        let folder = self.cluster.folder().join(SECOND);
        self.agents = 1;
        guard::sweep(&folder)
    }

    /// Starts members that have ended themselves, as an init system does: masters do so when they lose ZooKeeper.
    fn tend(&mut self) -> Result<(), RunError> {
        let idle: Vec<String> = self
            .cluster
            .status()
            .into_iter()
            .filter(|(name, _, pid)| pid.is_none() && !self.down.contains(name))
            .map(|(name, ..)| name)
            .collect();
        for name in idle {
            let last = self.started.get(&name);
            if last.is_none_or(|last| last.elapsed() >= AGAIN) {
                self.cluster.launch(&name)?;
                self.started.insert(name, Instant::now());
            }
        }
        Ok(())
    }

    /// Waits for a condition, and keeps the cluster's members running meanwhile.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn wait<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut(&mut Self) -> Check<T>,
    ) -> Result<T, RunError> {
        until(what, limit, || match self.tend() {
            Ok(()) => look(self),
            Err(error) => Check::Never(error.to_string()),
        })
    }

    /// A fault that lasts: lets this time go by.
    ///
    /// # Errors
    /// [`RunError`] of a member that cannot be started.
    pub fn lasts(&mut self, time: Duration) -> Result<(), RunError> {
        let end = Instant::now() + time;
        self.wait("the end of the fault", time + SOON, |_| {
            Check::when(Instant::now() >= end, (), || "it lasts".into())
        })
    }

    /// A fault that nothing can be launched through: lets builds end and this time go by, which is longer than a build,
    /// and finds that none has begun.
    ///
    /// # Errors
    /// [`RunError::Condition`] when the fault was not one.
    pub fn holds_up(&mut self, time: Duration) -> Result<(), RunError> {
        self.let_end()?;
        self.lasts(time)?;
        let record = self.record();
        match record.waiting() {
            TEN => Ok(()),
            waiting => Err(RunError::Condition {
                what: "a fault that nothing can be launched through".into(),
                reason: format!("{waiting} builds wait, {} are done", record.done()),
            }),
        }
    }

    /// Ends the controller's story: it takes its framework away.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn close(&mut self) -> Result<(), RunError> {
        self.order(|orders| orders.close = true)?;
        self.wait("the end of the controller", SOON, |bed| {
            Check::when(matches!(bed.controls(), Ok(false)), (), || "it runs".into())
        })?;
        self.controller = None;
        self.proxy = None;
        self.disk = None;
        Ok(())
    }

    /// Changes the password that the masters ask for, and starts them anew.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn change_password(&mut self, secret: &str) -> Result<(), RunError> {
        write_passwords(&passwords(self.cluster.folder()), secret)?;
        for name in self.cluster.masters() {
            self.down(&name)?;
        }
        self.up()
    }

    /// Fails when the controller has not said these words.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn has_said(&mut self, words: &str) -> Result<(), RunError> {
        unless(
            self.daemon()?.log().contains(words),
            "a word of the controller",
            format!("it never said {words:?}"),
        )
    }

    /// What all members and the controller said at last.
    #[must_use]
    pub fn tails(&self) -> String {
        let controller = self.controller.as_ref().map(Daemon::tail).unwrap_or_default();
        format!("{controller}\n{}", self.cluster.tails())
    }
}

/// Beside the run's folder, which is emptied when the cluster starts.
fn passwords(run: &Path) -> PathBuf {
    run.with_extension("passwords")
}

fn write_passwords(path: &Path, secret: &str) -> Result<(), RunError> {
    let credentials = [(PRINCIPAL, secret), OTHER];
    let credentials =
        credentials.map(|(principal, secret)| json!({"principal": principal, "secret": secret}));
    let text = json!({"credentials": credentials});
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(file("creating", folder))?;
    }
    fs::write(path, text.to_string()).map_err(file("writing", path))
}

impl Drop for Bed {
    fn drop(&mut self) {
        if self.place == Place::Guarded {
            // Beds that fail early have none.
            let _ = fs::remove_file(passwords(self.cluster.folder()));
        }
    }
}

/// The core's configuration. Five builds fill a Mesos agent but for the room of a probe.
fn config(name: &str, master: &str, bin: &Path, place: Place) -> Value {
    let template = |label: &str, cpus: f64| {
        json!({
            "label": label, "cpus": cpus, "mem": 32, "executorCpus": cpus, "executorMem": 32, "maxExecutors": 1,
            "environment": [{"name": "PATH", "value": format!("{}:/usr/bin:/bin", bin.display())}],
        })
    };
    let mut config = json!({
        "v": 1, "cloudId": name, "name": name, "master": master, "frameworkName": name,
        "failoverTimeoutSeconds": 3600, "templates": [template(BUILD, 0.1), template(PROBE, 0.02)],
    });
    if place == Place::Guarded {
        config["principal"] = PRINCIPAL.into();
        config["secret"] = SECRET.into();
    }
    config
}

fn missing(what: &str) -> RunError {
    RunError::Member {
        name: what.into(),
        problem: "is not part of this story".into(),
    }
}

pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RunError + use<> {
    let path = path.to_path_buf();
    move |source| RunError::File { doing, path, source }
}
