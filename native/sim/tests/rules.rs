//! Each rule can be broken: by a mistake that is made on purpose, within the first seeds.

use mesos_sim::plan::Plan;
use mesos_sim::rule;
use mesos_sim::run;
use mesos_sim::tamper::Tamper;

const STEPS: u64 = 20_000;
/// In one of so many seeds, a mistake breaks its rule.
const SEEDS: u64 = 12;

/// Which mistake breaks which rule.
const MISTAKES: [(Tamper, &str); 37] = [
    (Tamper::HammersTheMaster, rule::SUBSCRIBES_SLOWLY),
    (Tamper::SubscribesAsNew, rule::KEEPS_ITS_ID),
    (Tamper::SubscribesWithTwoRoles, rule::SUBSCRIBE_FAULTLESS),
    (Tamper::CallsOnAnotherStream, rule::CALLS_FOLLOW_SUBSCRIBED),
    (Tamper::CallsAsAnother, rule::CALLS_CARRY_THE_ID),
    (Tamper::RepeatsRevive, rule::NO_STORM),
    (Tamper::NeverRevives, rule::LIVE_AGENTS_RUN),
    (Tamper::NeverSuppresses, rule::SUPPRESSED_WHEN_IDLE),
    (Tamper::AnswersOffersTwice, rule::OFFER_ANSWERED_ONCE),
    (Tamper::KeepsOffers, rule::OFFER_ANSWERED_IN_TIME),
    (Tamper::LosesDeclines, rule::NO_OFFER_KEPT),
    (Tamper::LosesItsId, rule::ID_BEFORE_LAUNCH),
    (Tamper::KeepsAnOldId, rule::NO_ID_AFTER_LEAVING),
    (Tamper::LosesIntents, rule::INTENT_BEFORE_ACCEPT),
    (Tamper::LosesEnds, rule::UPDATE_BEFORE_ACKNOWLEDGE),
    (Tamper::KeepsRows, rule::LEDGER_EMPTIES),
    (Tamper::AcknowledgesAtOnce, rule::UPDATE_BEFORE_ACKNOWLEDGE),
    (
        Tamper::AcknowledgesWhatWasNotSaid,
        rule::ACKNOWLEDGES_WHAT_IT_HEARD,
    ),
    (Tamper::AcknowledgesForAnother, rule::ACKNOWLEDGES_BY_NAME),
    (Tamper::LaunchesTwice, rule::TASK_ID_ONCE),
    (Tamper::LaunchesTooMuch, rule::CALLS_FAULTLESS),
    (Tamper::LaunchesTooMuchUnseen, rule::RESOURCES_ONCE),
    (Tamper::LeavesEarly, rule::LEAVES_WHEN_IDLE),
    (Tamper::NeverKills, rule::STRANGERS_GO),
    (Tamper::DeafToReleases, rule::RELEASED_GOES),
    (Tamper::EndsTwice, rule::ENDED_ONCE),
    (Tamper::EndsAnother, rule::ENDED_OF_THIS_LIFE),
    (Tamper::EndsInSilence, rule::END_IS_TOLD),
    (Tamper::TellsAfterTheEnd, rule::TOLD_WHILE_IT_LIVES),
    (Tamper::AcceptsInWordsOnly, rule::ACCEPTED_FOLLOWS_ACCEPT),
    (Tamper::RunsInWordsOnly, rule::TOLD_IS_DURABLE),
    (Tamper::NeverSleeps, rule::TIME_GOES_ON),
    (Tamper::AsksAllTheTime, rule::CALLS_GO_QUIET),
    (Tamper::DropsItsStream, rule::STREAM_IS_KEPT),
    (Tamper::OverlooksCaps, rule::CAPS_KEPT),
    (Tamper::AlwaysStartsAnew, rule::UNCHANGED_TOUCHES_NOTHING),
    (Tamper::MisreadsRequests, rule::REQUEST_TAKEN),
];

/// What the simulation asks of itself, and no framework can do wrong.
const OF_ITSELF: [&str; 2] = [rule::ROWS_SURVIVE, rule::CONFIGURATION_READABLE];

/// The rules that a mistake breaks, seed by seed.
fn broken(tamper: Tamper, seed: u64) -> Option<&'static str> {
    let plan = Plan {
        tamper: Some(tamper),
        ..Plan::from_seed(seed)
    };
    run(plan, STEPS, false).violation.map(|violation| violation.rule)
}

#[test]
fn each_mistake_breaks_its_rule() {
    for (tamper, rule) in MISTAKES {
        let mut found = Vec::new();
        let seed = (0..SEEDS).find(|seed| {
            found.extend(broken(tamper, *seed));
            found.last() == Some(&rule)
        });
        let Some(seed) = seed else {
            panic!("{tamper:?} does not break «{rule}» within {SEEDS} seeds, but {found:?}");
        };
        println!("{tamper:?}: «{rule}», seed {seed}");
    }
}

#[test]
fn each_rule_has_a_mistake() {
    let without: Vec<&str> = rule::ALL
        .into_iter()
        .filter(|rule| !OF_ITSELF.contains(rule))
        .filter(|rule| MISTAKES.iter().all(|(_, breaks)| breaks != rule))
        .collect();
    assert!(
        without.is_empty(),
        "nothing shows that these can be broken: {without:?}"
    );
}
