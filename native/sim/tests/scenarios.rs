//! What a user lives through, one story each, on the simulated world.

use mesos_core::Time;
use mesos_sim::master::Millis;
use mesos_sim::plan::Plan;
use mesos_sim::world::World;
use mesos_wire::TaskState;

const MINUTE: Millis = 60_000;

fn world(agents: usize, cpus: i64) -> World {
    World::new(Plan::quiet(agents, cpus), true)
}

fn runs(world: &World, name: &str) -> bool {
    world
        .master
        .running()
        .any(|(_, task)| task.id() == name && task.state() == TaskState::TaskRunning)
        && world
            .jenkins
            .states
            .get(name)
            .is_some_and(|state| state == "TASK_RUNNING")
}

fn ended(world: &World, name: &str) -> Option<String> {
    let times = world.jenkins.ended.get(name).copied().unwrap_or(0);
    assert!(times <= 1, "{name} ended {times} times");
    (times == 1).then(|| world.jenkins.states[name].clone())
}

#[track_caller]
fn within(world: &mut World, limit: Millis, done: impl Fn(&World) -> bool) {
    let came = world.run_while_not(limit, done);
    if let Some(violation) = world.violation() {
        panic!("{violation}\n{}", world.trace().join("\n"));
    }
    assert!(came, "nothing came of it:\n{}", world.trace().join("\n"));
}

/// The world goes on for a while, and nothing odd happens.
#[track_caller]
fn pass(world: &mut World, time: Millis) {
    let until = world.now() + time;
    world.run_until(until);
    if let Some(violation) = world.violation() {
        panic!("{violation}\n{}", world.trace().join("\n"));
    }
}

#[track_caller]
fn submit_running(world: &mut World, number: u32) -> String {
    let name = mesos_sim::jenkins::name_of(number);
    world.submit(number, "small", 2);
    within(world, MINUTE, |world| runs(world, &name));
    name
}

#[test]
fn an_agent_runs_and_is_released() {
    let mut world = world(1, 4);
    let name = submit_running(&mut world, 1);
    assert_eq!(world.store.task(&name).map(|row| row.ran), Some(true));

    world.release(1, false);
    within(&mut world, MINUTE, |world| ended(world, &name).is_some());
    assert_eq!(ended(&world, &name).as_deref(), Some("TASK_KILLED"));
    within(&mut world, MINUTE, |world| world.master.running().count() == 0);
    pass(&mut world, 45 * MINUTE);
    assert_eq!(world.store.tasks().count(), 0);
    assert_eq!(world.master.suppressed(), Some(true));
}

#[test]
fn several_agents_share_one_offer() {
    let mut world = world(1, 16);
    for number in 0..8 {
        world.submit(number, "small", 1);
    }
    within(&mut world, MINUTE, |world| world.master.running().count() == 8);
    assert!(world.watch.most_tasks_in_accept() >= 2);
}

#[test]
fn agents_beyond_the_room_wait_until_others_go() {
    let mut world = world(1, 4);
    for number in 0..3 {
        world.submit(number, "big", 1);
    }
    within(&mut world, MINUTE, |world| world.master.running().count() == 2);
    pass(&mut world, 5 * MINUTE);
    assert_eq!(world.master.running().count(), 2);
    let first = world.master.running().next().unwrap().1.id().to_owned();
    let number = first.trim_start_matches("jenkins-").parse().unwrap();
    world.release(number, true);
    within(&mut world, 2 * MINUTE, |world| {
        world.master.running().count() == 2 && !runs(world, &first)
    });
}

#[test]
fn an_agent_that_nothing_can_hold_waits_and_is_withdrawn() {
    let mut world = world(2, 4);
    world.submit(1, "huge", 1);
    let other = submit_running(&mut world, 2);
    pass(&mut world, 10 * MINUTE);
    let status = world
        .framework()
        .unwrap()
        .status(mesos_core::Time::from_millis(world.now()));
    assert_eq!(status.waiting.len(), 1);
    assert!(!status.waiting[0].possible);
    world.release(1, false);
    within(&mut world, MINUTE, |world| ended(world, "jenkins-0001").is_some());
    assert_eq!(ended(&world, "jenkins-0001").as_deref(), Some("WITHDRAWN"));
    assert!(runs(&world, &other));
}

#[test]
fn a_crash_between_intent_and_accept_loses_nothing() {
    for died_after in 0..12 {
        let mut world = world(1, 4);
        world.submit(1, "small", 1);
        within(&mut world, MINUTE, |world| {
            world.store.task("jenkins-0001").is_some()
        });
        for _ in 0..died_after {
            let soon = world.now() + 1;
            world.run_until(soon);
        }
        world.crash(2_000);
        within(&mut world, 30 * MINUTE, |world| {
            runs(world, "jenkins-0001") || ended(world, "jenkins-0001").is_some()
        });
        pass(&mut world, 20 * MINUTE);
        world.expect_all_settled();
        pass(&mut world, 0);
    }
}

#[test]
fn a_restart_keeps_running_tasks_and_kills_what_has_no_node() {
    let mut world = world(1, 8);
    let kept = submit_running(&mut world, 1);
    let orphan = submit_running(&mut world, 2);
    world.jenkins.nodes.remove(&orphan);
    world.crash(30_000);
    within(&mut world, 5 * MINUTE, |world| {
        world.framework().is_some() && !world.master.running().any(|(_, task)| task.id() == orphan)
    });
    pass(&mut world, 20 * MINUTE);
    assert!(runs(&world, &kept));
    assert_eq!(ended(&world, &orphan), None);
}

#[test]
fn a_leader_change_keeps_running_tasks() {
    let mut world = world(3, 4);
    let names: Vec<String> = (0..3).map(|number| submit_running(&mut world, number)).collect();
    let before = world.store.framework_id().unwrap().to_owned();
    world.depose(15_000, 60_000);
    pass(&mut world, 15 * MINUTE);
    assert_eq!(world.store.framework_id(), Some(before.as_str()));
    assert!(names.iter().all(|name| runs(&world, name)));
    submit_running(&mut world, 9);
}

#[test]
fn the_framework_is_removed_and_starts_afresh_once() {
    let mut world = world(2, 4);
    let name = submit_running(&mut world, 1);
    let before = world.store.framework_id().unwrap().to_owned();
    world.master.remove_frameworks();
    within(&mut world, 5 * MINUTE, |world| ended(world, &name).is_some());
    submit_running(&mut world, 2);
    let after = world.store.framework_id().unwrap().to_owned();
    assert_ne!(before, after);
    pass(&mut world, 30 * MINUTE);
    assert_eq!(world.store.framework_id(), Some(after.as_str()));
}

#[test]
fn a_heartbeat_silence_reconnects() {
    let mut world = world(1, 4);
    let name = submit_running(&mut world, 1);
    let connects = world.watch.connects_so_far();
    world.break_stream(None, 60 * MINUTE);
    within(&mut world, 3 * MINUTE, |world| {
        world.watch.connects_so_far() > connects
    });
    world.release(1, false);
    // The acknowledgement of RUNNING was lost: the agent waits longer and longer before it says more.
    within(&mut world, 15 * MINUTE, |world| ended(world, &name).is_some());
}

#[test]
fn a_launch_that_nobody_hears_of_times_out() {
    let mut world = world(1, 4);
    world.master.set_misfortune(100);
    // Every task of this world fails, ends early or hangs; none is waited for beyond the launch timeout.
    for number in 0..6 {
        world.submit(number, "small", 1);
    }
    within(&mut world, 25 * MINUTE, |world| {
        (0..6).all(|number| ended(world, &mesos_sim::jenkins::name_of(number)).is_some())
    });
    let states: Vec<String> = (0..6)
        .filter_map(|number| ended(&world, &mesos_sim::jenkins::name_of(number)))
        .collect();
    assert!(states.iter().any(|state| state == "LAUNCH_TIMEOUT"), "{states:?}");
}

#[test]
fn an_agent_that_comes_back_in_time_keeps_its_build() {
    let mut world = world(1, 4);
    let name = submit_running(&mut world, 1);
    world.master.cut_agent("agent-001");
    within(&mut world, 2 * MINUTE, |world| {
        world.jenkins.states[&name] == "TASK_UNREACHABLE"
    });
    world.master.heal_agent("agent-001");
    within(&mut world, 2 * MINUTE, |world| runs(world, &name));
    assert_eq!(ended(&world, &name), None);
}

#[test]
fn a_machine_that_burnt_down_ends_its_agents_when_it_is_marked_gone() {
    let mut world = world(1, 4);
    let name = submit_running(&mut world, 1);
    world.master.destroy_agent("agent-001");
    pass(&mut world, 2 * MINUTE);
    world.master.mark_gone("agent-001");
    within(&mut world, MINUTE, |world| ended(world, &name).is_some());
    assert_eq!(ended(&world, &name).as_deref(), Some("TASK_GONE_BY_OPERATOR"));
}

#[test]
fn a_task_that_nobody_wrote_down_is_killed() {
    for silent in [false, true] {
        let mut world = world(1, 4);
        submit_running(&mut world, 1);
        let silent = silent.then_some(world.now());
        world.master.plant_orphan("agent-001", "stranger", silent);
        let there = |world: &World| world.master.running().any(|(_, task)| task.id() == "stranger");
        assert!(there(&world));
        within(&mut world, 30 * MINUTE, |world| !there(world));
        assert!(runs(&world, "jenkins-0001"));
    }
}

#[test]
fn a_cloud_without_work_is_quiet() {
    let mut world = world(3, 4);
    pass(&mut world, MINUTE);
    let calls = world.watch.calls_so_far();
    pass(&mut world, 60 * MINUTE);
    assert!(world.watch.calls_so_far() - calls <= 20);
    assert_eq!(world.master.suppressed(), Some(true));
    assert_eq!(world.watch.connects_so_far(), 1);
}

#[test]
fn a_framework_on_demand_comes_with_the_work_and_leaves_after_it() {
    let mut world = World::new(
        Plan {
            on_demand: true,
            ..Plan::quiet(1, 4)
        },
        true,
    );
    pass(&mut world, 10 * MINUTE);
    assert_eq!(
        (world.watch.connects_so_far(), world.master.suppressed()),
        (0, None)
    );
    for round in 1..4 {
        submit_running(&mut world, round);
        pass(&mut world, 10 * MINUTE);
        assert_eq!(world.master.suppressed(), Some(true), "it stays with its agent");
        world.release(round, false);
        within(&mut world, 5 * MINUTE, |world| {
            world.master.suppressed().is_none()
        });
        pass(&mut world, 10 * MINUTE);
        assert_eq!(
            (world.master.suppressed(), world.store.framework_id()),
            (None, None)
        );
        // The end of the stream may overtake the answer to the farewell; then it is asked whether it arrived.
        let connects = u64::from(round)..=u64::from(2 * round);
        assert!(connects.contains(&world.watch.connects_so_far()), "{connects:?}");
    }
}

#[test]
fn agents_that_want_the_same_port_take_one_host_each() {
    let mut world = world(2, 16);
    for number in 1..=3 {
        world.submit(number, "ported", 1);
    }
    within(&mut world, MINUTE, |world| world.master.running().count() == 2);
    pass(&mut world, MINUTE);
    let waiting = world
        .framework()
        .unwrap()
        .status(Time::from_millis(world.now()))
        .waiting;
    assert_eq!(waiting.len(), 1);
    assert!(
        waiting[0].possible && waiting[0].reason.contains("port 31001 of the host"),
        "{}",
        waiting[0].reason
    );
    world.release(1, false);
    within(&mut world, 2 * MINUTE, |world| {
        runs(world, &mesos_sim::jenkins::name_of(3))
    });
}
