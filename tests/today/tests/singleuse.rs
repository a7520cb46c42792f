//! Agents for one build, in freestyle jobs and in Pipelines.

use testbed::seeds::{CloudSeed, freestyle};
use testbed::{Check, ClusterSpec};
use today::{Bed, SOON, Visitor};

const OPTION: &str = "<org.jenkinsci.plugins.mesos.MesosSingleUseSlave/>";

/// A freestyle job with the option, as versions since 0.2 have written it.
fn with_option(script: &str) -> String {
    freestyle("mesos", script).replace(
        "<buildWrappers/>",
        &format!("<buildWrappers>{OPTION}</buildWrappers>"),
    )
}

#[test]
fn a_job_with_the_option_has_a_new_agent_for_each_build() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.jenkins.create_job("one", &with_option("true")).unwrap();
    for _ in 0..3 {
        bed.jenkins
            .groovy("Jenkins.get().getItem('one').scheduleBuild2(0).get()")
            .unwrap();
    }

    let mut nodes: Vec<String> = (1..=3)
        .map(|number| bed.jenkins.find_build("one", number).unwrap().unwrap().node)
        .collect();

    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3, "{nodes:?}");
    // No idle minutes: each is ended at once.
    bed.nothing_left(SOON).unwrap();
    let xml = bed.jenkins.page("/job/one/config.xml").unwrap().good().unwrap();
    assert!(
        xml.body
            .contains("<org.jenkinsci.plugins.mesos.MesosSingleUseSlave"),
        "{}",
        xml.body
    );
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn both_words_for_it_in_a_pipeline_end_the_agent_with_the_block() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    for (job, block) in [
        ("step", "mesosSingleUse"),
        ("wrap", "wrap([$class: 'MesosSingleUseSlave'])"),
    ] {
        let script = format!("node('mesos') {{\n  {block} {{\n    sh 'echo on $NODE_NAME'\n  }}\n}}\n");
        bed.run_pipeline(job, &script).unwrap();
        bed.success_of(job).unwrap();
        bed.nothing_left(SOON).unwrap();
    }
    assert_eq!(bed.cluster.ended_tasks().unwrap().len(), 2);
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn the_option_is_ticked_in_the_page_of_a_job() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.jenkins
        .create_job("one", &freestyle("mesos", "true"))
        .unwrap();
    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();
    let option = "input[name='org-jenkinsci-plugins-mesos-MesosSingleUseSlave']";
    visitor.go("job/one/configure").unwrap();

    visitor.click(&format!("{option} + label")).unwrap();
    visitor.picture("job-option").unwrap();
    visitor.save().unwrap();

    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    bed.jenkins
        .await_that("the option in config.xml", SOON, || {
            match bed.jenkins.page("/job/one/config.xml") {
                Ok(answer) => Check::when(answer.body.contains("MesosSingleUseSlave"), (), || answer.body),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
        .unwrap();
}
