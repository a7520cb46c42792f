//! The command line of an agent.

use crate::config::Template;
use crate::request::{Launch, Protocol};
use mesos_wire::{CommandInfo, Environment, command_info, environment};

/// The variable that carries the agent's secret into the sandbox; unset before the JVM starts.
const SECRET_VARIABLE: &str = "JENKINS_AGENT_SECRET";
/// The file that holds it there.
const SECRET_FILE: &str = "${MESOS_SANDBOX-.}/.agent-secret";

/// What Mesos runs for an agent: `sh -c` with one line that ends in `exec java …`, so that the JVM gets the signals of a
/// kill, not a shell that might not pass them on.
///
/// `jvmArgs` and `jnlpArgs` are lists of words as a shell reads them, with quotes and variables such as
/// `$MESOS_SANDBOX`; every other value is quoted.
pub(crate) fn command(launch: &Launch, name: &str, template: &Template, mem_mb: i64) -> CommandInfo {
    let jenkins = base_url(&launch.jenkins_url);
    let jar = match launch.protocol {
        Protocol::Jnlp => "slave.jar",
        Protocol::Inbound => "agent.jar",
    };
    let mut line = Vec::new();
    let secret = launch.secret.as_ref().filter(|secret| !secret.is_empty());
    let by_file = secret.is_some() && launch.protocol == Protocol::Inbound;
    if by_file {
        line.push(format!(
            "(umask 077; printf %s \"${SECRET_VARIABLE}\" > \"{SECRET_FILE}\") && unset {SECRET_VARIABLE} &&"
        ));
    }
    line.push("exec java".to_owned());
    line.push(format!("-Xmx{mem_mb}m"));
    line.extend(jvm_words(&template.jvm_args));
    line.push(format!("-jar \"${{MESOS_SANDBOX-.}}\"/{jar}"));
    let arguments = words(&template.jnlp_args);
    match launch.protocol {
        Protocol::Jnlp => {
            // The agents of that time do not know the option and end at it.
            line.extend(arguments.into_iter().filter(|word| word != "-noReconnect"));
            if let Some(secret) = secret {
                line.push(format!("-secret {}", quote(secret.expose())));
            }
            line.push(format!(
                "-jnlpUrl {}",
                quote(&format!("{jenkins}/computer/{name}/slave-agent.jnlp"))
            ));
        }
        Protocol::Inbound => {
            line.extend(arguments);
            line.push(format!(
                "-url {} -name {}",
                quote(&format!("{jenkins}/")),
                quote(name)
            ));
            if by_file {
                line.push(format!("-secret \"@{SECRET_FILE}\""));
            }
            if launch.web_socket {
                line.push("-webSocket".to_owned());
            }
            if let Some(tunnel) = launch
                .tunnel
                .as_deref()
                .map(str::trim)
                .filter(|tunnel| !tunnel.is_empty())
            {
                line.push(format!("-tunnel {}", quote(tunnel)));
            }
            line.push(format!("-workDir {}", quote(template.effective_root())));
        }
    }
    CommandInfo {
        uris: vec![command_info::Uri {
            value: format!("{jenkins}/jnlpJars/{jar}"),
            executable: Some(false),
            extract: Some(false),
            // Jenkins may be upgraded at any time; an agent must not start with yesterday's program.
            cache: Some(false),
            ..command_info::Uri::default()
        }],
        environment: secret.filter(|_| by_file).map(|secret| Environment {
            variables: vec![environment::Variable {
                name: SECRET_VARIABLE.to_owned(),
                value: Some(secret.expose().to_owned()),
                ..environment::Variable::default()
            }],
        }),
        value: Some(line.join(" ")),
        shell: Some(true),
        ..CommandInfo::default()
    }
}

/// What is wrong with a launch, and the cure.
pub(crate) fn check_launch(launch: &Launch) -> Result<(), String> {
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

/// JVM options that today's JVMs refuse to start with, and the release that dropped them.
const DROPPED_OPTIONS: [(&str, u32); 8] = [
    ("-XX:+UseConcMarkSweepGC", 14),
    ("-XX:+UseParNewGC", 10),
    ("-XX:+CMSIncrementalMode", 9),
    ("-XX:+UseParallelOldGC", 16),
    ("-XX:MaxPermSize", 17),
    ("-XX:PermSize", 17),
    ("-XX:+AggressiveOpts", 13),
    ("-XX:+CMSClassUnloadingEnabled", 15),
];

/// The words for the JVM. `-Xmx` is ours: it follows from the template's memory. Options that stop today's JVMs are left
/// out: the old plugin's default had one, and each saved configuration brings it along.
fn jvm_words(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter(|word| !is_xmx(word) && dropped_option(word).is_none())
        .collect()
}

/// The option that today's JVMs no longer know, and the release that dropped it.
pub(crate) fn dropped_option(word: &str) -> Option<(&'static str, u32)> {
    let word = word.trim_matches(['"', '\'']);
    DROPPED_OPTIONS
        .into_iter()
        .find(|(option, _)| word.starts_with(option))
}

/// Whether the word sets the heap's size.
pub(crate) fn is_xmx(word: &str) -> bool {
    word.trim_matches(['"', '\'']).starts_with("-Xmx")
}

/// Words as a shell would cut them, still with their quotes. Unbalanced quotes count as letters then.
fn words(text: &str) -> Vec<String> {
    split_words(text).unwrap_or_else(|| text.split_whitespace().map(quote).collect())
}

/// Words as a shell would cut them, still with their quotes; `None` if a quote is not closed.
pub(crate) fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut open = None;
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        match open {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => open = Some(c),
            Some(quote) if c == quote => open = None,
            _ => {}
        }
        word.push(c);
        if c == '\\' && open != Some('\'') {
            word.push(letters.next()?);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    open.is_none().then_some(words)
}

/// One word for `sh`.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn template(json: serde_json::Value) -> Template {
        serde_json::from_value(json).unwrap()
    }

    fn line(launch: &Launch, template: &Template) -> String {
        command(launch, "mesos-jenkins-1-a", template, 512).value.unwrap()
    }

    #[test]
    fn an_old_host_gets_slave_jar_with_its_jnlp_url() {
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins:8080/ci/");
        let info = command(&launch, "mesos-jenkins-1-a", &Template::default(), 512);
        assert_eq!(
            info.value.as_deref().unwrap(),
            "exec java -Xmx512m -Xms16m -jar \"${MESOS_SANDBOX-.}\"/slave.jar \
             -jnlpUrl http://jenkins:8080/ci/computer/mesos-jenkins-1-a/slave-agent.jnlp"
        );
        assert!(info.shell());
        assert!(info.environment.is_none());
        let uri = &info.uris[0];
        assert_eq!(uri.value, "http://jenkins:8080/ci/jnlpJars/slave.jar");
        assert_eq!(
            (uri.extract, uri.cache, uri.executable),
            (Some(false), Some(false), Some(false))
        );
    }

    #[test]
    fn todays_agent_reads_its_secret_from_a_file_that_only_it_can_read() {
        let mut launch = Launch::new(Protocol::Inbound, "https://jenkins");
        launch.secret = Some(Secret::new("5ec7e7"));
        launch.web_socket = true;
        launch.tunnel = Some("proxy:50000".to_owned());
        let info = command(&launch, "mesos-jenkins-1-a", &Template::default(), 512);
        assert_eq!(
            info.value.as_deref().unwrap(),
            "(umask 077; printf %s \"$JENKINS_AGENT_SECRET\" > \"${MESOS_SANDBOX-.}/.agent-secret\") \
             && unset JENKINS_AGENT_SECRET && exec java -Xmx512m -Xms16m \
             -jar \"${MESOS_SANDBOX-.}\"/agent.jar -noReconnect -url https://jenkins/ -name mesos-jenkins-1-a \
             -secret \"@${MESOS_SANDBOX-.}/.agent-secret\" -webSocket -tunnel proxy:50000 -workDir jenkins"
        );
        let variable = &info.environment.as_ref().unwrap().variables[0];
        assert_eq!(
            (variable.name.as_str(), variable.value.as_deref()),
            (SECRET_VARIABLE, Some("5ec7e7"))
        );
        assert!(!format!("{info:?}").contains("5ec7e7"));
    }

    #[test]
    fn without_a_secret_none_is_mentioned() {
        let line = line(&Launch::new(Protocol::Inbound, "http://j"), &Template::default());
        assert!(
            line.starts_with("exec java") && !line.contains("secret"),
            "{line}"
        );
    }

    #[test]
    fn heap_sizes_among_the_jvm_words_give_way_to_ours() {
        let template =
            template(serde_json::json!({"jvmArgs": "-Xmx4g -Da='b c'  \"-Xmx1g\" -Xms1m\n-server"}));
        let line = line(&Launch::new(Protocol::Jnlp, "http://j"), &template);
        assert!(line.contains("-Xmx512m -Da='b c' -Xms1m -server -jar"), "{line}");
    }

    #[test]
    fn the_collector_of_the_old_default_does_not_keep_todays_jvm_from_starting() {
        let old = "-Xms16m -XX:+UseConcMarkSweepGC -Djava.net.preferIPv4Stack=true";
        let template = template(serde_json::json!({ "jvmArgs": old }));
        let line = line(&Launch::new(Protocol::Jnlp, "http://j"), &template);
        assert!(
            line.contains("-Xmx512m -Xms16m -Djava.net.preferIPv4Stack=true -jar"),
            "{line}"
        );
    }

    #[test]
    fn a_shell_reads_every_value_back_as_it_was() {
        let nasty = "a'b \"c\" $(touch x) `y`; & é";
        let template = template(serde_json::json!({
            "remoteFsRoot": nasty, "jvmArgs": "", "jnlpArgs": "-x \"$HOME/two words\""
        }));
        let mut launch = Launch::new(Protocol::Inbound, "http://j/?a=1&b=$HOME'");
        launch.secret = Some(Secret::new("s'e $c"));
        launch.tunnel = Some("$(reboot)".to_owned());
        let info = command(&launch, "n", &template, 512);
        let folder = std::env::temp_dir().join(format!("mesos-core-command-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let script = info.value.unwrap().replace("exec java", "exec printf '%s\\n'");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("MESOS_SANDBOX", &folder)
            .env("HOME", "/home/me")
            .env(SECRET_VARIABLE, "s'e $c")
            .output()
            .unwrap();
        let secret_file = folder.join(".agent-secret");
        let secret = std::fs::read_to_string(&secret_file).unwrap();
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&secret_file).unwrap().permissions());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((secret.as_str(), mode & 0o777), ("s'e $c", 0o600));
        let at = folder.to_str().unwrap();
        let words: Vec<String> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        let expected = [
            "-Xmx512m",
            "-jar",
            &format!("{at}/agent.jar"),
            "-x",
            "/home/me/two words",
            "-url",
            "http://j/?a=1&b=$HOME'/",
            "-name",
            "n",
            "-secret",
            &format!("@{at}/.agent-secret"),
            "-tunnel",
            "$(reboot)",
            "-workDir",
            nasty,
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn an_open_quote_is_seen() {
        assert_eq!(split_words("-Da='b"), None);
        assert_eq!(split_words(r"-Da=b\"), None);
        assert_eq!(
            split_words(r#"a\ b "c d" 'e"f'"#).unwrap(),
            [r"a\ b", r#""c d""#, r#"'e"f'"#]
        );
        let template = template(serde_json::json!({"jvmArgs": "-Da='b"}));
        assert!(line(&Launch::new(Protocol::Jnlp, "http://j"), &template).contains(r"'-Da='\''b'"));
    }

    #[test]
    fn an_address_that_no_agent_could_use_is_refused() {
        for bad in [
            "",
            "jenkins:8080",
            "ftp://j",
            "http://",
            "http:///x",
            "http://a b/",
        ] {
            assert!(check_jenkins_url(bad).is_err(), "{bad}");
        }
        assert_eq!(check_jenkins_url("HTTPS://jenkins/x"), Ok(()));
    }
}
