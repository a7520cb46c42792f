//! The command line of an agent.

mod direct;
mod words;

pub(crate) use words::{dropped_option, is_xmx, split_words};

use crate::config::{CommandStyle, Container, ContainerKind, Template};
use crate::request::{Launch, Protocol};
use crate::secret::Secret;
use mesos_wire::{CommandInfo, Environment, command_info, environment};
use words::{jvm_words, quote, quote_windows, words};

/// The file in the sandbox that Mesos fetches the agent's secret into.
const SECRET_FILE: &str = ".agent-secret";
/// Where Docker finds its login for a registry: Mesos pulls with the sandbox as its home folder.
const REGISTRY_LOGIN: &str = ".docker/config.json";

/// Starts a Docker, and comes back when it answers (up to a minute); else what it said is the task's last words. `sleep` may
/// know whole seconds only.
const START_DOCKER: &str = "{ dockerd > \"${MESOS_SANDBOX-.}/dockerd.log\" 2>&1 & tries=0; \
    until docker version > /dev/null 2>&1; do tries=$((tries + 1)); \
    if [ $tries -gt 300 ] || ! kill -0 $! 2> /dev/null; then \
    echo 'The Docker of this container does not start:' >&2; \
    tail -n 5 \"${MESOS_SANDBOX-.}/dockerd.log\" >&2; exit 1; fi; sleep 0.2 2> /dev/null || sleep 1; done; }";

/// What Mesos runs for an agent: one line for a shell, with the files and variables that it needs.
///
/// `jvmArgs` and `jnlpArgs` are lists of words as the shell reads them, with quotes and variables such as
/// `$MESOS_SANDBOX`; every other value is quoted.
///
/// - Without a container, `sh -c` runs it (`cmd.exe /c` on Windows).
/// - In a Docker container the shell and the line are arguments, with no value: so Docker gives them to the image's
///   entrypoint, or runs them if the image has none. With `shell` set, Mesos would put its own in place of the entrypoint.
/// - In a container of the Mesos containerizer the image's entrypoint is left out: without a value, Mesos would give the
///   arguments to the image's default command where there is no entrypoint.
/// - Where the image is said to have no shell, Java's words are the arguments.
/// - A custom shell is a program that gets the line as its only argument; Docker gives that to the entrypoint too. With
///   a Docker in the container it is a command that runs before the line; a Docker of its own is started so without one, too.
///
/// The agent's secret is in none of it: whoever may ask a Mesos agent for its executors sees the command whole. It is one
/// more file to fetch, from an address that answers once, and the line takes it out of the sandbox before the JVM starts. The
/// same goes for the login to a registry.
pub(crate) fn command(launch: &Launch, name: &str, template: &Template, mem_mb: i64) -> CommandInfo {
    let style = template.command_style().unwrap_or(CommandStyle::Linux);
    let secret = secret_path(launch);
    let line = Line {
        launch,
        name,
        template,
        mem_mb,
        style,
        by_file: secret.is_some(),
    };
    let variables: Vec<environment::Variable> = template
        .environment
        .iter()
        .map(|variable| set(variable.name.trim(), &variable.value))
        .collect();
    let jenkins = base_url(&launch.jenkins_url);
    let program = fetched(format!("{jenkins}/jnlpJars/{}", jar(launch.protocol)));
    let secret = secret.map(|path| command_info::Uri {
        output_file: Some(SECRET_FILE.to_owned()),
        ..fetched(format!("{jenkins}/{}", path.expose()))
    });
    let login = registry_login(launch, template).map(|path| command_info::Uri {
        output_file: Some(REGISTRY_LOGIN.to_owned()),
        ..fetched(format!("{jenkins}/{}", path.expose()))
    });
    let files = template.uris.iter().map(|uri| command_info::Uri {
        executable: Some(uri.executable),
        extract: Some(uri.extract),
        ..fetched(uri.value.trim().to_owned())
    });
    CommandInfo {
        uris: std::iter::once(program)
            .chain(files)
            .chain(login)
            .chain(secret)
            .collect(),
        environment: (!variables.is_empty()).then_some(Environment { variables }),
        ..started(&line)
    }
}

fn started(line: &Line<'_>) -> CommandInfo {
    let (style, container) = (line.style, line.template.container.as_ref());
    if container.is_some_and(Container::starts_directly) {
        return CommandInfo {
            shell: Some(false),
            arguments: line.without_shell(),
            ..CommandInfo::default()
        };
    }
    let line = line.text();
    let by_shell = |line: String| CommandInfo {
        value: Some(line),
        shell: Some(true),
        ..CommandInfo::default()
    };
    let Some((container, kind)) = container.and_then(|container| Some((container, container.kind()?))) else {
        return by_shell(line);
    };
    match (container.shell(), kind) {
        (Some(custom), _) if container.dind || container.has_own_docker() => {
            by_shell(format!("{custom} && {line}"))
        }
        (None, _) if container.has_own_docker() => by_shell(format!("{START_DOCKER} && {line}")),
        (Some(custom), ContainerKind::Docker) => CommandInfo {
            value: Some(custom.to_owned()),
            shell: Some(false),
            arguments: vec![line],
            ..CommandInfo::default()
        },
        // Here the arguments begin with the program's own name.
        (Some(custom), ContainerKind::Mesos) => CommandInfo {
            value: Some(custom.to_owned()),
            shell: Some(false),
            arguments: vec![custom.to_owned(), line],
            ..CommandInfo::default()
        },
        (None, ContainerKind::Docker) => {
            let shell = match style {
                CommandStyle::Linux => ["/bin/sh", "-c"],
                CommandStyle::Windows => ["cmd", "/c"],
            };
            CommandInfo {
                shell: Some(false),
                arguments: shell.into_iter().map(str::to_owned).chain([line]).collect(),
                ..CommandInfo::default()
            }
        }
        (None, ContainerKind::Mesos) => by_shell(line),
    }
}

/// The parts of the line.
struct Line<'a> {
    launch: &'a Launch,
    name: &'a str,
    template: &'a Template,
    mem_mb: i64,
    style: CommandStyle,
    /// Whether the secret goes by a file.
    by_file: bool,
}

impl Line<'_> {
    /// Ends in `exec java …` for `sh`, so that the JVM gets the signals of a kill, not a shell that might not pass them
    /// on.
    fn text(&self) -> String {
        let linux = self.style == CommandStyle::Linux;
        let mut line = Vec::new();
        if self.template.container.is_some() {
            // Elsewhere the sandbox is where a task starts; an image may name another folder.
            line.push(match linux {
                true => "cd \"${MESOS_SANDBOX-.}\" &&".to_owned(),
                false => "cd /d \"%MESOS_SANDBOX%\" &&".to_owned(),
            });
        }
        if linux && registry_login(self.launch, self.template).is_some() {
            line.push(format!("rm -f {};", self.in_sandbox(REGISTRY_LOGIN)));
        }
        if self.by_file && linux {
            // Standard input, since it is the one descriptor that is left open where an agent starts its JVM anew.
            let file = self.in_sandbox(SECRET_FILE);
            line.push(match self.template.container {
                None => format!("exec < {file} && rm -f {file} &&"),
                // The user of an image may have the right to read the sandbox only.
                Some(_) => format!("exec < {file} && {{ rm -f {file} || true; }} &&"),
            });
        }
        line.push(if linux { "exec java" } else { "java" }.to_owned());
        line.push(format!("-Xmx{}m", self.mem_mb));
        line.extend(jvm_words(&self.template.jvm_args, self.style));
        line.push(format!("-jar {}", self.in_sandbox(jar(self.launch.protocol))));
        // Old versions have the option as their default. With it an agent ends when Jenkins restarts, and its build with
        // it; Mesos ends those that Jenkins does not want any more. The agents of the old protocol do not know it.
        let arguments = words(&self.template.jnlp_args, self.style)
            .into_iter()
            .filter(|word| word != "-noReconnect")
            .collect();
        match self.launch.protocol {
            Protocol::Jnlp => self.jnlp(arguments, &mut line),
            Protocol::Inbound => self.inbound(arguments, &mut line),
        }
        line.join(" ")
    }

    fn jnlp(&self, arguments: Vec<String>, line: &mut Vec<String>) {
        line.extend(arguments);
        let jenkins = base_url(&self.launch.jenkins_url);
        let url = format!("{jenkins}/computer/{}/slave-agent.jnlp", self.name);
        line.push(format!("-jnlpUrl {}", self.quoted(&url)));
    }

    fn inbound(&self, arguments: Vec<String>, line: &mut Vec<String>) {
        line.extend(arguments);
        let url = format!("{}/", base_url(&self.launch.jenkins_url));
        line.push(format!(
            "-url {} -name {}",
            self.quoted(&url),
            self.quoted(self.name)
        ));
        if self.by_file {
            line.push(match self.style {
                // Opened anew it is read from its beginning, also when its file has no name any more.
                CommandStyle::Linux => "-secret @/proc/self/fd/0".to_owned(),
                // Windows does not let go of a file that is open: Jenkins removes it when the agent is online.
                CommandStyle::Windows => format!("-secret {}", self.at_sandbox(SECRET_FILE)),
            });
        }
        if self.launch.web_socket {
            line.push("-webSocket".to_owned());
        }
        let tunnel = self.launch.tunnel.as_deref().map(str::trim).unwrap_or_default();
        if !tunnel.is_empty() {
            line.push(format!("-tunnel {}", self.quoted(tunnel)));
        }
        line.push(format!(
            "-workDir {}",
            self.quoted(self.template.effective_root())
        ));
    }

    fn in_sandbox(&self, file: &str) -> String {
        match self.style {
            CommandStyle::Linux => format!("\"${{MESOS_SANDBOX-.}}/{file}\""),
            CommandStyle::Windows => format!("\"%MESOS_SANDBOX%\\{file}\""),
        }
    }

    /// The file's name with the sign that makes the agent read it.
    fn at_sandbox(&self, file: &str) -> String {
        self.in_sandbox(file).replacen('"', "\"@", 1)
    }

    fn quoted(&self, text: &str) -> String {
        match self.style {
            CommandStyle::Linux => quote(text),
            CommandStyle::Windows => quote_windows(text),
        }
    }
}

fn set(name: &str, value: &str) -> environment::Variable {
    environment::Variable {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..environment::Variable::default()
    }
}

/// A plain file, fetched anew each time: Jenkins may be upgraded at any time, and an agent must not start with yesterday's
/// program.
fn fetched(value: String) -> command_info::Uri {
    command_info::Uri {
        value,
        executable: Some(false),
        extract: Some(false),
        cache: Some(false),
        ..command_info::Uri::default()
    }
}

fn jar(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Jnlp => "slave.jar",
        Protocol::Inbound => "agent.jar",
    }
}

fn secret_path(launch: &Launch) -> Option<&Secret> {
    let path = launch.secret_path.as_ref().filter(|path| !path.is_empty());
    path.filter(|_| launch.protocol == Protocol::Inbound)
}

/// Only Docker knows the file.
fn registry_login<'a>(launch: &'a Launch, template: &Template) -> Option<&'a Secret> {
    let container = template.container.as_ref()?;
    let path = launch
        .registry_login_path
        .as_ref()
        .filter(|path| !path.is_empty());
    path.filter(|_| container.kind() == Some(ContainerKind::Docker))
}

/// What is wrong with a launch, and the cure.
pub(crate) fn check_launch(launch: &Launch) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let path = |path: &Secret| !path.expose().starts_with('/') && path.expose().chars().all(plain);
    if secret_path(launch).is_some_and(|secret| !path(secret)) {
        return Err("secretPath is no path below the Jenkins URL".to_owned());
    }
    if launch
        .registry_login_path
        .as_ref()
        .is_some_and(|login| !path(login))
    {
        return Err("registryLoginPath is no path below the Jenkins URL".to_owned());
    }
    check_jenkins_url(&launch.jenkins_url)
}

/// What is wrong with the address of Jenkins, and the cure.
pub(crate) fn check_jenkins_url(url: &str) -> Result<(), String> {
    let url = url.trim();
    if url.is_empty() {
        return Err("Jenkins URL is empty: enter the address at which agents reach Jenkins".to_owned());
    }
    let lower = url.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"));
    if !rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) {
        return Err(
            "Jenkins URL is not an http:// or https:// address: write it as in http://jenkins:8080/"
                .to_owned(),
        );
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("Jenkins URL has a blank in it: remove it".to_owned());
    }
    Ok(())
}

fn base_url(url: &str) -> &str {
    url.trim().trim_end_matches('/')
}

#[cfg(test)]
mod tests;
