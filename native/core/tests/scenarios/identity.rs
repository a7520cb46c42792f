//! What the framework is to the master, and how a changed configuration takes effect.

use crate::bench::{Bench, config, launched, offer, row};
use mesos_core::{CallError, Config, Notice, StreamEnd, TaskPhase, Write};
use mesos_wire::{FrameworkInfo, TaskState, call};

fn reconfigure(bench: &mut Bench, change: impl Fn(&mut Config)) {
    let mut changed = bench.framework.config().clone();
    change(&mut changed);
    bench.framework.reconfigure(changed, bench.now);
    bench.drain();
}

fn updates(bench: &Bench) -> Vec<(FrameworkInfo, Vec<String>)> {
    bench
        .calls_of(call::Type::UpdateFramework)
        .into_iter()
        .map(|call| {
            let update = call.update_framework.clone().unwrap();
            (update.framework_info, update.suppressed_roles)
        })
        .collect()
}

fn subscribed_with(bench: &Bench) -> FrameworkInfo {
    let (_, call) = bench.connects.last().expect("a subscription");
    call.subscribe.clone().unwrap().framework_info
}

/// The master takes the farewell. What is subscribed with then.
fn torn_down(bench: &mut Bench) -> FrameworkInfo {
    let id = bench.id_of(call::Type::Teardown);
    bench.framework.handle_call_result(id, Ok(()), bench.now);
    bench.drain();
    subscribed_with(bench)
}

fn refuse_update(bench: &mut Bench, error: CallError) {
    let id = bench.id_of(call::Type::UpdateFramework);
    bench.fail_call(id, error);
}

fn principal(name: &str) -> impl Fn(&mut Config) {
    let name = name.to_owned();
    move |config| config.principal = Some(name.clone())
}

fn troubles(bench: &Bench) -> usize {
    let about =
        |notice: &&Notice| matches!(notice, Notice::Trouble { subject, .. } if subject == "credentials");
    bench.notices.iter().filter(about).count()
}

#[test]
fn the_master_is_told_who_we_are() {
    let mut bench = Bench::new(
        serde_json::from_value(serde_json::json!({
            "name": "our cloud", "cloudId": "c-1", "role": "a, b/c", "user": "jenkins", "hostname": "controller",
            "webuiUrl": "http://jenkins/", "frameworkName": "builds", "failoverTimeoutSeconds": 3600,
        }))
        .unwrap(),
        None,
        Vec::new(),
    );
    bench.find_leader();
    let info = subscribed_with(&bench);
    assert_eq!(info.roles, ["a", "b/c"]);
    assert_eq!((info.user.as_str(), info.name.as_str()), ("jenkins", "builds"));
    assert_eq!(info.hostname.as_deref(), Some("controller"));
    assert_eq!(info.webui_url.as_deref(), Some("http://jenkins/"));
    assert_eq!(
        (info.failover_timeout, info.checkpoint),
        (Some(3600.0), Some(true))
    );
    let labels: Vec<(String, Option<String>)> = info
        .labels
        .unwrap()
        .labels
        .into_iter()
        .map(|label| (label.key, label.value))
        .collect();
    assert_eq!(
        labels,
        [("cloud", "our cloud"), ("cloud-id", "c-1")].map(|(key, value)| (
            format!("org.jenkinsci.plugins.mesos.{key}"),
            Some(value.to_owned())
        ))
    );
}

#[test]
fn saving_what_is_configured_already_says_nothing_to_anyone() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.submit("b", "huge");
    bench.forget();
    reconfigure(&mut bench, |_| ());
    assert_eq!(
        (bench.calls.len(), bench.connects.len(), bench.notices.len()),
        (0, 0, 0)
    );
}

#[test]
fn what_the_framework_is_changes_on_the_open_stream() {
    let mut bench = Bench::subscribed();
    reconfigure(&mut bench, |config| {
        "other".clone_into(&mut config.role);
        "another name".clone_into(&mut config.framework_name);
        config.failover_timeout_seconds = "60".into();
    });
    let [(info, suppressed)] = &updates(&bench)[..] else {
        panic!("{:?}", bench.calls);
    };
    assert_eq!(info.id.as_ref().map(|id| id.value.as_str()), Some("f-1"));
    assert_eq!(
        (info.roles.join(","), info.name.as_str()),
        ("other".to_owned(), "another name")
    );
    assert_eq!(
        (info.failover_timeout, info.user.as_str()),
        (Some(60.0), "jenkins")
    );
    assert_eq!(*suppressed, ["other"], "nothing waits");
    assert!(bench.connects.is_empty());
    // Once.
    reconfigure(&mut bench, |_| ());
    assert_eq!(updates(&bench).len(), 1);
}

#[test]
fn offers_are_wanted_in_the_new_role_while_someone_waits() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    reconfigure(&mut bench, |config| "other".clone_into(&mut config.role));
    assert_eq!(updates(&bench)[0].1, [""; 0]);
}

#[test]
fn a_master_that_does_not_take_the_update_gets_a_new_subscription() {
    for error in [
        CallError::Refused {
            status: 400,
            body: "unknown call".to_owned(),
        },
        CallError::Failed("cut".to_owned()),
    ] {
        let mut bench = Bench::subscribed();
        reconfigure(&mut bench, |config| {
            "http://other/".clone_into(&mut config.webui_url)
        });
        refuse_update(&mut bench, error);
        let info = subscribed_with(&bench);
        assert_eq!(info.webui_url.as_deref(), Some("http://other/"));
        bench.subscribe();
        bench.pass(60);
        assert_eq!((bench.connects.len(), updates(&bench).len()), (1, 1));
    }
}

#[test]
fn another_user_is_for_the_next_agents_and_no_matter_of_the_framework() {
    let mut bench = Bench::subscribed();
    let user_of = |bench: &Bench| {
        let calls = bench.calls_of(call::Type::Accept);
        let operation = calls.last().unwrap().accept.as_ref().unwrap().operations[0].clone();
        let command = operation.launch.unwrap().task_infos[0].command.clone().unwrap();
        command.user
    };
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    assert_eq!(user_of(&bench).as_deref(), Some("jenkins"));
    reconfigure(&mut bench, |config| "bob".clone_into(&mut config.user));
    assert_eq!((updates(&bench).len(), bench.connects.len()), (0, 0));
    bench.submit("b", "small");
    bench.offers(vec![offer("o2", "agent-a", 1.0)]);
    assert_eq!(user_of(&bench).as_deref(), Some("bob"));
    // A later update keeps the user that the master knows; it would refuse another.
    reconfigure(&mut bench, |config| "n".clone_into(&mut config.framework_name));
    assert_eq!(updates(&bench)[0].0.user, "jenkins");
}

#[test]
fn another_secret_is_tried_at_once() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    reconfigure(&mut bench, |config| {
        config.secret = Some(serde_json::from_value("new".into()).unwrap());
    });
    assert_eq!(bench.connects.len(), 1);
    assert_eq!(bench.framework.login(), (None, Some("new")));
    assert_eq!(bench.told_of("ended"), [""; 0]);
}

#[test]
fn another_principal_waits_for_the_agents_and_then_gets_a_framework_of_its_own() {
    let mut bench = Bench::subscribed();
    reconfigure(&mut bench, principal("old"));
    // Nothing ran: the one without a principal is torn down at once.
    assert_eq!(torn_down(&mut bench).principal.as_deref(), Some("old"));
    bench.subscribe_as("f-2");
    bench.run("a");

    reconfigure(&mut bench, principal("new"));
    assert_eq!(bench.framework.login().0, Some("old"), "it serves its agents");
    assert_eq!((bench.connects.len(), troubles(&bench)), (0, 1));
    reconfigure(&mut bench, |_| ());
    assert_eq!(troubles(&bench), 1, "saving it again says nothing new");
    bench.submit("b", "small");
    bench.offers(vec![offer("o", "agent-b", 4.0)]);
    assert_eq!(bench.declined().len(), 1);
    let waiting = &bench.framework.status(bench.now).waiting[0].reason;
    assert!(waiting.contains("until 1 agents"), "{waiting}");
    // The stream may break meanwhile.
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    assert_eq!(subscribed_with(&bench).principal.as_deref(), Some("old"));
    bench.subscribe_as("f-2");
    bench.forget();

    bench.answer("a", TaskState::TaskFinished);
    let info = torn_down(&mut bench);
    assert_eq!((info.principal.as_deref(), info.id), (Some("new"), None));
    bench.subscribe_as("f-3");
    bench.offers(vec![offer("o2", "agent-b", 4.0)]);
    assert_eq!(launched(bench.calls_of(call::Type::Accept)[0]), ["b"]);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FINISHED"]);
}

#[test]
fn the_principal_that_comes_back_in_time_changes_nothing() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    reconfigure(&mut bench, principal("new"));
    reconfigure(&mut bench, |config| config.principal = None);
    bench.answer("a", TaskState::TaskFinished);
    assert_eq!(
        (bench.connects.len(), bench.calls_of(call::Type::Teardown).len()),
        (0, 0)
    );
    assert_eq!(bench.framework_id.as_deref(), Some("f-1"));
}

#[test]
fn a_principal_before_that_is_no_longer_let_in_keeps_agents_and_nothing_else() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    reconfigure(&mut bench, principal("new"));
    bench.stream_ends(StreamEnd::Closed);
    bench.pass(1);
    let refused = || StreamEnd::Refused {
        status: 401,
        body: String::new(),
    };
    bench.stream_ends(refused());
    assert!(bench.told().last().unwrap().starts_with("connection rejected"));
    bench.silence(90);
    assert_eq!(bench.framework.login().0, None, "the agent may still build");
    // Its build is done; its kill reaches nobody.
    bench.release("a");
    bench.stream_ends(refused());
    bench.silence(2);
    assert_eq!(subscribed_with(&bench).principal.as_deref(), Some("new"));
    bench.error("Changing framework's principal is not allowed.");
    bench.silence(5);
    assert_eq!(subscribed_with(&bench).id, None);
    assert_eq!((bench.framework_id.as_deref(), troubles(&bench)), (None, 2));
    assert_eq!(bench.told_of("ended"), ["ended a TASK_LOST requested"]);
}

#[test]
fn another_checkpointing_waits_for_a_quiet_moment_and_holds_nobody_up() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    reconfigure(&mut bench, |config| config.checkpoint = false);
    assert_eq!(
        (bench.connects.len(), updates(&bench).len(), troubles(&bench)),
        (0, 0, 1)
    );
    bench.submit("b", "small");
    bench.offers(vec![offer("o", "agent-b", 4.0)]);
    assert_eq!(launched(bench.calls_of(call::Type::Accept)[0]), ["b"]);
    bench.answer("b", TaskState::TaskRunning);
    bench.answer("a", TaskState::TaskFinished);
    assert!(bench.calls_of(call::Type::Teardown).is_empty());
    bench.answer("b", TaskState::TaskFinished);
    assert_eq!(torn_down(&mut bench).checkpoint, Some(false));
}

/// Subscribed with the principal `old`, with one agent that runs, and then configured with `new`.
fn between_two_principals() -> Bench {
    let mut before = config(&[]);
    before.principal = Some("old".to_owned());
    let mut bench = Bench::new(before, None, Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.run("a");
    reconfigure(&mut bench, principal("new"));
    bench
}

fn next_config(owned: &[&str]) -> Config {
    let mut next = config(owned);
    next.principal = Some("new".to_owned());
    next.secret = Some(serde_json::from_value("new secret".into()).unwrap());
    next.former_login =
        serde_json::from_value(serde_json::json!({"principal": "old", "secret": "kept"})).unwrap();
    next
}

#[test]
fn a_framework_that_makes_way_is_served_by_the_next_process_too() {
    let bench = between_two_principals();
    let mut bench = bench.crash_into(next_config(&["a"]));
    assert_eq!(
        (bench.framework.login(), troubles(&bench)),
        ((Some("old"), Some("kept")), 1)
    );
    bench.find_leader();
    let info = subscribed_with(&bench);
    assert_eq!(
        (info.principal.as_deref(), info.id.map(|id| id.value).as_deref()),
        (Some("old"), Some("f-1"))
    );
    bench.subscribe();
    bench.answer("a", TaskState::TaskRunning);
    bench.submit("b", "small");
    bench.offers(vec![offer("o", "agent-b", 4.0)]);
    assert_eq!(bench.launched(), [""; 0], "for the next framework");

    bench.answer("a", TaskState::TaskFinished);
    let info = torn_down(&mut bench);
    assert_eq!((info.principal.as_deref(), info.id), (Some("new"), None));
    assert_eq!(bench.framework.login(), (Some("new"), Some("new secret")));
    bench.subscribe_as("f-2");
    bench.offers(vec![offer("o2", "agent-b", 4.0)]);
    assert_eq!(bench.launched(), ["b"]);
    // That one makes way for nobody, also in the process after.
    let bench = bench.crash_into(next_config(&["b"]));
    assert_eq!((bench.framework.login().0, troubles(&bench)), (Some("new"), 0));
}

#[test]
fn a_principal_that_changes_while_jenkins_is_down_waits_for_the_agents_too() {
    let mut before = config(&[]);
    before.principal = Some("old".to_owned());
    before.secret = Some(serde_json::from_value("kept".into()).unwrap());
    let mut bench = Bench::new(before, None, Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.run("a");
    let bench = bench.crash_into(next_config(&["a"]));
    assert_eq!(bench.framework.login(), (Some("old"), Some("kept")));
    // The same with checkpointing.
    let mut bench = Bench::subscribed();
    bench.run("a");
    let mut without = config(&["a"]);
    without.checkpoint = false;
    let mut bench = bench.crash_into(without);
    bench.find_leader();
    assert_eq!(subscribed_with(&bench).checkpoint, Some(true));
}

#[test]
fn what_a_framework_is_registered_as_is_on_disk_with_its_id_or_not_at_all() {
    let mut bench = Bench::fresh();
    bench.store_works = false;
    bench.find_leader();
    bench.subscribe();
    let (_, writes) = &bench.waiting_writes[0];
    assert!(
        matches!(&writes[..], [Write::SetFrameworkId(id), Write::SetRegistration(registration)]
            if id == "f-1" && registration.checkpoint && registration.principal.is_none()),
        "{writes:?}"
    );
    // A crash before: the next process begins with nothing.
    let bench = bench.crash(&[]);
    assert_eq!((bench.framework_id, bench.registration), (None, None));
}

#[test]
fn a_crash_in_between_leaves_the_old_framework_or_the_new_one() {
    let mut bench = between_two_principals();
    bench.answer("a", TaskState::TaskFinished);
    bench.store_works = false;
    let id = bench.id_of(call::Type::Teardown);
    bench.framework.handle_call_result(id, Ok(()), bench.now);
    bench.drain();
    // The master has taken the farewell; that the id is gone did not reach the disk.
    let mut bench = bench.crash_into(next_config(&[]));
    assert_eq!(bench.framework.login().0, Some("old"));
    bench.find_leader();
    bench.error("Framework has been removed");
    bench.pass(2);
    let info = subscribed_with(&bench);
    assert_eq!((info.principal.as_deref(), info.id), (Some("new"), None));
    bench.subscribe_as("f-2");
    let registration = bench.registration.clone().unwrap();
    assert_eq!(
        (registration.principal.as_deref(), bench.framework_id.as_deref()),
        (Some("new"), Some("f-2"))
    );
}

#[test]
fn labels_are_told_beside_our_own() {
    let mut labelled = config(&[]);
    "team = build\n\nspot\n= nothing\norg.jenkinsci.plugins.mesos.cloud=x\n".clone_into(&mut labelled.labels);
    let mut bench = Bench::new(labelled, None, Vec::new());
    bench.find_leader();
    let labels: Vec<String> = subscribed_with(&bench)
        .labels
        .unwrap()
        .labels
        .into_iter()
        .map(|label| format!("{} {}", label.key, label.value.unwrap_or_default()))
        .collect();
    assert_eq!(
        labels,
        [
            "org.jenkinsci.plugins.mesos.cloud MesosCloud",
            "team build",
            "spot "
        ]
    );
    bench.subscribe();
    bench.forget();
    reconfigure(&mut bench, |config| "team=other".clone_into(&mut config.labels));
    assert_eq!(updates(&bench)[0].0.labels.as_ref().unwrap().labels.len(), 2);
}

#[test]
fn another_name_is_not_told_before_there_is_someone_to_tell() {
    let mut bench = Bench::new(config(&[]), Some("f-1"), Vec::new());
    reconfigure(&mut bench, |config| "n".clone_into(&mut config.framework_name));
    assert!(bench.calls.is_empty() && bench.connects.is_empty());
    bench.find_leader();
    assert_eq!(subscribed_with(&bench).name, "n");
}

#[test]
fn a_principal_that_was_never_let_in_is_simply_corrected() {
    let mut wrong = config(&["a"]);
    wrong.principal = Some("typo".to_owned());
    let mut bench = Bench::new(wrong, Some("f-1"), vec![row("a", TaskPhase::Running)]);
    bench.find_leader();
    bench.stream_ends(StreamEnd::Refused {
        status: 401,
        body: String::new(),
    });
    reconfigure(&mut bench, principal("right"));
    let info = subscribed_with(&bench);
    assert_eq!(info.principal.as_deref(), Some("right"));
    assert_eq!(info.id.map(|id| id.value).as_deref(), Some("f-1"));
}
