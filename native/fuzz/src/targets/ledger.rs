//! Any lines as the records of tasks that a ledger held: each is refused, or written as it was read; and with those that
//! were read a framework starts and goes on.

use mesos_core::{Config, Restored, TaskRecord};
use mesos_wire::{Event, MasterInfo};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::shape::{about, shape, words};
use crate::stage::Stage;

/// Lines beyond these are not read.
const ROWS: usize = 20;

pub(crate) fn run(input: &[u8]) -> u64 {
    let (mut tasks, mut problems) = (BTreeMap::new(), Vec::new());
    for line in input.split(|byte| *byte == b'\n').take(ROWS) {
        let row: TaskRecord = match serde_json::from_slice(line) {
            Ok(row) => row,
            Err(error) => {
                problems.push(words(&error.to_string()));
                continue;
            }
        };
        let written = serde_json::to_string(&row);
        assert!(
            written
                .is_ok_and(|text| serde_json::from_str::<TaskRecord>(&text).is_ok_and(|again| again == row)),
            "a row changes by writing: {row:?}"
        );
        // The store has one row of a name.
        tasks.insert(row.name.clone(), row);
    }
    let owned: Vec<&str> = tasks.keys().step_by(2).map(|name| name.as_str()).collect();
    let json = serde_json::json!({"v": 1, "master": "master:5050", "owned": owned});
    let Ok(config) = serde_json::from_value::<Config>(json) else {
        panic!("the target's own configuration cannot be read");
    };
    let rows = tasks.len();
    let mut stage = Stage::new(
        config,
        Restored {
            framework_id: Some("f-1".to_owned()),
            registration: None,
            tasks: tasks.into_values().collect(),
        },
    );
    let master = MasterInfo::default();
    stage.event(Event::subscribed(
        "f-1".to_owned().into(),
        Duration::from_secs(3_600),
        master,
    ));
    stage.pass(3_600);
    problems.truncate(3);
    shape((about(rows), problems, stage.shape()))
}
