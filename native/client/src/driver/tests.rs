//! A whole cloud against scripted masters, on real files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use mesos_core::{Launch, Protocol};
use mesos_wire::{Call, Event, FrameworkId, Message, call, event};

use super::*;
use crate::certificates::{issued, pem};
use crate::cloud::Cloud;
use crate::fake_master::{FakeMaster, Received, Step, response, stream_of};
use crate::runtime::Runtime;

const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Folder(std::env::temp_dir().join(format!("mesos-driver-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.0.exists() {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

fn config(master: &str) -> Config {
    serde_json::from_value(serde_json::json!({
        "master": master, "name": "test", "frameworkName": "test",
        "templates": [{"label": "mesos", "cpus": 0.1, "mem": 32}],
    }))
    .unwrap()
}

fn open(master: &str, folder: &Folder, runtime: &Runtime) -> Cloud {
    Cloud::open(config(master), folder.0.clone(), runtime)
}

/// Polls until a notice is picked.
fn await_notice<T>(cloud: &Cloud, mut pick: impl FnMut(&Notice) -> Option<T>) -> T {
    let end = std::time::Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while std::time::Instant::now() < end {
        for event in cloud.poll(Duration::from_secs(1)).events {
            if let Some(picked) = pick(&event.notice) {
                return picked;
            }
            seen.push(event.notice);
        }
    }
    panic!("not among {seen:#?}");
}

fn connection_message(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Connection { message, .. } => message.clone(),
        _ => None,
    }
}

fn state(notice: &Notice) -> Option<ConnectionState> {
    match notice {
        Notice::Connection { state, .. } => Some(*state),
        _ => None,
    }
}

fn close(cloud: &Cloud, teardown: bool) {
    cloud.close(teardown);
    assert!(cloud.wait_closed(PATIENCE));
    while !cloud.poll(Duration::ZERO).closed {}
}

fn subscribed() -> Step {
    let event = Event {
        r#type: Some(event::Type::Subscribed.into()),
        subscribed: Some(event::Subscribed {
            framework_id: FrameworkId {
                value: "f-0001".to_owned(),
            },
            heartbeat_interval_seconds: Some(15.0),
            ..event::Subscribed::default()
        }),
        ..Event::default()
    };
    Step::Answer(stream_of(&[event.encode_to_vec()]))
}

fn call_in(request: &Received) -> Call {
    Call::decode(request.body.as_slice()).unwrap()
}

fn accepted() -> Step {
    Step::Answer(response("202 Accepted", "", ""))
}

#[test]
fn a_bad_address_is_told_and_a_corrected_one_heals_it() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let cloud = open("ftp://m1", &folder, &runtime);
    let message = await_notice(&cloud, connection_message);
    assert!(message.contains("Mesos master begins with `ftp://`"), "{message}");
    let master = runtime.block_on(FakeMaster::start([subscribed(), accepted(), accepted()]));
    cloud.reconfigure(config(&master.address.to_string())).unwrap();
    await_notice(&cloud, |notice| {
        state(notice).filter(|state| *state == ConnectionState::Subscribed)
    });
    close(&cloud, false);
}

#[test]
fn a_redirect_is_followed_to_the_leader_and_calls_go_there() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let mut leader = runtime.block_on(FakeMaster::start([
        subscribed(),
        accepted(),
        accepted(),
        accepted(),
    ]));
    let location = format!("Location: //{}/api/v1/scheduler\r\n", leader.address.authority());
    let redirect = Step::Answer(response("307 Temporary Redirect", &location, ""));
    let other = runtime.block_on(FakeMaster::start([redirect]));
    let cloud = open(&other.address.to_string(), &folder, &runtime);
    let named = await_notice(&cloud, |notice| match notice {
        Notice::Connection {
            state: ConnectionState::Subscribed,
            leader,
            framework_id,
            ..
        } => Some((leader.clone(), framework_id.clone())),
        _ => None,
    });
    assert_eq!(
        named,
        (Some(leader.address.to_string()), Some("f-0001".to_owned()))
    );
    let subscribe = runtime.block_on(leader.received());
    let subscribe = call_in(&subscribe);
    assert_eq!(subscribe.r#type(), call::Type::Subscribe);
    assert!(!subscribe.subscribe.unwrap().framework_info.user.is_empty());
    close(&cloud, true);
    let last = runtime.block_on(async {
        loop {
            let request = leader.received().await;
            assert_eq!(request.header("mesos-stream-id"), Some("stream-1"));
            let call = call_in(&request);
            if call.r#type() == call::Type::Teardown {
                return call;
            }
        }
    });
    assert_eq!(last.framework_id.unwrap().value, "f-0001");
}

#[test]
fn the_framework_id_is_kept_over_a_close_and_given_up_with_a_teardown() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    for (teardown, expected) in [(false, None), (true, Some("f-0001")), (false, None)] {
        let mut master = runtime.block_on(FakeMaster::start([
            subscribed(),
            accepted(),
            accepted(),
            accepted(),
        ]));
        let cloud = open(&master.address.to_string(), &folder, &runtime);
        await_notice(&cloud, |notice| {
            state(notice).filter(|state| *state == ConnectionState::Subscribed)
        });
        let request = runtime.block_on(master.received());
        let id = Call::decode(request.body.as_slice())
            .unwrap()
            .framework_id
            .map(|id| id.value);
        assert_eq!(id.as_deref(), expected);
        close(&cloud, teardown);
    }
}

#[test]
fn a_teardown_is_done_even_if_the_master_closes_the_stream_before_it_answers() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    for _ in 0..2 {
        let mut master = runtime.block_on(FakeMaster::answering(|request| match call_in(request).r#type() {
            call::Type::Subscribe => subscribed(),
            call::Type::Teardown => Step::CloseOthersAndAnswer(response("202 Accepted", "", "")),
            _ => accepted(),
        }));
        let cloud = open(&master.address.to_string(), &folder, &runtime);
        await_notice(&cloud, |notice| {
            state(notice).filter(|state| *state == ConnectionState::Subscribed)
        });
        // The second time, nothing is known of the first.
        assert_eq!(call_in(&runtime.block_on(master.received())).framework_id, None);
        let begin = std::time::Instant::now();
        close(&cloud, true);
        assert!(begin.elapsed() < CLOSE_TIMEOUT, "{:?}", begin.elapsed());
    }
}

#[test]
fn a_panic_is_told_and_the_cloud_lives_on() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let master = runtime.block_on(FakeMaster::start([
        subscribed(),
        accepted(),
        subscribed(),
        accepted(),
    ]));
    let cloud = open(&master.address.to_string(), &folder, &runtime);
    let subscribed = |notice: &Notice| state(notice).filter(|state| *state == ConnectionState::Subscribed);
    await_notice(&cloud, subscribed);
    cloud.inject_panic();
    let message = await_notice(&cloud, |notice| match notice {
        Notice::Trouble { subject, message } if subject == "internal" => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("a bug for the test"), "{message}");
    drop(master);
    let master = runtime.block_on(FakeMaster::start([self::subscribed(), accepted()]));
    cloud.reconfigure(config(&master.address.to_string())).unwrap();
    await_notice(&cloud, subscribed);
    close(&cloud, false);
}

#[test]
fn agents_that_a_panic_lost_are_told_as_ended() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let cloud = open("127.0.0.1:1", &folder, &runtime);
    let launch = Launch::new(Protocol::Jnlp, "http://127.0.0.1:8080/");
    cloud.submit(Request::new("agent-1", "mesos", 1, launch)).unwrap();
    await_notice(&cloud, connection_message);
    cloud.inject_panic();
    let master = runtime.block_on(FakeMaster::start([
        subscribed(),
        accepted(),
        accepted(),
        accepted(),
    ]));
    cloud.reconfigure(config(&master.address.to_string())).unwrap();
    let state = await_notice(&cloud, |notice| match notice {
        Notice::Ended { name, state, .. } if name == "agent-1" => Some(state.clone()),
        _ => None,
    });
    assert_eq!(state, "LOST_BY_RESTART");
    close(&cloud, false);
}

#[test]
fn a_request_that_cannot_be_served_is_refused_at_once_or_ended() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let cloud = open("127.0.0.1:1", &folder, &runtime);
    let launch = || Launch::new(Protocol::Jnlp, "http://127.0.0.1:8080/");
    let error = cloud
        .submit(Request::new("agent-1", "unheard-of", 1, launch()))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no agent template has the name or label `unheard-of`"),
        "{error}"
    );
    cloud
        .submit(Request::new("not/a/name", "mesos", 1, launch()))
        .unwrap();
    let (state, message) = await_notice(&cloud, |notice| match notice {
        Notice::Ended {
            name, state, message, ..
        } if name == "not/a/name" => Some((state.clone(), message.clone())),
        _ => None,
    });
    assert_eq!(state, "REFUSED");
    assert!(message.unwrap().contains("not/a/name"));
    close(&cloud, false);
}

#[test]
fn a_folder_in_use_is_told_and_taken_when_it_is_free() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let first = open("127.0.0.1:1", &folder, &runtime);
    await_notice(&first, connection_message);
    let second = open("127.0.0.1:1", &folder, &runtime);
    let message = await_notice(&second, connection_message);
    assert!(message.contains("is in use by process"), "{message}");
    assert!(
        second
            .status()
            .connection
            .message
            .unwrap()
            .contains("is in use by process")
    );
    close(&first, false);
    let message = await_notice(&second, connection_message);
    assert!(message.contains("refuses connections"), "{message}");
    close(&second, false);
}

#[test]
fn a_cloud_can_be_closed_while_its_folder_cannot_be_used() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let first = open("", &folder, &runtime);
    await_notice(&first, connection_message);
    for teardown in [false, true] {
        let second = open("", &folder, &runtime);
        await_notice(&second, connection_message);
        close(&second, teardown);
    }
    close(&first, false);
}

#[test]
fn a_teardown_that_no_master_takes_is_given_up_in_time_and_can_be_done_later() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let silent = |request: &Received| match call_in(request).r#type() {
        call::Type::Subscribe => subscribed(),
        call::Type::Teardown => Step::Silence,
        _ => accepted(),
    };
    let master = runtime.block_on(FakeMaster::answering(silent));
    let cloud = open(&master.address.to_string(), &folder, &runtime);
    await_notice(&cloud, |notice| match notice {
        Notice::Framework { .. } => Some(()),
        _ => None,
    });
    let begin = std::time::Instant::now();
    close(&cloud, true);
    let elapsed = begin.elapsed();
    assert!(
        elapsed >= CLOSE_TIMEOUT && elapsed < CLOSE_TIMEOUT * 2,
        "{elapsed:?}"
    );

    let mut master = runtime.block_on(FakeMaster::answering(silent));
    let cloud = open(&master.address.to_string(), &folder, &runtime);
    let subscribe = call_in(&runtime.block_on(master.received()));
    assert_eq!(subscribe.framework_id.unwrap().value, "f-0001");
    close(&cloud, false);
}

#[test]
fn dropping_the_handle_closes_the_cloud() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    drop(open("", &folder, &runtime));
    let again = open("", &folder, &runtime);
    // The folder becomes free without any help.
    let end = std::time::Instant::now() + PATIENCE;
    while !again
        .status()
        .connection
        .message
        .is_some_and(|message| message.contains("is empty"))
    {
        assert!(std::time::Instant::now() < end, "{:?}", again.status());
        again.poll(Duration::from_millis(100));
    }
    close(&again, false);
}

/// Asks until the master has been asked and has answered.
fn await_roles(cloud: &Cloud) -> crate::Roles {
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let roles = cloud.roles();
        if roles.known || roles.message.is_some() {
            return roles;
        }
        assert!(std::time::Instant::now() < end, "the master is not asked");
        cloud.poll(Duration::from_millis(50));
    }
}

#[test]
fn what_is_known_of_a_master_is_asked_anew_at_once_when_other_authorities_are_trusted() {
    let (runtime, folder) = (Runtime::new().unwrap(), Folder::new());
    let (authority, acceptor) = issued("127.0.0.1");
    let json = |body| Step::Answer(response("200 OK", "Content-Type: application/json\r\n", body));
    let script = move |request: &Received| match request.head.split_whitespace().nth(1) {
        Some("/master/roles") => json(r#"{"roles":[{"name":"*","frameworks":["f1"],"quota":{}}]}"#),
        Some("/master/slaves") => {
            json(r#"{"slaves":[{"active":true,"resources":{"cpus":4.0,"mem":4096.0}}]}"#)
        }
        _ => Step::Close,
    };
    let master = runtime.block_on(FakeMaster::answering_tls(script, acceptor));
    let file = std::env::temp_dir().join(format!("mesos-driver-ca-{}.pem", uuid::Uuid::new_v4()));
    std::fs::write(&file, pem(&authority)).unwrap();
    let trusting = |path: &str| {
        let mut config = config(&format!("https://{}", master.address.authority()));
        config.ca_file = path.to_owned();
        config
    };
    let cloud = Cloud::open(trusting("/nowhere.pem"), folder.0.clone(), &runtime);
    let need = serde_json::from_str(r#"{"cpus":1}"#).unwrap();
    let message = await_roles(&cloud).message.unwrap();
    assert!(message.contains("/nowhere.pem"), "{message}");
    assert!(!cloud.capacity(&need).known);

    cloud.reconfigure(trusting(&file.display().to_string())).unwrap();

    assert_eq!(cloud.roles().message, None, "of the file before");
    let roles = await_roles(&cloud);
    assert!(roles.known && roles.roles[0].role == "*", "{roles:?}");
    let end = std::time::Instant::now() + PATIENCE;
    while !cloud.capacity(&need).known {
        assert!(
            std::time::Instant::now() < end,
            "the master is not asked for its agents"
        );
        cloud.poll(Duration::from_millis(50));
    }
    close(&cloud, false);
    std::fs::remove_file(&file).unwrap();
}
