//! The plugin loads and builds, on each JDK that is there.

use testbed::seeds::CloudSeed;
use testbed::{ClusterSpec, Jenkins, JenkinsSpec};
use today::{Bed, LATER, is_agent_name, jdks, plugin};

#[test]
fn the_plugin_loads_beside_the_least_plugins_without_a_complaint() {
    let spec = JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap();

    let jenkins = Jenkins::start(&spec.plain()).unwrap();

    let state = jenkins
        .groovy("def p = Jenkins.instance.pluginManager.getPlugin('mesos'); println p.isActive()")
        .unwrap();
    assert_eq!(state, "true");
    assert_eq!(jenkins.complaints(), [""; 0]);
}

#[test]
fn a_freestyle_job_builds_on_an_agent_that_is_given_back() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.build("one", "mesos", "echo on $NODE_NAME").unwrap();

    let console = bed.success_of("one").unwrap();

    assert!(console.starts_with("Started by user admin\n"), "{console}");

    let build = bed.jenkins.find_build("one", 1).unwrap().unwrap();
    assert!(is_agent_name(&build.node, "mesos"), "{build:?}");
    assert!(console.contains(&format!("on {}", build.node)), "{console}");
    bed.nothing_left(LATER).unwrap();
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn every_jdk_of_this_machine_runs_a_build() {
    let jdks = jdks();
    assert!(!jdks.is_empty(), "no JDK of version 17 or later in /usr/lib/jvm");
    for (version, folder) in jdks {
        let bed = Bed::start_with(&ClusterSpec::default(), CloudSeed::default(), |spec| {
            JenkinsSpec {
                programs: spec.programs.clone().on(&folder),
                ..spec
            }
        })
        .unwrap();
        let runs = bed.jenkins.groovy("println Runtime.version().feature()").unwrap();
        assert_eq!(runs, version.to_string());

        bed.build("one", "mesos", "true").unwrap();

        bed.success_of("one").unwrap();
        assert_eq!(bed.jenkins.complaints(), [""; 0], "on JDK {version}");
        println!("a build on JDK {version}");
    }
}
