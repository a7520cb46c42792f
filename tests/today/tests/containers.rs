//! Builds in containers of a real Docker engine: registries with a login, images that jobs choose, memory, configuration.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use e2e::recipes;
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{AgentSpec, Check, ClusterSpec, Engine, RunError, paths};
use today::{Bed, Gate, MesosEye, SOON};

const PASSWORD: &str = "s3cret-of-the-registry";

/// A template with a Docker container on the host's network, where Jenkins listens.
fn template(label: &str, container: &str) -> TemplateSeed {
    TemplateSeed {
        label: label.into(),
        container: format!("<type>DOCKER</type><networking>HOST</networking>{container}"),
        ..TemplateSeed::default()
    }
}

fn image(name: &str) -> String {
    format!("<dockerImage>{name}</dockerImage>")
}

/// A Jenkins beside a cluster whose agent has this engine.
fn bed(engine: &Engine, templates: Vec<TemplateSeed>) -> Result<Bed, RunError> {
    bed_with(
        engine,
        CloudSeed {
            templates,
            ..CloudSeed::default()
        },
    )
}

fn bed_with(engine: &Engine, cloud: CloudSeed) -> Result<Bed, RunError> {
    let agent = AgentSpec {
        flags: engine.agent_flags(),
        ..AgentSpec::default()
    };
    let cluster = ClusterSpec {
        agents: vec![agent],
        ..ClusterSpec::default()
    };
    Bed::start(&cluster, cloud)
}

/// Stores a credential of Jenkins.
fn keep(bed: &Bed, id: &str, password: &str) -> Result<String, RunError> {
    bed.jenkins.groovy(&format!(
        "
        import com.cloudbees.plugins.credentials.*
        import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl
        def store = SystemCredentialsProvider.instance
        store.credentials.add(new UsernamePasswordCredentialsImpl(
            CredentialsScope.SYSTEM, '{id}', '', 'reader', '{password}'))
        store.save()
        "
    ))
}

/// Waits for words on the page of the clouds.
fn on_page(bed: &Bed, words: &str) -> Result<(), RunError> {
    let seen = bed.jenkins.await_that("a message on the clouds' page", SOON, || {
        match bed.jenkins.page("/mesos/").and_then(|answer| answer.good()) {
            Ok(answer) => Check::when(answer.body.contains(words), (), || answer.body),
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    bed.explain(seen)
}

/// Of Jenkins, but for what is told of agents that end as they should here.
fn complaints(bed: &Bed) -> Vec<String> {
    let mut all = bed.jenkins.complaints();
    all.retain(|line| !line.contains("native.driver") || !line.contains("has ended unasked"));
    all
}

#[test]
fn a_registry_is_logged_in_to_with_a_credential_that_nobody_else_sees() {
    let mut engine = Engine::start().unwrap();
    let registry = engine.registry(Some(("reader", PASSWORD))).unwrap();
    let locked = engine.publish("17", &registry, "team/agent:1").unwrap();
    // The gate of the build is a file of the host.
    let gates = paths::home().join("run").display().to_string();
    let volume = format!(
        "<volumes><org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Volume><containerPath>{gates}</containerPath>\
         <hostPath>{gates}</hostPath><readOnly>true</readOnly></org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Volume></volumes>"
    );
    let with = |credential: &str| {
        let id = format!("<registryCredentialsId>{credential}</registryCredentialsId>");
        format!(
            "{}{id}{volume}<dockerForcePullImage>true</dockerForcePullImage>",
            image(&locked)
        )
    };
    let templates = vec![
        template("locked", &with("good")),
        template("wrong", &with("bad")),
        template("docker", &image("testbed/java:17")),
    ];
    let bed = bed(&engine, templates).unwrap();
    keep(&bed, "good", PASSWORD).unwrap();
    keep(&bed, "bad", "another-password").unwrap();
    let gate = Gate::closed().unwrap();

    let script = format!("ls -A $MESOS_SANDBOX/.docker; {}", gate.script());
    bed.build("locked", "locked", &script).unwrap();
    bed.console_with("locked", "waiting at the gate").unwrap();
    let eye = MesosEye::look(&bed.cluster).unwrap();
    let auth = BASE64_STANDARD.encode(format!("reader:{PASSWORD}"));
    for secret in [PASSWORD, auth.as_str()] {
        assert_eq!(eye.places_of(secret), [""; 0]);
        assert!(!bed.jenkins.log().contains(secret));
        assert!(!engine.tail().contains(secret));
    }
    // The address it was fetched from is seen there, and worth nothing any more.
    let (_, state) = eye
        .seen
        .iter()
        .find(|(_, text)| text.contains("mesos-registry-login/"))
        .unwrap();
    let address = state.split("mesos-registry-login/").nth(1).unwrap();
    let address = address.split('"').next().unwrap();
    let again = bed
        .jenkins
        .page(&format!("/mesos-registry-login/{address}"))
        .unwrap();
    assert_eq!(again.status, 410, "{}", again.body);
    gate.open().unwrap();
    let console = bed.success_of("locked").unwrap();
    assert!(!console.contains("config.json"), "{console}");

    bed.build("wrong", "wrong", "true").unwrap();
    on_page(&bed, "choose working registry credentials in the template").unwrap();
    assert!(
        !bed.jenkins
            .page("/mesos/")
            .unwrap()
            .body
            .contains("another-password")
    );
    assert_eq!(complaints(&bed), [""; 0]);
}

#[test]
fn a_build_is_told_that_its_memory_or_its_image_is_not_to_be_had() {
    let engine = Engine::start().unwrap();
    let shm = "<parameters><org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Parameter><key>shm-size</key><value>1g</value>\
               </org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Parameter></parameters>";
    let allowed =
        "<dockerImageCustomizable>true</dockerImageCustomizable><allowedImages>testbed/.*</allowedImages>";
    let templates = vec![
        template("memory", &format!("{}{shm}", image("testbed/java:17"))),
        template("docker", &format!("{}{allowed}", image("testbed/java:17"))),
    ];
    let bed = bed(&engine, templates).unwrap();

    // Out of memory: the kernel ends the largest process, which is the agent.
    let eats = "dd if=/dev/zero of=/dev/shm/eaten bs=1M count=900; sleep 600";
    bed.build("memory", "memory", eats).unwrap();
    let script = format!("node('memory') {{ sh '{eats}' }}");
    bed.run_pipeline("pipeline", &script).unwrap();
    for job in ["memory", "pipeline"] {
        let console = bed
            .console_with(job, "out of memory: the agent has 192 MB in all")
            .unwrap();
        let ended = bed.end_of(job).unwrap();
        assert_ne!(ended.result.as_deref(), Some("SUCCESS"), "{console}");
    }

    // An image that jobs may choose, and one that they may not.
    bed.build(
        "chosen",
        "\"docker:testbed/java:entrypoint\"",
        "cat $MESOS_SANDBOX/entrypoint.ran",
    )
    .unwrap();
    bed.success_of("chosen").unwrap();
    bed.build("forbidden", "\"docker:evil/java:1\"", "true").unwrap();
    let words = "Jobs may not choose the image evil/java:1 for agents of the template docker";
    let told = bed.jenkins.await_that("the word in the queue", SOON, || {
        match bed.jenkins.client().json("/queue/api/json?depth=2") {
            Ok(queue) => Check::when(queue.to_string().contains(words), (), || queue.to_string()),
            Err(error) => Check::NotYet(error.to_string()),
        }
    });
    bed.explain(told).unwrap();
    let page = bed.jenkins.page("/job/forbidden/").unwrap().good().unwrap().body;
    assert!(page.contains(words), "{page}");
    let asked = bed
        .cluster
        .tasks()
        .unwrap()
        .into_iter()
        .chain(bed.cluster.ended_tasks().unwrap());
    assert!(
        asked
            .into_iter()
            .all(|task| !task.json.to_string().contains("evil"))
    );
    assert_eq!(complaints(&bed), [""; 0]);
}

#[test]
fn the_recipes_of_the_document_are_configuration_as_code() {
    let bed = Bed::start_with(&ClusterSpec::default(), CloudSeed::default(), |spec| {
        let mut casc = format!(
            "jenkins:\n  clouds:\n  - mesos:\n      name: recipes\n      master: \"{}\"\n      slaveInfos:\n",
            spec.clouds[0].master
        );
        for text in recipes::texts().unwrap().values() {
            for (number, line) in text.lines().enumerate() {
                let begin = if number == 0 { "      - " } else { "        " };
                casc.push_str(&format!("{begin}{line}\n"));
            }
        }
        testbed::JenkinsSpec {
            clouds: Vec::new(),
            casc: Some(casc),
            ..spec
        }
    })
    .unwrap();
    let found = bed
        .jenkins
        .groovy("println Jenkins.get().clouds[0].slaveInfos.collect { it.labelString + '=' + it.containerInfo.dockerAccess }.join(' ')")
        .unwrap();
    let recipes = recipes::all().unwrap();
    for (name, recipe) in &recipes {
        let access = recipe["container"]["dockerAccess"].as_str().unwrap_or("none");
        let entry = format!("{name}={access}");
        assert!(
            found.split_whitespace().any(|each| each == entry),
            "{entry}: {found}"
        );
    }
    assert_eq!(found.split_whitespace().count(), recipes.len(), "{found}");
}

/// Two agents with one folder, as on a network file system.
#[test]
fn builds_at_the_same_time_keep_out_of_each_others_workspace_on_a_shared_folder() {
    let recipe = recipes::all().unwrap().remove("network-workspace").unwrap();
    let root = recipe["remoteFsRoot"].as_str().unwrap();
    assert_eq!(recipe["container"]["volumes"][0]["containerPath"], root);
    let shared = paths::fresh_run("shared");
    let engine = Engine::start().unwrap();
    let volume = format!(
        "<volumes><org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Volume><containerPath>{root}</containerPath>\
         <hostPath>{}</hostPath></org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Volume></volumes>",
        shared.display()
    );
    let seed = TemplateSeed {
        more: vec![("remoteFSRoot", root.to_owned())],
        ..template("shared", &format!("{}{volume}", image("testbed/java:17")))
    };
    let bed = bed_with(
        &engine,
        CloudSeed {
            shared_root: true,
            templates: vec![seed],
            ..CloudSeed::default()
        },
    )
    .unwrap();

    let script =
        format!("pwd; ls; echo $BUILD_NUMBER > mine; while [ ! -e {root}/go ]; do sleep 0.2; done; cat mine");
    bed.build("job", "shared", &script).unwrap();
    let first = bed.start_of("job").unwrap();
    bed.jenkins.build("job").unwrap();
    let second = bed.explain(bed.jenkins.await_start("job", 2, SOON)).unwrap();
    assert_ne!(first.node, second.node, "two agents");
    fs::write(shared.join("go"), "").unwrap();
    for (number, folder) in [(1, "job"), (2, "job@2")] {
        let ended = bed.explain(bed.jenkins.await_end("job", number, SOON)).unwrap();
        let console = bed.jenkins.console("job", number).unwrap();
        assert_eq!(ended.result.as_deref(), Some("SUCCESS"), "{console}");
        assert!(
            console.contains(&format!("\n{root}/workspace/{folder}\n")),
            "{console}"
        );
        let mine = fs::read_to_string(shared.join("workspace").join(folder).join("mine")).unwrap();
        assert_eq!(mine, format!("{number}\n"));
    }
    // The next build takes up what the first has left, wherever it runs.
    bed.jenkins.build("job").unwrap();
    bed.explain(bed.jenkins.await_end("job", 3, SOON)).unwrap();
    let console = bed.jenkins.console("job", 3).unwrap();
    assert!(
        console.contains(&format!("\n{root}/workspace/job\n")),
        "{console}"
    );
    assert!(console.contains("\nmine\n"), "{console}");
    // Wiped out, it is gone for all.
    let wiped = bed
        .jenkins
        .client()
        .post_form("/job/job/doWipeOutWorkspace", &[])
        .unwrap();
    assert!(wiped.status < 400, "{wiped:?}");
    bed.jenkins
        .await_that("no workspace", SOON, || {
            let there = shared.join("workspace/job").exists();
            Check::when(!there, (), || "it is there".to_owned())
        })
        .unwrap();
    assert_eq!(complaints(&bed), [""; 0]);
    drop(bed);
    fs::remove_dir_all(&shared).unwrap();
}
