//! The command of an agent whose image has no shell: words that reach the JVM as they are.

use super::{Line, SECRET_FILE, base_url, jar};
use crate::command::words::{jvm_words, unquoted, words};
use crate::config::CommandStyle;
use crate::request::Protocol;

/// Where Mesos puts the sandbox into containers, unless its agents are told otherwise (`--sandbox_directory`). Without a shell
/// nobody replaces a variable.
const SANDBOX: &str = "/mnt/mesos/sandbox";

impl Line<'_> {
    /// The program and its arguments. A relative folder of the agent is in the sandbox.
    pub(super) fn without_shell(&self) -> Vec<String> {
        let mut all = vec!["java".to_owned(), format!("-Xmx{}m", self.mem_mb)];
        let plain = |words: Vec<String>| words.into_iter().map(|word| unquoted(&word));
        all.extend(plain(jvm_words(&self.template.jvm_args, CommandStyle::Linux)));
        all.extend([
            "-jar".to_owned(),
            format!("{SANDBOX}/{}", jar(self.launch.protocol)),
        ]);
        let arguments = words(&self.template.jnlp_args, CommandStyle::Linux);
        all.extend(plain(arguments).filter(|word| word != "-noReconnect"));
        let jenkins = base_url(&self.launch.jenkins_url);
        if self.launch.protocol == Protocol::Jnlp {
            let url = format!("{jenkins}/computer/{}/slave-agent.jnlp", self.name);
            all.extend(["-jnlpUrl".to_owned(), url]);
            return all;
        }
        all.extend(["-url".to_owned(), format!("{jenkins}/")]);
        all.extend(["-name".to_owned(), self.name.to_owned()]);
        if self.by_file {
            // Jenkins removes the file when the agent is online.
            all.extend(["-secret".to_owned(), format!("@{SANDBOX}/{SECRET_FILE}")]);
        }
        if self.launch.web_socket {
            all.push("-webSocket".to_owned());
        }
        let tunnel = self.launch.tunnel.as_deref().map(str::trim).unwrap_or_default();
        if !tunnel.is_empty() {
            all.extend(["-tunnel".to_owned(), tunnel.to_owned()]);
        }
        let root = self.template.effective_root();
        let root = match root.starts_with('/') {
            true => root.to_owned(),
            false => format!("{SANDBOX}/{root}"),
        };
        all.extend(["-workDir".to_owned(), root]);
        all
    }
}
