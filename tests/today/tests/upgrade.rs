//! What older versions of the plugin left behind, read by today's Jenkins.

use std::error::Error;
use std::fs;

use testbed::{Check, Jenkins, JenkinsSpec};
use today::{SOON, plugin};

macro_rules! old_clouds {
    ($($version:literal),*) => {
        &[$((
            $version,
            include_str!(concat!(
                "../../../java-shim/src/test/resources/org/jenkinsci/plugins/mesos/cloud-",
                $version,
                ".xml"
            )),
        )),*]
    };
}

/// One cloud of each layout, and a large one.
const CLOUDS: &[(&str, &str)] =
    old_clouds!("0.2", "0.8", "0.10", "0.14", "0.18", "1.0", "1.x", "2.0", "large");

const NODE: &str =
    include_str!("../../../java-shim/src/test/resources/org/jenkinsci/plugins/mesos/node-0.18.xml");

const JOB: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project>
  <assignedNode>docker:jdk8</assignedNode>
  <canRoam>false</canRoam>
  <builders/>
  <publishers/>
  <buildWrappers>
    <org.jenkinsci.plugins.mesos.MesosSingleUseSlave plugin="mesos@0.18.1"/>
  </buildWrappers>
</project>
"#;

const OLD_DATA: &str = "
Jenkins.get().getExtensionList(hudson.diagnosis.OldDataMonitor)[0].data.each { println it }";

/// A Jenkins that finds at its start what an older version has written.
fn upgraded() -> Result<Jenkins, Box<dyn Error>> {
    let mut jenkins = Jenkins::start(&JenkinsSpec::new(plugin()?, Vec::new())?)?;
    jenkins.stop()?;
    let clouds: String = CLOUDS
        .iter()
        .map(|(version, xml)| {
            assert!(xml.contains("<name>MesosCloud</name>"), "{version}");
            xml.replacen("<name>MesosCloud<", &format!("<name>Cloud-{version}<"), 1)
        })
        .collect();
    let file = jenkins.home().join("config.xml");
    let config = fs::read_to_string(&file)?;
    let old = config.replace("<clouds/>", &format!("<clouds>{clouds}</clouds>"));
    assert_ne!(config, old, "{config}");
    fs::write(&file, old)?;
    for (folder, content) in [("nodes/mesos-jenkins-old", NODE), ("jobs/old", JOB)] {
        let folder = jenkins.home().join(folder);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("config.xml"), content)?;
    }
    jenkins.start_again()?;
    jenkins.await_that("the old node to be gone", SOON, || {
        Check::when(jenkins.nodes().is_ok_and(|nodes| nodes.is_empty()), (), || {
            "it is there".into()
        })
    })?;
    Ok(jenkins)
}

fn clouds_of(config: &str) -> &str {
    let from = config.split_once("<clouds>").unwrap_or_default().1;
    from.split_once("</clouds>").unwrap_or_default().0
}

#[test]
fn clouds_nodes_and_jobs_of_every_older_version_are_read_without_a_complaint_and_stay_so() {
    let mut jenkins = upgraded().unwrap();

    assert_eq!(jenkins.groovy(OLD_DATA).unwrap(), "");
    assert_eq!(
        jenkins.groovy("println Jenkins.get().clouds.size()").unwrap(),
        CLOUDS.len().to_string()
    );
    assert!(
        jenkins
            .log()
            .contains("removed the node mesos-jenkins-old: it was an agent of an older version")
    );
    assert!(
        jenkins
            .groovy("println Jenkins.get().getItem('old').buildWrappersList.toList()")
            .unwrap()
            .contains("MesosSingleUseSlave")
    );
    let report = jenkins.page("/mesos/upgrade/").unwrap();
    assert_eq!(report.status, 200);
    for word in [
        "300 seconds",
        "-XX:+UseConcMarkSweepGC",
        "team0:agent",
        "1.1 times",
    ] {
        assert!(report.body.contains(word), "{word}");
    }
    let copies = fs::read_dir(jenkins.home().join("mesos"))
        .unwrap()
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("config-before-upgrade-")
        })
        .count();
    assert_eq!(copies, 1);

    let file = jenkins.home().join("config.xml");
    let converted = fs::read_to_string(&file).unwrap();
    for old_name in [
        "MesosSlaveInfo_-URI",
        "MesosSlaveInfo_-Volume",
        "MesosSlaveInfo_-PortMapping",
    ] {
        assert!(clouds_of(&converted).contains(old_name), "{old_name}");
    }
    let dismissed = jenkins.client().post_form("/mesos/upgrade/dismiss", &[]).unwrap();
    assert!(dismissed.status < 400, "{dismissed:?}");

    jenkins.stop().unwrap();
    jenkins.start_again().unwrap();

    jenkins.groovy("Jenkins.get().save()").unwrap();
    let saved = fs::read_to_string(&file).unwrap();
    assert_eq!(clouds_of(&saved), clouds_of(&converted));
    assert_eq!(jenkins.groovy(OLD_DATA).unwrap(), "");
    assert!(!jenkins.home().join("mesos/upgrade-report.json").exists());
}
