//! The pages in a real browser. Pictures of them are kept in `target/screenshots`.

use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{Check, ClusterSpec, Jenkins, JenkinsSpec, RunError};
use today::{Bed, Gate, SOON, Visitor, plugin};

/// Every field of a cloud, of a template and of a container, each with another value than its default.
const EVERYTHING: &str = include_str!("everything.yaml");

/// What the check of the first template's CPUs says, when it complains.
const COMPLAINT: &str = "
const fields = [...document.querySelectorAll(\"input[name='_.slaveCpus']\")];
const entry = fields.find(each => each.checkVisibility()).closest('.jenkins-form-item');
return entry.querySelector('.error')?.innerText;
";

#[test]
fn every_page_shows_what_it_should_and_no_script_fails() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    let node = bed.start_of("one").unwrap().node;
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();

    let agent = format!("computer/{node}/");
    for (path, words, picture) in [
        ("manage/", "Mesos", "manage"),
        ("mesos/", &node, "status"),
        ("manage/cloud/", "MesosCloud", "clouds"),
        ("manage/cloud/new", "Mesos", "new-cloud"),
        ("manage/cloud/MesosCloud/", "MesosCloud", "cloud"),
        // the form says at once what an agent takes
        (
            "manage/cloud/MesosCloud/configure",
            "0.2 CPUs, 192 MB of memory",
            "cloud-form",
        ),
        ("computer/", "Provision via MesosCloud", "nodes"),
        (&agent, &node, "agent"),
        (&format!("{agent}log"), "Requested from Mesos", "agent-log"),
        ("job/one/1/console", "waiting at the gate", "build-console"),
    ] {
        let failed = visitor.visit(path, words, picture).unwrap();
        assert_eq!(failed, [""; 0], "at {path}");
    }
    // the settings of an agent can be looked at, and saving them changes nothing
    let settings = format!("{agent}configure");
    let failed = visitor
        .visit(
            &settings,
            "template mesos of the Mesos cloud MesosCloud",
            "agent-form",
        )
        .unwrap();
    assert_eq!(failed, [""; 0], "at {settings}");
    visitor.save().unwrap();
    visitor.await_text("Agent is connected").unwrap();
    for link in side_panel(&visitor).unwrap() {
        let answer = bed.jenkins.page(&link).unwrap();
        assert!(answer.good().is_ok(), "{link}");
    }
    gate.open().unwrap();
    bed.success_of("one").unwrap();
}

/// Where the links beside the page lead to, within Jenkins; what acts is not followed.
fn side_panel(visitor: &Visitor) -> Result<Vec<String>, RunError> {
    let links = visitor.script(
        "return [...document.querySelectorAll('#side-panel #tasks a')]
           .filter(each => each.dataset.taskPost !== 'true')
           .map(each => new URL(each.href).pathname)",
        &[],
    )?;
    let links = links.as_array().cloned().unwrap_or_default();
    let links: Vec<String> = links
        .iter()
        .filter_map(|link| link.as_str().map(str::to_owned))
        .collect();
    if links.len() < 5 {
        return Err(RunError::Condition {
            what: "links beside the page".into(),
            reason: format!("{links:?}"),
        });
    }
    Ok(links)
}

#[test]
fn the_page_of_a_job_says_what_its_builds_wait_for() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.jenkins
        .groovy("Jenkins.get().clouds[0].slaveInfos[0].maxAgents = '1'; Jenkins.get().save()")
        .unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("one", "mesos", &gate.script()).unwrap();
    bed.start_of("one").unwrap();
    bed.build("two", "mesos", "true").unwrap();
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();

    visitor
        .await_page(
            "job/two/",
            "a waiting build gets no agent for now: maxAgents of the template `mesos` is 1",
        )
        .unwrap();
    visitor.picture("job-waits").unwrap();

    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    gate.open().unwrap();
    bed.success_of("two").unwrap();
    visitor.go("job/two/").unwrap();
    assert!(!visitor.text().unwrap().contains("maxAgents"));
}

#[test]
fn a_wrong_master_is_told_on_the_status_page_before_a_build_waits() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.jenkins
        .groovy(
            "def wrong = new org.jenkinsci.plugins.mesos.MesosCloud('wrong', '127.0.0.1:1')\n\
             Jenkins.get().clouds.add(wrong)",
        )
        .unwrap();
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();

    // who else wants its roles may be known not to be known before
    let told = "Nothing waits, so the cloud is idle.";
    visitor.await_page("mesos/", told).unwrap();
    visitor.picture("idle-trouble").unwrap();

    let text = visitor.text().unwrap();
    assert_eq!(text.matches(told).count(), 1, "{text}");
    let reason = text.split(told).nth(1).unwrap_or_default();
    let reason = reason.lines().next().unwrap_or_default();
    assert!(reason.contains("127.0.0.1:1 refuses connections"), "{text}");
}

/// The lines of the clouds' XML, without lists that are empty.
fn clouds(jenkins: &Jenkins) -> Result<Vec<String>, RunError> {
    let xml = jenkins.groovy("println Jenkins.XSTREAM2.toXML(Jenkins.get().clouds)")?;
    Ok(xml
        .lines()
        // Written once a page has asked for them, or a form was saved.
        .filter(|line| !["<actions/>", "<nodeProperties/>"].contains(&line.trim()))
        .map(str::to_owned)
        .collect())
}

#[test]
fn saving_the_form_untouched_loses_and_changes_nothing() {
    let templates = vec![
        TemplateSeed::default(),
        TemplateSeed {
            label: "other".into(),
            ..TemplateSeed::default()
        },
    ];
    let cloud = CloudSeed {
        templates,
        ..CloudSeed::default()
    };
    let bed = Bed::start(&ClusterSpec::default(), cloud).unwrap();
    let clouds = || clouds(&bed.jenkins).unwrap();
    let before = clouds();
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();
    let save = || {
        visitor.go("manage/cloud/MesosCloud/configure").unwrap();
        visitor.save().unwrap();
        clouds()
    };

    let once = save();
    let twice = save();

    // Fields that an old file lacks are written with their defaults.
    let lost: Vec<&String> = before.iter().filter(|line| !once.contains(line)).collect();
    assert_eq!(lost, [""; 0], "{once:#?}");
    assert_eq!(twice, once);
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    // and the cloud serves on
    bed.build("one", "mesos", "true").unwrap();
    bed.success_of("one").unwrap();
}

#[test]
fn saving_the_form_keeps_every_field_whatever_its_value() {
    let spec = JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap();
    let jenkins = Jenkins::start(&JenkinsSpec {
        casc: Some(EVERYTHING.to_owned()),
        ..spec
    })
    .unwrap();
    let before = clouds(&jenkins).unwrap();
    let visitor = Visitor::sign_in(&jenkins).unwrap();

    visitor.go("manage/cloud/everything/configure").unwrap();
    visitor.save().unwrap();

    assert_eq!(clouds(&jenkins).unwrap(), before);
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
}

#[test]
fn a_cloud_made_in_the_browser_is_saved_with_its_template_and_container() {
    let bed = Bed::start_with(&ClusterSpec::default(), CloudSeed::default(), |spec| {
        JenkinsSpec {
            clouds: Vec::new(),
            ..spec
        }
    })
    .unwrap();
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();
    visitor.go("manage/cloud/new").unwrap();
    visitor.write("input[name=name]", "made").unwrap();
    let kind = "input[value='org.jenkinsci.plugins.mesos.MesosCloud']";
    visitor.click(&format!("{kind} + label")).unwrap();
    visitor.save().unwrap();

    visitor
        .write("input[name='_.master']", &bed.cluster.master())
        .unwrap();
    visitor.click("button.validate-button").unwrap();
    visitor.await_text("Mesos 1.11").unwrap();
    visitor.await_text("Role *: weight 1 (100.0 %").unwrap();
    visitor.picture("connection-test").unwrap();
    visitor.write("input[name='_.labelString']", "fresh").unwrap();
    visitor.write("input[name='_.slaveCpus']", "many").unwrap();
    visitor
        .await_script("a complaint about the CPUs", COMPLAINT, &[])
        .unwrap();
    visitor.picture("complaint").unwrap();
    visitor.write("input[name='_.slaveCpus']", "0.5").unwrap();
    visitor.write("input[name='_.slaveMem']", "256").unwrap();
    visitor.click("input[name='_.containerInfo'] + label").unwrap();
    visitor.write("input[name='_.dockerImage']", "maven:3").unwrap();
    visitor.picture("container-form").unwrap();
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    visitor.save().unwrap();

    let saved = bed
        .jenkins
        .groovy(
            "def cloud = Jenkins.get().clouds.getByName('made'); def one = cloud.slaveInfos[0]\n\
             println([cloud.checkpoint, cloud.onDemandRegistration, cloud.master, one.labelString, one.slaveCpus, one.slaveMem, one.containerInfo.dockerImage].join(' '))",
        )
        .unwrap();
    assert_eq!(
        saved,
        format!("true true {} fresh 0.5 256 maven:3", bed.cluster.master())
    );
    // A new cloud is registered on demand: without work the master does not know it.
    assert_eq!(bed.cluster.frameworks("Jenkins Scheduler").unwrap().len(), 0);
    bed.jenkins
        .groovy("Jenkins.get().clouds.getByName('made').onDemandRegistration = false; Jenkins.get().save()")
        .unwrap();
    let subscribed = bed.jenkins.await_that("the framework", SOON, || {
        let frameworks = bed.cluster.frameworks("Jenkins Scheduler");
        Check::when(frameworks.is_ok_and(|all| all.len() == 1), (), || "none".into())
    });
    subscribed.unwrap();
    // Asked for by the first look; whose framework it is, is known when it is registered.
    visitor
        .await_page("mesos/", "this cloud, Jenkins Scheduler (nothing)")
        .unwrap();
    visitor.await_text("Guaranteed").unwrap();
    visitor.picture("roles").unwrap();
}
