//! A framework on a bench. The store works at once unless told otherwise; everything else happens when a test says so.
//! Two promises are checked at every call: no ACCEPT before its intents are stored, no ACKNOWLEDGE before its effect is.

use mesos_core::master::{MasterAddress, Scheme};
use mesos_core::{
    AttemptId, CallError, CallId, Config, Framework, Launch, Leader, Notice, Output, PersistId, Protocol,
    Registration, Release, Request, Restored, Start, StreamEnd, TaskPhase, TaskRecord, Time, Write,
};
use mesos_wire::resource::AllocationInfo;
use mesos_wire::{
    AgentId, Call, Event, FrameworkId, MasterInfo, Offer, OfferId, Resource, TaskId, TaskInfo, TaskState,
    TaskStatus, call, event, value,
};
use std::collections::BTreeMap;

pub(crate) const FRAMEWORK: &str = "f-1";

pub(crate) struct Bench {
    pub(crate) framework: Framework,
    pub(crate) now: Time,
    pub(crate) rows: BTreeMap<String, TaskRecord>,
    pub(crate) framework_id: Option<String>,
    pub(crate) registration: Option<Registration>,
    pub(crate) store_works: bool,
    pub(crate) waiting_writes: Vec<(PersistId, Vec<Write>)>,
    pub(crate) attempt: Option<AttemptId>,
    pub(crate) connects: Vec<(MasterAddress, Call)>,
    pub(crate) calls: Vec<(CallId, Call)>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) decisions: Vec<String>,
    subscribed_as: Option<String>,
    acknowledged_states: BTreeMap<Vec<u8>, (String, TaskState)>,
}

pub(crate) fn config(owned: &[&str]) -> Config {
    serde_json::from_value(serde_json::json!({
        "master": "m1:5050", "role": "ci", "user": "jenkins", "owned": owned,
        "templates": [
            {"label": "small", "cpus": 0.5, "mem": 100, "executorCpus": 0, "executorMem": 0},
            {"label": "huge", "cpus": 64, "mem": 100, "executorCpus": 0, "executorMem": 0},
        ]
    }))
    .unwrap()
}

pub(crate) fn master(host: &str) -> MasterAddress {
    MasterAddress {
        scheme: Scheme::Http,
        host: host.to_owned(),
        port: 5050,
    }
}

pub(crate) fn row(name: &str, phase: TaskPhase) -> TaskRecord {
    serde_json::from_value(serde_json::json!({
        "name": name, "label": "small", "executors": 1, "cpus": 0.5, "mem": 100, "agentId": "agent-a",
        "host": "agent-a.example", "phase": phase, "ran": phase == TaskPhase::Running,
    }))
    .unwrap()
}

pub(crate) fn offer(id: &str, agent: &str, cpus: f64) -> Offer {
    let scalar = |name: &str, value| Resource {
        name: name.to_owned(),
        r#type: value::Type::Scalar as i32,
        scalar: Some(value::Scalar { value }),
        allocation_info: Some(AllocationInfo {
            role: Some("ci".to_owned()),
        }),
        ..Resource::default()
    };
    Offer {
        id: OfferId { value: id.to_owned() },
        framework_id: FrameworkId {
            value: FRAMEWORK.to_owned(),
        },
        agent_id: AgentId {
            value: agent.to_owned(),
        },
        hostname: format!("{agent}.example"),
        resources: vec![scalar("cpus", cpus), scalar("mem", 4096.0)],
        ..Offer::default()
    }
}

pub(crate) fn status(name: &str, state: TaskState) -> TaskStatus {
    TaskStatus {
        task_id: TaskId {
            value: name.to_owned(),
        },
        state: state as i32,
        agent_id: Some(AgentId {
            value: "agent-a".to_owned(),
        }),
        ..TaskStatus::default()
    }
}

impl Bench {
    pub(crate) fn new(config: Config, framework_id: Option<&str>, rows: Vec<TaskRecord>) -> Self {
        Self::restored(config, framework_id, None, rows)
    }

    fn restored(
        config: Config,
        framework_id: Option<&str>,
        registration: Option<Registration>,
        rows: Vec<TaskRecord>,
    ) -> Self {
        let now = Time::from_millis(1_000_000);
        let framework_id = framework_id.map(str::to_owned);
        let restored = Restored {
            framework_id: framework_id.clone(),
            registration: registration.clone(),
            tasks: rows.clone(),
        };
        let mut bench = Bench {
            framework: Framework::new(
                config,
                restored,
                Start {
                    now,
                    unix_millis: 1_700_000_000_000,
                    seed: 7,
                },
            ),
            now,
            rows: rows.into_iter().map(|row| (row.name.to_string(), row)).collect(),
            framework_id,
            registration,
            store_works: true,
            waiting_writes: Vec::new(),
            attempt: None,
            connects: Vec::new(),
            calls: Vec::new(),
            notices: Vec::new(),
            decisions: Vec::new(),
            subscribed_as: None,
            acknowledged_states: BTreeMap::new(),
        };
        bench.drain();
        bench
    }

    pub(crate) fn fresh() -> Self {
        Self::new(config(&[]), None, Vec::new())
    }

    /// Subscribed under [`FRAMEWORK`], with nothing of that left to see.
    pub(crate) fn subscribed() -> Self {
        let mut bench = Self::fresh();
        bench.find_leader();
        bench.subscribe();
        bench.forget();
        bench
    }

    pub(crate) fn forget(&mut self) {
        self.calls.clear();
        self.notices.clear();
        self.connects.clear();
    }

    pub(crate) fn find_leader(&mut self) {
        self.framework
            .handle_leader(Leader::Found(master("m1")), self.now);
        self.drain();
    }

    pub(crate) fn subscribe(&mut self) {
        self.subscribe_as(FRAMEWORK);
    }

    pub(crate) fn subscribe_as(&mut self, framework_id: &str) {
        self.subscribe_at(framework_id, None);
    }

    pub(crate) fn subscribe_at(&mut self, framework_id: &str, master: Option<MasterInfo>) {
        self.subscribed_as = Some(framework_id.to_owned());
        self.event(Event {
            r#type: Some(event::Type::Subscribed as i32),
            subscribed: Some(event::Subscribed {
                framework_id: FrameworkId {
                    value: framework_id.to_owned(),
                },
                heartbeat_interval_seconds: Some(15.0),
                master_info: master.map(Box::new),
            }),
            ..Event::default()
        });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.framework
            .handle_event(self.attempt.expect("a stream"), event, self.now);
        self.drain();
    }

    pub(crate) fn heartbeat(&mut self) {
        self.event(Event {
            r#type: Some(event::Type::Heartbeat as i32),
            ..Event::default()
        });
    }

    pub(crate) fn error(&mut self, message: &str) {
        self.event(Event {
            r#type: Some(event::Type::Error as i32),
            error: Some(event::Error {
                message: message.to_owned(),
            }),
            ..Event::default()
        });
    }

    pub(crate) fn offers(&mut self, offers: Vec<Offer>) {
        self.event(Event {
            r#type: Some(event::Type::Offers as i32),
            offers: Some(event::Offers::of(&offers)),
            ..Event::default()
        });
    }

    pub(crate) fn rescind(&mut self, offer: &str) {
        self.event(Event {
            r#type: Some(event::Type::Rescind as i32),
            rescind: Some(event::Rescind {
                offer_id: OfferId {
                    value: offer.to_owned(),
                },
            }),
            ..Event::default()
        });
    }

    /// An update without uuid: the master's own, or an answer to RECONCILE.
    pub(crate) fn answer(&mut self, name: &str, state: TaskState) {
        self.update(status(name, state));
    }

    /// An update that wants to be acknowledged.
    pub(crate) fn agent_says(&mut self, name: &str, state: TaskState, uuid: u8) {
        self.acknowledged_states
            .insert(vec![uuid; 16], (name.to_owned(), state));
        self.update(TaskStatus {
            uuid: Some(vec![uuid; 16]),
            ..status(name, state)
        });
    }

    pub(crate) fn update(&mut self, status: TaskStatus) {
        self.event(Event {
            r#type: Some(event::Type::Update as i32),
            update: Some(event::Update {
                status: Box::new(status),
            }),
            ..Event::default()
        });
    }

    pub(crate) fn stream_ends(&mut self, end: StreamEnd) {
        let attempt = self.attempt.take().expect("a stream");
        self.framework.handle_stream_end(attempt, end, self.now);
        self.drain();
    }

    pub(crate) fn submit(&mut self, name: &str, label: &str) {
        let launch = Launch::new(Protocol::Jnlp, "http://jenkins:8080/");
        self.framework
            .submit(Request::new(name, label, 1, launch), self.now)
            .unwrap();
        self.drain();
    }

    pub(crate) fn release(&mut self, name: &str) {
        self.framework
            .release(Release::new([name], "idle for 3 minutes"), self.now);
        self.drain();
    }

    pub(crate) fn fail_call(&mut self, id: CallId, error: CallError) {
        self.framework.handle_call_result(id, Err(error), self.now);
        self.drain();
    }

    /// Submitted, placed on `agent-a` and running; nothing of that left to see.
    pub(crate) fn run(&mut self, name: &str) {
        self.submit(name, "small");
        self.offers(vec![offer(&format!("for-{name}"), "agent-a", 1.0)]);
        self.answer(name, TaskState::TaskRunning);
        assert_eq!(self.rows[name].phase, TaskPhase::Running);
        self.forget();
    }

    /// Lets time pass, timer by timer, with heartbeats while a stream stands.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let end = Time::from_millis(self.now.as_millis() + seconds * 1000);
        let mut beat = self.now.as_millis() + 15_000;
        loop {
            let timer = self
                .framework
                .poll_timeout()
                .map_or(u64::MAX, Time::as_millis)
                .max(self.now.as_millis());
            let next = timer.min(beat);
            if next > end.as_millis() {
                break;
            }
            self.now = Time::from_millis(next);
            if next == beat {
                beat += 15_000;
                if self.attempt.is_some() {
                    self.heartbeat();
                }
            }
            self.framework.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// As [`pass`](Self::pass), but nothing is heard of the master.
    pub(crate) fn silence(&mut self, seconds: u64) {
        let end = self.now.as_millis() + seconds * 1000;
        while let Some(next) = self
            .framework
            .poll_timeout()
            .filter(|next| next.as_millis() <= end)
        {
            self.now = self.now.max(next);
            self.framework.handle_timeout(self.now);
            self.drain();
        }
        self.now = Time::from_millis(end);
    }

    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.framework.poll_output() {
            match output {
                Output::Connect {
                    attempt,
                    master,
                    subscribe,
                } => {
                    assert_eq!(self.attempt, None, "two streams at once");
                    self.attempt = Some(attempt);
                    self.connects.push((master, *subscribe));
                }
                Output::Disconnect { attempt } => {
                    assert_eq!(self.attempt.take(), Some(attempt));
                }
                Output::Call { id, attempt, call } => {
                    assert_eq!(self.attempt, Some(attempt), "a call on no stream");
                    self.check_promises(&call);
                    self.calls.push((id, *call));
                }
                Output::Persist { id, writes } => {
                    self.waiting_writes.push((id, writes));
                    if self.store_works {
                        self.store_writes();
                    }
                }
                Output::Notice(notice) => self.notices.push(notice),
                Output::Decision(decision) => self.decisions.push(decision.to_string()),
            }
        }
    }

    /// Makes all waiting writes durable and says so.
    pub(crate) fn store_writes(&mut self) {
        for (id, writes) in std::mem::take(&mut self.waiting_writes) {
            for write in writes {
                match write {
                    Write::SetFrameworkId(id) => self.framework_id = Some(id),
                    Write::SetRegistration(registration) => self.registration = Some(registration),
                    Write::ClearFrameworkId => (self.framework_id, self.registration) = (None, None),
                    Write::PutTask(row) => drop(self.rows.insert(row.name.to_string(), *row)),
                    Write::DeleteTask(name) => drop(self.rows.remove(&name)),
                }
            }
            self.framework.handle_persisted(id, Ok(()), self.now);
        }
        self.drain();
    }

    pub(crate) fn fail_writes(&mut self) {
        for (id, _) in std::mem::take(&mut self.waiting_writes) {
            self.framework
                .handle_persisted(id, Err("disk full".to_owned()), self.now);
        }
        self.drain();
    }

    /// The process dies; what was not stored is gone. Java still has nodes for `owned`.
    pub(crate) fn crash(self, owned: &[&str]) -> Bench {
        self.crash_into(config(owned))
    }

    /// The same, and the next process is configured so.
    pub(crate) fn crash_into(self, config: Config) -> Bench {
        Bench::restored(
            config,
            self.framework_id.as_deref(),
            self.registration,
            self.rows.into_values().collect(),
        )
    }

    fn check_promises(&self, call: &Call) {
        assert_eq!(
            call.framework_id.as_ref().map(|id| &id.value),
            self.subscribed_as.as_ref()
        );
        for task in launched(call) {
            let row = self
                .rows
                .get(&task)
                .unwrap_or_else(|| panic!("ACCEPT of {task} before its intent is stored"));
            assert_eq!(row.phase, TaskPhase::Intent);
        }
        if let Some(acknowledge) = &call.acknowledge {
            let (name, state) = &self.acknowledged_states[&acknowledge.uuid];
            assert_eq!(*name, acknowledge.task_id.value);
            let phase = self.rows.get(name).map(|row| row.phase);
            match state {
                TaskState::TaskRunning => assert!(phase >= Some(TaskPhase::Running), "{name} {phase:?}"),
                TaskState::TaskKilled | TaskState::TaskFinished | TaskState::TaskFailed => {
                    assert!(phase.is_none_or(TaskPhase::is_over), "{name} {phase:?}");
                }
                _ => assert!(phase.is_some(), "{name}"),
            }
        }
    }

    /// All tasks that were put into an ACCEPT so far.
    pub(crate) fn tasks(&self) -> Vec<TaskInfo> {
        self.calls_of(call::Type::Accept)
            .into_iter()
            .flat_map(|call| &call.accept.as_ref().unwrap().operations)
            .flat_map(|operation| &operation.launch.as_ref().unwrap().task_infos)
            .cloned()
            .collect()
    }

    pub(crate) fn calls_of(&self, kind: call::Type) -> Vec<&Call> {
        self.calls
            .iter()
            .map(|(_, call)| call)
            .filter(|call| call.r#type() == kind)
            .collect()
    }

    pub(crate) fn id_of(&self, kind: call::Type) -> CallId {
        self.calls
            .iter()
            .rfind(|(_, call)| call.r#type() == kind)
            .expect("such a call")
            .0
    }

    pub(crate) fn launched(&self) -> Vec<String> {
        self.calls.iter().flat_map(|(_, call)| launched(call)).collect()
    }

    pub(crate) fn declined(&self) -> Vec<(String, f64)> {
        self.calls_of(call::Type::Decline)
            .into_iter()
            .flat_map(|call| {
                let decline = call.decline.as_ref().unwrap();
                let seconds = decline.filters.as_ref().unwrap().refuse_seconds();
                decline
                    .offer_ids
                    .iter()
                    .map(move |id| (id.value.clone(), seconds))
            })
            .collect()
    }

    pub(crate) fn killed(&self) -> Vec<&str> {
        let kills = self.calls_of(call::Type::Kill).into_iter();
        kills
            .map(|call| call.kill.as_ref().unwrap().task_id.value.as_str())
            .collect()
    }

    /// Names in each RECONCILE; an empty list is the one for all tasks.
    pub(crate) fn asked(&self) -> Vec<Vec<&str>> {
        self.calls_of(call::Type::Reconcile)
            .into_iter()
            .map(|call| {
                call.reconcile
                    .as_ref()
                    .unwrap()
                    .tasks
                    .iter()
                    .map(|t| t.task_id.value.as_str())
                    .collect()
            })
            .collect()
    }

    pub(crate) fn acknowledged(&self) -> Vec<u8> {
        let calls = self.calls_of(call::Type::Acknowledge).into_iter();
        calls
            .map(|call| call.acknowledge.as_ref().unwrap().uuid[0])
            .collect()
    }

    /// Notices in short: `ended a TASK_KILLED requested`.
    pub(crate) fn told(&self) -> Vec<String> {
        self.notices.iter().map(short).collect()
    }

    /// Those of them that begin so.
    pub(crate) fn told_of(&self, beginning: &str) -> Vec<String> {
        self.told()
            .into_iter()
            .filter(|told| told.starts_with(beginning))
            .collect()
    }
}

pub(crate) fn launched(call: &Call) -> Vec<String> {
    let Some(accept) = &call.accept else {
        return Vec::new();
    };
    accept
        .operations
        .iter()
        .flat_map(|operation| operation.launch.iter().flat_map(|launch| &launch.task_infos))
        .map(|task| task.task_id.value.clone())
        .collect()
}

fn short(notice: &Notice) -> String {
    match notice {
        Notice::Connection { state, message, .. } => {
            format!("connection {state:?} {}", message.as_deref().unwrap_or_default())
                .trim_end()
                .to_lowercase()
        }
        Notice::Waiting {
            name,
            reason,
            possible,
        } => {
            format!(
                "waiting {name}{} {reason}",
                if *possible { "" } else { " in vain" }
            )
        }
        Notice::Accepted {
            name,
            host,
            tasks_in_offer,
            ..
        } => format!("accepted {name} {host} {tasks_in_offer}"),
        Notice::State { name, state, .. } => format!("state {name} {state}"),
        Notice::Ended {
            name,
            state,
            requested,
            again,
            ..
        } => {
            let requested = if *requested { " requested" } else { "" };
            let again = if *again { " again" } else { "" };
            format!("ended {name} {state}{requested}{again}")
        }
        Notice::Known { name, state, .. } => format!("known {name} {state}"),
        Notice::Risk { name, message } => {
            format!("risk {name} {}", message.as_deref().unwrap_or("no more"))
        }
        Notice::Framework {
            framework_id,
            previous,
        } => {
            format!(
                "framework {framework_id} {}",
                previous.as_deref().unwrap_or("none")
            )
        }
        Notice::Trouble { subject, .. } => format!("trouble {subject}"),
    }
}
