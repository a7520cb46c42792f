//! Tasks live and die.

use crate::bench::{Bench, config, offer, status};
use mesos_core::{Config, StreamEnd, TaskPhase};
use mesos_wire::{TaskState, TaskStatus, call, task_status};

#[test]
fn a_task_runs_is_released_and_ends() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.agent_says("a", TaskState::TaskStarting, 1);
    bench.agent_says("a", TaskState::TaskRunning, 2);
    bench.release("a");
    assert_eq!(bench.killed(), ["a"]);
    bench.agent_says("a", TaskState::TaskKilling, 3);
    bench.agent_says("a", TaskState::TaskKilled, 4);
    assert_eq!(bench.acknowledged(), [1, 2, 3, 4]);
    let told = bench.told();
    assert_eq!(
        told[told.len() - 4..],
        [
            "state a TASK_STARTING",
            "state a TASK_RUNNING",
            "state a TASK_KILLING",
            "ended a TASK_KILLED requested"
        ]
    );
    bench.pass(3600);
    assert_eq!(bench.killed(), ["a"], "no kill after the end");
    assert!(bench.rows.is_empty());
}

#[test]
fn an_update_without_uuid_is_never_acknowledged() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskRunning);
    bench.update(TaskStatus {
        uuid: Some(Vec::new()),
        ..status("a", TaskState::TaskRunning)
    });
    assert_eq!(bench.acknowledged(), [0; 0]);
}

#[test]
fn a_repeated_update_is_acknowledged_again_and_told_once() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    for _ in 0..3 {
        bench.agent_says("a", TaskState::TaskFailed, 1);
    }
    assert_eq!(bench.acknowledged(), [1, 1, 1]);
    assert_eq!(bench.told_of("ended"), ["ended a TASK_FAILED"]);
    bench.pass(700);
    bench.agent_says("a", TaskState::TaskFailed, 1);
    assert_eq!(bench.acknowledged(), [1, 1, 1, 1], "even when its row is gone");
    assert_eq!(bench.told_of("ended").len(), 1);
}

#[test]
fn an_overtaken_update_does_not_turn_time_back() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.agent_says("a", TaskState::TaskStarting, 1);
    assert_eq!(bench.rows["a"].phase, TaskPhase::Running);
    assert_eq!(bench.acknowledged(), [1]);
    assert_eq!(bench.told(), [""; 0]);
}

#[test]
fn a_kill_is_repeated_until_the_task_is_over() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.release("a");
    bench.pass(4);
    assert_eq!(bench.killed().len(), 1);
    bench.pass(2);
    assert_eq!(bench.killed().len(), 2);
    bench.pass(600);
    // Often enough that a task whose agent comes back lives for half a minute at most.
    let kills = bench.killed().len();
    assert!((20..=25).contains(&kills), "{kills}");
    bench.answer("a", TaskState::TaskKilled);
    bench.pass(600);
    assert_eq!(bench.killed().len(), kills);
    let kill = bench.calls_of(call::Type::Kill)[0].kill.as_ref().unwrap();
    assert_eq!(kill.agent_id.as_ref().unwrap().value, "agent-a");
}

#[test]
fn a_release_while_disconnected_kills_at_the_next_session() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.stream_ends(StreamEnd::Closed);
    bench.release("a");
    assert_eq!(bench.rows["a"].released.as_deref(), Some("idle for 3 minutes"));
    bench.pass(1);
    bench.subscribe();
    bench.pass(0);
    assert_eq!(bench.killed(), ["a"]);
}

#[test]
fn an_unreachable_task_is_kept_and_may_come_back() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(595);
    bench.agent_says("a", TaskState::TaskRunning, 1);
    bench.pass(7200);
    assert_eq!(bench.told(), ["state a TASK_UNREACHABLE", "state a TASK_RUNNING"]);
    assert_eq!(bench.killed(), [""; 0]);
}

#[test]
fn an_unreachable_task_is_given_up_when_the_master_says_so_after_the_timeout() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.framework.reconfigure(unreachable_for("60"), bench.now);
    bench.answer("a", TaskState::TaskUnreachable);
    bench.forget();
    bench.pass(59);
    assert_eq!((bench.asked().len(), bench.told()), (0, Vec::new()));
    bench.pass(2);
    assert_eq!((bench.asked(), bench.told()), (vec![vec!["a"]], Vec::new()));
    bench.answer("a", TaskState::TaskUnreachable);
    assert_eq!(bench.told(), ["ended a UNREACHABLE_TIMEOUT"]);
    assert_eq!(bench.killed(), ["a"]);
    let ending = bench.rows["a"].ending.clone().unwrap().message.unwrap();
    assert!(
        ending.contains("not reached agent-a.example for more than 60 s"),
        "{ending}"
    );
    // Java has forgotten it; its host comes back in the end.
    bench.pass(3600);
    let kills = bench.killed().len();
    bench.agent_says("a", TaskState::TaskRunning, 1);
    assert_eq!(bench.killed().len(), kills + 1, "at once");
    bench.agent_says("a", TaskState::TaskKilled, 2);
    assert_eq!(bench.told(), ["ended a UNREACHABLE_TIMEOUT"]);
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn an_unreachable_task_is_given_up_by_a_master_that_says_nothing_of_it_too() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(629);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    bench.pass(2);
    assert_eq!(bench.told_of("ended"), ["ended a UNREACHABLE_TIMEOUT"]);
}

#[test]
fn an_unreachable_task_that_is_back_when_the_master_is_asked_lives() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(610);
    bench.answer("a", TaskState::TaskRunning);
    bench.pass(3600);
    // The next absence is another one.
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(599);
    assert_eq!((bench.told_of("ended"), bench.killed()), (Vec::new(), Vec::new()));
}

#[test]
fn an_unreachable_task_is_not_given_up_while_the_master_cannot_be_heard() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.stream_ends(StreamEnd::Closed);
    for _ in 0..100 {
        bench.silence(10);
        if bench.attempt.is_some() {
            bench.stream_ends(StreamEnd::Failed("refused".to_owned()));
        }
    }
    while bench.attempt.is_none() {
        bench.silence(1);
    }
    bench.subscribe();
    bench.pass(25);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    bench.answer("a", TaskState::TaskRunning);
    bench.pass(3600);
    assert_eq!(bench.told_of("ended"), [""; 0]);
}

#[test]
fn the_next_process_gives_an_unreachable_task_its_time_anew() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(500);
    let mut bench = bench.crash(&["a"]);
    bench.find_leader();
    bench.subscribe();
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(590);
    assert_eq!(bench.told_of("ended"), [""; 0]);
    bench.pass(15);
    bench.answer("a", TaskState::TaskUnreachable);
    assert_eq!(bench.told_of("ended"), ["ended a UNREACHABLE_TIMEOUT"]);
    // Java had no time to hear of it.
    let mut bench = bench.crash(&["a"]);
    assert_eq!(bench.told_of("ended"), ["ended a UNREACHABLE_TIMEOUT"]);
    bench.find_leader();
    bench.subscribe();
    bench.pass(0);
    assert_eq!(bench.killed(), ["a"]);
}

#[test]
fn a_shorter_timeout_counts_for_what_is_unreachable_already() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskUnreachable);
    bench.pass(100);
    bench.forget();
    bench.framework.reconfigure(unreachable_for("90"), bench.now);
    bench.drain();
    assert_eq!(bench.asked(), [["a"]]);
    bench.answer("a", TaskState::TaskUnreachable);
    assert_eq!(bench.told_of("ended"), ["ended a UNREACHABLE_TIMEOUT"]);
}

fn unreachable_for(seconds: &str) -> Config {
    let mut changed = config(&[]);
    changed.unreachable_timeout_seconds = seconds.into();
    changed
}

#[test]
fn a_launch_that_is_lost_without_its_fault_is_asked_for_again_at_once() {
    use task_status::Reason;
    for (state, reason, again) in [
        (TaskState::TaskDropped, Some(Reason::InvalidOffers), true),
        (TaskState::TaskError, Some(Reason::InvalidOffers), true),
        (TaskState::TaskLost, Some(Reason::MasterDisconnected), true),
        (TaskState::TaskDropped, Some(Reason::AgentDisconnected), true),
        (TaskState::TaskKilled, Some(Reason::AgentDraining), true),
        (TaskState::TaskDropped, None, true),
        (TaskState::TaskUnknown, Some(Reason::Reconciliation), true),
        (TaskState::TaskGone, Some(Reason::AgentRemoved), true),
        (TaskState::TaskError, Some(Reason::TaskInvalid), false),
        (TaskState::TaskFailed, Some(Reason::ContainerLaunchFailed), false),
        (TaskState::TaskFailed, None, false),
        (TaskState::TaskLost, None, false),
    ] {
        let mut bench = Bench::subscribed();
        bench.submit("a", "small");
        bench.offers(vec![offer("o1", "agent-a", 1.0)]);
        bench.update(TaskStatus {
            reason: reason.map(|reason| reason as i32),
            ..status("a", state)
        });
        let told = format!(
            "ended a {}{}",
            state.as_str_name(),
            if again { " again" } else { "" }
        );
        assert_eq!(bench.told_of("ended"), [told], "{reason:?}");
    }
}

#[test]
fn what_ran_is_not_asked_for_again_by_itself() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskGone);
    assert_eq!(bench.told(), ["ended a TASK_GONE"]);
}

#[test]
fn one_lost_launch_after_the_other_is_no_bad_luck_any_more() {
    let mut bench = Bench::subscribed();
    let drop = |bench: &mut Bench, number: u32| {
        let name = format!("a{number}");
        bench.submit(&name, "small");
        bench.offers(vec![offer(&format!("o{number}"), "agent-a", 1.0)]);
        bench.answer(&name, TaskState::TaskDropped);
        bench.told_of("ended").pop().unwrap().ends_with("again")
    };
    let lucky: Vec<bool> = (0..7).map(|number| drop(&mut bench, number)).collect();
    assert_eq!(lucky, [true, true, true, true, true, false, false]);
    bench.run("b");
    assert!(drop(&mut bench, 9), "one has run since");
}

#[test]
fn each_terminal_state_ends_the_agent() {
    for state in [
        TaskState::TaskFinished,
        TaskState::TaskFailed,
        TaskState::TaskKilled,
        TaskState::TaskError,
        TaskState::TaskLost,
        TaskState::TaskDropped,
        TaskState::TaskGone,
        TaskState::TaskGoneByOperator,
        TaskState::TaskUnknown,
    ] {
        let mut bench = Bench::subscribed();
        bench.run("a");
        bench.answer("a", state);
        assert_eq!(bench.told(), [format!("ended a {}", state.as_str_name())]);
        assert!(bench.rows["a"].phase.is_over());
    }
}

#[test]
fn a_task_that_turns_up_after_its_end_is_killed_and_nobody_is_told_twice() {
    let mut bench = Bench::subscribed();
    bench.run("a");
    bench.answer("a", TaskState::TaskGone);
    bench.agent_says("a", TaskState::TaskRunning, 1);
    bench.pass(0);
    assert_eq!(bench.killed(), ["a"]);
    bench.agent_says("a", TaskState::TaskKilled, 2);
    assert_eq!(bench.told(), ["ended a TASK_GONE"]);
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn a_task_that_nobody_knows_is_killed_until_it_is_gone_and_counted() {
    let mut bench = Bench::subscribed();
    bench.agent_says("stranger", TaskState::TaskRunning, 1);
    bench.pass(6);
    assert_eq!(bench.killed(), ["stranger", "stranger"]);
    assert_eq!(bench.acknowledged(), [1]);
    bench.agent_says("stranger", TaskState::TaskKilled, 2);
    assert_eq!(bench.framework.status(bench.now).counters.unknown_tasks_killed, 1);
    assert_eq!(bench.told(), [""; 0], "Java never heard of it");
    bench.pass(700);
    assert!(bench.rows.is_empty());
}

#[test]
fn an_end_of_an_unknown_task_is_only_acknowledged() {
    let mut bench = Bench::subscribed();
    bench.agent_says("stranger", TaskState::TaskFinished, 1);
    bench.answer("other", TaskState::TaskUnknown);
    assert_eq!(bench.acknowledged(), [1]);
    assert!(bench.rows.is_empty());
    assert_eq!(bench.killed(), [""; 0]);
}

#[test]
fn a_launch_that_nobody_hears_of_is_asked_about_then_given_up_and_killed() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.forget();
    bench.pass(599);
    assert_eq!(bench.asked(), [[""; 0]; 0], "not yet");
    bench.pass(2);
    assert_eq!(bench.asked(), [["a"]]);
    assert_eq!(bench.told(), [""; 0]);
    bench.pass(30);
    assert_eq!(bench.told(), ["ended a LAUNCH_TIMEOUT"]);
    assert_eq!(bench.killed(), ["a"]);
    bench.agent_says("a", TaskState::TaskRunning, 1);
    bench.agent_says("a", TaskState::TaskKilled, 2);
    assert_eq!(
        bench.told(),
        ["ended a LAUNCH_TIMEOUT"],
        "the late task changes nothing"
    );
    assert_eq!(bench.acknowledged(), [1, 2]);
}

#[test]
fn a_launch_that_answers_at_the_last_moment_lives() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.pass(605);
    bench.answer("a", TaskState::TaskRunning);
    bench.pass(3600);
    assert_eq!(bench.killed(), [""; 0]);
    assert_eq!(bench.told_of("ended"), [""; 0]);
}

#[test]
fn a_launch_is_not_given_up_while_the_master_cannot_be_heard() {
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    bench.offers(vec![offer("o1", "agent-a", 1.0)]);
    bench.stream_ends(StreamEnd::Closed);
    for _ in 0..100 {
        bench.silence(10);
        if bench.attempt.is_some() {
            bench.stream_ends(StreamEnd::Failed("refused".to_owned()));
        }
    }
    assert_eq!(bench.told_of("ended"), [""; 0]);
    while bench.attempt.is_none() {
        bench.silence(1);
    }
    bench.subscribe();
    bench.answer("a", TaskState::TaskRunning);
    assert_eq!(bench.told_of("state"), ["state a TASK_RUNNING"]);
}

#[test]
fn a_name_is_used_once() {
    use mesos_core::{Launch, Protocol, Request, SubmitError};
    let mut bench = Bench::subscribed();
    bench.submit("a", "small");
    let mut submit = |name: &str, label: &str, url: &str| {
        let launch = Launch::new(Protocol::Jnlp, url);
        bench
            .framework
            .submit(Request::new(name, label, 1, launch), bench.now)
            .unwrap_err()
    };
    assert_eq!(
        submit("a", "small", "http://j"),
        SubmitError::Duplicate("a".to_owned())
    );
    assert_eq!(
        submit("a b", "small", "http://j"),
        SubmitError::BadName("a b".to_owned())
    );
    assert!(matches!(submit("b", "none", "http://j"), SubmitError::Label(_)));
    assert!(matches!(submit("b", "small", ""), SubmitError::Launch { .. }));
    assert_eq!(bench.framework.status(bench.now).waiting.len(), 1);
}
