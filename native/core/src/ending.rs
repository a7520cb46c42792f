//! Why a task ended, in words that lead to a cure. Mesos gives an exit status and leaves the rest to who knows it.

use crate::ledger::{Ending, TaskRecord};
use crate::master::{MasterAddress, Scheme};
use mesos_wire::{TaskState, TaskStatus, Url, task_status};

/// How much of a program's last words is told.
const WORDS: usize = 600;
/// At most so many lines of them.
const LINES: usize = 6;

/// Where the files of a task can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sandbox {
    /// The Mesos agent's own API.
    pub agent: MasterAddress,
    /// The folder, as that API names it.
    pub folder: String,
}

impl Sandbox {
    /// A folder of an agent.
    pub fn new(agent: MasterAddress, folder: impl Into<String>) -> Self {
        Self {
            agent,
            folder: folder.into(),
        }
    }

    /// Of a task that failed by itself after it had a sandbox; what else ends a task is not told there.
    pub(crate) fn of(row: &TaskRecord, ending: &Ending, framework_id: Option<&str>) -> Option<Self> {
        let failed = ending.state == TaskState::TaskFailed.as_str_name();
        // Mesos has taken the words of these over, but for those of its fetcher.
        let launch = task_status::Reason::ContainerLaunchFailed.as_str_name();
        let fetched = !ending
            .message
            .as_deref()
            .unwrap_or_default()
            .contains("Failed to fetch");
        let told = ending.reason.as_deref() == Some(launch) && fetched;
        if !failed || told || row.released.is_some() {
            return None;
        }
        Some(Self {
            agent: parse(row.agent_api.as_deref()?)?,
            // A task with a command has an executor of its own, whose id is the task's.
            folder: format!("/frameworks/{}/executors/{}/runs/latest", framework_id?, row.name),
        })
    }
}

/// The address of a Mesos agent's API, as the ledger keeps it.
pub(crate) fn api(url: Option<&Url>) -> Option<String> {
    let url = url?;
    let address = &url.address;
    let host = address.ip.as_ref().or(address.hostname.as_ref())?;
    // A certificate is made out to the name.
    let host = match url.scheme.as_str() {
        "https" => address.hostname.as_ref().unwrap_or(host),
        _ => host,
    };
    Some(format!("{}://{host}:{}", url.scheme, address.port))
}

fn parse(api: &str) -> Option<MasterAddress> {
    let (scheme, rest) = api.split_once("://")?;
    let (host, port) = rest.rsplit_once(':')?;
    Some(MasterAddress {
        scheme: match scheme {
            "https" => Scheme::Https,
            _ => Scheme::Http,
        },
        host: host.to_owned(),
        port: port.parse().ok()?,
    })
}

/// How a task of this row ended.
pub(crate) fn ending_of(state: TaskState, status: &TaskStatus, row: &TaskRecord) -> Ending {
    let reason = reason_name(status);
    // Mesos puts the words of a command in quotes, with the end of their last line.
    let message = status.message.as_deref().unwrap_or_default().replace("\n'", "'");
    // After it, thirty numbers of the kernel.
    let message = message.split("MEMORY STATISTICS").next().unwrap_or_default();
    let message = message.trim();
    let meaning = match row.released {
        // As asked: a status of 137 or 143 is how a kill ends.
        Some(_) => None,
        None => meaning(reason.as_deref(), message, row).or_else(|| of_mesos_itself(state, status, row)),
    };
    let message = match meaning {
        Some(meaning) if message.is_empty() => meaning,
        Some(meaning) => format!("{message}: {meaning}"),
        None => message.to_owned(),
    };
    Ending {
        state: state.as_str_name().to_owned(),
        reason,
        message: (!message.is_empty()).then_some(message),
        again: is_bad_luck(state, status),
    }
}

/// Whether a task that never ran ended for what passes by itself and is no matter of its template: an offer that was
/// taken back under its launch, a host or a master that went away.
fn is_bad_luck(state: TaskState, status: &TaskStatus) -> bool {
    use task_status::Reason;
    let reason = status.reason.and_then(|reason| Reason::try_from(reason).ok());
    match reason {
        Some(
            Reason::InvalidOffers
            | Reason::MasterDisconnected
            | Reason::AgentDisconnected
            | Reason::AgentRemoved
            | Reason::AgentRemovedByOperator
            | Reason::AgentRestarted
            | Reason::AgentUnknown
            | Reason::AgentDraining,
        ) => true,
        // Mesos says so of what never began for a passing reason only.
        _ => matches!(
            state,
            TaskState::TaskDropped
                | TaskState::TaskUnknown
                | TaskState::TaskGone
                | TaskState::TaskGoneByOperator
        ),
    }
}

pub(crate) fn reason_name(status: &TaskStatus) -> Option<String> {
    let reason = task_status::Reason::try_from(status.reason?).ok()?;
    Some(reason.as_str_name().to_owned())
}

fn meaning(reason: Option<&str>, message: &str, row: &TaskRecord) -> Option<String> {
    let out_of_memory = || {
        format!(
            "out of memory: the agent has {} MB in all; give its template more memory, or more of it to what runs \
             beside the JVM's heap",
            row.mem
        )
    };
    if reason == Some(task_status::Reason::ContainerLimitationMemory.as_str_name()) {
        return Some(out_of_memory());
    }
    if let Some(problem) = pull_problem(message).or_else(|| image_problem(message)) {
        return Some(problem);
    }
    let status: u32 = message
        .strip_prefix("Container exited with status ")?
        .parse()
        .ok()?;
    match status {
        125 if row.ran => Some(
            "the Docker engine of the host was stopped or restarted, and the container with it".to_owned(),
        ),
        125 => Some("Docker refused to start the container".to_owned()),
        126 => Some("the image has the container's first program, but cannot run it".to_owned()),
        127 => Some(
            "the image lacks a program that is needed to start: a shell or Java; take an image with both"
                .to_owned(),
        ),
        // Docker tells Mesos no more than this; nobody else kills a container so, but a person.
        137 => Some(format!(
            "killed, as the kernel does to what needs too much memory: {}",
            out_of_memory()
        )),
        143 => Some("ended by somebody other than Jenkins".to_owned()),
        _ => None,
    }
}

/// What Mesos means where it was not the agent's program that ended.
fn of_mesos_itself(state: TaskState, status: &TaskStatus, row: &TaskRecord) -> Option<String> {
    use task_status::Reason;
    let reason = status.reason.and_then(|reason| Reason::try_from(reason).ok());
    let host = row.host.as_deref().unwrap_or("its host");
    let text = match reason {
        Some(Reason::ContainerLimitationDisk) => format!(
            "out of disk: the agent has {} MB; give its template more, or let its builds clean up",
            row.disk
        ),
        Some(Reason::ContainerLimitation) => "it went beyond a limit of its container".to_owned(),
        Some(Reason::ContainerPreempted) => {
            "Mesos took back what was only lent: resources that it may take back at any time are used by this template"
                .to_owned()
        }
        Some(Reason::ContainerLaunchFailed) => format!("its container could not be started on {host}"),
        Some(Reason::ContainerUpdateFailed) => format!("its container could not be changed on {host}"),
        Some(Reason::ExecutorTerminated | Reason::CommandExecutorFailed | Reason::ExecutorUnregistered) => {
            format!("what watches over it on {host} has ended: look at the log of the Mesos agent there")
        }
        Some(Reason::ExecutorRegistrationTimeout | Reason::ExecutorReregistrationTimeout) => format!(
            "what watches over it on {host} did not report in time: the machine is overloaded, or a pull takes longer \
             than the Mesos agent's executor_registration_timeout"
        ),
        Some(Reason::AgentRemovedByOperator) => format!("an operator has marked {host} as gone"),
        Some(Reason::AgentRemoved) => format!("{host} was lost: the master has not heard of its Mesos agent for too long"),
        Some(Reason::AgentRestarted) => {
            format!("the Mesos agent on {host} was restarted and did not keep its tasks: turn on checkpointing")
        }
        Some(Reason::AgentDisconnected | Reason::AgentUnknown) => {
            format!("{host} had left the cluster when the task was to start there; another try may work")
        }
        Some(Reason::AgentDraining) => format!("an operator drains {host}, which ends what runs there"),
        Some(Reason::InvalidOffers) => {
            "the offer was withdrawn before the task could use it; another try may work".to_owned()
        }
        Some(Reason::MasterDisconnected) => "the master was not reached; another try may work".to_owned(),
        Some(Reason::TaskInvalid | Reason::TaskGroupInvalid | Reason::ResourcesUnknown) => {
            "Mesos does not take the task as it is: correct its template by the words of Mesos".to_owned()
        }
        Some(Reason::TaskUnauthorized | Reason::TaskGroupUnauthorized) => {
            "the master does not let this framework run tasks as this user: change Slave username of the cloud, or \
             the ACLs of the master"
                .to_owned()
        }
        Some(Reason::FrameworkRemoved) => REMOVED.to_owned(),
        Some(Reason::TaskKilledDuringLaunch) => "it was killed while it was started".to_owned(),
        Some(Reason::MaxCompletionTimeReached) => "its longest time was over".to_owned(),
        _ => match state {
            TaskState::TaskGone => format!("{host} has lost it"),
            TaskState::TaskGoneByOperator => format!("an operator has marked {host} as gone"),
            TaskState::TaskUnknown => "the master knows neither it nor its host any more".to_owned(),
            TaskState::TaskDropped => "it never reached its host; another try may work".to_owned(),
            _ => return None,
        },
    };
    Some(text)
}

const REMOVED: &str = "the master has removed the framework, and with it all its agents: Jenkins was away for longer than the \
                       cloud's failover timeout, or somebody tore the framework down";

/// How tasks end whose framework is gone.
pub(crate) fn removed(said: &str) -> Ending {
    Ending {
        state: TaskState::TaskLost.as_str_name().to_owned(),
        reason: Some(task_status::Reason::FrameworkRemoved.as_str_name().to_owned()),
        message: Some(format!("{said}: {REMOVED}")),
        again: true,
    }
}

/// What a failed pull means; Mesos gives the words of Docker.
fn pull_problem(message: &str) -> Option<String> {
    if !message.contains(" pull ") {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let cure = if has(&[
        "no basic auth credentials",
        "unauthorized",
        "authentication required",
        "denied",
    ]) {
        "the registry wants a login, or refuses the one it got: choose working registry credentials in the template's \
         container"
    } else if has(&["manifest unknown", "not found", "does not exist"]) {
        "the registry has no such image: correct its name and tag"
    } else if has(&[
        "connection refused",
        "no such host",
        "dial tcp",
        "timeout",
        "TLS handshake",
        "proxyconnect",
    ]) {
        "the Mesos agent cannot reach the registry: correct its address in the image's name, or the agent's network"
    } else if has(&["no space left on device"]) {
        "the disk of the Mesos agent is full: remove images there"
    } else {
        "the image cannot be pulled"
    };
    Some(cure.to_owned())
}

/// The same where Mesos itself gets the image.
fn image_problem(message: &str) -> Option<String> {
    let has = |words: &str| message.contains(words);
    let cure = if has("Failed to find archive for image") {
        "the Mesos agent has no such image in its folder (--docker_registry): correct its name and tag, or put it there"
    } else if !has("download the manifest") && !has("Failed to download") {
        return None;
    } else if has("401 Unauthorized") || has("403 Forbidden") {
        "the registry wants a login, which Mesos agents have of their own (--docker_config)"
    } else if has("404 Not Found") {
        "the registry has no such image: correct its name and tag"
    } else {
        "the Mesos agent cannot reach the registry: correct its address in the image's name, or the agent's network"
    };
    Some(cure.to_owned())
}

/// A message with the last words of the task's program (its standard error), if these tell anything.
#[must_use]
pub fn with_words(message: Option<String>, words: &str) -> Option<String> {
    let lines: Vec<&str> = words
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.trim().is_empty() && !of_mesos(line))
        .collect();
    // Where Docker itself speaks, that is all that matters.
    let spoken: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| line.starts_with("docker: "))
        .collect();
    let lines = if spoken.is_empty() { lines } else { spoken };
    let last = &lines[lines.len().saturating_sub(LINES)..];
    if last.is_empty() {
        return message;
    }
    let mut text = last.join("\n");
    if text.len() > WORDS {
        let cut = (0..=text.len() - WORDS)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text = format!("…{}", &text[cut..]);
    }
    let cure = if text.contains("/mnt/mesos/sandbox") && text.contains("ermission denied") {
        "\nThe user of the image may not use the sandbox: let the container run as root by the parameter user with the \
         value 0, or let the Slave username of the cloud be one of the same number"
    } else if text.contains("java.lang.OutOfMemoryError") {
        "\nThe JVM's heap is too small: give the template more memory"
    } else {
        ""
    };
    Some(format!(
        "{}; its last words:\n{text}{cure}",
        message.unwrap_or_default()
    ))
}

/// Lines that Mesos's executor and fetcher write into the sandbox: commands among them, with all their variables.
fn of_mesos(line: &str) -> bool {
    let glog = line.len() > 5
        && line.starts_with(['I', 'W', 'E', 'F'])
        && line.as_bytes()[1..5].iter().all(u8::is_ascii_digit);
    let own = [
        "Fetching ",
        "Subscribed executor",
        "Registered docker executor",
        "Starting task ",
        "Running ",
        "Container exited with status",
        "Received ",
        "See 'docker run --help'",
        "Failed to stop container",
        "Marked '/' as rslave",
        "Preparing rootfs at ",
        "Changing root to ",
    ];
    glog || own.iter().any(|begin| line.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;
    use mesos_wire::Address;

    fn row(mem: i64) -> TaskRecord {
        TaskRecord {
            mem: Scalar::from_milli(mem * 1000),
            ..TaskRecord::unheard_of("n".into())
        }
    }

    fn ended(message: &str, reason: Option<task_status::Reason>, row: &TaskRecord) -> String {
        let status = TaskStatus {
            message: Some(message.to_owned()),
            reason: reason.map(Into::into),
            ..TaskStatus::default()
        };
        ending_of(TaskState::TaskFailed, &status, row)
            .message
            .unwrap_or_default()
    }

    #[test]
    fn what_needs_too_much_memory_is_named_so() {
        let text = ended("Container exited with status 137", None, &row(512));
        assert!(
            text.starts_with("Container exited with status 137: killed, "),
            "{text}"
        );
        assert!(
            text.contains("out of memory: the agent has 512 MB in all"),
            "{text}"
        );
        let limit = Some(task_status::Reason::ContainerLimitationMemory);
        assert!(
            ended("Memory limit exceeded", limit, &row(64)).contains("out of memory: the agent has 64 MB")
        );
        let long =
            "Memory limit exceeded: Requested: 96MB Maximum Used: 96MB\n\nMEMORY STATISTICS: \ncache 40960\n";
        let text = ended(long, limit, &row(64));
        assert!(
            text.contains("Maximum Used: 96MB: out of memory") && !text.contains("cache"),
            "{text}"
        );
    }

    #[test]
    fn an_engine_that_refuses_is_told_from_one_that_goes_away() {
        let refused = ended("Container exited with status 125", None, &row(1));
        assert!(
            refused.ends_with("Docker refused to start the container"),
            "{refused}"
        );
        let ran = TaskRecord { ran: true, ..row(1) };
        let gone = ended("Container exited with status 125", None, &ran);
        assert!(
            gone.contains("engine of the host was stopped or restarted"),
            "{gone}"
        );
    }

    #[test]
    fn a_kill_that_was_asked_for_is_no_lack_of_memory() {
        let released = TaskRecord {
            released: Some("idle".to_owned()),
            ..row(512)
        };
        let text = ended("Container exited with status 137", None, &released);
        assert_eq!(text, "Container exited with status 137");
    }

    #[test]
    fn images_that_mesos_itself_does_not_get_are_told_apart() {
        let download = "Failed to launch container: Unexpected HTTP response 'STATUS' when trying to download the manifest";
        for (message, cure) in [
            (
                "Failed to launch container: Failed to find archive for image 'a:1' at '/images/a:1.tar'",
                "has no such image in its folder",
            ),
            (
                &download.replace("STATUS", "404 Not Found"),
                "has no such image: correct",
            ),
            (&download.replace("STATUS", "401 Unauthorized"), "--docker_config"),
            (
                &download.replace("STATUS", "502 Bad Gateway"),
                "cannot reach the registry",
            ),
        ] {
            let text = ended(message, Some(task_status::Reason::ContainerLaunchFailed), &row(1));
            assert!(text.contains(cure), "{text}");
        }
    }

    #[test]
    fn failed_pulls_are_told_apart() {
        for (docker, cure) in [
            ("no basic auth credentials", "wants a login"),
            ("manifest unknown", "has no such image"),
            (
                "proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused",
                "cannot reach the registry",
            ),
            (
                "write /var/lib/docker: no space left on device",
                "the disk of the Mesos agent is full",
            ),
            ("something else", "cannot be pulled"),
        ] {
            let text = ended(
                &format!("Failed to run 'docker -H unix:///run/docker.sock pull a:1': stderr='{docker}\n'"),
                Some(task_status::Reason::ContainerLaunchFailed),
                &row(1),
            );
            assert!(text.contains(cure) && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn each_reason_of_mesos_is_told_in_words() {
        use task_status::Reason;
        for (reason, words) in [
            (
                Reason::ContainerLimitationDisk,
                "out of disk: the agent has 64 MB",
            ),
            (Reason::AgentRemoved, "h1 was lost"),
            (
                Reason::AgentRemovedByOperator,
                "an operator has marked h1 as gone",
            ),
            (Reason::AgentRestarted, "turn on checkpointing"),
            (Reason::AgentDraining, "an operator drains h1"),
            (Reason::InvalidOffers, "the offer was withdrawn"),
            (Reason::TaskUnauthorized, "change Slave username"),
            (Reason::ContainerPreempted, "took back what was only lent"),
            (Reason::ExecutorTerminated, "look at the log of the Mesos agent"),
            (Reason::ExecutorRegistrationTimeout, "did not report in time"),
        ] {
            let row = TaskRecord {
                host: Some("h1".into()),
                disk: Scalar::from_milli(64_000),
                ..row(512)
            };
            let text = ended("Said", Some(reason), &row);
            assert!(text.starts_with("Said: ") && text.contains(words), "{text}");
        }
    }

    #[test]
    fn states_without_a_reason_are_told_in_words_too() {
        for state in [
            TaskState::TaskGone,
            TaskState::TaskGoneByOperator,
            TaskState::TaskUnknown,
            TaskState::TaskDropped,
        ] {
            let ending = ending_of(state, &TaskStatus::default(), &row(1));
            assert!(ending.message.is_some(), "{state:?}");
        }
    }

    #[test]
    fn other_ends_keep_their_message() {
        assert_eq!(
            ended("Container exited with status 1", None, &row(1)),
            "Container exited with status 1"
        );
        assert_eq!(ended("", None, &row(1)), "");
    }

    #[test]
    fn last_words_are_those_of_the_program() {
        let words = "I1123 15:00:00.1 1 exec.cpp:164] Version: 1.11.0\nFetching 'http://j/slave.jar' to '/s'\n\
                     Running docker run -e SECRET=x image\nException in thread \"main\"\n\tat A.b\n\
                     Container exited with status 1\n";
        assert_eq!(
            with_words(Some("Container exited with status 1".to_owned()), words).unwrap(),
            "Container exited with status 1; its last words:\nException in thread \"main\"\n\tat A.b"
        );
        assert_eq!(
            with_words(Some("m".to_owned()), "Fetching x\n").as_deref(),
            Some("m")
        );
        assert_eq!(with_words(None, ""), None);
    }

    #[test]
    fn where_docker_speaks_only_that_is_told() {
        let words = "Running docker run\ndocker: Error response from daemon: invalid mount config.\n\
                     See 'docker run --help'.\n";
        let text = with_words(None, words).unwrap();
        assert_eq!(
            text,
            "; its last words:\ndocker: Error response from daemon: invalid mount config."
        );
    }

    #[test]
    fn long_words_are_cut_at_their_beginning() {
        let text = with_words(None, &"ä".repeat(1000)).unwrap();
        assert!(text.len() < WORDS + 40 && text.ends_with('ä'), "{text}");
    }

    #[test]
    fn a_user_without_rights_in_the_sandbox_is_told_the_cure() {
        let text = with_words(
            None,
            "/bin/sh: cd: line 0: can't cd to /mnt/mesos/sandbox: Permission denied",
        )
        .unwrap();
        assert!(text.contains("the parameter user with the value 0"), "{text}");
    }

    #[test]
    fn an_agent_is_reached_by_its_number_or_with_tls_by_its_name() {
        let url = |scheme: &str| Url {
            scheme: scheme.to_owned(),
            address: Address {
                hostname: Some("host".to_owned()),
                ip: Some("10.0.0.1".to_owned()),
                port: 5051,
            },
            ..Url::default()
        };
        assert_eq!(api(Some(&url("http"))).unwrap(), "http://10.0.0.1:5051");
        assert_eq!(api(Some(&url("https"))).unwrap(), "https://host:5051");
        assert_eq!(
            parse("http://10.0.0.1:5051").unwrap().to_string(),
            "10.0.0.1:5051"
        );
        assert_eq!(parse("nonsense"), None);
    }
}
