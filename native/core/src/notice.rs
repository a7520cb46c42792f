//! What Java is told. The shell adds the time of day, which the core does not know.

use crate::ending::Sandbox;
use crate::scalar::Scalar;
use crate::status::Port;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// One event of the contract, without `at`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Notice {
    /// The connection changed.
    Connection {
        /// Where it stands.
        state: ConnectionState,
        /// `host:port` of the master that is spoken to.
        leader: Option<String>,
        /// As the master assigned it.
        framework_id: Option<String>,
        /// What is wrong, and the cure.
        message: Option<String>,
    },
    /// Why an agent is not placed yet.
    Waiting {
        /// The agent.
        name: String,
        /// For people.
        #[serde(serialize_with = "as_text")]
        reason: Arc<str>,
        /// False: no agent the framework has seen offers of could ever hold it.
        possible: bool,
    },
    /// The intent is durable and ACCEPT was sent.
    Accepted {
        /// The agent.
        name: String,
        /// The Mesos agent's host name.
        host: String,
        /// The Mesos agent.
        agent_id: String,
        /// CPUs in all.
        cpus: Scalar,
        /// MB in all.
        mem: Scalar,
        /// MB of disk.
        disk: Scalar,
        /// Ports of the host that lead into its container.
        ports: Vec<Port>,
        /// How many tasks that ACCEPT launched.
        tasks_in_offer: usize,
    },
    /// A non-terminal status whose effect is durable.
    State {
        /// The agent.
        name: String,
        /// Mesos's name of the state, as `TASK_RUNNING`.
        state: String,
        /// From Mesos.
        message: Option<String>,
        /// Mesos's name of the reason.
        reason: Option<String>,
        /// The Mesos agent's host name.
        host: Option<String>,
    },
    /// The agent is gone; once for each name.
    Ended {
        /// The agent.
        name: String,
        /// Mesos's name of the state, `WITHDRAWN`, `LAUNCH_TIMEOUT` or `LOST_BY_RESTART`.
        state: String,
        /// Mesos's name of the reason, or why it was released.
        reason: Option<String>,
        /// For people.
        message: Option<String>,
        /// Whether it had been released.
        requested: bool,
        /// It says nothing against its template: another agent may be asked for at once.
        again: bool,
        /// Where more can be found out of why it failed by itself; not for Java.
        #[serde(skip)]
        sandbox: Option<Sandbox>,
    },
    /// After open: the task of an owned node is still there.
    Known {
        /// The agent.
        name: String,
        /// Mesos's name of the state.
        state: String,
        /// The Mesos agent's host name.
        host: Option<String>,
    },
    /// It runs on a host that is to be under maintenance, or is so no more.
    Risk {
        /// The agent.
        name: String,
        /// Host and time, for people; none: nothing is planned any more.
        message: Option<String>,
    },
    /// A new framework id was assigned.
    Framework {
        /// The new one.
        framework_id: String,
        /// The one before, if there was one.
        previous: Option<String>,
    },
    /// Something a person should know.
    Trouble {
        /// `ledger`, `protocol`, …
        subject: String,
        /// What is wrong, and the cure.
        message: String,
    },
}

/// Where the connection to the master stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// No master is known.
    Searching,
    /// A master is known; SUBSCRIBED has not come.
    Connecting,
    /// All is well.
    Subscribed,
    /// The stream broke; it is tried again soon.
    Disconnected,
    /// The framework is registered on demand only, and nothing is to do.
    Idle,
    /// The master does not want us; tried again slowly, or when the configuration changes.
    Rejected,
}

/// A text that several share.
pub(crate) fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_have_the_shape_of_the_contract() {
        let show = |notice: Notice| serde_json::to_value(notice).unwrap();
        assert_eq!(
            show(Notice::Accepted {
                name: "n".into(),
                host: "h".into(),
                agent_id: "a".into(),
                cpus: Scalar::from_milli(300),
                mem: Scalar::from_milli(768_000),
                disk: Scalar::ZERO,
                ports: vec![Port {
                    container_port: 5900,
                    host_port: 31_000,
                    protocol: "tcp".into(),
                    description: "VNC".into(),
                    url: Some("vnc://h:31000".into()),
                }],
                tasks_in_offer: 2,
            }),
            serde_json::json!({"type":"accepted","name":"n","host":"h","agentId":"a","cpus":0.3,"mem":768,
                "disk":0,"ports":[{"containerPort":5900,"hostPort":31000,"protocol":"tcp","description":"VNC",
                "url":"vnc://h:31000"}],"tasksInOffer":2})
        );
        assert_eq!(
            show(Notice::Connection {
                state: ConnectionState::Searching,
                leader: None,
                framework_id: None,
                message: None
            }),
            serde_json::json!({"type":"connection","state":"searching","leader":null,"frameworkId":null,"message":null})
        );
    }
}
