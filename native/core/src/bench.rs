//! What `cargo xtask bench driver` needs of the core besides (the feature `bench`); no part of the product.

use crate::config::Config;
use mesos_wire::{CommandInfo, Message, TaskInfo};
use serde::Deserialize;

/// Makes our driver do what the peer does, so that both can be measured on one cluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Bench {
    /// Seconds for which every offer is refused; default none: as long as usual.
    pub refuse_seconds: Option<f64>,
    /// The command of an executor that serves all tasks of a Mesos agent; default none: each task is a command.
    pub executor: Option<String>,
}

/// `ExecutorInfo` as far as it is used here: field 1 is the id (`ExecutorID`, whose field 1 is the value), 7 the command.
const ID: u8 = 1 << 3 | 2;
const COMMAND: u8 = 7 << 3 | 2;

impl Bench {
    /// How long what is refused stays away.
    pub(crate) fn refusal(config: &Config, usual: f64) -> f64 {
        config.bench.refuse_seconds.unwrap_or(usual)
    }

    /// Gives tasks their executor.
    pub(crate) fn prepare(config: &Config, tasks: &mut [TaskInfo]) {
        let Some(executor) = &config.bench.executor else {
            return;
        };
        let info = executor_info(executor);
        for task in tasks {
            task.command = None;
            task.executor = Some(info.clone());
        }
    }
}

fn executor_info(executor: &str) -> Vec<u8> {
    let name = b"bench";
    let command = CommandInfo {
        value: Some(executor.to_owned()),
        ..CommandInfo::default()
    }
    .encode_length_delimited_to_vec();
    let mut info = vec![ID, name.len() as u8 + 2, ID, name.len() as u8];
    info.extend_from_slice(name);
    info.push(COMMAND);
    info.extend(command);
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executor_is_written_as_mesos_reads_it() {
        let info = executor_info("sh");
        assert_eq!(info[..11], [10, 7, 10, 5, b'b', b'e', b'n', b'c', b'h', 58, 4]);
        let command = CommandInfo::decode_length_delimited(&info[10..]).unwrap();
        assert_eq!(command.value.as_deref(), Some("sh"));
    }
}
