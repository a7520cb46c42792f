//! Makes a failing run smaller: fewer faults, fewer errands, as long as the same rule is broken.

use crate::liveness::{Outcome, run};
use crate::plan::Plan;

/// How many runs may be spent.
const BUDGET: u32 = 400;

/// The smallest plan found that breaks the rule of `outcome`.
pub fn shrink(plan: &Plan, outcome: &Outcome, steps: u64) -> Plan {
    let Some(violation) = &outcome.violation else {
        return plan.clone();
    };
    let rule = violation.rule;
    let mut best = plan.clone();
    let mut runs = 0;
    let mut fails = |plan: &Plan| {
        runs += 1;
        runs <= BUDGET
            && run(plan.clone(), steps, false)
                .violation
                .is_some_and(|violation| violation.rule == rule)
    };
    let mut sweet = best.clone();
    sweet.misfortune = 0;
    if best.misfortune > 0 && fails(&sweet) {
        best = sweet;
    }
    loop {
        let size = best.faults.len() + best.errands.len();
        thin(&mut best, |plan| &mut plan.faults, &mut fails);
        thin(&mut best, |plan| &mut plan.errands, &mut fails);
        if best.faults.len() + best.errands.len() == size {
            return best;
        }
    }
}

/// Takes out halves, quarters, … single ones.
fn thin<T: Clone>(
    best: &mut Plan,
    part: fn(&mut Plan) -> &mut Vec<T>,
    fails: &mut impl FnMut(&Plan) -> bool,
) {
    let mut chunk = part(best).len().div_ceil(2);
    while chunk > 0 {
        let mut from = 0;
        while from < part(best).len() {
            let mut less = best.clone();
            let list = part(&mut less);
            let to = (from + chunk).min(list.len());
            list.drain(from..to);
            if fails(&less) {
                *best = less;
            } else {
                from += chunk;
            }
        }
        chunk /= 2;
    }
}
