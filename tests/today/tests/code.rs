//! Configuration as code, and the command line client.

use std::fs;

use testbed::seeds::CloudSeed;
use testbed::{ClusterSpec, Jenkins, JenkinsSpec};
use today::{Bed, cli, framework_id, plugin};

/// Every field of a cloud, of a template and of a container, each with another value than its default.
const EVERYTHING: &str = include_str!("everything.yaml");
/// What may be set of each class, but for an id that a cloud gives to itself.
const FIELDS: &str = "
import hudson.ExtensionList
import io.jenkins.plugins.casc.ConfiguratorRegistry
def registry = ExtensionList.lookupSingleton(ConfiguratorRegistry)
def folder = 'org.jenkinsci.plugins.mesos.'
def parts = ['ContainerInfo', 'Volume', 'Parameter', 'PortMapping', 'NetworkInfo', 'URI'].collect { 'MesosSlaveInfo$' + it }
(['MesosCloud', 'MesosSlaveInfo', 'EnvironmentVariable'] + parts).each {
  def type = Jenkins.get().pluginManager.uberClassLoader.loadClass(folder + it)
  registry.lookup(type).attributes*.name.findAll { it != 'cloudID' }.each { println it }
}
";

/// The part of an exported configuration that begins with `jenkins.clouds`, as a configuration of its own.
fn clouds(export: &str) -> String {
    let mut block = vec!["jenkins:"];
    for line in export.lines().skip_while(|line| *line != "  clouds:") {
        if block.len() > 1 && !line.starts_with("  - ") && !line.starts_with("    ") {
            break;
        }
        block.push(line);
    }
    block.join("\n") + "\n"
}

/// The entries of a YAML block without their place and their quotes.
fn entries(yaml: &str) -> Vec<String> {
    yaml.lines()
        .map(|line| {
            line.trim()
                .trim_start_matches("- ")
                .replace(['"', '\'', '\\'], "")
        })
        .filter(|entry| !entry.is_empty() && !entry.ends_with(": "))
        .collect()
}

#[test]
fn every_field_goes_in_and_out_again() {
    let spec = JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap();
    let jenkins = Jenkins::start(&JenkinsSpec {
        casc: Some(EVERYTHING.to_owned()),
        ..spec
    })
    .unwrap();
    let more = jenkins.folder().join("casc/more.yaml");
    let export = || {
        let answer = jenkins.client().post_form("/configuration-as-code/export", &[]);
        clouds(&answer.unwrap().good().unwrap().body)
    };

    let once = export();

    let given = |field: &str| {
        EVERYTHING
            .lines()
            .map(|line| line.trim_start_matches([' ', '-']))
            .any(|line| line.starts_with(&format!("{field}:")))
    };
    let fields = jenkins.groovy(FIELDS).unwrap();
    let missing: Vec<&str> = fields.lines().filter(|field| !given(field)).collect();
    assert!(fields.lines().count() > 80, "{fields}");
    assert_eq!(missing, [""; 0], "not in everything.yaml");
    let found = entries(&once);
    let lost: Vec<String> = entries(&clouds(EVERYTHING))
        .into_iter()
        .filter(|entry| !found.contains(entry))
        .collect();
    assert_eq!(lost, [""; 0], "{once}");
    fs::write(more, &once).unwrap();
    let reload = jenkins.client().post_form("/configuration-as-code/reload", &[]);
    reload.unwrap().good().unwrap();
    assert_eq!(export(), once);
    // The export of users has complaints of its own; and there is no master at that address.
    let ours: Vec<String> = jenkins
        .complaints()
        .into_iter()
        .filter(|line| line.contains("mesos") && !line.contains("native.driver"))
        .collect();
    assert_eq!(ours, [""; 0]);
}

#[test]
fn a_cloud_of_configuration_as_code_builds_and_keeps_its_framework_over_a_restart() {
    let mut bed = Bed::start_with(&ClusterSpec::default(), CloudSeed::default(), |spec| {
        let master = &spec.clouds[0].master;
        let casc = format!(
            "jenkins:\n  clouds:\n  - mesos:\n      name: code\n      master: \"{master}\"\n      slaveInfos:\n      \
             - labelString: code\n        slaveCpus: \"0.1\"\n        slaveMem: \"64\"\n        \
             executorCpus: \"0.1\"\n        executorMem: \"64\"\n"
        );
        JenkinsSpec {
            clouds: Vec::new(),
            casc: Some(casc),
            ..spec
        }
    })
    .unwrap();
    bed.build("one", "code", "true").unwrap();
    bed.success_of("one").unwrap();
    let framework = framework_id(&bed.cluster, "Jenkins Scheduler").unwrap();

    bed.jenkins.stop().unwrap();
    bed.jenkins.start_again().unwrap();

    bed.build("two", "code", "true").unwrap();
    bed.success_of("two").unwrap();
    assert_eq!(
        framework_id(&bed.cluster, "Jenkins Scheduler").unwrap(),
        framework
    );
    let ended = bed.cluster.ended_tasks().unwrap();
    assert!(ended.is_empty(), "{ended:?}");
}

#[test]
fn the_command_line_client_makes_and_shows_clouds() {
    let spec = JenkinsSpec::new(plugin().unwrap(), Vec::new()).unwrap();
    let jenkins = Jenkins::start(&spec).unwrap();

    cli(&jenkins, &["apply-configuration"], EVERYTHING).unwrap();

    let shown = cli(&jenkins, &["export-configuration"], "").unwrap();
    assert!(shown.contains("frameworkName: \"a framework\""), "{shown}");
    let script =
        "jenkins.model.Jenkins.get().clouds.each { println it.name + ' ' + it.slaveInfos*.labelString }";
    let names = cli(&jenkins, &["groovy", "="], script).unwrap();
    assert_eq!(names.trim(), "everything [every, parent]");
}

#[test]
fn a_file_that_is_applied_takes_the_place_of_the_clouds_that_are_there() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let ids = "println Jenkins.get().clouds.collect { it.name + ' ' + it.cloudID }.join(',')";
    let before = bed.jenkins.groovy(ids).unwrap();
    let master = bed.cluster.master();
    let one = |name: &str, label: &str| {
        format!(
            "  - mesos:\n      name: {name}\n      master: \"{master}\"\n      slaveInfos:\n      - labelString: {label}\n"
        )
    };
    let apply = |clouds: &str| {
        let yaml = format!("jenkins:\n  clouds:\n{clouds}");
        bed.jenkins
            .client()
            .post("/configuration-as-code/apply", "application/x-yaml", &yaml)
            .unwrap()
            .good()
            .unwrap();
        bed.jenkins.groovy(ids).unwrap()
    };

    // the cloud of this name goes on as itself
    assert_eq!(apply(&one("MesosCloud", "first")), before);
    assert_eq!(apply(&one("MesosCloud", "second")), before);
    let two = apply(&(one("MesosCloud", "third") + &one("other", "fourth")));
    assert!(two.starts_with(&format!("{before},other ")), "{two}");
    assert_eq!(apply(&one("MesosCloud", "fifth")), before);
    let labels = bed
        .jenkins
        .groovy("println Jenkins.get().clouds.collect { it.slaveInfos*.labelString }")
        .unwrap();
    assert_eq!(labels, "[[fifth]]");
}
