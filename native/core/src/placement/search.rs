//! Few wants: every way to place them is tried, as far as a bound on the effort allows.

use super::board::{Board, HostId};
use super::pass::{Rules, Want};
use crate::amount::Amount;

/// More wants than this are left to the greedy pass.
const MOST_WANTS: usize = 12;
/// Steps of one search; about a millisecond.
const MOST_STEPS: u32 = 40_000;

/// Branch and bound over the wants, largest first.
struct Search<'a, R> {
    wants: &'a [Want],
    order: Vec<u32>,
    /// What the wants from here on are worth together.
    rest: Vec<i64>,
    worth: Vec<i64>,
    hosts: Vec<HostId>,
    free: Vec<Amount>,
    rules: &'a R,
    now: Vec<Option<HostId>>,
    best: Vec<Option<HostId>>,
    best_worth: i64,
    steps: u32,
}

/// Betters `placed`, in which not all wants have a place, if there is something better. Special wants and those that
/// wait too long keep their places.
pub(super) fn better<R: Rules>(board: &mut Board, wants: &[Want], rules: &R, placed: &mut [Option<HostId>]) {
    if wants.len() > MOST_WANTS || !placed.contains(&None) {
        return;
    }
    let moving: Vec<usize> = (0..wants.len())
        .filter(|index| {
            let want = &wants[*index];
            let stays = want.special || (want.firm && placed[*index].is_some());
            !stays
        })
        .collect();
    let alike = moving.iter().all(|index| {
        moving
            .first()
            .is_some_and(|first| wants[*first].priority == wants[*index].priority)
    });
    if moving.len() < 2 || !alike {
        return;
    }
    let some: Vec<Want> = moving.iter().map(|index| wants[*index]).collect();
    let before: Vec<Option<HostId>> = moving.iter().map(|index| placed[*index]).collect();
    give_back(&mut board.free, &some, &before);
    let after = best(board, &some, rules, &before).unwrap_or(before);
    take(&mut board.free, &some, &after);
    for (index, host) in moving.into_iter().zip(after) {
        placed[index] = host;
    }
}

fn give_back(free: &mut [Amount], wants: &[Want], placed: &[Option<HostId>]) {
    for (want, host) in wants.iter().zip(placed) {
        if let Some(host) = host {
            free[host.index()] = free[host.index()].plus(want.need);
        }
    }
}

fn take(free: &mut [Amount], wants: &[Want], placed: &[Option<HostId>]) {
    for (want, host) in wants.iter().zip(placed) {
        if let Some(host) = host {
            free[host.index()] = free[host.index()].minus(want.need);
        }
    }
}

/// A placement that is worth more than `placed`. On the board is what is free without any of the wants.
fn best<R: Rules>(
    board: &Board,
    wants: &[Want],
    rules: &R,
    placed: &[Option<HostId>],
) -> Option<Vec<Option<HostId>>> {
    let worth: Vec<i64> = wants
        .iter()
        .map(|want| want.need.cpus.as_milli().max(1))
        .collect();
    let mut order: Vec<u32> = (0u32..).take(wants.len()).collect();
    order.sort_by_key(|index| (-board.weights.heaviest(wants[*index as usize].need), *index));
    let mut rest = vec![0; wants.len() + 1];
    for (depth, index) in order.iter().enumerate().rev() {
        rest[depth] = rest[depth + 1] + worth[*index as usize];
    }
    let hosts = useful_hosts(board, wants, rules);
    let before: i64 = sum(&worth, placed);
    let mut search = Search {
        wants,
        order,
        rest,
        worth,
        free: hosts.iter().map(|host| board.free(*host)).collect(),
        hosts,
        rules,
        now: vec![None; wants.len()],
        best: Vec::new(),
        best_worth: before,
        steps: 0,
    };
    search.descend(0, 0);
    (search.best_worth > before).then_some(search.best)
}

fn sum(worth: &[i64], placed: &[Option<HostId>]) -> i64 {
    worth
        .iter()
        .zip(placed)
        .filter(|(_, host)| host.is_some())
        .map(|(worth, _)| worth)
        .sum()
}

/// No more hosts than wants are needed of those that are alike to the wants; the roomiest are enough.
fn useful_hosts<R: Rules>(board: &Board, wants: &[Want], rules: &R) -> Vec<HostId> {
    // Nothing is free that was not when the board was put in order.
    let some_fit = |most: Amount| wants.iter().any(|want| most.holds(want.need));
    let mut hosts: Vec<(i64, HostId)> = board
        .order
        .hosts_where(some_fit)
        .map(|host| (host, board.free(host)))
        .filter(|(host, free)| {
            wants
                .iter()
                .any(|want| free.holds(want.need) && rules.allowed(want.class, *host))
        })
        .map(|(host, free)| (-board.weights.sum(free), host))
        .collect();
    hosts.sort_unstable();
    hosts.truncate(2 * MOST_WANTS);
    hosts.into_iter().map(|(_, host)| host).collect()
}

impl<R: Rules> Search<'_, R> {
    fn descend(&mut self, depth: usize, worth: i64) {
        self.steps += 1;
        if worth > self.best_worth {
            self.best_worth = worth;
            self.best.clone_from(&self.now);
        }
        if depth == self.order.len() || worth + self.rest[depth] <= self.best_worth || self.steps > MOST_STEPS
        {
            return;
        }
        let index = self.order[depth] as usize;
        let want = self.wants[index];
        for place in 0..self.hosts.len() {
            let before = self.free[place];
            if !before.holds(want.need) || !self.rules.allowed(want.class, self.hosts[place]) {
                continue;
            }
            self.free[place] = before.minus(want.need);
            self.now[index] = Some(self.hosts[place]);
            self.descend(depth + 1, worth + self.worth[index]);
            self.now[index] = None;
            self.free[place] = before;
        }
        self.descend(depth + 1, worth);
    }
}
