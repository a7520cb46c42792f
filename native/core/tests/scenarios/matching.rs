//! What a template says about its hosts, on the way through the framework: constraints, limits, maintenance, GPUs, revocable
//! resources, priority, room that is held back. The arithmetic has tests of its own.

use crate::bench::{Bench, offer};
use mesos_core::Config;
use mesos_wire::framework_info::capability;
use mesos_wire::{
    Attribute, DurationInfo, Offer, Resource, TaskState, TimeInfo, Unavailability, call, value,
};

/// When the bench's wall clock begins, in Unix milliseconds.
const NOON: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

/// Templates of 0.5 CPUs and 100 MB, unless they say otherwise.
fn config(cloud: &serde_json::Value, templates: &serde_json::Value) -> Config {
    let mut config = serde_json::json!({"master": "m1:5050", "role": "ci", "user": "jenkins"});
    for (name, value) in cloud.as_object().unwrap() {
        config[name] = value.clone();
    }
    let usual = serde_json::json!({"cpus": 0.5, "mem": 100, "executorCpus": 0, "executorMem": 0});
    let mut templates = templates.clone();
    for template in templates.as_array_mut().unwrap() {
        for (name, value) in usual.as_object().unwrap() {
            if template[name].is_null() {
                template[name] = value.clone();
            }
        }
    }
    config["templates"] = templates;
    serde_json::from_value(config).unwrap()
}

fn subscribed(config: Config) -> Bench {
    let mut bench = Bench::new(config, None, Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.forget();
    bench
}

fn bench(templates: serde_json::Value) -> Bench {
    subscribed(config(&serde_json::json!({}), &templates))
}

/// The controller dies and comes back with the same configuration and these nodes.
fn restarted(bench: Bench, templates: &serde_json::Value, owned: &[&str]) -> Bench {
    let mut bench = Bench::new(
        config(&serde_json::json!({ "owned": owned }), templates),
        bench.framework_id.as_deref(),
        bench.rows.into_values().collect(),
    );
    bench.find_leader();
    bench.subscribe();
    for name in owned {
        bench.answer(name, TaskState::TaskRunning);
    }
    bench.forget();
    bench
}

fn with_rack(mut offer: Offer, rack: &str) -> Offer {
    offer.attributes.push(Attribute {
        name: "rack".to_owned(),
        r#type: value::Type::Text as i32,
        text: Some(value::Text {
            value: rack.to_owned(),
        }),
        ..Attribute::default()
    });
    offer
}

fn with_scalar(mut offer: Offer, name: &str, amount: f64, revocable: bool) -> Offer {
    let resource = Resource {
        name: name.to_owned(),
        scalar: Some(value::Scalar { value: amount }),
        revocable: revocable.then(Default::default),
        ..offer.resources[0].clone()
    };
    offer.resources.push(resource);
    offer
}

/// Maintenance begins in so many hours, and takes one.
fn with_window(mut offer: Offer, hours: i64) -> Offer {
    let nanoseconds = (NOON + hours * HOUR) * 1_000_000;
    offer.unavailability = Some(Unavailability {
        start: TimeInfo { nanoseconds },
        duration: Some(DurationInfo {
            nanoseconds: HOUR * 1_000_000,
        }),
    });
    offer
}

/// Agent and host of each, as told; then they are forgotten.
fn placed(bench: &mut Bench) -> Vec<String> {
    let mut told: Vec<String> = bench
        .told_of("accepted")
        .into_iter()
        .map(|told| {
            let words: Vec<&str> = told.split(' ').collect();
            format!("{} {}", words[1], words[2].trim_end_matches(".example"))
        })
        .collect();
    told.sort();
    bench.forget();
    told
}

fn reason(bench: &Bench, name: &str) -> String {
    let waiting = bench.framework.status(bench.now).waiting;
    let waiting = waiting.into_iter().find(|waiting| waiting.name == name);
    waiting.unwrap().reason.to_string()
}

fn end(bench: &mut Bench, name: &str) {
    bench.release(name);
    bench.answer(name, TaskState::TaskKilled);
    bench.forget();
}

#[test]
fn room_is_held_back_for_a_whale_that_waits_too_long() {
    let cloud = serde_json::json!({"holdBackSeconds": 60});
    let templates = serde_json::json!([{"label": "small"}, {"label": "whale", "cpus": 4}]);
    let mut bench = subscribed(config(&cloud, &templates));
    bench.submit("s1", "small");
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    assert_eq!(placed(&mut bench), ["s1 agent-a"]);
    bench.answer("s1", TaskState::TaskRunning);

    // For a minute small ones go first.
    bench.submit("whale", "whale");
    bench.submit("s2", "small");
    bench.offers(vec![offer("o2", "agent-a", 3.5)]);
    assert_eq!(placed(&mut bench), ["s2 agent-a"]);
    bench.answer("s2", TaskState::TaskRunning);
    bench.decisions.clear();

    // From then on the room of the agent that will do first is not for them, that of others is.
    bench.pass(61);
    bench.submit("s3", "small");
    bench.submit("s4", "small");
    bench.offers(vec![offer("o3", "agent-a", 3.0), offer("o4", "agent-b", 0.5)]);
    assert_eq!(placed(&mut bench), ["s3 agent-b"]);
    assert_eq!(
        reason(&bench, "whale"),
        "needs 4 CPUs, largest offer has 3 (of 2 offers 2 are short of CPUs; nearest is agent-a.example with 3 of 4 CPUs)"
    );
    assert_eq!(
        bench.decisions,
        [
            "3 CPUs, 100 MB of agent-a.example is held back for whale",
            "s3 goes to agent-b.example (pack) with 0.5 CPUs, 100 MB, after 0 ms"
        ]
    );

    // When it is whole, the whale has it.
    end(&mut bench, "s1");
    end(&mut bench, "s2");
    bench.offers(vec![offer("o5", "agent-a", 4.0)]);
    assert_eq!(placed(&mut bench), ["whale agent-a"]);
    bench.offers(vec![offer("o6", "agent-b", 0.5)]);
    assert_eq!(placed(&mut bench), ["s4 agent-b"]);
}

#[test]
fn of_those_that_wait_priority_goes_first_then_age() {
    let templates = serde_json::json!([{"label": "usual"}, {"label": "urgent", "priority": 10}]);
    let mut bench = bench(templates);
    for (name, label) in [("a", "usual"), ("b", "usual"), ("c", "urgent")] {
        bench.submit(name, label);
    }
    bench.offers(vec![offer("o1", "agent-a", 0.5)]);
    assert_eq!(placed(&mut bench), ["c agent-a"]);
    bench.offers(vec![offer("o2", "agent-a", 0.5)]);
    assert_eq!(placed(&mut bench), ["a agent-a"]);
    assert_eq!(
        &*bench.framework.status(bench.now).waiting[0].reason,
        "fits, but agents that wait longer take the offered room first"
    );
}

#[test]
fn the_policy_of_the_cloud_says_where_agents_go_and_may_change() {
    let offers = |turn: u32| {
        vec![
            offer(&format!("a{turn}"), "agent-a", 4.0),
            offer(&format!("b{turn}"), "agent-b", 4.0),
        ]
    };
    let templates = serde_json::json!([{"label": "x"}]);
    let of = |policy: &str| config(&serde_json::json!({ "placement": policy }), &templates);
    let hosts = |bench: &mut Bench| -> usize {
        let placed = placed(bench);
        assert_eq!(placed.len(), 2);
        let hosts: std::collections::BTreeSet<_> =
            placed.iter().filter_map(|one| one.split(' ').nth(1)).collect();
        hosts.len()
    };
    let mut bench = subscribed(of("pack"));
    bench.submit("a", "x");
    bench.submit("b", "x");
    bench.offers(offers(1));
    assert_eq!(hosts(&mut bench), 1);
    bench.framework.reconfigure(of("spread"), bench.now);
    bench.drain();
    bench.submit("c", "x");
    bench.submit("d", "x");
    bench.offers(offers(2));
    assert_eq!(hosts(&mut bench), 2);
}

#[test]
fn limits_count_what_runs_also_after_a_restart() {
    let templates = serde_json::json!([
        {"label": "alone", "constraints": "unique per hostname"},
        {"label": "pair", "constraints": "at most 2 per rack"}, {"label": "x"}]);
    let mut bench = bench(templates.clone());
    for (name, label) in [
        ("a1", "alone"),
        ("a2", "alone"),
        ("a3", "alone"),
        ("p1", "pair"),
        ("p2", "pair"),
    ] {
        bench.submit(name, label);
    }
    bench.offers(vec![
        with_rack(offer("o1", "agent-a", 4.0), "r1"),
        with_rack(offer("o2", "agent-b", 4.0), "r1"),
    ]);
    let first = placed(&mut bench);
    let alone: Vec<&String> = first.iter().filter(|one| one.starts_with('a')).collect();
    assert_eq!(alone, ["a1 agent-a", "a2 agent-b"]);
    assert_eq!(first.len(), 4, "{first:?}");
    assert!(reason(&bench, "a3").starts_with("is to be unique per hostname"));

    let owned = ["a1", "a2", "p1", "p2"];
    let mut bench = restarted(bench, &templates, &owned);
    for (name, label) in [("a4", "alone"), ("p3", "pair"), ("x", "x")] {
        bench.submit(name, label);
    }
    let again = |turn: u32| {
        vec![
            with_rack(offer(&format!("a{turn}"), "agent-a", 2.0), "r1"),
            with_rack(offer(&format!("b{turn}"), "agent-b", 2.0), "r1"),
        ]
    };
    bench.offers(again(3));
    let placed_now = placed(&mut bench);
    assert_eq!(placed_now.len(), 1, "{placed_now:?}");
    assert!(placed_now[0].starts_with("x "), "{placed_now:?}");
    assert!(reason(&bench, "a4").starts_with("is to be unique per hostname"));
    assert!(reason(&bench, "p3").starts_with("is to be at most 2 per rack"));

    // Where one ends there is room for the next; on another rack there is room at once.
    end(&mut bench, "a1");
    bench.offers(again(4));
    assert_eq!(placed(&mut bench), ["a4 agent-a"]);
    bench.offers(vec![with_rack(offer("o5", "agent-c", 2.0), "r2")]);
    assert_eq!(placed(&mut bench), ["p3 agent-c"]);
}

#[test]
fn hosts_used_lately_are_looked_for_or_left_alone() {
    for (line, next, other) in [
        ("near hosts used lately", "agent-b", "agent-a"),
        ("avoid hosts used lately", "agent-a", "agent-b"),
    ] {
        let mut bench = bench(serde_json::json!([{"label": "x", "constraints": line}]));
        let both = |turn: u32| {
            vec![
                offer(&format!("a{turn}"), "agent-a", 4.0),
                offer(&format!("b{turn}"), "agent-b", 4.0),
            ]
        };
        bench.submit("first", "x");
        bench.offers(vec![offer("o1", "agent-b", 4.0)]);
        assert_eq!(placed(&mut bench), ["first agent-b"], "{line}");
        end(&mut bench, "first");
        bench.submit("second", "x");
        bench.offers(both(2));
        assert_eq!(placed(&mut bench), [format!("second {next}")], "{line}");
        // A wish only: where nothing else is offered, any host will do.
        bench.submit("third", "x");
        bench.offers(vec![offer("o3", other, 4.0)]);
        assert_eq!(placed(&mut bench), [format!("third {other}")], "{line}");
    }
}

#[test]
fn maintenance_that_begins_before_an_agent_would_end_keeps_it_away() {
    let mut bench = bench(serde_json::json!([
        {"label": "short", "maxHours": 1}, {"label": "long", "maxHours": 8}, {"label": "any"}]));
    bench.submit("long", "long");
    bench.submit("short", "short");
    bench.offers(vec![with_window(offer("o1", "agent-a", 4.0), 4)]);
    assert_eq!(placed(&mut bench), ["short agent-a"]);
    assert_eq!(
        reason(&bench, "long"),
        "waits for an agent that is not under maintenance before it would end"
    );
    bench.offers(vec![
        with_window(offer("o2", "agent-a", 4.0), 4),
        with_window(offer("o3", "agent-b", 4.0), 9),
    ]);
    assert_eq!(placed(&mut bench), ["long agent-b"]);

    // When it has begun, nobody goes there; when it is over, all do.
    bench.framework.handle_wall_clock(NOON + 4 * HOUR, bench.now);
    bench.submit("any", "any");
    bench.offers(vec![with_window(offer("o4", "agent-a", 4.0), 4)]);
    assert!(placed(&mut bench).is_empty());
    bench.framework.handle_wall_clock(NOON + 5 * HOUR, bench.now);
    bench.offers(vec![with_window(offer("o5", "agent-a", 4.0), 4)]);
    assert_eq!(placed(&mut bench), ["any agent-a"]);
}

fn capabilities(bench: &Bench) -> Vec<i32> {
    let subscribe = bench.connects.last().unwrap().1.subscribe.as_ref().unwrap();
    let updates = bench.calls_of(call::Type::UpdateFramework);
    let update = updates.last().and_then(|call| call.update_framework.as_ref());
    let info = update.map_or(&subscribe.framework_info, |update| &update.framework_info);
    info.capabilities
        .iter()
        .filter_map(|capability| capability.r#type)
        .collect()
}

#[test]
fn gpus_are_asked_for_and_given_only_where_a_template_wants_them() {
    let gpus = i32::from(capability::Type::GpuResources);
    let plain = serde_json::json!([{"label": "x"}]);
    let mut bench = Bench::new(config(&serde_json::json!({}), &plain), None, Vec::new());
    bench.find_leader();
    assert!(!capabilities(&bench).contains(&gpus));
    bench.subscribe();
    let both = serde_json::json!([{"label": "x"}, {"label": "gpu", "gpus": 2}]);
    bench
        .framework
        .reconfigure(config(&serde_json::json!({}), &both), bench.now);
    bench.drain();
    assert!(capabilities(&bench).contains(&gpus), "the master is told");
    bench.forget();

    bench.submit("x", "x");
    bench.submit("g1", "gpu");
    bench.submit("g2", "gpu");
    bench.offers(vec![
        with_scalar(offer("o1", "agent-a", 4.0), "gpus", 3.0, false),
        offer("o2", "agent-b", 4.0),
    ]);
    let gpus_of: Vec<(String, f64)> = bench
        .tasks()
        .iter()
        .map(|task| {
            let gpus = task.resources.iter().find(|resource| resource.name == "gpus");
            let scalar = gpus.and_then(|resource| resource.scalar.as_ref());
            (
                task.task_id.value.clone(),
                scalar.map_or(0.0, |scalar| scalar.value),
            )
        })
        .collect();
    assert_eq!(gpus_of.len(), 2, "{gpus_of:?}");
    assert!(gpus_of.contains(&("g1".to_owned(), 2.0)) && gpus_of.contains(&("x".to_owned(), 0.0)));
    assert_eq!(placed(&mut bench), ["g1 agent-a", "x agent-b"]);
    assert_eq!(
        reason(&bench, "g2"),
        "fits, but agents that wait longer take the offered room first (of 2 offers 1 are short of GPUs)"
    );
    bench.offers(vec![with_scalar(offer("o3", "agent-a", 3.5), "gpus", 1.0, false)]);
    assert_eq!(reason(&bench, "g2"), "needs 2 GPUs, largest offer has 1");
}

#[test]
fn what_the_master_may_take_back_is_used_only_where_a_template_says_so() {
    let revocable = i32::from(capability::Type::RevocableResources);
    let plain = serde_json::json!([{"label": "x"}]);
    let mut bench = Bench::new(config(&serde_json::json!({}), &plain), None, Vec::new());
    bench.find_leader();
    assert!(!capabilities(&bench).contains(&revocable));
    bench.subscribe();
    let both = serde_json::json!([{"label": "x"}, {"label": "cheap", "revocable": true, "cpus": 2}]);
    bench
        .framework
        .reconfigure(config(&serde_json::json!({}), &both), bench.now);
    bench.drain();
    assert!(capabilities(&bench).contains(&revocable), "the master is told");
    bench.subscribe();
    bench.forget();

    let offered = |id: &str| with_scalar(offer(id, "agent-a", 0.25), "cpus", 2.0, true);
    bench.submit("x", "x");
    bench.submit("c", "cheap");
    bench.offers(vec![offered("o1")]);
    let launched = bench.tasks();
    assert_eq!(placed(&mut bench), ["c agent-a"]);
    let shown: Vec<(&str, f64, bool)> = launched[0]
        .resources
        .iter()
        .map(|resource| {
            let amount = resource.scalar.as_ref().map_or(0.0, |scalar| scalar.value);
            (resource.name.as_str(), amount, resource.revocable.is_some())
        })
        .collect();
    assert_eq!(shown, [("mem", 100.0, false), ("cpus", 2.0, true)]);
    assert_eq!(
        reason(&bench, "x"),
        "needs 0.5 CPUs, largest agent has 0.25; no agent seen so far could ever hold it"
    );
}

#[test]
fn several_roles_are_revived_suppressed_and_served_each_for_itself() {
    let cloud = serde_json::json!({"role": "ci, qa"});
    let templates = serde_json::json!([{"label": "x"}]);
    let mut bench = Bench::new(config(&cloud, &templates), None, Vec::new());
    bench.find_leader();
    let subscribe = bench.connects[0].1.subscribe.clone().unwrap();
    assert_eq!(subscribe.framework_info.roles, ["ci", "qa"]);
    assert_eq!(subscribe.suppressed_roles, ["ci", "qa"]);
    bench.subscribe();
    bench.forget();
    let of_role = |mut offer: Offer, role: &str| {
        for resource in &mut offer.resources {
            resource.allocation_info.as_mut().unwrap().role = Some(role.to_owned());
        }
        offer.allocation_info = offer.resources[0].allocation_info.clone();
        offer
    };
    for name in ["a", "b", "c"] {
        bench.submit(name, "x");
    }
    bench.offers(vec![
        of_role(offer("o1", "agent-a", 0.5), "ci"),
        of_role(offer("o2", "agent-a", 0.5), "qa"),
        of_role(offer("o3", "agent-a", 8.0), "ops"),
    ]);
    let accepts: Vec<usize> = bench
        .calls_of(call::Type::Accept)
        .into_iter()
        .map(|call| call.accept.as_ref().unwrap().offer_ids.len())
        .collect();
    assert_eq!(accepts, [1, 1], "one ACCEPT for each role");
    for task in bench.tasks() {
        let roles: Vec<_> = task
            .resources
            .iter()
            .map(|resource| {
                resource
                    .allocation_info
                    .as_ref()
                    .and_then(|info| info.role.clone())
            })
            .collect();
        assert_eq!(roles[0], roles[1]);
    }
    assert_eq!(bench.declined(), [("o3".to_owned(), 5.0)]);
    assert_eq!(placed(&mut bench).len(), 2);
}
