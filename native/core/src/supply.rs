//! Which executors serve which waiting builds: a maximum flow between groups of both.

/// Executors that are alike, and the groups of builds that they may serve.
#[derive(Debug, Clone)]
struct Supply {
    executors: u32,
    /// Ascending, without repetition.
    serves: Vec<usize>,
    /// By group of builds; the sum never exceeds `executors`.
    given: Vec<u32>,
}

/// Executors shared out among groups of waiting builds so that as many builds as can be are served.
///
/// There are as many groups of builds as label expressions wait, and as many supplies as kinds of agents, so the plain search
/// for one more path is enough, whatever the number of builds.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    unserved: Vec<u32>,
    supplies: Vec<Supply>,
}

impl Shares {
    /// Nothing is served yet; `builds` by group.
    pub(crate) fn new(builds: impl IntoIterator<Item = u32>) -> Self {
        Self {
            unserved: builds.into_iter().collect(),
            supplies: Vec::new(),
        }
    }

    /// Builds of a group that have no executor.
    pub(crate) fn unserved(&self, group: usize) -> u32 {
        self.unserved.get(group).copied().unwrap_or_default()
    }

    /// Adds a supply without executors and gives its number. Groups that do not exist are left out.
    pub(crate) fn supply(&mut self, serves: impl IntoIterator<Item = usize>) -> usize {
        let groups = self.unserved.len();
        let mut serves: Vec<usize> = serves.into_iter().filter(|group| *group < groups).collect();
        serves.sort_unstable();
        serves.dedup();
        self.supplies.push(Supply {
            executors: 0,
            serves,
            given: vec![0; groups],
        });
        self.supplies.len() - 1
    }

    /// Gives a supply more executors and serves with them whom it can, those in `first` before the others.
    pub(crate) fn grow(&mut self, supply: usize, executors: u32, first: &[usize]) {
        let Some(grown) = self.supplies.get_mut(supply) else {
            return;
        };
        grown.executors = grown.executors.saturating_add(executors);
        let all = grown.serves.clone();
        for group in first.iter().chain(&all) {
            self.give(supply, *group);
        }
        while let Some((spender, path)) = self.path_from(|number| number == supply) {
            self.walk(spender, &path);
        }
    }

    /// Takes executors from a supply if that leaves as many builds served as before; else changes nothing.
    pub(crate) fn shrink(&mut self, supply: usize, executors: u32) -> bool {
        let Some(old) = self.supplies.get(supply) else {
            return false;
        };
        let Some(left) = old.executors.checked_sub(executors) else {
            return false;
        };
        let mut trial = self.clone();
        let mut freed: u32 = 0;
        if let Some(shrunk) = trial.supplies.get_mut(supply) {
            shrunk.executors = left;
            let mut excess = shrunk.given.iter().sum::<u32>().saturating_sub(left);
            for (given, unserved) in shrunk.given.iter_mut().zip(&mut trial.unserved) {
                let taken = excess.min(*given);
                *given -= taken;
                *unserved += taken;
                excess -= taken;
                freed += taken;
            }
        }
        let before: u32 = trial.unserved.iter().sum::<u32>() - freed;
        while trial.unserved.iter().sum::<u32>() > before {
            match trial.path_from(|_| true) {
                Some((spender, path)) => trial.walk(spender, &path),
                None => return false,
            }
        }
        *self = trial;
        true
    }

    /// Lets the unserved builds be ones of `wanted` groups, where the same executors can be shared out otherwise.
    pub(crate) fn prefer_unserved(&mut self, wanted: impl Fn(usize) -> bool) {
        for group in 0..self.unserved.len() {
            while !wanted(group) && self.unserved(group) > 0 {
                let Some(path) = self.path_to(group, &wanted) else {
                    break;
                };
                self.exchange(&path);
            }
        }
    }

    /// Spare executors of the supply to a group that it may serve.
    fn give(&mut self, supply: usize, group: usize) {
        let (Some(unserved), Some(from)) = (self.unserved.get_mut(group), self.supplies.get_mut(supply))
        else {
            return;
        };
        let spare = from.executors - from.given.iter().sum::<u32>();
        if let (true, Some(given)) = (
            from.serves.binary_search(&group).is_ok(),
            from.given.get_mut(group),
        ) {
            let amount = spare.min(*unserved);
            *given += amount;
            *unserved -= amount;
        }
    }

    /// From a supply with spare executors to a group with unserved builds, over groups that other supplies could serve
    /// instead: the supply, then the groups in order with the supply that hands each over (none for the last).
    fn path_from(&self, spends: impl Fn(usize) -> bool) -> Option<(usize, Vec<Step>)> {
        // breadth first over supplies; `reached` holds how a supply was come to: by whom, over which group
        let mut reached: Vec<Option<(usize, usize)>> = vec![None; self.supplies.len()];
        let mut seen = vec![false; self.unserved.len()];
        let mut line: Vec<usize> = self
            .supplies
            .iter()
            .enumerate()
            .filter(|(number, supply)| spends(*number) && supply.given.iter().sum::<u32>() < supply.executors)
            .map(|(number, _)| number)
            .collect();
        let starts = line.clone();
        let mut next = 0;
        while let Some(&number) = line.get(next) {
            next += 1;
            for &group in &self.supplies.get(number)?.serves {
                if std::mem::replace(seen.get_mut(group)?, true) {
                    continue;
                }
                if self.unserved(group) > 0 {
                    let mut path = vec![Step { group, to: None }];
                    let mut at = number;
                    while let Some((from, over)) = *reached.get(at)? {
                        path.push(Step {
                            group: over,
                            to: Some(at),
                        });
                        at = from;
                    }
                    path.reverse();
                    return Some((at, path));
                }
                for (other, supply) in self.supplies.iter().enumerate() {
                    if supply.given.get(group).is_some_and(|given| *given > 0)
                        && !starts.contains(&other)
                        && reached.get(other).is_some_and(Option::is_none)
                    {
                        *reached.get_mut(other)? = Some((number, group));
                        line.push(other);
                    }
                }
            }
        }
        None
    }

    /// One executor along a path: each supply serves the group, and whoever served it before goes on to the next one.
    fn walk(&mut self, spender: usize, path: &[Step]) {
        let mut server = spender;
        for step in path {
            self.change(server, step.group, 1);
            match step.to {
                Some(other) => {
                    self.change(other, step.group, -1);
                    server = other;
                }
                None => {
                    if let Some(unserved) = self.unserved.get_mut(step.group) {
                        *unserved = unserved.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// From an unserved group over supplies that serve others to a wanted group whose builds could be left instead.
    fn path_to(&self, group: usize, wanted: &impl Fn(usize) -> bool) -> Option<Vec<(usize, usize, usize)>> {
        let mut reached: Vec<Option<(usize, usize)>> = vec![None; self.unserved.len()];
        let mut line = vec![group];
        let mut next = 0;
        while let Some(&at) = line.get(next) {
            next += 1;
            for (number, supply) in self.supplies.iter().enumerate() {
                if supply.serves.binary_search(&at).is_err() {
                    continue;
                }
                for (other, given) in supply.given.iter().enumerate() {
                    if *given == 0 || other == group || reached.get(other).is_none_or(Option::is_some) {
                        continue;
                    }
                    *reached.get_mut(other)? = Some((at, number));
                    if wanted(other) {
                        let mut path = Vec::new();
                        let mut end = other;
                        while let Some((from, by)) = *reached.get(end)? {
                            path.push((from, by, end));
                            end = from;
                        }
                        return Some(path);
                    }
                    line.push(other);
                }
            }
        }
        None
    }

    /// One executor of each supply on the path goes from the later group to the earlier one.
    fn exchange(&mut self, path: &[(usize, usize, usize)]) {
        for (earlier, supply, later) in path {
            self.change(*supply, *earlier, 1);
            self.change(*supply, *later, -1);
        }
        let ends = path
            .last()
            .map(|first| first.0)
            .zip(path.first().map(|last| last.2));
        if let Some((served, left)) = ends {
            if let Some(unserved) = self.unserved.get_mut(served) {
                *unserved = unserved.saturating_sub(1);
            }
            if let Some(unserved) = self.unserved.get_mut(left) {
                *unserved += 1;
            }
        }
    }

    fn change(&mut self, supply: usize, group: usize, by: i32) {
        let given = self
            .supplies
            .get_mut(supply)
            .and_then(|supply| supply.given.get_mut(group));
        if let Some(given) = given {
            *given = given.saturating_add_signed(by);
        }
    }
}

/// A group on a path, and the supply that hands it over.
#[derive(Debug, Clone, Copy)]
struct Step {
    group: usize,
    to: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unserved(shares: &Shares) -> Vec<u32> {
        shares.unserved.clone()
    }

    #[test]
    fn executors_are_shared_out_anew_where_that_serves_more() {
        let mut shares = Shares::new([1, 1]);
        let any = shares.supply([0, 1]);
        shares.grow(any, 1, &[]);
        assert_eq!(unserved(&shares), [0, 1]);
        let picky = shares.supply([0]);
        shares.grow(picky, 1, &[]);
        assert_eq!(
            unserved(&shares),
            [0, 0],
            "the first supply goes on to the other group"
        );
        assert!(!shares.shrink(picky, 1));
        assert_eq!(unserved(&shares), [0, 0]);
    }

    #[test]
    fn what_others_can_take_over_may_go() {
        let mut shares = Shares::new([2]);
        let (old, new) = (shares.supply([0]), shares.supply([0]));
        shares.grow(old, 1, &[]);
        shares.grow(new, 2, &[]);
        assert!(shares.shrink(old, 1), "the new one alone is enough");
        assert!(!shares.shrink(new, 1));
        assert_eq!(unserved(&shares), [0]);
    }

    #[test]
    fn the_unserved_builds_can_be_others() {
        let mut shares = Shares::new([1, 0, 1]);
        let supply = shares.supply([0, 2]);
        shares.grow(supply, 1, &[0]);
        assert_eq!(unserved(&shares), [0, 0, 1]);
        shares.prefer_unserved(|group| group == 0);
        assert_eq!(unserved(&shares), [1, 0, 0]);
    }

    /// Every way to serve, one executor after another.
    fn best(builds: &mut [u32], executors: &[Vec<usize>]) -> u32 {
        let Some((first, rest)) = executors.split_first() else {
            return 0;
        };
        let mut most = best(builds, rest);
        for &group in first {
            if builds[group] > 0 {
                builds[group] -= 1;
                most = most.max(1 + best(builds, rest));
                builds[group] += 1;
            }
        }
        most
    }

    fn supplies() -> impl Strategy<Value = Vec<(u32, Vec<usize>)>> {
        prop::collection::vec((0u32..3, prop::collection::vec(0usize..3, 0..3)), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn as_many_builds_are_served_as_can_be(
            mut builds in prop::collection::vec(0u32..4, 3),
            supplies in supplies(),
            drop in 0usize..4,
        ) {
            let mut shares = Shares::new(builds.clone());
            let mut single = Vec::new();
            for (executors, serves) in &supplies {
                let number = shares.supply(serves.clone());
                shares.grow(number, *executors, &[]);
                let mut serves = serves.clone();
                serves.sort_unstable();
                serves.dedup();
                single.extend(std::iter::repeat_n(serves, *executors as usize));
            }
            let served = builds.iter().sum::<u32>() - unserved(&shares).iter().sum::<u32>();
            prop_assert_eq!(served, best(&mut builds, &single));

            // one that is taken away was needed, or the same number is served without it
            if let Some((executors, _)) = supplies.get(drop) {
                let before: u32 = supplies[..drop].iter().map(|(executors, _)| *executors).sum();
                single.drain(before as usize..(before + executors) as usize);
                let without = best(&mut builds, &single);
                prop_assert_eq!(shares.shrink(drop, *executors), without == served);
                let served = builds.iter().sum::<u32>() - unserved(&shares).iter().sum::<u32>();
                prop_assert_eq!(served, best(&mut builds, &single).max(served));
            }
            for supply in &shares.supplies {
                prop_assert!(supply.given.iter().sum::<u32>() <= supply.executors);
                for (group, given) in supply.given.iter().enumerate() {
                    prop_assert!(*given == 0 || supply.serves.contains(&group));
                }
            }
        }
    }
}
