//! Cases as files.

use std::fs;
use std::path::{Path, PathBuf};

use mesos_core::Scalar;

/// Hosts and tasks, which are to be placed in their order. Tab separated lines; `#` starts a comment line.
///
/// ```text
/// H  host  cpus_total  mem_mb_total  cpus_used  mem_mb_used  zone  [first_port-last_port]
/// T  task  cpus  mem_mb  zone  [ports]
/// ```
///
/// A host's offer is what is not used, and its ports. `ports` is a number: that many, whichever; or `=` and a port: that
/// one. A task's zone is a constraint in the mode `constraint` only.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) hosts: Vec<Host>,
    pub(crate) tasks: Vec<Task>,
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) cpus: Scalar,
    pub(crate) mem: Scalar,
    pub(crate) cpus_used: Scalar,
    pub(crate) mem_used: Scalar,
    pub(crate) zone: String,
    /// Both ends belong to it.
    pub(crate) ports: Option<(u64, u64)>,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) cpus: Scalar,
    pub(crate) mem: Scalar,
    pub(crate) zone: String,
    /// `None`: any port.
    pub(crate) ports: Vec<Option<u32>>,
}

/// Why a file is no case.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaseError {
    /// It cannot be read.
    #[error("reading {}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// A line makes no sense.
    #[error("{}: not understood: {line}", path.display())]
    Line { path: PathBuf, line: String },
}

impl Case {
    pub(crate) fn read(path: &Path) -> Result<Self, CaseError> {
        let text = fs::read_to_string(path).map_err(|source| CaseError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::of(&text).map_err(|line| CaseError::Line {
            path: path.to_owned(),
            line,
        })
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// The first line that makes no sense.
    pub(crate) fn of(text: &str) -> Result<Self, String> {
        let mut case = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            case.take(line).ok_or_else(|| line.to_owned())?;
        }
        Ok(case)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["H", name, cpus, mem, cpus_used, mem_used, zone, rest @ ..] => self.hosts.push(Host {
                name: (*name).to_owned(),
                cpus: amount(cpus)?,
                mem: amount(mem)?,
                cpus_used: amount(cpus_used)?,
                mem_used: amount(mem_used)?,
                zone: (*zone).to_owned(),
                ports: match rest.first() {
                    Some(range) => {
                        let (first, last) = range.split_once('-')?;
                        Some((first.parse().ok()?, last.parse().ok()?))
                    }
                    None => None,
                },
            }),
            ["T", name, cpus, mem, zone, rest @ ..] => self.tasks.push(Task {
                name: (*name).to_owned(),
                cpus: amount(cpus)?,
                mem: amount(mem)?,
                zone: (*zone).to_owned(),
                ports: match rest.first() {
                    Some(ports) => match ports.strip_prefix('=') {
                        Some(port) => vec![Some(port.parse().ok()?)],
                        None => vec![None; ports.parse().ok()?],
                    },
                    None => Vec::new(),
                },
            }),
            _ => return None,
        }
        Some(())
    }
}

fn amount(text: &str) -> Option<Scalar> {
    Scalar::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::{Kind, generate};

    #[test]
    fn what_is_generated_can_be_read() {
        for kind in [Kind::Mixed, Kind::Ports, Kind::FixedPorts, Kind::Full] {
            let mut case = Case::default();
            for line in generate(kind, 7, 30, 20).lines().skip(1) {
                case.take(line).unwrap();
            }
            assert_eq!((case.hosts.len(), case.tasks.len()), (30, 20), "{kind:?}");
            for host in &case.hosts {
                assert!(host.cpus > host.cpus_used && host.mem > host.mem_used, "{host:?}");
            }
        }
    }

    #[test]
    fn ports_are_a_number_of_any_or_a_certain_one() {
        let mut case = Case::default();
        case.take("T\tt\t0.1\t10\tz1\t2").unwrap();
        case.take("T\tt\t0.1\t10\tz1\t=31001").unwrap();
        case.take("H\th\t1.5\t10\t0.3\t1\tz1\t31000-31009").unwrap();
        assert_eq!(case.tasks[0].ports, [None, None]);
        assert_eq!(case.tasks[1].ports, [Some(31_001)]);
        assert_eq!(case.hosts[0].ports, Some((31_000, 31_009)));
        assert!(case.take("T\tt\tmany\t10\tz1").is_none());
        assert!(case.take("X").is_none());
    }
}
