//! Makes cases from a seed. The same seed gives the same file on every machine and in every language: the numbers come
//! from xorshift64*.

use std::fmt::Write as _;

/// What the case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Hosts half full, tasks of 0.1 to 4 CPUs and 128 MB to 4 GB.
    Mixed,
    /// Hosts half full, and each task needs more than any of them has free.
    NothingFits,
    /// Small tasks, and a last one that needs the only empty host as a whole.
    Whale,
    /// As mixed, with ten ports on each host and one to three needed by each task, whichever.
    Ports,
    /// As ports, with tasks that need one certain port of those ten.
    FixedPorts,
    /// Hosts with hardly anything free, tasks as in mixed: few fit.
    Full,
}

impl Kind {
    /// By the name on the command line.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "mixed" => Self::Mixed,
            "nothing-fits" => Self::NothingFits,
            "whale" => Self::Whale,
            "ports" => Self::Ports,
            "fixed-ports" => Self::FixedPorts,
            "full" => Self::Full,
            _ => return None,
        })
    }
}

struct Numbers(u64);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// Of each host: tenths of a CPU, and MB.
const CPUS: u64 = 80;
const MEM: u64 = 32_768;
const FIRST_PORT: u64 = 31_000;
const PORTS: u64 = 10;

/// The file's text; its format stands at [`Case`](crate::case::Case).
pub(crate) fn generate(kind: Kind, seed: u64, hosts: u32, tasks: u32) -> String {
    let mut numbers = Numbers::new(seed);
    let mut text = format!("# seed {seed}, {hosts} hosts, {tasks} tasks\n");
    for host in 0..hosts {
        let (cpus, mem) = match kind {
            // the only empty one, in the middle
            Kind::Whale if host == hosts / 2 => (0, 0),
            Kind::Full => (CPUS - 1 - numbers.below(5), MEM - 64 * (1 + numbers.below(8))),
            _ => (20 + numbers.below(41), 8_192 + 128 * numbers.below(129)),
        };
        let zone = numbers.below(10);
        let ports = match kind {
            Kind::Ports | Kind::FixedPorts => format!("\t{FIRST_PORT}-{}", FIRST_PORT + PORTS - 1),
            _ => String::new(),
        };
        line(
            &mut text,
            &format!(
                "H\th{host:05}\t{}\t{MEM}\t{}\t{mem}\tz{zone}{ports}",
                tenths(CPUS),
                tenths(cpus)
            ),
        );
    }
    for task in 0..tasks {
        let (cpus, mem) = match kind {
            Kind::NothingFits => (61 + numbers.below(20), 128 + numbers.below(3_969)),
            Kind::Whale if task + 1 == tasks => (CPUS, MEM),
            Kind::Whale => (1 + numbers.below(4), 64 + numbers.below(193)),
            _ => (1 + numbers.below(40), 128 + numbers.below(3_969)),
        };
        let zone = match kind {
            Kind::Whale if task + 1 == tasks => 0,
            _ => numbers.below(10),
        };
        let ports = match kind {
            Kind::Ports => format!("\t{}", 1 + numbers.below(3)),
            Kind::FixedPorts => format!("\t={}", FIRST_PORT + numbers.below(PORTS)),
            _ => String::new(),
        };
        line(
            &mut text,
            &format!("T\tt{task:05}\t{}\t{mem}\tz{zone}{ports}", tenths(cpus)),
        );
    }
    text
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn line(text: &mut String, line: &str) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a.
    fn sum(text: &str) -> u64 {
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
    }

    #[test]
    fn the_files_are_those_that_the_peer_was_measured_with_before() {
        let text = generate(Kind::Mixed, 42, 200, 200);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "# seed 42, 200 hosts, 200 tasks");
        assert_eq!(lines[1], "H\th00000\t8.0\t32768\t2.2\t19072\tz9");
        assert_eq!(sum(&text), SUM_200, "{:#x}", sum(&text));
    }

    /// Of the file of that time.
    const SUM_200: u64 = 0x41b8_211c_4553_5a7a;

    #[test]
    fn the_whale_fits_on_one_host_only() {
        let text = generate(Kind::Whale, 42, 50, 20);
        let empty = text
            .lines()
            .filter(|line| line.contains("\t8.0\t32768\t0.0\t0\t"));
        assert_eq!(empty.count(), 1);
        assert!(
            text.lines()
                .last()
                .unwrap()
                .starts_with("T\tt00019\t8.0\t32768\t")
        );
    }

    #[test]
    fn in_the_case_where_nothing_fits_each_task_needs_more_than_a_host_can_have_free() {
        let text = generate(Kind::NothingFits, 42, 100, 100);
        for line in text.lines().filter(|line| line.starts_with('T')) {
            let cpus: f64 = line.split('\t').nth(2).unwrap().parse().unwrap();
            assert!(cpus > 6.0 && cpus <= 8.0, "{line}");
        }
    }
}
