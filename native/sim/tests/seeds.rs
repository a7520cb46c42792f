//! Random runs: the first few hundred seeds, and every seed that ever found something.

use mesos_sim::plan::Plan;
use mesos_sim::run;

const STEPS: u64 = 20_000;

fn check(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        if let Some(violation) = run(Plan::from_seed(seed), STEPS, false).violation {
            panic!("seed {seed}: {violation}; see `cargo run -p mesos-sim -- --trace {seed}`");
        }
    }
}

#[test]
fn the_first_seeds_break_no_rule() {
    check(0..150);
}

#[test]
fn the_next_seeds_break_no_rule() {
    check(150..300);
}

#[test]
fn seeds_that_found_something_find_it_no_more() {
    for (seed, _found) in [
        (
            363,
            "a lost suppress was put off for ever by the offers that came instead",
        ),
        (
            780,
            "Java heard of a task after its end, since a failed batch was overtaken",
        ),
        (
            3066,
            "an end was acknowledged before the deletion of its row was durable",
        ),
        (
            38692,
            "a task unreachable at the start of a session was never asked for again",
        ),
        (52340, "a repeated update was taken for news"),
        (
            1_020_344,
            "the master was left before the end of the last task was durable",
        ),
        (
            1_030_956,
            "the master was left before the end of the last task was durable",
        ),
    ] {
        if let Some(violation) = run(Plan::of_first_faults(seed), STEPS, false).violation {
            panic!("seed {seed} by its first faults: {violation}");
        }
    }
}

#[test]
fn seeds_that_found_something_with_later_faults_find_it_no_more() {
    for (seed, _found) in [
        (
            79,
            "a pending change of the principal was told again at each save",
        ),
        (
            1353,
            "a question for all that did not get through was not asked again for a quarter of an hour",
        ),
        (
            5886,
            "a stream that broke after a failover ended the questions for tasks that come back late",
        ),
    ] {
        check([seed]);
    }
}

#[test]
fn a_seed_runs_the_same_way_again() {
    let traced = |seed| run(Plan::from_seed(seed), STEPS, true).trace;
    assert_eq!(traced(5), traced(5));
}
