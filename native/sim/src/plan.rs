//! What happens in a run, drawn from its seed before it starts, so that a failing one can be made smaller.

use crate::faults::Fault;
use crate::master::Millis;
use crate::rng::Rng;
use crate::stock::Stock;
use crate::supply::Caps;
use crate::tamper::Tamper;

/// A whole run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// For everything that is left to chance during the run.
    pub seed: u64,
    /// The framework's role.
    pub role: String,
    /// Seconds; see the configuration.
    pub failover_timeout: u64,
    /// Seconds; see the configuration.
    pub launch_timeout: u64,
    /// Seconds; see the configuration.
    pub decline: u64,
    /// Whether the framework is registered on demand only.
    pub on_demand: bool,
    /// Of a hundred tasks, how many fail, finish or hang by themselves.
    pub misfortune: u64,
    /// The cluster at the beginning: what each agent has, and its rack.
    pub agents: Vec<(Stock, &'static str)>,
    /// What Jenkins does.
    pub errands: Vec<(Millis, Errand)>,
    /// What goes wrong.
    pub faults: Vec<(Millis, Fault)>,
    /// From here on nothing goes wrong any more.
    pub calm_at: Millis,
    /// Most of the cloud, and most of each template; with them agents are asked for by review.
    pub caps: Option<(Caps, Caps)>,
    /// What the framework is made to do wrong.
    pub tamper: Option<Tamper>,
}

/// Something that Jenkins does. Agents are told apart by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A node is made and its agent asked for.
    Submit {
        /// Which agent.
        number: u32,
        /// Of which template.
        label: &'static str,
        /// With how many executors.
        executors: u32,
    },
    /// An agent is not needed any more.
    Release {
        /// Which agent.
        number: u32,
        /// Whether its node is deleted at once, or when `ended` comes.
        node_first: bool,
    },
    /// A node of an earlier life is deleted, and only the next configuration shows it.
    Forget {
        /// Which agent.
        number: u32,
    },
    /// The configuration is saved.
    Reconfigure,
}

/// Labels of the templates that every simulated cloud has, with the weight of each in a hundred.
const LABELS: [(&str, u64); 4] = [("small", 55), ("big", 25), ("racked", 15), ("huge", 5)];

/// The same and the template that wants ports.
pub(crate) const LABEL_NAMES: [&str; 5] = ["small", "big", "racked", "huge", "ported"];

/// Ports of an agent.
pub(crate) const PORTS: u32 = 8;

impl Plan {
    /// An uneventful run on agents with `cpus` CPUs and 16 GB each, to be filled by hand.
    pub fn quiet(agents: usize, cpus: i64) -> Self {
        Self {
            seed: 1,
            role: "ci".to_owned(),
            failover_timeout: 604_800,
            launch_timeout: 600,
            decline: 600,
            on_demand: false,
            misfortune: 0,
            agents: vec![
                (
                    Stock::plain(cpus * 1000, 16_384_000)
                        .disk(20_480_000)
                        .ports(PORTS),
                    "a"
                );
                agents
            ],
            errands: Vec::new(),
            faults: Vec::new(),
            calm_at: 0,
            caps: None,
            tamper: None,
        }
    }

    /// The run of a seed: that of its first faults, with others of later kinds in most seeds.
    pub fn from_seed(seed: u64) -> Self {
        let mut plan = Self::of_second_faults(seed);
        let mut rng = Rng::new(seed ^ 0x6e65_7765);
        if rng.chance(20) {
            plan.caps = Some((Caps::draw(&mut rng), Caps::draw(&mut rng)));
        }
        if rng.chance(50) {
            return plan;
        }
        for _ in 0..rng.between(1, 8) {
            let at = rng.between(0, plan.calm_at);
            plan.faults.push((at, Fault::draw_latest(&mut rng)));
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    /// The run of a seed without faults of the latest kinds, and without caps.
    pub fn of_second_faults(seed: u64) -> Self {
        let mut plan = Self::of_first_faults(seed);
        // Numbers of its own: a seed that is known for what it found finds it still by its first faults.
        let mut rng = Rng::new(seed ^ 0x6c61_7465);
        if rng.chance(30) {
            return plan;
        }
        for _ in 0..rng.between(1, 10) {
            let at = rng.between(0, plan.calm_at);
            plan.faults.push((at, Fault::draw_later(&mut rng)));
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    /// The run of a seed without faults of the kinds that were added later.
    pub fn of_first_faults(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let calm_at = rng.between(120_000, 2_400_000);
        let role = if rng.chance(30) { "*" } else { "ci" };
        let mut plan = Self {
            seed,
            role: role.to_owned(),
            failover_timeout: *rng.pick(&[45, 300, 604_800, 604_800]).unwrap_or(&604_800),
            launch_timeout: rng.between(60, 600),
            decline: *rng.pick(&[30, 600]).unwrap_or(&600),
            on_demand: Rng::new(seed ^ 0x6465_6d61).chance(35),
            misfortune: if rng.chance(50) { rng.between(1, 40) } else { 0 },
            agents: (0..rng.between(1, 5)).map(|_| agent(&mut rng)).collect(),
            errands: Vec::new(),
            faults: Vec::new(),
            calm_at,
            caps: None,
            tamper: None,
        };
        plan.draw_errands(&mut rng);
        let faults = match rng.below(4) {
            0 => 0,
            1 => rng.between(1, 4),
            _ => rng.between(2, 40),
        };
        for _ in 0..faults {
            let at = rng.between(0, calm_at);
            let fault = Fault::draw(&mut rng);
            plan.faults.push((at, fault));
        }
        plan.faults.sort_by_key(|(at, _)| *at);
        plan
    }

    fn draw_errands(&mut self, rng: &mut Rng) {
        for number in 0..u32::try_from(rng.between(1, 40)).unwrap_or(1) {
            let at = rng.between(0, self.calm_at * 3 / 4);
            let mut weight = rng.below(100);
            let label = LABELS
                .iter()
                .find(|(_, share)| {
                    let hit = weight < *share;
                    weight = weight.saturating_sub(*share);
                    hit
                })
                .map_or("small", |(label, _)| label);
            let executors = u32::try_from(rng.between(1, 3)).unwrap_or(1);
            self.errands.push((
                at,
                Errand::Submit {
                    number,
                    label,
                    executors,
                },
            ));
            let later = at + rng.between(1, 600_000);
            if later < self.calm_at {
                let errand = match rng.below(10) {
                    0 => Errand::Forget { number },
                    1..=4 => Errand::Release {
                        number,
                        node_first: true,
                    },
                    _ => Errand::Release {
                        number,
                        node_first: false,
                    },
                };
                self.errands.push((later, errand));
            }
        }
        for _ in 0..rng.below(3) {
            self.errands
                .push((rng.between(0, self.calm_at), Errand::Reconfigure));
        }
        // Numbers of its own, so that all else of a run stays as it was.
        let mut own = Rng::new(self.seed ^ 0x706f_7274);
        for (_, errand) in &mut self.errands {
            if let Errand::Submit { label, .. } = errand
                && *label == "small"
                && own.chance(25)
            {
                *label = "ported";
            }
        }
        self.errands.sort_by_key(|(at, _)| *at);
    }
}

fn agent(rng: &mut Rng) -> (Stock, &'static str) {
    let cpus = i64::try_from(rng.between(1, 8)).unwrap_or(1) * 1000;
    let mem = i64::try_from(rng.between(1, 16)).unwrap_or(1) * 1_024_000;
    let mut stock = Stock::plain(cpus, mem).disk(10_240_000).ports(PORTS);
    if rng.chance(30) {
        stock = stock.reserved(cpus / 2, mem / 2);
    }
    (stock, if rng.chance(50) { "a" } else { "b" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_plan_again() {
        let show = |seed| format!("{:?}", Plan::from_seed(seed));
        assert_eq!(show(7), show(7));
        assert_ne!(show(7), show(8));
    }

    #[test]
    fn everything_that_goes_wrong_does_so_before_the_calm() {
        for seed in 0..200 {
            let plan = Plan::from_seed(seed);
            assert!(plan.faults.iter().all(|(at, _)| *at <= plan.calm_at), "{seed}");
            assert!(plan.errands.iter().all(|(at, _)| *at <= plan.calm_at), "{seed}");
        }
    }
}
