use super::*;
use crate::stock::Stock;
use mesos_wire::{
    CommandInfo, Filters, FrameworkInfo, Message as _, Offer, OfferId, Resource, TaskInfo, TaskState, event,
    offer,
};

/// A scheduler made by hand.
struct Hand {
    master: FakeMaster,
    stream: u64,
    id: mesos_wire::FrameworkId,
    now: Millis,
}

fn info(id: Option<&str>) -> FrameworkInfo {
    use framework_info::capability::Type;
    FrameworkInfo {
        id: id.map(Into::into),
        roles: vec!["ci".to_owned()],
        failover_timeout: Some(60.0),
        capabilities: [
            Type::MultiRole,
            Type::ReservationRefinement,
            Type::PartitionAware,
            Type::TaskKillingState,
        ]
        .map(|kind| framework_info::Capability {
            r#type: Some(kind.into()),
        })
        .to_vec(),
        ..FrameworkInfo::default()
    }
}

impl Hand {
    fn new() -> Self {
        let mut master = FakeMaster::new(1);
        master.add_agent(Stock::plain(4_000, 4_096_000), &[("rack", "a")]);
        let stream = master
            .subscribe(&Call::subscribe(info(None), Vec::new()))
            .unwrap();
        let Some((_, Outgoing::Event(first))) = master.poll() else {
            panic!("no SUBSCRIBED");
        };
        let id = first.subscribed.unwrap().framework_id;
        Self {
            master,
            stream,
            id,
            now: 0,
        }
    }

    /// Events of our stream within that time.
    fn pass(&mut self, millis: Millis) -> Vec<Event> {
        let until = self.now + millis;
        let mut events = Vec::new();
        while self.master.next_due() <= until {
            self.now = self.now.max(self.master.next_due());
            self.master.advance(self.now);
            events.extend(self.events());
        }
        self.now = until;
        self.master.advance(until);
        events.extend(self.events());
        events
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.master.poll())
            .filter(|(stream, _)| *stream == self.stream)
            .filter_map(|(_, out)| match out {
                Outgoing::Event(event) => Some(*event),
                Outgoing::Closed => None,
            })
            .collect()
    }

    fn call(&mut self, call: Call) {
        self.master.call(self.stream, &call).unwrap();
    }

    fn resubscribe(&mut self) {
        let id = self.id.value.clone();
        self.stream = self
            .master
            .subscribe(&Call::subscribe(info(Some(&id)), Vec::new()))
            .unwrap();
    }

    fn launch(&mut self, name: &str, offer: &Offer) {
        let resources: Vec<Resource> = offer
            .resources
            .iter()
            .filter(|resource| resource.name != "ports")
            .map(|resource| Resource {
                scalar: Some(mesos_wire::value::Scalar { value: 1.0 }),
                ..resource.clone()
            })
            .collect();
        let task = TaskInfo {
            name: name.to_owned(),
            task_id: name.into(),
            agent_id: offer.agent_id.clone(),
            resources,
            command: Some(CommandInfo::default()),
            ..TaskInfo::default()
        };
        let operations = vec![offer::Operation::launch(vec![task])];
        let accept = Call::accept(&self.id, vec![offer.id.clone()], operations, None);
        self.call(accept);
    }

    fn running(&mut self, name: &str) {
        let offer = offers(&self.pass(1_000)).remove(0);
        self.launch(name, &offer);
        let mut seen = Vec::new();
        while seen.last() != Some(&TaskState::TaskRunning) {
            for status in updates(&self.pass(100)) {
                seen.push(status.state());
                self.acknowledge(&status);
            }
            assert!(self.now < 60_000, "only saw {seen:?}");
        }
    }

    fn acknowledge(&mut self, status: &TaskStatus) {
        if let (Some(uuid), Some(agent)) = (&status.uuid, &status.agent_id) {
            let ack = Call::acknowledge(&self.id, agent.clone(), status.task_id.clone(), uuid.clone());
            self.call(ack);
        }
    }

    fn states(&mut self, millis: Millis) -> Vec<TaskState> {
        updates(&self.pass(millis))
            .iter()
            .map(TaskStatus::state)
            .collect()
    }
}

fn offers(events: &[Event]) -> Vec<Offer> {
    events
        .iter()
        .filter_map(|event| event.offers.clone())
        .flat_map(|offers| offers.offers)
        .map(|bytes| Offer::decode(bytes).unwrap())
        .collect()
}

fn updates(events: &[Event]) -> Vec<TaskStatus> {
    events
        .iter()
        .filter_map(|event| event.update.clone())
        .map(|update| *update.status)
        .collect()
}

#[test]
fn an_agent_is_offered_whole_and_only_once() {
    let mut hand = Hand::new();
    let first = offers(&hand.pass(5_000));
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].resources[0].scalar.unwrap().value, 4.0);
}

#[test]
fn a_declined_offer_stays_away_as_long_as_was_said_and_revive_brings_it_back() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    let filters = Filters::refuse(Duration::from_secs(600));
    hand.call(Call::decline(&hand.id, vec![offer.id], Some(filters)));
    assert_eq!(offers(&hand.pass(590_000)), []);
    hand.call(Call::revive(&hand.id, Vec::new()));
    assert_eq!(offers(&hand.pass(1_000)).len(), 1);
}

#[test]
fn suppressed_means_no_offers() {
    let mut hand = Hand::new();
    hand.call(Call::suppress(&hand.id, vec!["ci".to_owned()]));
    assert_eq!(offers(&hand.pass(60_000)), []);
    assert_eq!(hand.master.suppressed(), Some(true));
}

#[test]
fn an_update_is_repeated_until_it_is_acknowledged_and_holds_the_next_back() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    hand.launch("t-1", &offer);
    let told = updates(&hand.pass(40_000));
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.iter().all(|status| *status
        == TaskStatus {
            timestamp: status.timestamp,
            ..told[0].clone()
        }));
    assert_eq!(told[0].state(), TaskState::TaskStarting);
    hand.acknowledge(&told[0]);
    assert_eq!(hand.states(1_000), [TaskState::TaskRunning]);
}

#[test]
fn a_killed_task_ends_politely_and_its_resources_are_offered_again() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.call(Call::revive(&hand.id, Vec::new()));
    hand.pass(2_000);
    hand.call(Call::kill(&hand.id, "t-1".into(), None, None));
    let killing = updates(&hand.pass(50)).remove(0);
    assert_eq!(killing.state(), TaskState::TaskKilling);
    hand.acknowledge(&killing);
    let events = hand.pass(5_000);
    assert_eq!(updates(&events)[0].state(), TaskState::TaskKilled);
    assert_eq!(offers(&events)[0].resources[0].scalar.unwrap().value, 1.0);
    assert_eq!(hand.master.running().count(), 0);
}

#[test]
fn a_launch_on_a_rescinded_offer_is_dropped() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    hand.master.rescind_one();
    hand.launch("t-1", &offer);
    let events = hand.pass(0);
    assert!(events.iter().any(|event| event.r#type() == event::Type::Rescind));
    let status = updates(&events).remove(0);
    assert_eq!((status.state(), status.uuid), (TaskState::TaskDropped, None));
    assert_eq!(hand.master.take_complaints(), Vec::<String>::new());
}

#[test]
fn a_task_beyond_its_offer_or_with_a_used_id_is_an_error_and_complained_of() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.call(Call::revive(&hand.id, Vec::new()));
    let offer = offers(&hand.pass(2_000)).remove(0);
    hand.launch("t-1", &offer);
    assert_eq!(hand.states(0), [TaskState::TaskError]);
    assert_eq!(hand.master.take_complaints().len(), 1);

    hand.call(Call::revive(&hand.id, Vec::new()));
    let mut offer = offers(&hand.pass(2_000)).remove(0);
    let cpus = offer.resources[0].clone();
    offer.resources = vec![cpus; 5];
    hand.launch("t-2", &offer);
    assert_eq!(hand.states(0), [TaskState::TaskError]);
    assert_eq!(hand.master.overdrawn(), Vec::<String>::new());
}

#[test]
fn reconciliation_answers_for_known_tasks_and_knows_of_gone_ones() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.call(Call::reconcile(
        &hand.id,
        [
            ("t-1".into(), Some("agent-001".into())),
            ("never".into(), Some("agent-001".into())),
            ("never".into(), Some("agent-999".into())),
        ],
    ));
    let told = updates(&hand.pass(0));
    assert!(told.iter().all(|status| status.uuid.is_none()));
    assert_eq!(
        told.iter().map(TaskStatus::state).collect::<Vec<_>>(),
        [
            TaskState::TaskRunning,
            TaskState::TaskGone,
            TaskState::TaskUnknown
        ]
    );
    hand.call(Call::reconcile(&hand.id, []));
    assert_eq!(hand.states(0), [TaskState::TaskRunning]);
}

#[test]
fn a_new_leader_is_silent_about_agents_that_are_not_back() {
    let mut hand = Hand::new();
    hand.running("t-1");
    let kill = Call::kill(&hand.id, "t-1".into(), None, None);
    hand.master.depose();
    hand.master.elect(30_000);
    assert_eq!(
        hand.master.call(hand.stream, &kill),
        Err(Refusal::new(403, "Framework is not subscribed"))
    );
    hand.resubscribe();
    let ask = Call::reconcile(&hand.id, [("t-1".into(), Some("agent-001".into()))]);
    hand.call(ask.clone());
    assert_eq!(hand.states(0), []);
    hand.pass(31_000);
    hand.call(ask);
    assert_eq!(hand.states(0), [TaskState::TaskRunning]);
}

#[test]
fn a_cut_agent_is_unreachable_after_its_pings_and_its_task_returns_with_it() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.master.cut_agent("agent-001");
    assert_eq!(hand.states(74_000), []);
    assert_eq!(hand.states(1_000), [TaskState::TaskUnreachable]);
    hand.master.heal_agent("agent-001");
    assert_eq!(hand.states(4_000), [TaskState::TaskRunning]);
}

#[test]
fn a_launch_that_never_reached_its_agent_is_dropped_when_the_agent_is_back() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    hand.master.cut_agent("agent-001");
    hand.launch("t-1", &offer);
    assert_eq!(hand.states(10_000), []);
    hand.master.heal_agent("agent-001");
    assert_eq!(hand.states(4_000), [TaskState::TaskDropped]);
}

#[test]
fn tasks_of_an_agent_that_is_gone_are_gone() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.master.destroy_agent("agent-001");
    hand.master.mark_gone("agent-001");
    assert_eq!(hand.states(0), [TaskState::TaskGoneByOperator]);
}

#[test]
fn a_framework_away_for_too_long_is_removed_with_its_tasks() {
    let mut hand = Hand::new();
    hand.running("t-1");
    hand.master.disconnect(hand.stream);
    hand.pass(59_000);
    assert_eq!(hand.master.running().count(), 1);
    hand.pass(2_000);
    assert_eq!(hand.master.running().count(), 0);
    hand.resubscribe();
    let events = hand.events();
    assert_eq!(
        events[0].error.as_ref().unwrap().message,
        "Framework has been removed"
    );
}

#[test]
fn subscribing_again_ends_the_stream_before_and_voids_its_offers() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    let (old, id) = (hand.stream, hand.id.value.clone());
    hand.resubscribe();
    let of_old: Vec<Outgoing> = std::iter::from_fn(|| hand.master.poll())
        .filter(|(stream, _)| *stream == old)
        .map(|(_, out)| out)
        .collect();
    assert_eq!(
        of_old,
        [
            Outgoing::Event(Box::new(Event::error("Framework failed over"))),
            Outgoing::Closed
        ]
    );
    assert!(!hand.master.has_offer(&offer.id.value));
    let stale = Call::decline(&id.as_str().into(), vec![OfferId::from("o")], None);
    assert_eq!(hand.master.call(old, &stale).unwrap_err().status, 400);
}

#[test]
fn the_leftover_of_an_accept_is_refused_for_five_seconds() {
    let mut hand = Hand::new();
    let offer = offers(&hand.pass(1_000)).remove(0);
    hand.launch("t-1", &offer);
    assert_eq!(offers(&hand.pass(4_000)), []);
    let again = offers(&hand.pass(3_000));
    assert_eq!(again[0].resources[0].scalar.unwrap().value, 3.0);
}
