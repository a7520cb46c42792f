use super::*;
use crate::secret::Secret;

fn template(json: serde_json::Value) -> Template {
    serde_json::from_value(json).unwrap()
}

fn command(launch: &Launch, name: &str, template: &Template, mem_mb: i64) -> CommandInfo {
    super::command(launch, name, template, mem_mb)
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
        "exec java -Xmx512m -Xms16m -jar \"${MESOS_SANDBOX-.}/slave.jar\" \
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
         -jar \"${MESOS_SANDBOX-.}/agent.jar\" -url https://jenkins/ -name mesos-jenkins-1-a \
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
    let template = template(serde_json::json!({"jvmArgs": "-Xmx4g -Da='b c'  \"-Xmx1g\" -Xms1m\n-server"}));
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

#[test]
fn variables_and_files_of_the_template_go_along() {
    let template = template(serde_json::json!({
        "environment": [{"name": " LANG ", "value": "C.UTF-8"}],
        "uris": [{"value": " http://x/docker.tar.gz "}, {"value": "/opt/tool", "executable": true, "extract": false}]
    }));
    let mut launch = Launch::new(Protocol::Inbound, "http://j");
    launch.secret = Some(Secret::new("s"));
    let info = command(&launch, "n", &template, 512);
    let variables: Vec<_> = info
        .environment
        .unwrap()
        .variables
        .into_iter()
        .map(|v| (v.name, v.value.unwrap()))
        .collect();
    assert_eq!(
        variables,
        [
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            (SECRET_VARIABLE.to_owned(), "s".to_owned())
        ]
    );
    let uris: Vec<_> = info
        .uris
        .iter()
        .map(|u| (u.value.as_str(), u.executable(), u.extract(), u.cache()))
        .collect();
    assert_eq!(
        uris,
        [
            ("http://j/jnlpJars/agent.jar", false, false, false),
            ("http://x/docker.tar.gz", false, true, false),
            ("/opt/tool", true, false, false),
        ]
    );
}

#[test]
fn windows_has_a_line_for_its_own_shell() {
    let template = template(serde_json::json!({
        "commandStyle": "Windows", "remoteFsRoot": "C:\\my jenkins", "jvmArgs": "-Xms16m -Xmx1g -Da=\"b c\" -Djava.io.tmpdir=C:\\t"
    }));
    let mut launch = Launch::new(Protocol::Inbound, "http://jenkins/a b");
    launch.secret = Some(Secret::new("5ec7e7"));
    assert_eq!(
        line(&launch, &template),
        "(<nul set /p \"=%JENKINS_AGENT_SECRET%\" > \"%MESOS_SANDBOX%\\.agent-secret\") \
         & set \"JENKINS_AGENT_SECRET=\" & java -Xmx512m -Xms16m -Da=\"b c\" -Djava.io.tmpdir=C:\\t \
         -jar \"%MESOS_SANDBOX%\\agent.jar\" -url \"http://jenkins/a b/\" -name mesos-jenkins-1-a \
         -secret \"@%MESOS_SANDBOX%\\.agent-secret\" -workDir \"C:\\my jenkins\""
    );
}
