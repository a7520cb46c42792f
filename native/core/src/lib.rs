//! The scheduler of the Mesos cloud for Jenkins, without I/O, clock, threads or randomness of its own.
//!
//! [`Framework`] is a state machine: inputs are method calls with the current [`Time`], outputs are drained with
//! [`Framework::poll_output`]. What a shell around it has to do stands at [`Framework`].

mod amount;
mod backoff;
#[cfg(feature = "bench")]
mod bench;
mod blueprint;
mod calls;
mod caps;
mod command;
mod config;
mod constraints;
mod decision;
mod demand;
mod ending;
mod findings;
mod framework;
mod identity;
mod image;
mod journal;
mod launching;
mod ledger;
pub mod local;
mod maintenance;
pub mod master;
mod matcher;
mod names;
mod notice;
mod number;
mod ondemand;
mod output;
mod ownership;
mod placement;
mod plan;
mod ports;
mod reconcile;
mod request;
mod resources;
mod review;
mod scalar;
mod secret;
mod session;
mod status;
mod stream_end;
mod supply;
mod tasks;
mod text;
mod time;
mod timer;
mod validate;
mod waiting;

pub use amount::Amount;
pub use config::{
    CommandStyle, Config, Container, ContainerKind, DockerAccess, Domain, DomainFilter, FormerLogin,
    LabelError, Limits, Mode, Networking, Parameter, PortMapping, PortProtocol, Template, TemplateSize,
    Templates, Uri, Variable, Volume, normal_label,
};
pub use constraints::{ConstraintError, Constraints};
pub use decision::Decision;
pub use ending::{Sandbox, with_words};
pub use findings::{Problem, Severity};
pub use framework::{Framework, SubmitError};
pub use ledger::{Ending, Registration, Restored, TaskPhase, TaskRecord, Write};
pub use master::{MasterAddress, MasterSource};
pub use matcher::{
    Ask, Assigned, Bundle, HeldBack, Holding, Lack, Lease, Matcher, Peer, Placement, Reason, RuleId,
};
pub use notice::{ConnectionState, Notice};
pub use number::{Number, NumberError};
pub use output::{AttemptId, CallError, CallId, Leader, Output, PersistId, Start, StreamEnd};
pub use placement::Policy;
pub use plan::{Demand, Plan, PlanError, PlannedAgent, plan};
pub use request::{Launch, Protocol, Release, Request};
pub use resources::{Other, Share};
pub use review::{
    AgentState, FreeExecutors, Held, Kind, Pause, PresentAgent, Review, ReviewError, Situation,
    WaitingBuilds, review,
};
pub use scalar::Scalar;
pub use secret::Secret;
pub use status::{ConnectionStatus, Counters, OffersStatus, Port, Status, TaskStatus, WaitingStatus};
pub use text::Text;
pub use time::Time;
pub use validate::{Totals, Validation, validate};
