//! Agents are asked for at once, one for each waiting build, and given up when nobody waits for them.
//!
//! These run with the periods of provisioning as Jenkins comes with them: nothing here may depend on them. How long it
//! takes is measured by `cargo xtask bench provision`.

use std::time::Duration;

use testbed::seeds::{CloudSeed, TemplateSeed, freestyle};
use testbed::{AgentSpec, Check, ClusterSpec, JenkinsSpec, RunError};
use today::{Bed, Gate, LATER, SOON, Visitor};

/// Long enough for the plugin to act if it was going to.
const MANY_TURNS: u64 = 1500;

/// The tooltip of the second job in the list of the queue, once it speaks of Mesos.
const TOOLTIP: &str = "
const link = document.querySelector(\"#buildQueue a[href$='job/second/']\");
const said = link?.getAttribute('tooltip') ?? '';
return said.includes('Mesos:') && link._tippy?.props.content === said && said;
";

fn bed(agent: &AgentSpec) -> Result<Bed, RunError> {
    let cloud = CloudSeed {
        templates: vec![TemplateSeed {
            // as a new template has it
            jnlp_args: "-noReconnect".into(),
            ..TemplateSeed::default()
        }],
        ..CloudSeed::default()
    };
    let cluster = ClusterSpec::with_agents(1, agent);
    Bed::start_with(&cluster, cloud, |spec| JenkinsSpec { quick: false, ..spec })
}

/// Room for so many agents of the default template.
fn room_for(agents: u32) -> AgentSpec {
    AgentSpec {
        cpus: 0.2 * f64::from(agents),
        mem: 192 * u64::from(agents),
        ..AgentSpec::default()
    }
}

/// Runs a script that has `agents()`: the plugin's own view of its agents.
fn look(bed: &Bed, script: &str) -> Result<String, RunError> {
    bed.jenkins.groovy(&format!(
        "def agents() {{ org.jenkinsci.plugins.mesos.MesosFrameworks.all().collectMany {{ it.agents() }} }}\n\
             def waitFor(long limit, Closure done) {{ long begin = System.currentTimeMillis()\n\
               while (!done()) {{ if (System.currentTimeMillis() - begin > limit) throw new Exception('not within ' + limit + ' ms')\n\
                 Thread.sleep(2) }}\n\
               System.currentTimeMillis() - begin }}\n{script}"
    ))
}

#[test]
fn twenty_jobs_ask_for_twenty_agents_and_take_them_back() {
    let bed = bed(&room_for(2)).unwrap();
    for number in 0..20 {
        bed.jenkins
            .create_job(&format!("job{number}"), &freestyle("mesos", "sleep 30"))
            .unwrap();
    }

    let asked = look(
        &bed,
        "20.times { jenkins.model.Jenkins.get().getItem('job' + it).scheduleBuild2(0) }\n\
         println waitFor(30000) { agents().size() >= 20 }",
    )
    .unwrap();
    println!("20 agents requested {asked} ms after 20 jobs were queued");
    let later = look(
        &bed,
        &format!("Thread.sleep({MANY_TURNS}); println agents().size()"),
    )
    .unwrap();
    assert_eq!(later, "20");

    bed.jenkins
        .await_that("two builds to run", LATER, || {
            match look(
                &bed,
                "println jenkins.model.Jenkins.get().nodes.count { it.toComputer()?.countBusy() }",
            )
            .unwrap()
            .as_str()
            {
                "2" => Check::Ready(()),
                other => Check::NotYet(other.to_owned()),
            }
        })
        .unwrap();
    let nodes = look(&bed, "println jenkins.model.Jenkins.get().nodes.size()").unwrap();
    assert_eq!(nodes, "2", "what Mesos has not accepted has no node");
    let left = look(
        &bed,
        "def queue = jenkins.model.Jenkins.get().queue\nqueue.items.each { queue.cancel(it) }\n\
         println waitFor(30000) { agents().size() <= 2 } + ' ' + agents().size()",
    )
    .unwrap();
    println!("18 requests withdrawn in (ms, agents left): {left}");
    assert!(left.ends_with(" 2"), "{left}");
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn a_queued_build_asks_for_an_agent_which_tells_its_story() {
    let bed = bed(&room_for(2)).unwrap();
    bed.jenkins
        .create_job("one", &freestyle("mesos", "true"))
        .unwrap();

    let asked = look(
        &bed,
        "jenkins.model.Jenkins.get().getItem('one').scheduleBuild2(0)\nprintln waitFor(30000) { !agents().empty }",
    ).unwrap();
    println!("requested {asked} ms after the job was queued");

    bed.success_of("one").unwrap();
    let build = bed.jenkins.find_build("one", 1).unwrap().unwrap();
    let story = bed.jenkins.node_log(&build.node).unwrap();
    println!("{story}");
    for word in [
        "Requested from Mesos cloud",
        "Accepted on",
        "TASK_RUNNING",
        "Online after",
    ] {
        assert!(story.contains(word), "`{word}` in\n{story}");
    }
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn a_storm_of_builds_is_served_by_as_many_agents_as_there_is_room_for() {
    let bed = bed(&room_for(4)).unwrap();
    bed.jenkins.create_job("storm", &storm()).unwrap();

    let asked = look(
        &bed,
        "def job = jenkins.model.Jenkins.get().getItem('storm')\n\
         120.times { job.scheduleBuild2(0, new hudson.model.ParametersAction(new hudson.model.StringParameterValue('N', '' + it))) }\n\
         println waitFor(30000) { agents().size() >= 120 } + ' ' + agents().size()",
    ).unwrap();
    println!("120 builds queued at once; until as many agents were requested (ms, agents): {asked}");

    let mut most = 0;
    bed.jenkins
        .await_that("all builds to be done", Duration::from_secs(300), || {
            let now = look(
                &bed,
                "println jenkins.model.Jenkins.get().nodes.size() + ' ' + jenkins.model.Jenkins.get().getItem('storm').builds.count { !it.building && it.result == hudson.model.Result.SUCCESS }",
            ).unwrap();
            let (nodes, done) = now.split_once(' ').unwrap();
            most = most.max(nodes.parse::<u32>().unwrap());
            if done == "120" { Check::Ready(()) } else { Check::NotYet(now) }
        })
        .unwrap();
    println!("at most {most} nodes at a time");
    assert!(most <= 4, "{most} nodes");
    let rest = look(
        &bed,
        "println waitFor(30000) { agents().size() <= 4 } + ' ' + agents().size()",
    )
    .unwrap();
    println!("requests left after it (ms, agents): {rest}");
    bed.nothing_left(Duration::from_secs(150)).unwrap();
    assert_eq!(bed.jenkins.complaints(), [""; 0]);
}

#[test]
fn the_queue_tells_what_a_build_waits_for_at_mesos() {
    let bed = bed(&room_for(1)).unwrap();
    let gate = Gate::closed().unwrap();
    bed.build("first", "mesos", &gate.script()).unwrap();
    bed.start_of("first").unwrap();
    bed.build("second", "mesos", "true").unwrap();

    let told = bed.jenkins.await_that("the reason in the queue's API", SOON, || {
        let answer = bed
            .jenkins
            .page("/queue/api/json?tree=items[task[name],actions[mesosWait,taskUrl]]")
            .map(|answer| answer.body);
        match answer {
            Ok(body) if body.contains("requested: 1") => Check::Ready(body),
            other => Check::NotYet(format!("{other:?}")),
        }
    });
    let told = bed.explain(told).unwrap();
    println!("{told}");
    assert!(told.contains("\"taskUrl\":\"job/second/\""), "{told}");

    let visitor = Visitor::sign_in(&bed.jenkins).unwrap();
    visitor.go("").unwrap();
    let tooltip = visitor
        .await_script("the reason in the tooltip", TOOLTIP, &[])
        .unwrap();
    println!("{tooltip}");
    // drawn anew by Jenkins, and told again
    visitor
        .script("document.querySelector('#buildQueue').innerHTML = ''", &[])
        .unwrap();
    visitor
        .await_script("the reason after the list was drawn anew", TOOLTIP, &[])
        .unwrap();
    visitor
        .script(
            "document.querySelector(\"#buildQueue a[href$='job/second/']\")._tippy.show()",
            &[],
        )
        .unwrap();
    visitor.await_text("requested: 1").unwrap();
    visitor.picture("queue").unwrap();
    assert_eq!(visitor.errors().unwrap(), [""; 0]);
    gate.open().unwrap();
    bed.success_of("second").unwrap();
}

/// A job whose builds run beside each other and differ by a parameter.
fn storm() -> String {
    let parameter = "<properties><hudson.model.ParametersDefinitionProperty><parameterDefinitions>\
                     <hudson.model.StringParameterDefinition><name>N</name><defaultValue/>\
                     </hudson.model.StringParameterDefinition></parameterDefinitions>\
                     </hudson.model.ParametersDefinitionProperty></properties>";
    freestyle("mesos", "true").replace("<builders>", &format!("{parameter}<builders>"))
}
