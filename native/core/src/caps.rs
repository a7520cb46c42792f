//! Whether one agent more is within what a cloud or a template may have at once.

use crate::config::Limits;
use crate::scalar::Scalar;

/// What there is, or what an agent takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    pub(crate) agents: u32,
    pub(crate) cpus: Scalar,
    pub(crate) mem: Scalar,
}

/// A cap that has no room for one more agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The field's name in the configuration.
    pub(crate) field: &'static str,
    /// Completes «maxAgents of the cloud is …».
    pub(crate) message: String,
}

impl Usage {
    /// That of one agent.
    pub(crate) fn of(cpus: Scalar, mem: Scalar) -> Self {
        Self { agents: 1, cpus, mem }
    }

    pub(crate) fn add(&mut self, other: Usage) {
        self.agents = self.agents.saturating_add(other.agents);
        self.cpus += other.cpus;
        self.mem += other.mem;
    }

    pub(crate) fn subtract(&mut self, other: Usage) {
        self.agents = self.agents.saturating_sub(other.agents);
        self.cpus -= other.cpus;
        self.mem -= other.mem;
    }
}

/// The first cap that `more` would exceed beside what is `there`.
pub(crate) fn broken(caps: &Limits, there: Usage, more: Usage) -> Option<Broken> {
    let agents = there.agents.saturating_add(more.agents);
    if let Some(most) = caps.agents.filter(|most| agents > *most) {
        let there = there.agents;
        return Some(Broken {
            field: "maxAgents",
            message: format!("{most}, and there are {there}: wait for one to end or raise it"),
        });
    }
    let over = |field, most: Option<Scalar>, there: Scalar, needs: Scalar, unit| {
        let most = most.filter(|most| there + needs > *most)?;
        Some(Broken {
            field,
            message: format!(
                "{most}{unit}, {there} are taken and one more agent needs {needs}: wait for one to end or raise it"
            ),
        })
    };
    over("maxCpus", caps.cpus, there.cpus, more.cpus, "")
        .or_else(|| over("maxMem", caps.mem, there.mem, more.mem, " MB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_that_binds_is_named_with_its_numbers() {
        let of = Scalar::from_milli;
        let caps = Limits {
            agents: Some(2),
            cpus: Some(of(1500)),
            mem: Some(of(1_000_000)),
        };
        let look = |agents, cpus, mem| {
            let there = Usage {
                agents,
                cpus: of(cpus),
                mem: of(mem),
            };
            broken(&caps, there, Usage::of(of(500), of(256_000)))
        };
        assert_eq!(look(1, 1000, 744_000), None);
        assert_eq!(look(2, 0, 0).unwrap().field, "maxAgents");
        assert_eq!(look(1, 1001, 0).unwrap().field, "maxCpus");
        let mem = look(1, 0, 800_000).unwrap();
        assert_eq!(mem.field, "maxMem");
        assert_eq!(
            mem.message,
            "1000 MB, 800 are taken and one more agent needs 256: wait for one to end or raise it"
        );
    }
}
