use super::offers::minus;
use super::*;
use mesos_core::Scalar;
use mesos_wire::{Filters, FrameworkInfo, KillPolicy, Offer, Resource, TaskId, TaskStatus, offer};

fn amount(cpus: i64, mem: i64) -> Amount {
    Amount {
        cpus: Scalar::from_milli(cpus),
        mem: Scalar::from_milli(mem * 1000),
        ..Amount::default()
    }
}

fn whole() -> Whole {
    Whole {
        host: "here".to_owned(),
        amount: amount(4000, 4096),
        ports: (31_000, 31_003),
    }
}

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// The scheduler's side: it keeps what it has heard.
struct Scheduler {
    master: Master,
    id: FrameworkId,
    offers: Vec<Offer>,
    updates: Vec<TaskStatus>,
    launches: Vec<TaskInfo>,
    kills: Vec<(String, Duration)>,
    forgotten: Vec<String>,
    closed: bool,
    heartbeats: usize,
    rescinded: usize,
}

impl Scheduler {
    fn new() -> Self {
        let mut scheduler = Self {
            master: Master::new(whole(), 7),
            id: FrameworkId::from(""),
            offers: Vec::new(),
            updates: Vec::new(),
            launches: Vec::new(),
            kills: Vec::new(),
            forgotten: Vec::new(),
            closed: false,
            heartbeats: 0,
            rescinded: 0,
        };
        scheduler.subscribe(None, 0);
        scheduler
    }

    fn subscribe(&mut self, id: Option<FrameworkId>, now: u64) {
        let info = FrameworkInfo {
            id,
            roles: vec!["ci".to_owned()],
            ..FrameworkInfo::default()
        };
        self.offers.clear();
        self.call(Call::subscribe(info, Vec::new()), now).unwrap();
    }

    fn call(&mut self, call: Call, now: u64) -> Result<(), String> {
        let result = self.master.handle_call(call, at(now));
        self.drain();
        result
    }

    fn drain(&mut self) {
        while let Some(effect) = self.master.poll_effect() {
            match effect {
                Effect::Event(event) => {
                    if let Some(subscribed) = &event.subscribed {
                        self.id = subscribed.framework_id.clone();
                    }
                    self.heartbeats += usize::from(*event == Event::heartbeat());
                    self.rescinded += usize::from(event.rescind.is_some());
                    self.offers
                        .extend(event.offers.iter().flat_map(|offers| offers.decoded().unwrap()));
                    self.updates.extend(event.update.map(|update| *update.status));
                }
                Effect::Launch(info) => self.launches.push(*info),
                Effect::Kill { task, grace } => self.kills.push((task, grace)),
                Effect::Forget { task } => self.forgotten.push(task),
                Effect::Close => self.closed = true,
            }
        }
    }

    fn time(&mut self, now: u64) {
        self.master.handle_timeout(at(now));
        self.drain();
    }

    fn ports(&mut self, in_use: &[u32], now: u64) {
        self.master
            .handle_ports(in_use.iter().copied().collect(), at(now));
        self.drain();
    }

    fn accept(&mut self, names: &[&str], size: Amount, ports: &[u64], now: u64) {
        let offer = self.offers.pop().unwrap();
        let tasks = names.iter().map(|name| task(name, size, ports)).collect();
        let filters = Some(Filters::refuse(Duration::from_secs(5)));
        let operations = vec![offer::Operation::launch(tasks)];
        let call = Call::accept(&self.id.clone(), vec![offer.id], operations, filters);
        self.call(call, now).unwrap();
    }

    /// Acknowledges all that wants to be.
    fn acknowledge(&mut self, now: u64) {
        while let Some(at) = self.updates.iter().position(|status| status.uuid.is_some()) {
            let status = self.updates.remove(at);
            let uuid = status.uuid.unwrap_or_default();
            let call = Call::acknowledge(&self.id.clone(), agent(), status.task_id, uuid);
            self.call(call, now).unwrap();
        }
    }

    fn states(&self, name: &str) -> Vec<TaskState> {
        let of = self.updates.iter().filter(|status| status.task_id.value == name);
        of.map(TaskStatus::state).collect()
    }

    fn offered(&self) -> Option<(Amount, Vec<u32>)> {
        self.offers.last().map(|offer| used(&offer.resources))
    }
}

fn task(name: &str, size: Amount, ports: &[u64]) -> TaskInfo {
    let mut resources = vec![
        Resource::scalar("cpus", size.cpus.to_f64()),
        Resource::scalar("mem", size.mem.to_f64()),
    ];
    if !ports.is_empty() {
        resources.push(Resource::ranges("ports", ports.iter().map(|port| (*port, *port))));
    }
    TaskInfo {
        name: name.to_owned(),
        task_id: TaskId::from(name),
        agent_id: agent(),
        resources,
        ..TaskInfo::default()
    }
}

fn end(state: TaskState) -> End {
    End {
        state,
        reason: None,
        message: "over".to_owned(),
    }
}

#[test]
fn all_of_the_machine_is_offered_and_tasks_take_their_part() {
    let mut scheduler = Scheduler::new();
    assert_eq!(
        scheduler.offered(),
        Some((amount(4000, 4096), vec![31_000, 31_001, 31_002, 31_003]))
    );
    let role = scheduler.offers[0].resources[0]
        .allocation_info
        .clone()
        .unwrap()
        .role;
    assert_eq!(role.as_deref(), Some("ci"));
    scheduler.accept(&["a"], amount(1000, 1024), &[31_001], 0);
    assert_eq!(scheduler.launches.len(), 1);
    assert_eq!(scheduler.states("a"), [TaskState::TaskStarting]);
    assert!(scheduler.offers.is_empty(), "the rest was refused");
    scheduler.time(5000);
    assert_eq!(
        scheduler.offered(),
        Some((amount(3000, 3072), vec![31_000, 31_002, 31_003]))
    );
}

#[test]
fn updates_are_repeated_in_order_until_they_are_acknowledged() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a"], amount(1000, 1024), &[], 0);
    scheduler.master.progress("a", "pulls");
    scheduler.master.running("a", "", at(10));
    scheduler.drain();
    assert_eq!(
        scheduler.states("a"),
        [TaskState::TaskStarting; 2],
        "the second is the progress, without uuid"
    );
    assert_eq!(scheduler.updates[1].uuid, None);
    scheduler.time(10_000);
    assert_eq!(scheduler.states("a").len(), 3, "repeated");
    scheduler.updates.drain(1..);
    scheduler.acknowledge(10_000);
    assert_eq!(scheduler.master.tasks["a"].updates.len(), 0);
    scheduler
        .master
        .ended("a", end(TaskState::TaskFailed), at(11_000));
    scheduler.drain();
    assert_eq!(scheduler.states("a"), [TaskState::TaskFailed]);
    assert!(scheduler.forgotten.is_empty());
    scheduler.acknowledge(11_000);
    assert_eq!(scheduler.forgotten, ["a"]);
}

#[test]
fn freed_resources_are_offered_at_once_though_less_was_refused() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a"], amount(4000, 1024), &[], 0);
    assert!(scheduler.offers.is_empty());
    scheduler.master.ended("a", end(TaskState::TaskFinished), at(10));
    scheduler.drain();
    assert_eq!(scheduler.offered().unwrap().0, amount(4000, 4096));
    let decline = Call::decline(
        &scheduler.id.clone(),
        vec![scheduler.offers.pop().unwrap().id],
        Some(Filters::refuse(Duration::from_secs(600))),
    );
    scheduler.call(decline, 20).unwrap();
    scheduler.time(599_000);
    assert!(scheduler.offers.is_empty());
    let revive = Call::revive(&scheduler.id.clone(), Vec::new());
    scheduler.call(revive, 599_001).unwrap();
    assert!(scheduler.offered().is_some());
}

#[test]
fn what_cannot_be_is_refused_without_being_started() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a", "b", "../c"], amount(3000, 10), &[], 0);
    assert_eq!(scheduler.launches.len(), 1);
    assert_eq!(scheduler.states("b"), [TaskState::TaskError]);
    assert_eq!(scheduler.states("../c"), [TaskState::TaskError]);
    let stale = Call::accept(
        &scheduler.id.clone(),
        vec!["none".into()],
        vec![offer::Operation::launch(vec![task("d", amount(1, 1), &[])])],
        None,
    );
    scheduler.call(stale, 1).unwrap();
    assert_eq!(scheduler.states("d"), [TaskState::TaskDropped]);
    let stranger = Call::revive(&"other".into(), Vec::new());
    assert!(scheduler.call(stranger, 1).is_err());
}

#[test]
fn a_kill_has_its_grace_and_a_killed_task_is_told_as_such() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a"], amount(1000, 10), &[], 0);
    scheduler.master.running("a", "", at(1));
    scheduler.drain();
    scheduler.acknowledge(1);
    let id = scheduler.id.clone();
    scheduler
        .call(Call::kill(&id, "a".into(), None, None), 2)
        .unwrap();
    let policy = Some(KillPolicy::grace(Duration::from_secs(1)));
    scheduler
        .call(Call::kill(&id, "a".into(), None, policy), 3)
        .unwrap();
    assert_eq!(
        scheduler.kills,
        [("a".to_owned(), GRACE), ("a".to_owned(), Duration::from_secs(1))]
    );
    assert_eq!(scheduler.states("a"), [TaskState::TaskKilling]);
    scheduler
        .call(Call::kill(&id, "none".into(), None, None), 4)
        .unwrap();
    assert_eq!(scheduler.states("none"), [TaskState::TaskGone]);
}

#[test]
fn a_scheduler_that_comes_again_keeps_its_id_and_asks_for_its_tasks() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a"], amount(1000, 10), &[], 0);
    scheduler.acknowledge(0);
    let id = scheduler.id.clone();
    scheduler.master.disconnected();
    scheduler.master.running("a", "", at(5));
    scheduler.drain();
    assert!(scheduler.updates.is_empty());
    scheduler.subscribe(Some(id.clone()), 10);
    assert_eq!(scheduler.id, id);
    assert_eq!(scheduler.states("a"), [TaskState::TaskRunning]);
    assert_eq!(scheduler.offered().unwrap().0, amount(3000, 4086));
    let reconcile = Call::reconcile(&id, [("b".into(), None)]);
    scheduler.call(reconcile, 11).unwrap();
    assert_eq!(scheduler.states("b"), [TaskState::TaskGone]);
    let everything = Call::reconcile(&id, []);
    scheduler.call(everything, 12).unwrap();
    assert_eq!(scheduler.states("a").len(), 2);
}

#[test]
fn tasks_of_a_former_controller_are_told_when_asked_for() {
    let mut master = Master::new(whole(), 8);
    master.restore(Found {
        name: "old".to_owned(),
        amount: amount(1000, 96),
        ports: vec![31_000],
        ran: true,
    });
    master.restore(Found {
        name: "over".to_owned(),
        amount: amount(1000, 96),
        ports: Vec::new(),
        ran: true,
    });
    master.ended("over", end(TaskState::TaskFinished), at(0));
    let mut scheduler = Scheduler {
        master,
        ..Scheduler::new()
    };
    scheduler.updates.clear();
    scheduler.subscribe(Some("f".into()), 0);
    assert_eq!(scheduler.states("over"), [TaskState::TaskFinished]);
    assert_eq!(
        scheduler.offered(),
        Some((amount(3000, 4000), vec![31_001, 31_002, 31_003]))
    );
    scheduler
        .call(Call::reconcile(&"f".into(), [("old".into(), None)]), 1)
        .unwrap();
    assert_eq!(scheduler.states("old"), [TaskState::TaskRunning]);
}

#[test]
fn a_teardown_kills_at_once_and_leaves_nothing() {
    let mut scheduler = Scheduler::new();
    scheduler.accept(&["a"], amount(1000, 10), &[], 0);
    scheduler.call(Call::teardown(&scheduler.id.clone()), 1).unwrap();
    assert_eq!(scheduler.kills, [("a".to_owned(), Duration::ZERO)]);
    assert!(scheduler.closed && scheduler.master.is_busy());
    scheduler.master.ended("a", end(TaskState::TaskKilled), at(2));
    scheduler.drain();
    assert_eq!(scheduler.forgotten, ["a"]);
    assert!(!scheduler.master.is_busy());
}

/// Random histories: what is used and what is offered never exceed the machine, no task is launched twice, and in the end
/// each task has had exactly one terminal update that was acknowledged.
#[test]
fn random_histories_keep_the_promises() {
    for seed in 1..200_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut scheduler = Scheduler::new();
        let mut now = 0;
        let mut live: Vec<String> = Vec::new();
        let mut made = 0;
        for _ in 0..200 {
            now += next(3000);
            match next(8) {
                0 | 1 if !scheduler.offers.is_empty() => {
                    made += 1;
                    let name = format!("t{made}");
                    let size = amount(500 + next(6) as i64 * 500, 64 + next(2000) as i64);
                    scheduler.accept(&[&name], size, &[], now);
                    if scheduler.launches.last().is_some_and(|info| info.name == name) {
                        live.push(name);
                    }
                }
                2 if !scheduler.offers.is_empty() => {
                    let id = scheduler.offers.pop().unwrap().id;
                    let filters = Some(Filters::refuse(Duration::from_secs(next(20))));
                    let call = Call::decline(&scheduler.id.clone(), vec![id], filters);
                    scheduler.call(call, now).unwrap();
                }
                3 if !live.is_empty() => {
                    let name = live[next(live.len() as u64) as usize].clone();
                    scheduler.master.running(&name, "", at(now));
                    scheduler.drain();
                }
                4 if !live.is_empty() => {
                    let name = live.swap_remove(next(live.len() as u64) as usize);
                    scheduler.master.ended(&name, end(TaskState::TaskKilled), at(now));
                    scheduler.drain();
                }
                5 => {
                    scheduler.master.disconnected();
                    let id = scheduler.id.clone();
                    scheduler.subscribe(Some(id), now);
                }
                6 => scheduler.acknowledge(now),
                _ => scheduler.time(now),
            }
            let used = scheduler
                .master
                .tasks
                .values()
                .filter(|task| !task.over)
                .fold(Amount::default(), |sum, task| {
                    minus(sum, minus(Amount::default(), task.amount))
                });
            let offered = scheduler.offered().map(|(amount, _)| amount).unwrap_or_default();
            let sum = minus(used, minus(Amount::default(), offered));
            assert!(whole().amount.holds(sum), "seed {seed}: {sum:?}");
        }
        for name in live {
            scheduler
                .master
                .ended(&name, end(TaskState::TaskFinished), at(now));
        }
        scheduler.drain();
        for _ in 0..10 {
            now += 20_000;
            scheduler.time(now);
            scheduler.acknowledge(now);
        }
        let launched: BTreeSet<_> = scheduler.launches.iter().map(|info| info.name.clone()).collect();
        let mut forgotten = scheduler.forgotten.clone();
        forgotten.sort();
        assert_eq!(launched.len(), scheduler.launches.len(), "seed {seed}");
        assert_eq!(forgotten, launched.into_iter().collect::<Vec<_>>(), "seed {seed}");
        assert!(
            scheduler.heartbeats > 0 && scheduler.master.tasks.is_empty(),
            "seed {seed}"
        );
    }
}

#[test]
fn ports_that_something_else_has_are_not_offered_until_they_are_free() {
    let mut scheduler = Scheduler::new();
    let ports = |scheduler: &Scheduler| scheduler.offered().map(|(_, ports)| ports).unwrap_or_default();
    assert_eq!(ports(&scheduler), [31_000, 31_001, 31_002, 31_003]);
    // What is on offer is taken back for another.
    scheduler.ports(&[31_001, 40_000], 1000);
    assert_eq!(scheduler.rescinded, 1);
    assert_eq!(ports(&scheduler), [31_000, 31_002, 31_003]);
    // The port of a task is its own affair, and nothing new.
    scheduler.accept(&["a"], amount(1000, 512), &[31_000], 2000);
    scheduler.offers.clear();
    scheduler.ports(&[31_000, 31_001, 40_000], 3000);
    assert_eq!((scheduler.rescinded, scheduler.offers.len()), (1, 0));
    // A port that has come free is offered in spite of any filter.
    scheduler.time(8000);
    let id = scheduler.offers.pop().unwrap().id;
    let refuse = Some(Filters::refuse(Duration::from_secs(600)));
    let decline = Call::decline(&scheduler.id.clone(), vec![id], refuse);
    scheduler.call(decline, 8000).unwrap();
    scheduler.ports(&[31_000, 31_001], 9000);
    assert!(scheduler.offers.is_empty());
    scheduler.ports(&[31_000], 10_000);
    assert_eq!(ports(&scheduler), [31_001, 31_002, 31_003]);
}

#[test]
fn a_port_that_was_taken_after_its_offer_is_told() {
    let mut scheduler = Scheduler::new();
    scheduler.master.note_ports([31_002].into());
    scheduler.accept(&["a"], amount(1000, 512), &[31_002], 0);
    assert!(scheduler.launches.is_empty());
    let status = scheduler.updates.pop().unwrap();
    assert_eq!(status.state(), TaskState::TaskFailed);
    let message = status.message.unwrap();
    assert!(
        message.starts_with("port 31002 of this machine is taken by something else: "),
        "{message}"
    );
}

#[test]
fn tasks_run_as_the_framework_s_user_unless_they_say_another() {
    let mut scheduler = Scheduler::new();
    let info = FrameworkInfo {
        user: "builder".to_owned(),
        ..FrameworkInfo::default()
    };
    scheduler.offers.clear();
    scheduler.call(Call::subscribe(info, Vec::new()), 0).unwrap();
    let with_user = |name: &str, user: Option<&str>| TaskInfo {
        command: Some(mesos_wire::CommandInfo {
            user: user.map(str::to_owned),
            ..mesos_wire::CommandInfo::default()
        }),
        ..task(name, amount(100, 64), &[])
    };
    let tasks = vec![with_user("a", None), with_user("b", Some("other"))];
    let id = scheduler.offers.pop().unwrap().id;
    let operations = vec![offer::Operation::launch(tasks)];
    let call = Call::accept(&scheduler.id.clone(), vec![id], operations, None);
    scheduler.call(call, 0).unwrap();
    let users: Vec<_> = scheduler
        .launches
        .iter()
        .map(|info| info.command.clone().unwrap_or_default().user)
        .collect();
    assert_eq!(users, [Some("builder".to_owned()), Some("other".to_owned())]);
}
