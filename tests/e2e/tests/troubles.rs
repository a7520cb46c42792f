//! What is set up wrongly is said on the cloud's page and in the log; the host boots, other labels go on, and a
//! corrected setting heals it without a restart.

use std::fs;
use std::path::PathBuf;

use e2e::{Bed, FORM, LATER, SOON, complaints, start_host};
use testbed::forms::Form;
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{Check, Cluster, ClusterSpec, Host, RunError, paths, ports};

/// A host with a wrong cloud, and the cluster that it should have had.
fn bed_with(cloud: CloudSeed) -> Result<Bed, RunError> {
    let cluster = Cluster::start(&ClusterSpec::default())?;
    let master = if cloud.master.is_empty() {
        cluster.master()
    } else {
        cloud.master.clone()
    };
    let host = start_host(vec![CloudSeed { master, ..cloud }])?;
    Ok(Bed { host, cluster })
}

/// Jobs of other labels build, a Mesos job waits, and the page and the log say what is wrong.
fn says_what_is_wrong(bed: &Bed, words: &[&str]) -> Result<(), RunError> {
    bed.build("mesos", "mesos", "echo healed")?;
    bed.build("other", "built-in", "true")?;
    let other = bed.end_of("other")?;
    let wrong = |reason: String| RunError::Condition {
        what: "a job of another label".into(),
        reason,
    };
    if other.result.as_deref() != Some("SUCCESS") {
        return Err(wrong(format!("{other:?}")));
    }
    bed.host.await_that(
        &format!("the words {words:?} on the cloud's page and in the log"),
        SOON,
        || {
            let page = match bed.host.page("/mesos/").and_then(testbed::http::Answer::good) {
                Ok(answer) => answer.body,
                Err(error) => return Check::NotYet(error.to_string()),
            };
            let log = bed.host.log();
            let missing: Vec<String> = [("page", &page), ("log", &log)]
                .iter()
                .filter(|(_, text)| !words.iter().all(|word| text.contains(word)))
                .map(|(place, _)| (*place).to_owned())
                .collect();
            Check::when(missing.is_empty(), (), || {
                format!("not in {missing:?}; the page: {page}")
            })
        },
    )?;
    match bed.host.find_build("mesos", 1)? {
        None => Ok(()),
        Some(build) => Err(wrong(format!("the Mesos job was built all the same: {build:?}"))),
    }
}

/// Fills one field in and saves, as a person would.
fn correct(host: &Host, field: &str, value: &str) -> Result<(), RunError> {
    let mut form = Form::open(&format!("{}configure", host.url()), FORM)?;
    form.set(field, 0, value)?;
    form.save().map(drop)
}

fn is_healed(bed: &Bed) -> Result<(), RunError> {
    let build = bed.explain(bed.host.await_end("mesos", 1, LATER))?;
    match build.result.as_deref() {
        Some("SUCCESS") => Ok(()),
        _ => Err(RunError::Condition {
            what: "the job after the correction".into(),
            reason: format!("{build:?}"),
        }),
    }
}

#[test]
fn a_wrong_master_address_is_named_and_can_be_corrected() {
    let port = ports::free_port().unwrap();
    let bed = bed_with(CloudSeed {
        master: format!("127.0.0.1:{port}"),
        ..CloudSeed::default()
    })
    .unwrap();

    says_what_is_wrong(&bed, &[&format!("127.0.0.1:{port}"), "refuses"]).unwrap();

    correct(&bed.host, "master", &bed.cluster.master()).unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_zookeeper_that_is_down_is_named_and_found_again_by_itself() {
    let mut cluster = Cluster::start(&ClusterSpec::default()).unwrap();
    cluster.kill("zookeeper").unwrap();
    let address = format!("127.0.0.1:{}", cluster.port("zookeeper").unwrap());
    let host = start_host(vec![CloudSeed {
        master: cluster.master(),
        ..CloudSeed::default()
    }])
    .unwrap();
    let mut bed = Bed { host, cluster };

    says_what_is_wrong(&bed, &[&address, "ZooKeeper"]).unwrap();

    // A master ends itself when its session is over, be it before ZooKeeper is back or after: not while it comes back.
    bed.cluster.kill("master1").unwrap();
    bed.cluster.restart("zookeeper").unwrap();
    bed.cluster.restart("master1").unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_wrong_path_in_zookeeper_is_named_and_can_be_corrected() {
    let cluster = Cluster::start(&ClusterSpec::default()).unwrap();
    let wrong = cluster.master().replace("/mesos", "/mezzos");
    let host = start_host(vec![CloudSeed {
        master: wrong,
        ..CloudSeed::default()
    }])
    .unwrap();
    let bed = Bed { host, cluster };

    says_what_is_wrong(&bed, &["/mezzos"]).unwrap();

    correct(&bed.host, "master", &bed.cluster.master()).unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_library_that_is_not_there_is_named_and_the_bundled_one_heals_it() {
    // not libmesos.so: a path of the old plugin is passed over with a warning
    let missing = "/no/such/folder/libmesos_jenkins.so";
    let cloud = CloudSeed {
        native_library_path: missing.into(),
        ..CloudSeed::default()
    };
    let bed = bed_with(cloud).unwrap();

    says_what_is_wrong(&bed, &[missing]).unwrap();

    correct(&bed.host, "nativeLibraryPath", "").unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}

#[test]
fn a_damaged_library_is_refused_and_the_bundled_one_heals_it() {
    let folder = paths::fresh_run("library");
    fs::create_dir_all(&folder).unwrap();
    let damaged = damaged_library(&folder.join("libmesos_jenkins.so")).unwrap();
    let cloud = CloudSeed {
        native_library_path: damaged.display().to_string(),
        ..CloudSeed::default()
    };
    let bed = bed_with(cloud).unwrap();

    says_what_is_wrong(&bed, &[&damaged.display().to_string(), "damaged"]).unwrap();

    correct(&bed.host, "nativeLibraryPath", "").unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
    fs::remove_dir_all(folder).unwrap();
}

/// The packaged library with one byte in its middle turned over.
fn damaged_library(target: &std::path::Path) -> Result<PathBuf, RunError> {
    let source = paths::repository().join("target/native/linux-x86_64/libmesos_jenkins.so");
    let file = |doing, path: &std::path::Path| {
        let path = path.to_path_buf();
        move |source| RunError::File { doing, path, source }
    };
    let mut bytes = fs::read(&source).map_err(file("reading", &source))?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(target, bytes).map_err(file("writing", target))?;
    Ok(target.to_path_buf())
}

#[test]
fn jvm_arguments_that_no_jvm_accepts_are_told_and_can_be_corrected() {
    let template = TemplateSeed {
        jvm_args: "-XX:+NoSuchFlagAtAll".into(),
        ..TemplateSeed::default()
    };
    let bed = bed_with(CloudSeed {
        templates: vec![template],
        ..CloudSeed::default()
    })
    .unwrap();

    says_what_is_wrong(&bed, &["TASK_FAILED"]).unwrap();

    correct(&bed.host, "jvmArgs", "-Xms16m").unwrap();
    is_healed(&bed).unwrap();
    assert_eq!(complaints(&bed.host.log()), [""; 0]);
}
