//! Events as a master makes them; for tests and simulation.

use std::time::Duration;

use crate::generated::scheduler::{Event, event};
use crate::generated::{
    AgentId, ExecutorId, FrameworkId, InverseOffer, MasterInfo, Offer, OfferId, TaskStatus,
};

impl Event {
    fn of(kind: event::Type) -> Self {
        Self {
            r#type: Some(kind.into()),
            ..Self::default()
        }
    }

    /// The first event of a stream.
    #[must_use]
    pub fn subscribed(framework_id: FrameworkId, heartbeat: Duration, master_info: MasterInfo) -> Self {
        Self {
            subscribed: Some(event::Subscribed {
                framework_id,
                heartbeat_interval_seconds: Some(heartbeat.as_secs_f64()),
                master_info: Some(Box::new(master_info)),
            }),
            ..Self::of(event::Type::Subscribed)
        }
    }

    /// The master is there, and the stream is open.
    #[must_use]
    pub fn heartbeat() -> Self {
        Self::of(event::Type::Heartbeat)
    }

    /// New offers.
    #[must_use]
    pub fn offers(offers: Vec<Offer>) -> Self {
        Self {
            offers: Some(event::Offers::of(&offers)),
            ..Self::of(event::Type::Offers)
        }
    }

    /// The master wants resources back.
    #[must_use]
    pub fn inverse_offers(inverse_offers: Vec<InverseOffer>) -> Self {
        Self {
            inverse_offers: Some(event::InverseOffers { inverse_offers }),
            ..Self::of(event::Type::InverseOffers)
        }
    }

    /// An offer is no longer good.
    #[must_use]
    pub fn rescind(offer_id: OfferId) -> Self {
        Self {
            rescind: Some(event::Rescind { offer_id }),
            ..Self::of(event::Type::Rescind)
        }
    }

    /// An inverse offer is no longer good.
    #[must_use]
    pub fn rescind_inverse_offer(inverse_offer_id: OfferId) -> Self {
        Self {
            rescind_inverse_offer: Some(event::RescindInverseOffer { inverse_offer_id }),
            ..Self::of(event::Type::RescindInverseOffer)
        }
    }

    /// News of a task.
    #[must_use]
    pub fn update(status: TaskStatus) -> Self {
        Self {
            update: Some(event::Update {
                status: Box::new(status),
            }),
            ..Self::of(event::Type::Update)
        }
    }

    /// An agent was removed or, with an executor, that executor ended with this exit status.
    #[must_use]
    pub fn failure(agent_id: AgentId, executor_id: Option<ExecutorId>, status: Option<i32>) -> Self {
        Self {
            failure: Some(event::Failure {
                agent_id: Some(agent_id),
                executor_id,
                status,
            }),
            ..Self::of(event::Type::Failure)
        }
    }

    /// The subscription is over.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            error: Some(event::Error {
                message: message.into(),
            }),
            ..Self::of(event::Type::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::{TaskState, task_status};

    #[test]
    fn an_event_of_a_type_we_do_not_know_reads_as_unknown() {
        let event = Event::decode([0x08, 99].as_slice()).unwrap();
        assert_eq!(event.r#type, Some(99));
        assert_eq!(event.r#type(), event::Type::Unknown);
        assert!(event::Type::try_from(99).is_err());
    }

    #[test]
    fn a_state_we_do_not_know_reads_as_staging_and_only_try_from_tells() {
        let status = TaskStatus {
            state: 999,
            ..TaskStatus::default()
        };
        let event = Event::decode(Event::update(status).encode_to_vec().as_slice()).unwrap();
        let status = event.update.unwrap().status;
        assert_eq!(status.state(), TaskState::TaskStaging);
        assert!(TaskState::try_from(status.state).is_err());
    }

    #[test]
    fn a_missing_state_reads_as_staging_and_nothing_tells() {
        let status = TaskStatus::decode([].as_slice()).unwrap();
        assert_eq!(TaskState::try_from(status.state), Ok(TaskState::TaskStaging));
    }

    #[test]
    fn states_and_reasons_have_the_names_that_mesos_shows() {
        assert_eq!(
            TaskState::TaskGoneByOperator.as_str_name(),
            "TASK_GONE_BY_OPERATOR"
        );
        assert_eq!(
            task_status::Reason::ContainerLimitationMemory.as_str_name(),
            "REASON_CONTAINER_LIMITATION_MEMORY"
        );
        assert_eq!(task_status::Source::Agent.as_str_name(), "SOURCE_AGENT");
    }
}
