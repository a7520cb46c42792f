use super::*;
use crate::amount::Amount;
use crate::scalar::Scalar;
use proptest::prelude::*;

fn amounts(cpus: i64, mem: i64) -> Amount {
    Amount::new(Scalar::from_milli(cpus), Scalar::from_milli(mem))
}

fn want(cpus: i64, mem: i64, class: u32) -> Want {
    Want {
        need: amounts(cpus, mem),
        class,
        ..Want::default()
    }
}

fn board(hosts: &[(i64, i64)]) -> Board {
    let mut board = Board::default();
    for (cpus, mem) in hosts {
        let host = board.add();
        board.set(host, amounts(*cpus, *mem), amounts(8000, 8000));
    }
    board
}

fn place(board: &mut Board, wants: &[Want], policy: Policy) -> Vec<Option<HostId>> {
    board.set_policy(policy);
    board.place(wants, &mut Thirds).0
}

struct Thirds;

impl Rules for Thirds {
    fn allowed(&self, class: u32, host: HostId) -> bool {
        allowed(class, host)
    }
}

/// Class 0 goes anywhere, class n only to hosts whose index leaves n - 1 when divided by three.
fn allowed(class: u32, host: HostId) -> bool {
    class == 0 || host.index() % 3 == class as usize - 1
}

/// The most CPUs that any placement of all of `wants` gives, by trying every one.
fn optimum(free: &mut [Amount], wants: &[Want]) -> i64 {
    let Some((first, rest)) = wants.split_first() else {
        return 0;
    };
    let mut best = optimum(free, rest);
    for host in 0..free.len() {
        if free[host].holds(first.need) && allowed(first.class, HostId(host as u32)) {
            free[host] = free[host].minus(first.need);
            best = best.max(first.need.cpus.as_milli() + optimum(free, rest));
            free[host] = free[host].plus(first.need);
        }
    }
    best
}

fn cpus_placed(wants: &[Want], placed: &[Option<HostId>]) -> i64 {
    wants
        .iter()
        .zip(placed)
        .filter(|(_, host)| host.is_some())
        .map(|(want, _)| want.need.cpus.as_milli())
        .sum()
}

prop_compose! {
    fn hosts(most: usize)(hosts in prop::collection::vec((0i64..8000, 0i64..8000), 1..most)) -> Vec<(i64, i64)> { hosts }
}

prop_compose! {
    fn wants(most: usize)(wants in prop::collection::vec((1i64..4000, 1i64..4000, 0u32..4), 1..most)) -> Vec<Want> {
        wants.into_iter().map(|(cpus, mem, rule)| want(cpus, mem, rule)).collect()
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Pack), Just(Policy::Spread), Just(Policy::Balanced)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_given_twice_and_what_fits_is_placed(
        hosts in hosts(30), wants in wants(60), policy in policies(),
    ) {
        let mut board = board(&hosts);
        let placed = place(&mut board, &wants, policy);
        let mut left: Vec<Amount> = hosts.iter().map(|(cpus, mem)| amounts(*cpus, *mem)).collect();
        for (want, host) in wants.iter().zip(&placed) {
            if let Some(host) = host {
                prop_assert!(allowed(want.class, *host));
                left[host.index()] = left[host.index()].minus(want.need);
            }
        }
        for (index, free) in left.iter().enumerate() {
            prop_assert!(free.holds(Amount::ZERO), "host {index} is overfull: {free:?}");
            prop_assert_eq!(*free, board.free(HostId(index as u32)));
        }
        for (want, _) in wants.iter().zip(&placed).filter(|(_, host)| host.is_none()) {
            for (index, free) in left.iter().enumerate() {
                prop_assert!(!(free.holds(want.need) && allowed(want.class, HostId(index as u32))),
                    "{want:?} would fit on host {index}");
            }
        }
    }

    #[test]
    fn a_board_that_changed_bit_by_bit_answers_as_a_new_one(
        hosts in hosts(40), changes in prop::collection::vec((0usize..40, 0i64..8000, 0i64..8000, any::<bool>()), 0..12),
        wants in wants(30),
    ) {
        let mut changed = board(&hosts);
        changed.put_in_order();
        let mut now: Vec<Option<(i64, i64)>> = hosts.iter().copied().map(Some).collect();
        for (index, cpus, mem, gone) in changes {
            let index = index % hosts.len();
            if now[index].is_some() {
                if gone {
                    changed.withdraw(HostId(index as u32));
                    now[index] = None;
                } else {
                    changed.set(HostId(index as u32), amounts(cpus, mem), amounts(8000, 8000));
                    now[index] = Some((cpus, mem));
                }
                changed.put_in_order();
            }
        }
        let mut fresh = Board::default();
        for host in &now {
            let (cpus, mem) = host.unwrap_or((0, 0));
            let host = fresh.add();
            fresh.set(host, amounts(cpus, mem), amounts(8000, 8000));
        }
        for (index, host) in now.iter().enumerate() {
            if host.is_none() {
                fresh.withdraw(HostId(index as u32));
            }
        }
        prop_assert_eq!(
            place(&mut changed, &wants, Policy::Pack),
            place(&mut fresh, &wants, Policy::Pack)
        );
    }
}

#[test]
fn small_cases_come_within_a_hundredth_of_the_best() {
    let mut state = 42u64;
    let mut random = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound) as i64
    };
    let (mut ours, mut best) = (0, 0);
    for _ in 0..400 {
        let hosts: Vec<(i64, i64)> = (0..3).map(|_| (random(60) * 100, random(60) * 100)).collect();
        let wants: Vec<Want> = (0..7)
            .map(|_| want(100 + random(40) * 100, 100 + random(30) * 100, random(4) as u32))
            .collect();
        let mut free: Vec<Amount> = hosts.iter().map(|(cpus, mem)| amounts(*cpus, *mem)).collect();
        best += optimum(&mut free, &wants);
        ours += cpus_placed(&wants, &place(&mut board(&hosts), &wants, Policy::Pack));
    }
    assert!(ours * 100 >= best * 99, "{ours} of {best}");
}

#[test]
fn whole_machines_stay_free_while_others_have_room() {
    let mut board = board(&[(8000, 8000), (5000, 5000), (3000, 3000)]);
    let placed = place(
        &mut board,
        &[want(1000, 1000, 0), want(1000, 1000, 0)],
        Policy::Pack,
    );
    assert_eq!(placed, [Some(HostId(1)), Some(HostId(1))]);
}

#[test]
fn spreading_takes_the_emptiest_host_each_time() {
    let mut board = board(&[(6000, 6000), (5500, 5500), (3000, 3000)]);
    let placed = place(&mut board, &[want(1000, 1000, 0); 3], Policy::Spread);
    assert_eq!(placed, [Some(HostId(0)), Some(HostId(1)), Some(HostId(0))]);
}

#[test]
fn balance_keeps_cpus_and_memory_in_proportion() {
    let mut board = board(&[(6000, 2000), (6000, 7000)]);
    let placed = place(
        &mut board,
        &[want(4000, 100, 0), want(100, 3000, 0)],
        Policy::Balanced,
    );
    assert_eq!(placed, [Some(HostId(0)), Some(HostId(1))]);
}
