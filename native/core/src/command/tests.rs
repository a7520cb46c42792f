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

const PATH: &str = "mesos-agent-secret/mesos-jenkins-1-a/70ce7";

/// Today's agent, whose secret is to be fetched.
fn inbound(jenkins_url: &str) -> Launch {
    let mut launch = Launch::new(Protocol::Inbound, jenkins_url);
    launch.secret_path = Some(Secret::new(PATH));
    launch
}

#[test]
fn todays_agent_reads_its_secret_from_a_file_that_is_gone_by_then() {
    let mut launch = inbound("https://jenkins");
    launch.web_socket = true;
    launch.tunnel = Some("proxy:50000".to_owned());
    let info = command(&launch, "mesos-jenkins-1-a", &Template::default(), 512);
    assert_eq!(
        info.value.as_deref().unwrap(),
        "exec < \"${MESOS_SANDBOX-.}/.agent-secret\" && rm -f \"${MESOS_SANDBOX-.}/.agent-secret\" \
         && exec java -Xmx512m -Xms16m \
         -jar \"${MESOS_SANDBOX-.}/agent.jar\" -url https://jenkins/ -name mesos-jenkins-1-a \
         -secret @/proc/self/fd/0 -webSocket -tunnel proxy:50000 -workDir jenkins"
    );
    assert!(info.environment.is_none());
    let uri = info.uris.last().unwrap();
    assert_eq!(uri.value, format!("https://jenkins/{PATH}"));
    assert_eq!(
        (uri.output_file.as_deref(), uri.extract, uri.cache, uri.executable),
        (Some(".agent-secret"), Some(false), Some(false), Some(false))
    );
    assert!(!format!("{info:?} {launch:?}").contains("70ce7"));
}

#[test]
fn an_old_host_has_no_secret_to_fetch() {
    let mut launch = inbound("http://j");
    launch.protocol = Protocol::Jnlp;
    let info = command(&launch, "n", &Template::default(), 512);
    assert_eq!(info.uris.len(), 1);
    assert!(!info.value.unwrap().contains("secret"));
}

#[test]
fn an_address_of_a_secret_that_leads_elsewhere_is_refused() {
    for bad in ["//evil/x", "/x", "x?y", "http://evil/", "a b", "x\n"] {
        let mut launch = inbound("http://j");
        launch.secret_path = Some(Secret::new(bad));
        let problem = check_launch(&launch).unwrap_err();
        assert!(!problem.contains(bad), "{problem}");
    }
    assert_eq!(check_launch(&inbound("http://j")), Ok(()));
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
    let mut launch = inbound("http://j/?a=1&b=$HOME'");
    launch.tunnel = Some("$(reboot)".to_owned());
    let info = command(&launch, "n", &template, 512);
    let folder = std::env::temp_dir().join(format!("mesos-core-command-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let secret_file = folder.join(".agent-secret");
    std::fs::write(&secret_file, "5ec7e7").unwrap();
    // Read twice, as by a JVM that is started anew.
    let script = info.value.unwrap().replace(
        "exec java",
        "cat /proc/self/fd/0 /proc/self/fd/0 && echo && exec printf '%s\\n'",
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("MESOS_SANDBOX", &folder)
        .env("HOME", "/home/me")
        .output()
        .unwrap();
    let left = secret_file.exists();
    let again = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("MESOS_SANDBOX", &folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!left);
    assert!(!again.status.success() && again.stdout.is_empty(), "{again:?}");
    let at = folder.to_str().unwrap();
    let words: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    let expected = [
        "5ec7e75ec7e7",
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
        "@/proc/self/fd/0",
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
    let info = command(&inbound("http://j"), "n", &template, 512);
    let variables: Vec<_> = info
        .environment
        .unwrap()
        .variables
        .into_iter()
        .map(|v| (v.name, v.value.unwrap()))
        .collect();
    assert_eq!(variables, [("LANG".to_owned(), "C.UTF-8".to_owned())]);
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
            (format!("http://j/{PATH}").as_str(), false, false, false),
        ]
    );
}

#[test]
fn an_image_without_a_shell_gets_javas_words() {
    let mut launch = Launch::new(Protocol::Inbound, "https://jenkins");
    launch.secret_path = Some(Secret::new("mesos-agent-secret/n/1"));
    launch.web_socket = true;
    let template = template(
        serde_json::json!({"jvmArgs": "-Xmx1g -Da='b c'", "remoteFsRoot": "jenkins",
        "container": {"image": "a", "noShell": true}}),
    );
    let info = command(&launch, "n", &template, 512);
    assert_eq!((info.shell, info.value), (Some(false), None));
    let secret = "@/mnt/mesos/sandbox/.agent-secret";
    let jar = "/mnt/mesos/sandbox/agent.jar";
    let folder = "/mnt/mesos/sandbox/jenkins";
    assert_eq!(
        info.arguments,
        [
            "java",
            "-Xmx512m",
            "-Da=b c",
            "-jar",
            jar,
            "-url",
            "https://jenkins/",
            "-name",
            "n",
            "-secret",
            secret,
            "-webSocket",
            "-workDir",
            folder
        ]
    );
}

#[test]
fn the_login_to_a_registry_is_fetched_where_docker_looks_and_removed() {
    let mut launch = Launch::new(Protocol::Jnlp, "http://jenkins");
    launch.registry_login_path = Some(Secret::new("mesos-registry-login/n/1"));
    let docker = template(serde_json::json!({"container": {"image": "a"}}));
    let info = command(&launch, "n", &docker, 512);
    let login = info.uris.last().unwrap();
    assert_eq!(login.value, "http://jenkins/mesos-registry-login/n/1");
    assert_eq!(login.output_file.as_deref(), Some(".docker/config.json"));
    assert!(info.arguments[2].contains("rm -f \"${MESOS_SANDBOX-.}/.docker/config.json\"; exec java"));
    assert!(!format!("{info:?}").contains("mesos-registry-login/n/1"));
    for other in [
        serde_json::json!({}),
        serde_json::json!({"container": {"type": "MESOS", "image": "a"}}),
    ] {
        let info = command(&launch, "n", &template(other), 512);
        assert_eq!(info.uris.len(), 1, "only Docker reads it");
    }
}

#[test]
fn a_docker_that_does_not_start_tells_why() {
    let folder = std::env::temp_dir().join(format!("mesos-core-docker-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // A later version of the script counts on nothing but a shell, `sleep` and `tail`.
    let start = |dockerd: &str, docker: &str| {
        let line =
            format!("dockerd() {{ {dockerd}; }}; docker() {{ {docker}; }}; {START_DOCKER} && echo started");
        std::process::Command::new("sh")
            .args(["-c", &line])
            .env("MESOS_SANDBOX", &folder)
            .output()
            .unwrap()
    };
    let failed = start("echo no rights; return 1", "false");
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(
        (failed.status.code(), failed.stdout.len()),
        (Some(1), 0),
        "{words}"
    );
    assert_eq!(words, "The Docker of this container does not start:\nno rights\n");
    let ready = folder.join("ready");
    let late = start(
        &format!("sleep 0.3; touch '{0}'; sleep 1", ready.display()),
        &format!("test -e '{}'", ready.display()),
    );
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(late.status.success(), "{late:?}");
    assert_eq!(String::from_utf8_lossy(&late.stdout), "started\n");
}

#[test]
fn windows_has_a_line_for_its_own_shell() {
    let template = template(serde_json::json!({
        "commandStyle": "Windows", "remoteFsRoot": "C:\\my jenkins", "jvmArgs": "-Xms16m -Xmx1g -Da=\"b c\" -Djava.io.tmpdir=C:\\t"
    }));
    assert_eq!(
        line(&inbound("http://jenkins/a b"), &template),
        "java -Xmx512m -Xms16m -Da=\"b c\" -Djava.io.tmpdir=C:\\t \
         -jar \"%MESOS_SANDBOX%\\agent.jar\" -url \"http://jenkins/a b/\" -name mesos-jenkins-1-a \
         -secret \"@%MESOS_SANDBOX%\\.agent-secret\" -workDir \"C:\\my jenkins\""
    );
}
