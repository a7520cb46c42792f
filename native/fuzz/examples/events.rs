//! Writes the corpus of the target `event`, which no one can type: `cargo run -p mesos-fuzz --example events`.

use std::path::Path;
use std::time::Duration;

use mesos_wire::resource::AllocationInfo;
use mesos_wire::{
    Event, InverseOffer, MasterInfo, Message as _, Offer, Resource, TaskState, TaskStatus, value,
};

const HEARTBEAT: Duration = Duration::from_secs(15);

fn record(event: &Event, seconds: u8) -> Vec<u8> {
    let bytes = event.encode_to_vec();
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes();
    [&length, &[seconds][..], &bytes].concat()
}

fn scalar(name: &str, value: f64) -> Resource {
    Resource {
        name: name.to_owned(),
        r#type: value::Type::Scalar.into(),
        scalar: Some(value::Scalar { value }),
        allocation_info: Some(AllocationInfo {
            role: Some("ci".to_owned()),
        }),
        ..Resource::default()
    }
}

fn ports(begin: u64, end: u64) -> Resource {
    Resource {
        name: "ports".to_owned(),
        r#type: value::Type::Ranges.into(),
        ranges: Some(value::Ranges {
            range: vec![value::Range { begin, end }],
        }),
        scalar: None,
        ..scalar("ports", 0.0)
    }
}

fn offer(id: &str, agent: &str) -> Offer {
    Offer {
        id: id.into(),
        framework_id: "f-1".into(),
        agent_id: agent.into(),
        hostname: format!("{agent}.example"),
        resources: vec![scalar("cpus", 2.0), scalar("mem", 512.0), ports(31_000, 31_010)],
        allocation_info: Some(AllocationInfo {
            role: Some("ci".to_owned()),
        }),
        ..Offer::default()
    }
}

fn update(name: &str, state: TaskState, uuid: u8) -> Event {
    Event::update(TaskStatus {
        task_id: name.into(),
        agent_id: Some("agent-a".into()),
        state: state.into(),
        uuid: (uuid > 0).then(|| vec![uuid; 16]),
        ..TaskStatus::default()
    })
}

fn main() -> std::io::Result<()> {
    let begin = record(
        &Event::subscribed("f-1".into(), HEARTBEAT, MasterInfo::default()),
        0,
    );
    let offers = record(
        &Event::offers(vec![offer("o-1", "agent-a"), offer("o-2", "agent-b")]),
        1,
    );
    let launched = [begin.clone(), offers].concat();
    let states = |names: &[(&str, TaskState, u8)]| -> Vec<u8> {
        names
            .iter()
            .flat_map(|(name, state, uuid)| record(&update(name, *state, *uuid), 2))
            .collect()
    };
    use TaskState::*;
    let lives = states(&[
        ("a-1", TaskStaging, 1),
        ("a-1", TaskStarting, 2),
        ("a-1", TaskRunning, 3),
        ("a-1", TaskRunning, 3),
        ("a-1", TaskUnreachable, 0),
        ("a-1", TaskRunning, 0),
        ("a-1", TaskKilling, 4),
        ("a-1", TaskKilled, 5),
        ("a-1", TaskRunning, 3),
    ]);
    let ends = states(&[
        ("a-1", TaskFinished, 1),
        ("a-2", TaskFailed, 2),
        ("a-2", TaskFailed, 2),
        ("a-3", TaskDropped, 0),
        ("a-4", TaskError, 0),
        ("x-1", TaskRunning, 7),
        ("x-2", TaskGone, 8),
        ("x-3", TaskUnknown, 0),
        ("x-1", TaskGoneByOperator, 0),
        ("x-1", TaskLost, 9),
    ]);
    let odd = [
        Event::heartbeat(),
        Event::rescind("o-1".into()),
        Event::rescind("never".into()),
        Event::inverse_offers(vec![InverseOffer::default()]),
        Event::failure("agent-a".into(), None, None),
        Event::default(),
        Event::error("Framework has been removed"),
    ];
    let odd: Vec<u8> = odd.iter().flat_map(|event| record(event, 20)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/event");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("begin"), &begin)?;
    std::fs::write(folder.join("lives"), [launched.clone(), lives].concat())?;
    std::fs::write(folder.join("ends"), [launched.clone(), ends].concat())?;
    std::fs::write(folder.join("odd"), [launched, odd].concat())
}
