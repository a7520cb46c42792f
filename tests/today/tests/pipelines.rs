//! Pipelines: agents that they define, the limits of those, what they are told, and lost agents.

use testbed::Check;
use today::{Bed, Gate, LATER, SOON, bed_for_pipelines, kill_agent};

const TEMPLATES: &str = "mesos/pipeline-templates.json";

/// A Pipeline that waits at the gate in its first turn, and has a second one when the agent is lost.
fn two_turns(gate: &Gate) -> String {
    format!(
        "int turn = 0\nretry(count: 2, conditions: [mesosAgent(), nonresumable()]) {{\n  mesosNode(cpus: 0.3, mem: 256) {{\n    \
         turn++\n    if (turn == 1) {{ sh '''{}''' }} else {{ sh 'echo second turn' }}\n  }}\n}}\n",
        gate.script()
    )
}

fn defined(bed: &Bed) -> String {
    std::fs::read_to_string(bed.jenkins.home().join(TEMPLATES)).unwrap_or_default()
}

#[test]
fn what_is_not_within_the_limits_is_refused_with_field_limit_and_cure() {
    let bed = bed_for_pipelines().unwrap();
    let refusals = [
        (
            "cpus: 3",
            "mesosNode: cpus: 3 CPUs asked for, and the Mesos cloud MesosCloud gives a Pipeline's agent at most 2",
        ),
        ("mem: 4000", "mesosNode: mem: 4000 MB asked for"),
        ("image: 'evil:1'", "mesosNode: image: image evil:1"),
        (
            "inheritFrom: 'nix'",
            "mesosNode: inheritFrom: the Mesos cloud MesosCloud has no template 'nix': name one of mesos, small",
        ),
        (
            "inheritFrom: 'team'",
            "mesosNode: inheritFrom: the template 'team' of the Mesos cloud MesosCloud is not for the job",
        ),
        ("label: 'a || b'", "mesosNode: label: 'a || b' is no word"),
        (
            "executors: 2",
            "mesosNode: executors: an agent for single use has one executor",
        ),
        ("cpus: 0", "mesosNode: cpus: "),
        ("attributes: 'none'", "mesosNode: attributes: "),
        (
            "cloud: 'other'",
            "mesosNode: cloud: there is no Mesos cloud 'other'",
        ),
    ];
    for (number, (argument, words)) in refusals.iter().enumerate() {
        let job = format!("refused-{number}");
        bed.run_pipeline(&job, &format!("mesosNode({argument}) {{ echo 'it ran' }}"))
            .unwrap();
        let console = bed.console_with(&job, "Finished: FAILURE").unwrap();
        assert!(
            console.contains(words) && !console.contains("it ran"),
            "{argument}:\n{console}"
        );
    }
    assert!(!defined(&bed).contains("label"), "{}", defined(&bed));
}

#[test]
fn an_agent_that_is_killed_is_told_of_and_the_block_runs_again_on_another() {
    let bed = bed_for_pipelines().unwrap();
    let gate = Gate::closed().unwrap();
    bed.run_pipeline("killed", &two_turns(&gate)).unwrap();
    bed.console_with("killed", "waiting at the gate").unwrap();

    kill_agent(&bed.the_agent().unwrap()).unwrap();

    let console = bed.success_of("killed").unwrap();

    for words in [
        "Mesos: [",
        "Requested from Mesos cloud",
        "Accepted on",
        " was lost: TASK_FAILED",
        "SIGKILL",
        "+ echo second turn",
    ] {
        assert!(console.contains(words), "no `{words}`:\n{console}");
    }
    bed.nothing_left(LATER).unwrap();
    assert!(!defined(&bed).contains("label"), "{}", defined(&bed));
}

#[test]
fn an_error_of_the_block_itself_is_not_tried_again() {
    let bed = bed_for_pipelines().unwrap();
    let script =
        "retry(count: 3, conditions: [mesosAgent()]) { node('mesos') { sh 'echo one turn; exit 3' } }";
    bed.run_pipeline("failing", script).unwrap();

    let console = bed.console_with("failing", "Finished: FAILURE").unwrap();

    assert_eq!(console.matches("+ echo one turn").count(), 1, "{console}");
}

#[test]
fn a_step_on_its_own_agent_goes_on_after_jenkins_was_killed() {
    let mut bed = bed_for_pipelines().unwrap();
    let gate = Gate::closed().unwrap();
    let script = format!(
        "mesosNode(cpus: 0.3, mem: 256) {{\n  sh 'echo before on $NODE_NAME'\n  sh '''{}'''\n  sh 'echo after on $NODE_NAME'\n}}\n",
        gate.script()
    );
    bed.run_pipeline("own", &script).unwrap();
    bed.console_with("own", "waiting at the gate").unwrap();
    let task = bed.the_agent().unwrap();
    let label = defined(&bed);
    assert!(label.contains("\"own#1\""), "{label}");

    bed.jenkins.kill().unwrap();
    bed.jenkins.start_again().unwrap();

    bed.jenkins
        .await_that("the agent to be back", SOON, || match bed.jenkins.nodes() {
            Ok(nodes) if nodes.iter().any(|node| node.name == task && node.online) => Check::Ready(()),
            other => Check::NotYet(format!("{other:?}")),
        })
        .unwrap();
    assert_eq!(defined(&bed), label);
    gate.open().unwrap();
    let console = bed.success_of("own").unwrap();
    assert!(console.contains(&format!("after on {task}")), "{console}");
    bed.nothing_left(LATER).unwrap();
    assert!(!defined(&bed).contains("own#1"), "{}", defined(&bed));
}

#[test]
fn an_agent_that_is_lost_while_jenkins_is_down_ends_its_step_at_once() {
    let mut bed = bed_for_pipelines().unwrap();
    let gate = Gate::closed().unwrap();
    bed.run_pipeline("down", &two_turns(&gate)).unwrap();
    bed.console_with("down", "waiting at the gate").unwrap();
    let lost = bed.the_agent().unwrap();

    bed.jenkins.kill().unwrap();
    kill_agent(&lost).unwrap();
    bed.jenkins.start_again().unwrap();

    let console = bed.success_of("down").unwrap();
    for words in [
        format!("The Mesos agent {lost} was lost: "),
        "+ echo second turn".into(),
    ] {
        assert!(console.contains(&words), "no `{words}`:\n{console}");
    }
}

#[test]
fn an_aborted_build_leaves_no_agent_and_no_template() {
    let bed = bed_for_pipelines().unwrap();
    bed.run_pipeline(
        "waits",
        "mesosNode(cpus: 0.3, mem: 256, attributes: '{\"no\":\"such\"}') { echo 'never' }",
    )
    .unwrap();
    bed.console_with("waits", "Mesos: [").unwrap();

    bed.jenkins
        .groovy("Jenkins.instance.getItemByFullName('waits').lastBuild.doStop(); println ''")
        .unwrap();

    bed.console_with("waits", "Finished: ABORTED").unwrap();
    bed.jenkins
        .await_that("the template to be gone", SOON, || {
            let waiting = bed
                .jenkins
                .groovy(
                    "println org.jenkinsci.plugins.mesos.MesosFrameworks.all().sum { it.agents().size() }",
                )
                .unwrap_or_default();
            if !defined(&bed).contains("waits#1") && waiting == "0" {
                Check::Ready(())
            } else {
                Check::NotYet(format!("{waiting} agents, {}", defined(&bed)))
            }
        })
        .unwrap();
}

/// Jenkins finds what can be said in a class and its superclasses, and these two have different ones.
#[test]
fn the_declarative_agent_takes_what_the_step_takes() {
    let bed = bed_for_pipelines().unwrap();
    let said = bed
        .jenkins
        .groovy(
            "def names = { new org.jenkinsci.plugins.structs.describable.DescribableModel(it).parameters*.name as TreeSet }\n\
             def step = names(org.jenkinsci.plugins.mesos.MesosNodeStep)\n\
             def agent = names(org.jenkinsci.plugins.mesos.MesosDeclarativeAgent)\n\
             println([step.size(), step - agent, agent - step])",
        )
        .unwrap();
    assert_eq!(said, "[12, [], [customWorkspace, retries]]");
}
