//! Offers come, and are used or given back.

use crate::bench::{Bench, offer};
use mesos_core::CallError;
use mesos_wire::{TaskState, call};

#[test]
fn an_agent_is_launched_as_soon_as_an_offer_can_hold_it() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    assert_eq!(bench.calls_of(call::Type::Revive).len(), 1);
    assert_eq!(
        bench.told_of("waiting"),
        ["waiting a waits for offers of the master"]
    );
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    assert_eq!(bench.launched(), ["a"]);
    assert_eq!(bench.told_of("accepted"), ["accepted a agent-a.example 1"]);
    let accept = bench.calls_of(call::Type::Accept)[0].accept.as_ref().unwrap();
    assert_eq!(
        accept.filters.as_ref().unwrap().refuse_seconds(),
        600.0,
        "the rest is not needed"
    );
    let task = &accept.operations[0].launch.as_ref().unwrap().task_infos[0];
    assert_eq!(
        (task.agent_id.value.as_str(), task.resources.len()),
        ("agent-a", 2)
    );
    assert!(
        task.resources
            .iter()
            .all(|resource| resource.allocation_info.is_some())
    );
    assert!(
        task.command
            .as_ref()
            .unwrap()
            .value()
            .ends_with("-jnlpUrl http://jenkins:8080/computer/a/slave-agent.jnlp")
    );
    assert_eq!(
        bench.calls_of(call::Type::Suppress).len(),
        1,
        "nothing waits any more"
    );
}

#[test]
fn several_agents_share_one_offer_and_several_offers_one_pass() {
    let mut bench = Bench::subscribed();
    for name in ["a", "b", "c", "d", "e"] {
        bench.submit(name, "small");
    }
    bench.offers(vec![offer("o1", "agent-a", 1.0), offer("o2", "agent-b", 1.0)]);
    assert_eq!(bench.launched(), ["a", "b", "c", "d"]);
    assert_eq!(bench.calls_of(call::Type::Accept).len(), 2);
    assert_eq!(bench.told_of("accepted")[0], "accepted a agent-a.example 2");
    assert_eq!(bench.framework.status(bench.now).waiting[0].name, "e");
}

#[test]
fn while_idle_offers_are_refused_for_long_and_while_someone_waits_for_a_moment() {
    let mut bench = Bench::subscribed();
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.submit("a", "huge");
    bench.offers(vec![offer("o2", "agent-a", 1.0)]);
    assert_eq!(
        bench.declined(),
        [("o1".to_owned(), 600.0), ("o2".to_owned(), 5.0)]
    );
}

#[test]
fn what_no_agent_could_hold_says_so_and_others_go_on() {
    let mut bench = Bench::subscribed();
    bench.submit("big", "huge");
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    assert_eq!(bench.launched(), ["a"]);
    bench.pass(5);
    let reason = "needs 64 CPUs, largest agent has 4; no agent seen so far could ever hold it";
    assert_eq!(
        bench.told_of("waiting big").last().unwrap(),
        &format!("waiting big in vain {reason}")
    );
    let waiting = &bench.framework.status(bench.now).waiting[0];
    assert_eq!((&*waiting.reason, waiting.possible), (reason, false));
}

#[test]
fn revives_are_debounced_and_repeated_until_offers_come() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "huge");
    bench.submit("b", "huge");
    assert_eq!(bench.calls_of(call::Type::Revive).len(), 1);
    bench.pass(5);
    assert_eq!(bench.calls_of(call::Type::Revive).len(), 2);
    bench.pass(40);
    let before = bench.calls_of(call::Type::Revive).len();
    assert!((3..=5).contains(&before), "{before}");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.pass(50);
    assert_eq!(bench.calls_of(call::Type::Revive).len(), before);
}

#[test]
fn nothing_waiting_means_no_offers_wanted() {
    let mut bench = Bench::fresh();
    bench.find_leader();
    let subscribe = bench.connects[0].1.subscribe.as_ref().unwrap();
    assert_eq!(subscribe.suppressed_roles, ["ci"]);
    bench.subscribe();
    assert!(bench.framework.status(bench.now).suppressed);
    bench.submit("a", "small");
    assert!(!bench.framework.status(bench.now).suppressed);
    bench.release("a");
    assert!(bench.framework.status(bench.now).suppressed);
    assert_eq!(bench.told_of("ended"), ["ended a WITHDRAWN requested"]);
}

#[test]
fn a_rescinded_offer_puts_its_agents_back_in_the_queue() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    assert_eq!(bench.framework.status(bench.now).offers.held, 1);
    bench.rescind("o1");
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.launched(), [""; 0]);
    assert!(bench.rows.is_empty(), "the intent is taken back");
    bench.offers(vec![offer("o2", "agent-b", 1.0)]);
    assert_eq!(bench.launched(), ["a"]);
}

#[test]
fn whoever_is_released_before_its_intent_is_stored_is_never_launched() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.submit("b", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.release("a");
    assert_eq!(bench.told_of("ended"), ["ended a WITHDRAWN requested"]);
    bench.store_works = true;
    bench.store_writes();
    assert_eq!(bench.launched(), ["b"]);
    assert_eq!(bench.rows.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(bench.told_of("accepted"), ["accepted b agent-a.example 1"]);
}

#[test]
fn an_offer_whose_only_agent_is_released_goes_back() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.store_works = false;
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.release("a");
    assert_eq!(bench.declined(), [("o1".to_owned(), 600.0)]);
}

#[test]
fn a_decline_that_is_lost_is_sent_again() {
    let mut bench = Bench::subscribed();
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    let id = bench.id_of(call::Type::Decline);
    bench.fail_call(id, CallError::Failed("timed out".to_owned()));
    bench.forget();
    bench.pass(2);
    assert_eq!(bench.declined(), [("o1".to_owned(), 600.0)]);
}

#[test]
fn an_accept_that_may_be_lost_is_not_repeated_but_asked_about() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    let id = bench.id_of(call::Type::Accept);
    bench.fail_call(id, CallError::Failed("timed out".to_owned()));
    assert_eq!(bench.asked(), [["a"]]);
    bench.pass(2);
    assert_eq!(bench.launched(), ["a"], "once");
    assert_eq!(bench.declined(), [("o1".to_owned(), 600.0)]);
    bench.answer("a", TaskState::TaskGone);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_GONE again"]);
}
