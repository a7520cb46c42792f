//! The pages in a real browser. Pictures of them are kept in `target/screenshots`.

use testbed::ClusterSpec;
use testbed::seeds::{CloudSeed, TemplateSeed};
use today::{Bed, Gate, Visitor};

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
        ("manage/cloud/MesosCloud/configure", "Framework", "cloud-form"),
        (&agent, &node, "agent"),
        (&format!("{agent}log"), "Requested from Mesos", "agent-log"),
        ("job/one/1/console", "waiting at the gate", "build-console"),
    ] {
        let failed = visitor.visit(path, words, picture).unwrap();
        assert_eq!(failed, [""; 0], "at {path}");
    }
    gate.open().unwrap();
    bed.success_of("one").unwrap();
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
    // Jenkins adds the list of actions once a page has asked for it.
    let clouds = || {
        let xml = bed
            .jenkins
            .groovy("println Jenkins.XSTREAM2.toXML(Jenkins.get().clouds)")
            .unwrap();
        xml.replace("    <actions/>\n", "")
    };
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
    let lost: Vec<&str> = before
        .lines()
        .filter(|line| !once.lines().any(|kept| kept == *line))
        .collect();
    assert_eq!(lost, [""; 0], "{once}");
    assert_eq!(twice, once);
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
}
