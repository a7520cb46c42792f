//! Calls, events and writes as one line of a trace.

use mesos_core::Write;
use mesos_wire::{Call, Event};

pub(crate) fn call(call: &Call) -> String {
    let mut text = format!("{:?}", call.r#type());
    if let Some(accept) = &call.accept {
        let tasks: Vec<&str> = accept
            .operations
            .iter()
            .filter_map(|operation| operation.launch.as_ref())
            .flat_map(|launch| &launch.task_infos)
            .map(|task| task.task_id.value.as_str())
            .collect();
        let offers: Vec<&str> = accept.offer_ids.iter().map(|id| id.value.as_str()).collect();
        text += &format!(" {offers:?} for {tasks:?}");
    }
    if let Some(decline) = &call.decline {
        let offers: Vec<&str> = decline.offer_ids.iter().map(|id| id.value.as_str()).collect();
        let seconds = decline.filters.as_ref().map(|filters| filters.refuse_seconds());
        text += &format!(" {offers:?} for {seconds:?} s");
    }
    if let Some(kill) = &call.kill {
        text += &format!(" {}", kill.task_id);
    }
    if let Some(ack) = &call.acknowledge {
        text += &format!(" {}", ack.task_id);
    }
    if let Some(reconcile) = &call.reconcile {
        let tasks: Vec<&str> = reconcile
            .tasks
            .iter()
            .map(|task| task.task_id.value.as_str())
            .collect();
        text += &format!(" {tasks:?}");
    }
    text
}

pub(crate) fn event(event: &Event) -> String {
    let mut text = format!("{:?}", event.r#type());
    if let Some(subscribed) = &event.subscribed {
        text += &format!(" as {}", subscribed.framework_id);
    }
    if let Some(offers) = &event.offers {
        let offers: Vec<&str> = offers.ids().collect();
        text += &format!(" {offers:?}");
    }
    if let Some(update) = &event.update {
        let status = &update.status;
        let known = if status.uuid.is_some() {
            ""
        } else {
            " without uuid"
        };
        text += &format!(" {} {}{known}", status.task_id, status.state().as_str_name());
    }
    if let Some(rescind) = &event.rescind {
        text += &format!(" {}", rescind.offer_id);
    }
    if let Some(error) = &event.error {
        text += &format!(" {}", error.message);
    }
    text
}

pub(crate) fn writes(writes: &[Write]) -> String {
    let brief: Vec<String> = writes
        .iter()
        .map(|write| match write {
            Write::PutTask(row) => {
                let ending = row.ending.as_ref().map(|ending| ending.state.as_str());
                format!(
                    "{}={} ended {ending:?} released {:?}",
                    row.name, row.phase, row.released
                )
            }
            Write::DeleteTask(name) => format!("{name} deleted"),
            other => format!("{other:?}"),
        })
        .collect();
    brief.join(", ")
}
