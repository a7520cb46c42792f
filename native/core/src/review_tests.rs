use super::*;
use crate::scalar::Scalar;
use proptest::prelude::*;
use serde_json::json;

fn config(value: serde_json::Value) -> Config {
    serde_json::from_value(value).unwrap()
}

/// One template per name: executors at least, at most.
fn templates(of: &[(&str, u32, u32)]) -> serde_json::Value {
    of.iter()
        .map(|(label, least, most)| json!({"label": label, "minExecutors": least, "maxExecutors": most}))
        .collect()
}

fn situation(value: serde_json::Value) -> Situation {
    serde_json::from_value(value).unwrap()
}

fn look(config: &Config, situation: &Situation) -> Review {
    let mut number = situation.agents.len() as u128 * 1000;
    review(config, situation, || {
        number += 1;
        number
    })
    .unwrap()
}

fn executors(review: &Review) -> Vec<u32> {
    review.request.iter().map(|agent| agent.executors).collect()
}

/// Does what a review says; a new agent is of the kind that has its label.
fn carry_out(situation: &mut Situation, review: &Review) {
    situation
        .agents
        .retain(|agent| !review.withdraw.contains(&agent.name));
    for agent in &review.request {
        let kind = situation
            .kinds
            .iter()
            .position(|kind| kind.template == agent.template)
            .unwrap();
        situation.agents.push(PresentAgent {
            name: agent.name.clone(),
            kind,
            state: AgentState::Requested,
            executors: agent.executors,
            single_use: agent.single_use,
            cpus: agent.cpus,
            mem: agent.mem,
        });
    }
}

fn one_group(builds: u32) -> serde_json::Value {
    json!({
        "waiting": [{"kind": 0, "builds": builds}],
        "kinds": [{"template": "mesos", "serves": [0]}],
    })
}

#[test]
fn each_waiting_build_gets_one_executor_and_asking_again_changes_nothing() {
    let config = config(json!({"templates": templates(&[("mesos", 1, 1)])}));
    let mut now = situation(one_group(800));
    let first = look(&config, &now);
    assert_eq!(first.request.len(), 800);
    assert!(first.held.is_empty() && first.withdraw.is_empty() && !first.more);
    carry_out(&mut now, &first);
    assert_eq!(
        look(&config, &now),
        Review {
            v: 1,
            ..Review::default()
        }
    );
}

#[test]
fn executors_follow_the_number_of_builds_within_the_bounds() {
    let two = config(json!({"templates": templates(&[("mesos", 1, 2)])}));
    assert_eq!(executors(&look(&two, &situation(one_group(7)))), [2, 2, 2, 1]);
    let wide = config(json!({"templates": templates(&[("mesos", 3, 4)])}));
    assert_eq!(executors(&look(&wide, &situation(one_group(5)))), [4, 3]);
}

#[test]
fn builds_that_left_the_queue_withdraw_the_newest_requests() {
    let config = config(json!({"templates": templates(&[("mesos", 1, 1)])}));
    let mut now = situation(one_group(3));
    let first = look(&config, &now);
    carry_out(&mut now, &first);
    now.agents[0].state = AgentState::Accepted;
    now.waiting[0].builds = 2;
    assert_eq!(look(&config, &now).withdraw, [now.agents[2].name.as_str()]);
    now.waiting[0].builds = 0;
    let all = look(&config, &now);
    assert_eq!(
        all.withdraw,
        [now.agents[2].name.as_str(), now.agents[1].name.as_str()],
        "what was accepted is not taken back"
    );
    assert!(all.request.is_empty());
}

#[test]
fn free_executors_come_before_new_agents() {
    let config = config(json!({"templates": templates(&[("mesos", 1, 1)])}));
    let mut now = situation(one_group(5));
    now.free.push(FreeExecutors {
        executors: 2,
        fresh: false,
        serves: vec![0],
    });
    assert_eq!(look(&config, &now).request.len(), 3);
}

#[test]
fn a_build_that_wants_an_unused_agent_gets_one_for_itself() {
    let config = config(json!({"templates": templates(&[("mesos", 1, 4)])}));
    let mut now = situation(json!({
        "waiting": [{"kind": 0, "fresh": true, "builds": 2}, {"kind": 0, "builds": 3}],
        "kinds": [{"template": "mesos", "serves": [0, 1]}],
        "free": [{"executors": 1, "serves": [0, 1]}],
    }));
    // the free executor is for the others only
    let review = look(&config, &now);
    assert_eq!(executors(&review), [1, 2, 1]);
    now.free[0].fresh = true;
    now.waiting[1].builds = 0;
    assert_eq!(executors(&look(&config, &now)), [1]);
}

#[test]
fn a_single_use_template_never_gets_more_than_one_executor() {
    let config = config(
        json!({"templates": [{"label": "mesos", "minExecutors": 2, "maxExecutors": 4, "singleUse": true}]}),
    );
    assert_eq!(executors(&look(&config, &situation(one_group(3)))), [1, 1, 1]);
}

#[test]
fn an_agent_that_serves_several_expressions_is_counted_once() {
    let config = config(json!({"templates": templates(&[("small", 1, 1), ("big", 1, 1)])}));
    // group 0 may run on both, group 1 on `big` only
    let now = situation(json!({
        "waiting": [{"kind": 0, "builds": 1}, {"kind": 1, "builds": 1}],
        "kinds": [{"template": "small", "serves": [0]}, {"template": "big", "serves": [0, 1]}],
        "agents": [{"name": "a", "kind": 1, "state": "accepted", "executors": 1}],
    }));
    let review = look(&config, &now);
    assert_eq!(review.request.len(), 1);
}

#[test]
fn caps_hold_builds_back_and_say_which_field_does() {
    let cloud = config(json!({"maxAgents": 2, "templates": templates(&[("mesos", 1, 2)])}));
    let review = look(&cloud, &situation(one_group(7)));
    assert_eq!(executors(&review), [2, 2]);
    assert_eq!(
        review.held,
        [Held {
            group: 0,
            builds: 3,
            field: Some("maxAgents"),
            of_template: false,
            message: "maxAgents of the cloud is 2, and there are 2: wait for one to end or raise it"
                .to_owned(),
        }]
    );
    // 0.1 CPUs for the agent and 0.1 for each executor
    let template = config(json!({"templates": [{"label": "mesos", "maxExecutors": 2, "maxCpus": "0.5"}]}));
    let review = look(&template, &situation(one_group(7)));
    assert_eq!(
        executors(&review),
        [2, 1],
        "the second is made as small as is needed"
    );
    assert_eq!(review.held[0].builds, 4);
    assert_eq!(
        review.held[0].message,
        "maxCpus of the template `mesos` is 0.5, 0.5 are taken and one more agent needs 0.2: wait for one to end or raise it"
    );
}

#[test]
fn under_a_cap_kinds_take_turns() {
    let config = config(json!({"maxAgents": 4, "templates": templates(&[("a", 1, 1), ("b", 1, 1)])}));
    let now = situation(json!({
        "waiting": [{"kind": 0, "builds": 100}, {"kind": 1, "builds": 2}],
        "kinds": [{"template": "a", "serves": [0]}, {"template": "b", "serves": [1]}],
    }));
    let labels: Vec<_> = look(&config, &now)
        .request
        .into_iter()
        .map(|agent| agent.label)
        .collect();
    assert_eq!(labels, ["a", "b", "a", "b"]);
}

#[test]
fn what_is_withdrawn_makes_room_under_a_cap() {
    let config = config(json!({"maxAgents": 1, "templates": templates(&[("a", 1, 1), ("b", 1, 1)])}));
    let now = situation(json!({
        "waiting": [{"kind": 1, "builds": 1}],
        "kinds": [{"template": "a", "serves": []}, {"template": "b", "serves": [0]}],
        "agents": [{"name": "old", "kind": 0, "state": "requested", "executors": 1}],
    }));
    let review = look(&config, &now);
    assert_eq!(review.withdraw, ["old"]);
    assert_eq!(review.request.len(), 1);
    assert!(review.held.is_empty());
}

#[test]
fn a_paused_and_a_wrong_template_are_told_and_others_go_on() {
    let config =
        config(json!({"templates": [{"label": "a"}, {"label": "b", "mem": "lots"}, {"label": "c"}]}));
    let now = situation(json!({
        "waiting": [{"kind": 0, "builds": 1}, {"kind": 1, "builds": 1}, {"kind": 2, "builds": 1}],
        "kinds": [{"template": "a", "serves": [0]}, {"template": "b", "serves": [1]}, {"template": "c", "serves": [2]}],
        "paused": [{"template": "a", "seconds": 7}],
    }));
    let review = look(&config, &now);
    assert_eq!(review.request.len(), 1);
    assert_eq!(review.request[0].label, "c");
    assert_eq!(
        review.held[0].message,
        "the last agents of the template `a` failed before they were online; tried again in 7 s"
    );
    assert!(review.held[1].message.contains("mem"), "{:?}", review.held);
}

#[test]
fn more_than_a_thousand_come_in_several_reviews() {
    let config = config(json!({"templates": templates(&[("mesos", 1, 1)])}));
    let mut now = situation(one_group(1500));
    let first = look(&config, &now);
    assert_eq!((first.request.len(), first.more), (1000, true));
    carry_out(&mut now, &first);
    let second = look(&config, &now);
    assert_eq!((second.request.len(), second.more), (500, false));
}

#[test]
fn a_reference_beyond_its_list_is_an_error() {
    let bad = situation(json!({"waiting": [{"kind": 3, "builds": 1}]}));
    let error = review(&Config::default(), &bad, || 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the situation refers to kind 3, and there are 0"
    );
}

#[test]
fn the_answer_has_the_shape_of_the_contract() {
    let config = config(json!({"maxAgents": 1, "templates": templates(&[("mesos", 1, 1)])}));
    let mut now = situation(one_group(2));
    now.agents.push(PresentAgent {
        name: "gone".to_owned(),
        kind: 0,
        state: AgentState::Present,
        executors: 1,
        single_use: false,
        cpus: Scalar::ZERO,
        mem: Scalar::ZERO,
    });
    assert_eq!(
        serde_json::to_value(look(&config, &now)).unwrap(),
        json!({"v": 1, "request": [], "withdraw": [], "more": false, "held": [{"group": 0, "builds": 2, "field": "maxAgents",
            "ofTemplate": false, "message": "maxAgents of the cloud is 1, and there are 1: wait for one to end or raise it"}]})
    );
}

const KINDS: usize = 3;

prop_compose! {
    fn any_situation()(
        waiting in prop::collection::vec((prop::option::weighted(0.9, 0..KINDS), any::<bool>(), 0u32..6), 0..5),
    )(
        serves in prop::collection::vec(prop::collection::vec(any::<bool>(), waiting.len()), KINDS),
        free in prop::collection::vec((0u32..3, any::<bool>(), prop::collection::vec(any::<bool>(), waiting.len())), 0..3),
        agents in prop::collection::vec((0..KINDS, 0u8..3, 1u32..4, any::<bool>()), 0..8),
        paused in prop::option::weighted(0.2, 0..KINDS),
        waiting in Just(waiting),
    ) -> Situation {
        let chosen = |flags: &[bool]| flags.iter().enumerate().filter(|(_, on)| **on).map(|(group, _)| group).collect();
        let kinds = serves.iter().enumerate().map(|(number, flags)| {
            let mut serves: Vec<usize> = chosen(flags);
            // a kind serves the builds that it is requested for
            serves.extend(waiting.iter().enumerate().filter(|(_, w)| w.0 == Some(number)).map(|(group, _)| group));
            Kind { template: format!("t{number}"), image: None, serves }
        }).collect();
        Situation {
            waiting: waiting.iter().map(|(kind, fresh, builds)| WaitingBuilds { kind: *kind, fresh: *fresh, builds: *builds }).collect(),
            kinds,
            free: free.iter().map(|(executors, fresh, serves)| FreeExecutors {
                executors: *executors, fresh: *fresh, serves: chosen(serves),
            }).collect(),
            agents: agents.iter().enumerate().map(|(number, (kind, state, executors, single_use))| PresentAgent {
                name: format!("a{number}"),
                kind: *kind,
                state: [AgentState::Requested, AgentState::Accepted, AgentState::Present][usize::from(*state)],
                executors: if *single_use { 1 } else { *executors },
                single_use: *single_use,
                cpus: Scalar::from_milli(100 + 100 * i64::from(*executors)),
                mem: Scalar::from_milli(1000),
            }).collect(),
            paused: paused.iter().map(|kind| Pause { template: format!("t{kind}"), seconds: 3 }).collect(),
        }
    }
}

prop_compose! {
    fn any_config()(
        bounds in prop::collection::vec((1u32..3, 0u32..3, any::<bool>(), prop::option::weighted(0.3, 1u32..4)), KINDS),
        agents in prop::option::weighted(0.3, 1u32..12),
        cpus in prop::option::weighted(0.3, 1u32..30),
    ) -> Config {
        let templates: Vec<_> = bounds.iter().enumerate().map(|(number, (least, more, single_use, cap))| json!({
            "label": format!("t{number}"), "minExecutors": least, "maxExecutors": least + more, "singleUse": single_use,
            "maxAgents": cap.map_or(String::new(), |cap| cap.to_string()),
        })).collect();
        config(json!({
            "templates": templates,
            "maxAgents": agents.map_or(String::new(), |cap| cap.to_string()),
            "maxCpus": cpus.map_or(String::new(), |cap| format!("{}", f64::from(cap) / 10.0)),
        }))
    }
}

/// The builds that are served when everything that is there or coming is shared out best; a model without the reviewer's state.
fn served(situation: &Situation, without: Option<usize>) -> u32 {
    let mut shares = Shares::new(situation.waiting.iter().map(|waiting| waiting.builds));
    let takes = |groups: &[usize], fresh: bool| -> Vec<usize> {
        groups
            .iter()
            .copied()
            .filter(|group| fresh || !situation.waiting[*group].fresh)
            .collect()
    };
    for free in &situation.free {
        let supply = shares.supply(takes(&free.serves, free.fresh));
        shares.grow(supply, free.executors, &[]);
    }
    for (number, agent) in situation.agents.iter().enumerate() {
        if agent.state != AgentState::Present && Some(number) != without {
            let supply = shares.supply(takes(&situation.kinds[agent.kind].serves, agent.single_use));
            shares.grow(supply, agent.executors, &[]);
        }
    }
    let unserved: u32 = (0..situation.waiting.len())
        .map(|group| shares.unserved(group))
        .sum();
    situation
        .waiting
        .iter()
        .map(|waiting| waiting.builds)
        .sum::<u32>()
        - unserved
}

fn after(config: &Config, before: &Situation) -> (Situation, Review) {
    let review = look(config, before);
    let mut now = before.clone();
    carry_out(&mut now, &review);
    (now, review)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_build_is_served_or_held_and_nothing_is_asked_for_in_vain(config in any_config(), before in any_situation()) {
        let (now, review) = after(&config, &before);
        let all: u32 = now.waiting.iter().map(|waiting| waiting.builds).sum();
        let held: u32 = review.held.iter().map(|held| held.builds).sum();
        let served_now = served(&now, None);
        let only_sharing: u32 = now.waiting.iter().filter(|waiting| waiting.kind.is_none()).map(|waiting| waiting.builds).sum();
        prop_assert!(served_now + held <= all && all <= served_now + held + only_sharing, "served or held");
        prop_assert!(served_now >= served(&before, None), "nobody loses an executor");
        for (number, agent) in now.agents.iter().enumerate() {
            if agent.state == AgentState::Requested {
                prop_assert!(served(&now, Some(number)) < served_now, "{} is needless", agent.name);
            }
        }
        for name in &review.withdraw {
            let withdrawn = before.agents.iter().find(|agent| agent.name == *name).unwrap();
            prop_assert_eq!(withdrawn.state, AgentState::Requested);
        }
    }

    #[test]
    fn a_second_review_has_nothing_to_say(config in any_config(), before in any_situation()) {
        let (now, first) = after(&config, &before);
        let second = look(&config, &now);
        prop_assert!(second.request.is_empty(), "{:?}", second.request);
        prop_assert!(second.withdraw.is_empty(), "{:?}", second.withdraw);
        let builds = |review: &Review| review.held.iter().map(|held| held.builds).sum::<u32>();
        prop_assert_eq!(builds(&first), builds(&second));
    }

    /// Each agent is requested, accepted, then online with free executors, each of which gets a build.
    #[test]
    fn agents_on_their_way_to_their_builds_change_nothing(
        builds in 1u32..25,
        most in 1u32..4,
        single_use in any::<bool>(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 100),
    ) {
        let config = config(json!({
            "templates": [{"label": "mesos", "minExecutors": 1, "maxExecutors": most, "singleUse": single_use}],
        }));
        let (mut now, first) = after(&config, &situation(one_group(builds)));
        prop_assert_eq!(first.request.iter().map(|agent| agent.executors).sum::<u32>(), builds);
        let mut free: Vec<u32> = now.agents.iter().map(|_| 0).collect();
        for index in order {
            let at = index.index(now.agents.len());
            let agent = &mut now.agents[at];
            match agent.state {
                AgentState::Requested => agent.state = AgentState::Accepted,
                AgentState::Accepted => {
                    agent.state = AgentState::Present;
                    free[at] = agent.executors;
                }
                AgentState::Present if free[at] > 0 => {
                    free[at] -= 1;
                    now.waiting[0].builds -= 1;
                }
                AgentState::Present => {}
            }
            now.free = free
                .iter()
                .filter(|executors| **executors > 0)
                .map(|executors| FreeExecutors { executors: *executors, fresh: single_use, serves: vec![0] })
                .collect();
            let review = look(&config, &now);
            prop_assert_eq!(review, Review { v: 1, ..Review::default() });
        }
    }

    #[test]
    fn caps_are_never_exceeded_by_a_request(config in any_config(), before in any_situation()) {
        let (now, review) = after(&config, &before);
        let usage = |template: Option<&str>| {
            let of = now.agents.iter().filter(|agent| template.is_none_or(|key| now.kinds[agent.kind].template == key));
            of.fold((0u32, Scalar::ZERO), |(count, cpus), agent| (count + 1, cpus + agent.cpus))
        };
        if !review.request.is_empty() {
            let (count, cpus) = usage(None);
            prop_assert!(config.limits().unwrap().agents.is_none_or(|most| count <= most));
            prop_assert!(config.limits().unwrap().cpus.is_none_or(|most| cpus <= most));
        }
        for agent in &review.request {
            let cap = config.template(Some(&agent.template), None).unwrap().limits().unwrap().agents;
            prop_assert!(cap.is_none_or(|most| usage(Some(&agent.label)).0 <= most));
            prop_assert!(!before.paused.iter().any(|pause| pause.template == agent.label));
        }
    }
}
