//! A task as a tree of processes.
//!
//! A small shell script stands between the controller and the program: it waits until the controller has written down its
//! number (so that no process is ever forgotten), writes the program's exit status into the sandbox (so that the next
//! controller can read it), and ends what the program has left in its group (so that an agent that gives up without a
//! controller leaves no build behind). The process is known again by its number, the time of its start and the boot of the
//! machine.

use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use mesos_core::Amount;
use mesos_wire::CommandInfo;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use crate::cgroup::Group;
use crate::spawn::Detach;
use crate::user::User;

/// The file in the sandbox that holds the exit status.
const STATUS: &str = ".exit-status";
const SUPERVISOR: &str = "read -r go || exit 125\nexec </dev/null >>stdout 2>>stderr\ntrap : HUP INT TERM\n\"$@\"\n\
                          code=$?\ntrap '' HUP INT TERM\nprintf '%s\\n' \"$code\" > .exit-status.new && \
                          mv .exit-status.new .exit-status && kill -s KILL 0\nexit \"$code\"\n";
/// What a program may know of the controller's own environment.
const KEPT: [&str; 14] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "JAVA_HOME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// What finds a process again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Of the script; also the number of the process group.
    pub(crate) process: u32,
    /// In clock ticks since the boot.
    start: u64,
    boot: String,
}

/// A process tree that was started or found again.
#[derive(Debug)]
pub(crate) struct Tree {
    identity: Identity,
    child: Option<Child>,
    sandbox: PathBuf,
    group: Group,
}

/// What a program is started with.
pub(crate) struct Program<'a> {
    pub(crate) task: &'a str,
    pub(crate) command: &'a CommandInfo,
    pub(crate) sandbox: &'a Path,
    pub(crate) user: Option<&'a User>,
    pub(crate) amount: Amount,
    pub(crate) detach: Detach,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// With this status, as a shell sees it: 128 and more for a signal.
    Status(i32),
    /// Killed together with the script, or nobody saw it.
    Unseen,
}

impl Tree {
    /// Starts a program; it does nothing before `note` has kept its identity.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(crate) fn start(
        program: &Program<'_>,
        group: Group,
        note: impl FnOnce(&Identity) -> io::Result<()>,
    ) -> Result<Self, String> {
        let mut words = Command::new("/bin/sh");
        words.arg("-c").arg(SUPERVISOR).arg("sh");
        let command = program.command;
        let value = command.value.as_deref().unwrap_or_default();
        if command.shell() {
            words.args(["/bin/sh", "-c", value]);
        } else {
            words.arg(value).args(command.arguments.iter().skip(1));
        }
        words
            .current_dir(program.sandbox)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env_clear()
            .envs(environment(program));
        if let Some(user) = program.user {
            use std::os::unix::process::CommandExt;
            words.uid(user.id).gid(user.group);
        }
        (program.detach)(&mut words);
        let mut child = words.spawn().map_err(|error| {
            let who = program
                .user
                .map(|user| format!(" as user {}", user.name))
                .unwrap_or_default();
            format!(
                "/bin/sh cannot be started{who} in {}: {error}: may the user enter that folder?",
                program.sandbox.display()
            )
        })?;
        // Before this the script does nothing and ends with its input; so it is enough to let go of it on errors.
        let begun = Self::begin(&mut child, program, &group, note);
        match begun {
            Ok(identity) => Ok(Self {
                identity,
                child: Some(child),
                sandbox: program.sandbox.to_path_buf(),
                group,
            }),
            Err(error) => {
                drop(child.stdin.take());
                // It ends at once; its status says nothing.
                let _ = child.wait();
                group.remove();
                Err(error)
            }
        }
    }

    fn begin(
        child: &mut Child,
        program: &Program<'_>,
        group: &Group,
        note: impl FnOnce(&Identity) -> io::Result<()>,
    ) -> Result<Identity, String> {
        let identity = identify(child.id()).ok_or("the process cannot be found in /proc")?;
        note(&identity).map_err(|error| format!("the process cannot be written down: {error}"))?;
        match group.make(program.amount).and_then(|()| group.add(child.id())) {
            Ok(()) => {}
            Err(error) => tracing::debug!("{} runs without limits of CPUs and memory: {error}", program.task),
        }
        let mut input = child.stdin.take().ok_or("the process has no input")?;
        input
            .write_all(b"go\n")
            .map_err(|error| format!("the process has ended at its start: {error}"))?;
        Ok(identity)
    }

    /// A tree that a former process has started.
    pub(crate) fn found(identity: Identity, sandbox: PathBuf, group: Group) -> Self {
        Self {
            identity,
            child: None,
            sandbox,
            group,
        }
    }

    /// How the program ended; `None` while it runs.
    pub(crate) fn poll(&mut self) -> Option<Exit> {
        if let Some(child) = &mut self.child {
            return match child.try_wait() {
                Ok(None) => None,
                Ok(Some(status)) => Some(self.written().unwrap_or_else(|| seen(status))),
                Err(_) => Some(self.written().unwrap_or(Exit::Unseen)),
            };
        }
        if identify(self.identity.process).as_ref() == Some(&self.identity) {
            return None;
        }
        Some(self.written().unwrap_or(Exit::Unseen))
    }

    fn written(&self) -> Option<Exit> {
        let text = fs::read_to_string(self.sandbox.join(STATUS)).ok()?;
        text.trim().parse().ok().map(Exit::Status)
    }

    /// Asks all of the tree to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends whatever is left of the tree; true if nothing is.
    pub(crate) fn kill(&mut self) -> bool {
        self.signal(Signal::KILL);
        let ended = self.poll().is_some();
        let left = self.strays();
        for process in &left {
            signal(*process, Signal::KILL);
        }
        ended && left.is_empty()
    }

    /// Processes that have left the group, but not the cgroup or the environment of the task.
    fn strays(&self) -> Vec<u32> {
        let mut strays = self.group.processes();
        let mark = format!("MESOS_SANDBOX={}", self.sandbox.display());
        strays.extend(marked(&mark));
        strays.sort_unstable();
        strays.dedup();
        strays.retain(|process| identify(*process).is_some());
        strays
    }

    fn is_gone(&self) -> bool {
        identify(self.identity.process).as_ref() != Some(&self.identity)
    }

    /// Whether memory was what the program wanted.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        self.group.ran_out_of_memory()
    }

    /// Removes what is left when all has ended; false if it has to be tried again.
    pub(crate) fn tidy(&self) -> bool {
        self.group.remove()
    }

    /// Signals the group, if it is still ours.
    fn signal(&self, signal: Signal) {
        if self.is_gone() && !self.has_members() {
            return;
        }
        if let Some(group) = pid(self.identity.process) {
            // Fails if it has just ended.
            let _ = kill_process_group(group, signal);
        }
    }

    /// A number is not given anew while a group of it has members; so a group whose members
    /// are marked is ours.
    fn has_members(&self) -> bool {
        let mark = format!("MESOS_SANDBOX={}", self.sandbox.display());
        marked(&mark)
            .into_iter()
            .any(|process| stat(process).is_some_and(|stat| stat.group == self.identity.process))
    }
}

fn seen(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(code),
        (None, _) => Exit::Unseen,
    }
}

fn environment(program: &Program<'_>) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = KEPT
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    if let Some(path) = path() {
        variables.retain(|(name, _)| name != "PATH");
        variables.push(("PATH".to_owned(), path));
    }
    let sandbox = program.sandbox.display().to_string();
    let home = program
        .user
        .map(|user| user.home.clone())
        .or_else(|| std::env::var("HOME").ok());
    let name = program
        .user
        .map(|user| user.name.clone())
        .or_else(|| std::env::var("USER").ok());
    variables.extend(home.map(|home| ("HOME".to_owned(), home)));
    if let Some(name) = name {
        variables.push(("USER".to_owned(), name.clone()));
        variables.push(("LOGNAME".to_owned(), name));
    }
    variables.push(("MESOS_SANDBOX".to_owned(), sandbox.clone()));
    variables.push(("MESOS_DIRECTORY".to_owned(), sandbox));
    variables.push(("MESOS_TASK_ID".to_owned(), program.task.to_owned()));
    let given = program
        .command
        .environment
        .iter()
        .flat_map(|environment| &environment.variables);
    variables
        .extend(given.map(|variable| (variable.name.clone(), variable.value.clone().unwrap_or_default())));
    variables
}

/// The controller's, with the folder of its own JVM last: so an agent has a Java where the controller has one.
fn path() -> Option<String> {
    let path = std::env::var("PATH")
        .ok()
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
    let own = fs::read_link("/proc/self/exe").ok()?;
    let java = own.file_name().is_some_and(|name| name == "java");
    match own.parent().filter(|_| java) {
        Some(folder) => Some(format!("{path}:{}", folder.display())),
        None => Some(path),
    }
}

struct Stat {
    group: u32,
    start: u64,
    dead: bool,
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name, in brackets, may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Stat {
        dead: matches!(*fields.first()?, "Z" | "X"),
        group: fields.get(2)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

/// A process that lives; one that has ended and was not asked for yet does not.
fn identify(process: u32) -> Option<Identity> {
    let stat = stat(process).filter(|stat| !stat.dead)?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(Identity {
        process,
        start: stat.start,
        boot: boot.trim().to_owned(),
    })
}

/// Living processes that were started with this in their environment, as far as they may be looked at.
fn marked(mark: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|process| {
            fs::read(format!("/proc/{process}/environ")).is_ok_and(|text| {
                text.split(|byte| *byte == 0)
                    .any(|variable| variable == mark.as_bytes())
            }) && stat(*process).is_some_and(|stat| !stat.dead)
        })
        .collect()
}

fn pid(process: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(process).ok()?)
}

fn signal(process: u32, signal: Signal) {
    if let Some(process) = pid(process) {
        // Fails if it has just ended.
        let _ = kill_process(process, signal);
    }
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
