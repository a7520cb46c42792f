//! Any records as events of the stream, one after the other: decoded or refused; encoded again they are the same; and
//! whatever they say, the framework goes on.
//!
//! A record is preceded by three bytes: its length, lower byte first, and how many seconds pass after it.

use mesos_core::{Config, Restored};
use mesos_wire::{Event, Message as _};

use crate::shape::{about, shape};
use crate::stage::Stage;

/// More than these are not read.
const RECORDS: usize = 40;

fn config() -> Option<Config> {
    serde_json::from_value(serde_json::json!({
        "v": 1, "cloudId": "fuzz", "master": "master:5050", "role": "ci,*", "user": "jenkins", "owned": ["a-2"],
        "templates": [
            {"label": "small", "cpus": 0.25, "mem": 64, "executorCpus": 0.1, "executorMem": 16},
            {"label": "picky", "cpus": 0.5, "mem": 64, "attributes": {"rack": "a"}, "constraints": "unique per host"},
            {"label": "ported", "cpus": 0.25, "mem": 64, "container": {"image": "agent",
                "portMappings": [{"containerPort": 80}, {"containerPort": 53, "hostPort": 31005, "protocol": "udp"}]}},
        ],
    }))
    .ok()
}

pub(crate) fn run(input: &[u8]) -> u64 {
    let Some(config) = config() else {
        panic!("the target's own configuration cannot be read");
    };
    let mut stage = Stage::new(config, Restored::default());
    for (name, label) in [
        ("a-1", "small"),
        ("a-2", "small"),
        ("a-3", "picky"),
        ("a-4", "ported"),
    ] {
        assert!(stage.submit(name, label, 1), "{name} is refused");
    }
    let (mut rest, mut good, mut bad) = (input, 0, 0);
    for _ in 0..RECORDS {
        let [low, high, seconds, records @ ..] = rest else {
            break;
        };
        let (record, next) =
            records.split_at(records.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        rest = next;
        let Ok(event) = Event::decode(record) else {
            bad += 1;
            continue;
        };
        let encoded = event.encode_to_vec();
        let again = Event::decode(encoded.as_slice()).map(|event| event.encode_to_vec());
        // Compared as bytes: a NaN among the doubles is not equal to itself.
        assert!(
            again.is_ok_and(|again| again == encoded),
            "an event changes by encoding"
        );
        good += 1;
        stage.event(event);
        stage.pass(u64::from(*seconds));
    }
    stage.pass(3_600);
    shape((about(good), about(bad), stage.shape()))
}
