//! Calls, each with its type and the one member that belongs to it.

use crate::generated::scheduler::{Call, call};
use crate::generated::{AgentId, Filters, FrameworkId, FrameworkInfo, KillPolicy, OfferId, TaskId, offer};

impl Call {
    fn of(framework_id: &FrameworkId, kind: call::Type) -> Self {
        Self {
            framework_id: Some(framework_id.clone()),
            r#type: Some(kind.into()),
            ..Self::default()
        }
    }

    /// Opens the event stream. With an id in `info` it subscribes again under that id, which Mesos wants in the call
    /// as well.
    #[must_use]
    pub fn subscribe(info: FrameworkInfo, suppressed_roles: Vec<String>) -> Self {
        Self {
            framework_id: info.id.clone(),
            r#type: Some(call::Type::Subscribe.into()),
            subscribe: Some(call::Subscribe {
                framework_info: info,
                suppressed_roles,
                offer_constraints: None,
            }),
            ..Self::default()
        }
    }

    /// Removes the framework and kills all its tasks.
    #[must_use]
    pub fn teardown(framework_id: &FrameworkId) -> Self {
        Self::of(framework_id, call::Type::Teardown)
    }

    /// Uses offers of one agent. What the operations leave of them is declined with `filters`, without them for five
    /// seconds.
    #[must_use]
    pub fn accept(
        framework_id: &FrameworkId,
        offer_ids: Vec<OfferId>,
        operations: Vec<offer::Operation>,
        filters: Option<Filters>,
    ) -> Self {
        Self {
            accept: Some(call::Accept {
                offer_ids,
                operations,
                filters,
            }),
            ..Self::of(framework_id, call::Type::Accept)
        }
    }

    /// Gives offers back; without `filters` they may come again after five seconds.
    #[must_use]
    pub fn decline(framework_id: &FrameworkId, offer_ids: Vec<OfferId>, filters: Option<Filters>) -> Self {
        Self {
            decline: Some(call::Decline { offer_ids, filters }),
            ..Self::of(framework_id, call::Type::Decline)
        }
    }

    /// Does not agree to give resources back; without `filters` the master may ask again after five seconds.
    #[must_use]
    pub fn decline_inverse_offers(
        framework_id: &FrameworkId,
        inverse_offer_ids: Vec<OfferId>,
        filters: Option<Filters>,
    ) -> Self {
        Self {
            decline_inverse_offers: Some(call::DeclineInverseOffers {
                inverse_offer_ids,
                filters,
            }),
            ..Self::of(framework_id, call::Type::DeclineInverseOffers)
        }
    }

    /// Wants offers again and lifts all filters, for these roles or (with none) for all.
    #[must_use]
    pub fn revive(framework_id: &FrameworkId, roles: Vec<String>) -> Self {
        Self {
            revive: Some(call::Revive { roles }),
            ..Self::of(framework_id, call::Type::Revive)
        }
    }

    /// Wants no offers for now, for these roles or (with none) for all.
    #[must_use]
    pub fn suppress(framework_id: &FrameworkId, roles: Vec<String>) -> Self {
        Self {
            suppress: Some(call::Suppress { roles }),
            ..Self::of(framework_id, call::Type::Suppress)
        }
    }

    /// Ends a task. The call may be lost: repeat it until the task is terminal.
    #[must_use]
    pub fn kill(
        framework_id: &FrameworkId,
        task_id: TaskId,
        agent_id: Option<AgentId>,
        kill_policy: Option<KillPolicy>,
    ) -> Self {
        Self {
            kill: Some(call::Kill {
                task_id,
                agent_id,
                kill_policy,
            }),
            ..Self::of(framework_id, call::Type::Kill)
        }
    }

    /// Ends the repetition of the status update with this `uuid`. A status without one must not be acknowledged.
    #[must_use]
    pub fn acknowledge(
        framework_id: &FrameworkId,
        agent_id: AgentId,
        task_id: TaskId,
        uuid: Vec<u8>,
    ) -> Self {
        Self {
            acknowledge: Some(call::Acknowledge {
                agent_id,
                task_id,
                uuid,
            }),
            ..Self::of(framework_id, call::Type::Acknowledge)
        }
    }

    /// Asks for the state of these tasks or (with none) of all that the master knows.
    #[must_use]
    pub fn reconcile(
        framework_id: &FrameworkId,
        tasks: impl IntoIterator<Item = (TaskId, Option<AgentId>)>,
    ) -> Self {
        let tasks = tasks
            .into_iter()
            .map(|(task_id, agent_id)| call::reconcile::Task { task_id, agent_id })
            .collect();
        Self {
            reconcile: Some(call::Reconcile { tasks }),
            ..Self::of(framework_id, call::Type::Reconcile)
        }
    }

    /// Changes the framework (its roles, say) on the open stream; the id is that in `info`.
    #[must_use]
    pub fn update_framework(info: FrameworkInfo, suppressed_roles: Vec<String>) -> Self {
        Self {
            framework_id: info.id.clone(),
            r#type: Some(call::Type::UpdateFramework.into()),
            update_framework: Some(call::UpdateFramework {
                framework_info: info,
                suppressed_roles,
                offer_constraints: None,
            }),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_subscription_has_no_id_and_a_later_one_has_it_in_both_places() {
        let first = Call::subscribe(FrameworkInfo::default(), Vec::new());
        assert_eq!(first.framework_id, None);

        let info = FrameworkInfo {
            id: Some("f-1".into()),
            ..FrameworkInfo::default()
        };
        let again = Call::subscribe(info, vec!["ci".to_owned()]);
        assert_eq!(again.framework_id, Some("f-1".into()));
        let subscribe = again.subscribe.unwrap();
        assert_eq!(subscribe.framework_info.id, Some("f-1".into()));
        assert_eq!(subscribe.suppressed_roles, ["ci"]);
    }

    #[test]
    fn each_call_has_the_type_of_its_member_and_the_framework_id() {
        let id = FrameworkId::from("f-1");
        let info = FrameworkInfo {
            id: Some(id.clone()),
            ..FrameworkInfo::default()
        };
        let offers = || vec![OfferId::from("o-1")];
        let calls = [
            (Call::subscribe(info.clone(), Vec::new()), call::Type::Subscribe),
            (Call::teardown(&id), call::Type::Teardown),
            (Call::accept(&id, offers(), Vec::new(), None), call::Type::Accept),
            (Call::decline(&id, offers(), None), call::Type::Decline),
            (
                Call::decline_inverse_offers(&id, offers(), None),
                call::Type::DeclineInverseOffers,
            ),
            (Call::revive(&id, Vec::new()), call::Type::Revive),
            (Call::suppress(&id, Vec::new()), call::Type::Suppress),
            (Call::kill(&id, "t-1".into(), None, None), call::Type::Kill),
            (
                Call::acknowledge(&id, "a-1".into(), "t-1".into(), vec![1; 16]),
                call::Type::Acknowledge,
            ),
            (
                Call::reconcile(&id, [("t-1".into(), None)]),
                call::Type::Reconcile,
            ),
            (
                Call::update_framework(info, Vec::new()),
                call::Type::UpdateFramework,
            ),
        ];
        for (call, expected) in calls {
            assert_eq!(call.r#type(), expected);
            assert_eq!(call.framework_id.as_ref(), Some(&id), "{expected:?}");
            let member = match expected {
                call::Type::Subscribe => call.subscribe.is_some(),
                call::Type::Teardown => true,
                call::Type::Accept => call.accept.is_some(),
                call::Type::Decline => call.decline.is_some(),
                call::Type::DeclineInverseOffers => call.decline_inverse_offers.is_some(),
                call::Type::Revive => call.revive.is_some(),
                call::Type::Suppress => call.suppress.is_some(),
                call::Type::Kill => call.kill.is_some(),
                call::Type::Acknowledge => call.acknowledge.is_some(),
                call::Type::Reconcile => call.reconcile.is_some(),
                call::Type::UpdateFramework => call.update_framework.is_some(),
                other => panic!("no constructor makes a {other:?}"),
            };
            assert!(member, "{expected:?}");
        }
    }

    #[test]
    fn a_reconciliation_without_tasks_still_has_its_member() {
        let call = Call::reconcile(&"f-1".into(), []);
        assert_eq!(call.reconcile, Some(call::Reconcile::default()));
    }
}
