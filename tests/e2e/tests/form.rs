//! The configuration form, in a browser.

use e2e::{Bed, FORM, SOON, complaints, start_host};
use testbed::forms::Form;
use testbed::seeds::CloudSeed;
use testbed::{Check, ClusterSpec, RunError, until};

#[test]
fn a_changed_form_is_saved_and_read_back() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let page = format!("{}configure", bed.host.url());
    let changes = [
        ("frameworkName", "Renamed Scheduler"),
        ("slavesUser", "root"),
        ("checkpoint", "false"),
        ("labelString", "renamed"),
        ("slaveCpus", "0.25"),
        ("slaveMem", "300"),
        ("executorCpus", "0.15"),
        ("executorMem", "70"),
        ("minExecutors", "2"),
        ("maxExecutors", "3"),
        ("remoteFSRoot", "elsewhere"),
        ("idleTerminationMinutes", "7"),
        ("jvmArgs", "-Xms17m -Dgreeting=a&b"),
        ("jnlpArgs", "-noReconnect"),
    ];
    let mut form = Form::open(&page, FORM).unwrap();
    assert_eq!(form.value("master", 0).unwrap(), bed.cluster.master());
    assert_eq!(form.value("labelString", 0).unwrap(), "mesos");
    let id = form.value("cloudID", 0).unwrap();
    for (field, value) in changes {
        form.set(field, 0, value).unwrap();
    }

    form.save().unwrap();

    let mut again = Form::open(&page, FORM).unwrap();
    for (field, value) in changes {
        assert_eq!(again.value(field, 0).unwrap(), value, "{field}");
    }
    assert_eq!(again.value("master", 0).unwrap(), bed.cluster.master());
    assert_eq!(again.value("cloudID", 0).unwrap(), id);
    let saved = std::fs::read_to_string(bed.host.home().join("config.xml")).unwrap();
    for element in [
        "<slaveCpus>0.25</slaveCpus>",
        "<labelString>renamed</labelString>",
        "<slaveMem>300</slaveMem>",
    ] {
        assert!(saved.contains(element), "{element} is not in {saved}");
    }
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn bad_values_are_refused_beside_their_fields_and_are_not_saved() {
    let host = start_host(vec![CloudSeed {
        master: "127.0.0.1:9".into(),
        ..CloudSeed::default()
    }])
    .unwrap();
    let page = format!("{}configure", host.url());
    let before = std::fs::read_to_string(host.home().join("config.xml")).unwrap();
    let mut form = Form::open(&page, FORM).unwrap();
    for (field, value, word) in [
        ("slaveCpus", "-1", "CPU"),
        ("executorCpus", "-0.5", "CPU"),
        ("slaveMem", "abc", "abc"),
        ("executorMem", "-64", "-64"),
        ("labelString", "a&b", "&"),
        ("labelString", "a|b", "|"),
        ("master", "zk://", "host name"),
    ] {
        let message = form.set(field, 0, value).unwrap();
        assert!(message.contains(word), "{field} = {value}: {message:?}");
        // What is right has nothing to say that the wrong value said.
        drop(form);
        form = Form::open(&page, FORM).unwrap();
    }
    form.set("maxExecutors", 0, "2").unwrap();
    let message = form.set("minExecutors", 0, "3").unwrap();
    assert!(
        message.contains('2') || message.contains('3'),
        "min 3, max 2: {message:?}"
    );

    let mut form = Form::open(&page, FORM).unwrap();
    form.set("slaveMem", 0, "abc").unwrap();
    let answer = form.save();
    let after = std::fs::read_to_string(host.home().join("config.xml")).unwrap();
    assert_eq!(
        after.matches("<slaveMem>128</slaveMem>").count(),
        1,
        "{answer:?}: {before} became {after}"
    );
    assert_eq!(complaints(&host.log()), [""; 0]);
}

/// Tests the connection until the answer has these words: one that takes longer than a second has only a place to look at.
fn tells(form: &mut Form, words: &[&str]) -> Result<(), RunError> {
    until("the words of a connection test", SOON, || {
        match form.press("Test Connection") {
            Ok(answer) => {
                let told = words.iter().all(|word| answer.contains(word));
                Check::when(told, (), || format!("{answer:?} instead of {words:?}"))
            }
            Err(error) => Check::Never(error.to_string()),
        }
    })
}

#[test]
fn a_connection_test_tells_what_it_finds() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let mut form = Form::open(&format!("{}configure", bed.host.url()), FORM).unwrap();
    let leader = bed.cluster.leader().unwrap();
    tells(&mut form, &[&format!("127.0.0.1:{}", leader.port), "1.11.0"]).unwrap();

    form.set("master", 0, "127.0.0.1:9").unwrap();
    tells(&mut form, &["127.0.0.1:9", "refuses"]).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}
