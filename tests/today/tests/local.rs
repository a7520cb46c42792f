//! The master `local` on today's Jenkins: from the form to builds in a process and in containers, and over a restart.

use std::process::Command;
use std::time::{Duration, Instant};

use e2e::relay::Relay;
use testbed::guard::survivors;
use testbed::seeds::{CloudSeed, TemplateSeed, freestyle, pipeline};
use testbed::{Check, Engine, Jenkins, JenkinsSpec, RunError, paths, until};
use today::{Gate, LATER, SOON, Visitor, plugin};

/// Waits for the success of a job's first build, and gives its console.
fn success_of(jenkins: &Jenkins, job: &str) -> Result<String, RunError> {
    let build = jenkins.await_end(job, 1, LATER)?;
    let console = jenkins.console(job, 1)?;
    assert_eq!(build.result.as_deref(), Some("SUCCESS"), "{console}");
    Ok(console)
}

fn console_with(jenkins: &Jenkins, job: &str, words: &str) -> Result<String, RunError> {
    jenkins.await_that(
        &format!("`{words}` in the console of {job}"),
        LATER,
        || match jenkins.console(job, 1) {
            Ok(console) if console.contains(words) => Check::Ready(console),
            other => Check::NotYet(format!("{other:?}; the queue: {:?}", jenkins.queue())),
        },
    )
}

fn start(jenkins: &Jenkins, job: &str, xml: &str) -> Result<(), RunError> {
    jenkins.create_job(job, xml)?;
    jenkins.build(job)
}

/// Releases all agents, and waits until nothing of them is left.
fn await_release(jenkins: &Jenkins) -> Result<(), RunError> {
    for node in jenkins.nodes()? {
        jenkins.delete_node(&node.name)?;
    }
    let folder = jenkins.home().join("mesos");
    jenkins.await_that("no node and no process of an agent", SOON, || {
        let left = (jenkins.nodes(), survivors(&folder));
        let none = matches!(&left, (Ok(nodes), processes) if nodes.is_empty() && processes.is_empty());
        Check::when(none, (), || format!("{left:?} are left"))
    })
}

/// Agents that give up soon, and a cloud that knows all the time what runs.
const GIVE_UP: &str = "
def cloud = Jenkins.get().clouds.getByName('here')
cloud.slaveInfos[0].jnlpArgs = '-noReconnectAfter 5s'
Jenkins.get().save()
println 'set'
";

#[test]
fn a_cloud_on_this_machine_is_made_in_the_form_and_builds_in_processes() {
    let mut jenkins = Jenkins::start(&JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap()).unwrap();
    let visitor = Visitor::sign_in(&jenkins).unwrap();
    visitor.go("manage/cloud/new").unwrap();
    visitor.write("input[name=name]", "here").unwrap();
    let kind = "input[value='org.jenkinsci.plugins.mesos.MesosCloud']";
    visitor.click(&format!("{kind} + label")).unwrap();
    visitor.save().unwrap();

    let master = |rest: &str| format!("local://?cpus=2&mem=2048&{rest}");
    for (text, words) in [
        (
            master("docker=unix:///nowhere/docker.sock"),
            "no Docker engine at unix:///nowhere/docker.sock: start Docker",
        ),
        (
            master("docker=none"),
            "this machine stands for a cluster: 2 CPUs, 2048 MB; containers are switched off (docker=none)",
        ),
    ] {
        visitor.write("input[name='_.master']", &text).unwrap();
        visitor.click("button.validate-button").unwrap();
        visitor.await_text(words).unwrap();
    }
    visitor.picture("local-connection-test").unwrap();
    visitor.write("input[name='_.labelString']", "plain").unwrap();
    visitor.write("input[name='_.slaveCpus']", "0.2").unwrap();
    visitor.write("input[name='_.slaveMem']", "256").unwrap();
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    visitor.save().unwrap();

    start(
        &jenkins,
        "one",
        &freestyle("plain", "echo on $NODE_NAME in $MESOS_SANDBOX"),
    )
    .unwrap();
    let console = success_of(&jenkins, "one").unwrap();

    let build = jenkins.find_build("one", 1).unwrap().unwrap();
    let sandbox = jenkins.home().join("mesos");
    assert!(
        console.contains(&format!("on {} in {}/", build.node, sandbox.display())),
        "{console}"
    );
    assert!(console.contains("processes on this machine"), "{console}");
    await_release(&jenkins).unwrap();
    assert_eq!(jenkins.complaints(), [""; 0]);

    // A controller that does not come back.
    assert_eq!(jenkins.groovy(GIVE_UP).unwrap(), "set");
    let gate = Gate::closed().unwrap();
    start(&jenkins, "two", &freestyle("plain", &gate.script())).unwrap();
    console_with(&jenkins, "two", "waiting at the gate").unwrap();
    jenkins.kill().unwrap();
    let folder = jenkins.home().join("mesos");
    until("agents that give up, with their builds", LATER, || {
        let left = survivors(&folder);
        Check::when(left.is_empty(), (), || format!("{left:?} are left"))
    })
    .unwrap();
}

const SETTINGS: &str = "
def cloud = Jenkins.get().clouds[0]
cloud.slaveInfos[0].templateName = 'boxed'
cloud.pipelineAllowed = true
cloud.pipelineImages = '127\\\\.0\\\\.0\\\\.1:.*'
Jenkins.get().save()
println 'set'
";

/// A template in a container that sees the gates.
fn boxed(image: &str) -> TemplateSeed {
    let gates = paths::home().join("run");
    let gates = gates.display();
    let volume = "org.jenkinsci.plugins.mesos.MesosSlaveInfo_-Volume";
    TemplateSeed {
        label: "boxed".into(),
        container: format!(
            "<type>DOCKER</type><dockerImage>{image}</dockerImage><networking>HOST</networking><volumes><{volume}>\
             <containerPath>{gates}</containerPath><hostPath>{gates}</hostPath><readOnly>true</readOnly></{volume}></volumes>"
        ),
        ..TemplateSeed::default()
    }
}

#[test]
fn containers_of_this_machine_outlive_a_restart_and_a_hanging_engine_holds_nothing_up() {
    let mut engine = Engine::start().unwrap();
    let registry = engine.registry(None).unwrap();
    let slow = Relay::slowly_to(&registry.address, 8 << 20).unwrap();
    let image = engine.publish("17", &registry, "team/agent:1").unwrap();
    engine.forget_images().unwrap();
    let image = image.replace(&registry.address, &slow.address());
    let cloud = CloudSeed {
        master: format!(
            "local://?cpus=4&mem=4096&docker=unix://{}",
            engine.socket().display()
        ),
        templates: vec![boxed(&image)],
        ..CloudSeed::default()
    };
    let mut jenkins = Jenkins::start(&JenkinsSpec::new(plugin().unwrap(), vec![cloud]).unwrap()).unwrap();
    assert_eq!(jenkins.groovy(SETTINGS).unwrap(), "set");

    // A build in a container whose image comes first.
    let inside = "test -e /mnt/mesos/sandbox && echo contained as $NODE_NAME";
    start(&jenkins, "one", &freestyle("boxed", inside)).unwrap();
    let console = success_of(&jenkins, "one").unwrap();
    let node = jenkins.find_build("one", 1).unwrap().unwrap().node;
    for words in [
        format!("contained as {node}"),
        format!("pulls {image}: "),
        " MB, 0 of 1 layers".into(),
        format!("container mesos-local-{node} of the image {image}"),
    ] {
        assert!(console.contains(&words), "no `{words}`:\n{console}");
    }

    // A Pipeline that names its image, and a controller that is killed while it runs.
    let gate = Gate::closed().unwrap();
    let script = format!(
        "mesosNode(inheritFrom: 'boxed', image: '{image}') {{\n  sh '''{}'''\n  \
         echo \"contained: ${{fileExists '/mnt/mesos/sandbox'}}, on ${{env.NODE_NAME}}\"\n}}\n",
        gate.script()
    );
    start(&jenkins, "pipe", &pipeline(&script)).unwrap();
    console_with(&jenkins, "pipe", "waiting at the gate").unwrap();
    let before = engine.containers().unwrap();
    jenkins.kill().unwrap();
    jenkins.start_again().unwrap();
    let back = jenkins.await_that("all agents to be back", SOON, || match jenkins.nodes() {
        Ok(nodes) if nodes.len() == before.len() && nodes.iter().all(|node| node.online) => Check::Ready(()),
        other => Check::NotYet(format!("{other:?}")),
    });
    back.unwrap();
    assert_eq!(engine.containers().unwrap(), before);
    gate.open().unwrap();
    let console = success_of(&jenkins, "pipe").unwrap();
    assert!(
        console.contains("contained: true, on mesos-jenkins-"),
        "{console}"
    );

    // An engine that hangs.
    let pid = engine.pid().unwrap().to_string();
    let signal = |signal: &str| {
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    };
    signal("-STOP");
    let begin = Instant::now();
    let mut slowest = Duration::ZERO;
    let told = jenkins.await_that("the hanging engine on the page", SOON, || {
        let asked = Instant::now();
        let page = jenkins.page("/mesos/").map(|page| page.body);
        slowest = slowest.max(asked.elapsed());
        match page {
            Ok(page) if page.contains("it hangs or has too much to do") => Check::Ready(()),
            other => Check::NotYet(format!("{other:?}")),
        }
    });
    told.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    start(&jenkins, "two", &freestyle("boxed", "true")).unwrap();
    for path in ["/mesos/", "/queue/api/json", "/computer/api/json"] {
        let asked = Instant::now();
        jenkins.page(path).unwrap().good().unwrap();
        slowest = slowest.max(asked.elapsed());
    }
    assert!(slowest < Duration::from_secs(5), "a page took {slowest:?}");
    signal("-CONT");
    success_of(&jenkins, "two").unwrap();

    await_release(&jenkins).unwrap();
    engine.await_nothing(SOON).unwrap();
}
