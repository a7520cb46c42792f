//! The way of README's section *Install into a Jenkins*, click by click: from a Jenkins without the plugin to a build.

use std::process::Command;
use std::time::Instant;

use testbed::{Check, Cluster, ClusterSpec, Jenkins, JenkinsSpec};
use today::{SOON, Visitor, is_agent_name, plugin};

/// The user of this process, whom Mesos may always use.
fn user() -> Option<String> {
    let output = Command::new("id").arg("-un").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Ticks *Restrict where this project can be run*; in a Jenkins without nodes it is ticked in a new job.
const TICK_LABEL: &str = "
const box = document.querySelector('input[name=hasSlaveAffinity]');
if (box && !box.checked) box.click();
return !!box?.checked;
";

/// Chooses *Execute shell* in the open list of build steps.
const ADD_SHELL: &str = "
const items = [...document.querySelectorAll('.jenkins-dropdown__item')];
const shell = items.find(each => each.innerText.trim() === 'Execute shell');
shell?.click();
return !!shell;
";

/// Writes into the editor of the build step.
const WRITE_SCRIPT: &str = "
const editor = document.querySelector('.CodeMirror')?.CodeMirror;
editor?.setValue(arguments[0]);
editor?.save();
return !!editor;
";

#[test]
fn a_plain_jenkins_builds_on_mesos_when_it_is_set_up_as_readme_says() {
    let cluster = Cluster::start(&ClusterSpec::default()).unwrap();
    let spec = JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap().plain();
    let mut jenkins = Jenkins::start(&JenkinsSpec {
        installed: false,
        quick: false,
        ..spec.clone()
    })
    .unwrap();
    let began = Instant::now();

    // 1. The plugin.
    let visitor = Visitor::enter(&jenkins).unwrap();
    visitor.go("manage/pluginManager/advanced").unwrap();
    visitor.await_text("Deploy Plugin").unwrap();
    visitor
        .choose_file("input[type=file][name=name]", &spec.plugin)
        .unwrap();
    visitor.picture("deploy-plugin").unwrap();
    visitor
        .click("form:has(input[type=file]) button[name=Submit]")
        .unwrap();
    let deployed = jenkins.home().join("plugins/mesos.jpi");
    jenkins
        .await_that("the plugin in its folder", SOON, || {
            Check::when(deployed.is_file(), (), || visitor.text().unwrap_or_default())
        })
        .unwrap();
    // the page of updates would ask for Jenkins while it is away
    visitor.open("about:blank").unwrap();
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    jenkins.stop().unwrap();
    jenkins.start_again().unwrap();

    // 2. The cloud.
    visitor.go("manage/cloud/").unwrap();
    visitor.click("a[href='new']").unwrap();
    visitor.write("input[name=name]", "farm").unwrap();
    let kind = "input[value='org.jenkinsci.plugins.mesos.MesosCloud']";
    visitor.click(&format!("{kind} + label")).unwrap();
    visitor.save().unwrap();
    visitor
        .write("input[name='_.master']", &cluster.master())
        .unwrap();
    visitor
        .write("input[name='_.slavesUser']", &user().unwrap())
        .unwrap();
    visitor
        .write("input[name='_.jenkinsURL']", &jenkins.url())
        .unwrap();
    visitor.click("button.validate-button").unwrap();
    visitor.await_text("Mesos 1.11").unwrap();
    visitor.await_text("Each agent takes").unwrap();
    visitor.await_text("CPUs, 640 MB of memory").unwrap();
    visitor.save().unwrap();

    // 3. A build.
    visitor.go("view/all/newJob").unwrap();
    visitor.write("input[name=name]", "first").unwrap();
    visitor.click(".hudson_model_FreeStyleProject").unwrap();
    visitor.click("#ok-button").unwrap();
    visitor
        .await_text("Restrict where this project can be run")
        .unwrap();
    visitor
        .await_script("the box for a label", TICK_LABEL, &[])
        .unwrap();
    visitor.write("input[name='_.label']", "mesos").unwrap();
    visitor.click("button.hetero-list-add[suffix=builder]").unwrap();
    visitor.await_script("the build step", ADD_SHELL, &[]).unwrap();
    visitor
        .await_script("its script", WRITE_SCRIPT, &["java -version".into()])
        .unwrap();
    visitor.picture("first-job").unwrap();
    visitor.save().unwrap();
    visitor.click("a[href$='/build?delay=0sec']").unwrap();

    let build = jenkins.await_end("first", 1, SOON).unwrap();
    let console = jenkins.console("first", 1).unwrap();
    println!(
        "a first build {} s after the plain Jenkins",
        began.elapsed().as_secs()
    );
    assert_eq!(build.result.as_deref(), Some("SUCCESS"), "{console}");
    assert!(is_agent_name(&build.node, "mesos"), "{build:?}");
    assert!(console.contains("openjdk version"), "{console}");
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    assert_eq!(jenkins.complaints(), [""; 0]);
}
