//! A whole cluster with real processes.

use super::*;
use mesos_wire::{
    CommandInfo, FrameworkId, FrameworkInfo, Offer, TaskInfo, TaskState, TaskStatus, command_info, offer,
};
use std::fs;
use std::path::Path;

use crate::sandbox::{FetchError, Fetched};

const PATIENCE: Duration = Duration::from_secs(60);

struct Hello;

impl Fetch for Hello {
    fn fetch(&self, url: &str, file: PathBuf) -> Fetched {
        let known = url == "http://jenkins/hello.txt";
        Box::pin(async move {
            if known {
                fs::write(file, "hello").unwrap();
                return Ok(());
            }
            Err(FetchError {
                message: "status 404".to_owned(),
                passing: false,
            })
        })
    }
}

struct Scheduler {
    cluster: Cluster,
    events: mpsc::UnboundedReceiver<Event>,
    id: FrameworkId,
    offers: Vec<Offer>,
    updates: Vec<TaskStatus>,
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("mesos-local-cluster-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

impl Scheduler {
    async fn open(folder: &Path, id: Option<FrameworkId>) -> Self {
        let settings = Settings {
            source: LocalSource {
                docker: DockerSource::None,
                ..LocalSource::default()
            },
            folder: folder.to_path_buf(),
            fetch: Arc::new(Hello),
            detach: crate::own_group,
            troubles: mpsc::unbounded_channel().0,
        };
        let cluster = Cluster::start(settings);
        let info = FrameworkInfo {
            id,
            roles: vec!["*".to_owned()],
            ..FrameworkInfo::default()
        };
        let mut events = cluster
            .subscribe(Call::subscribe(info, Vec::new()))
            .await
            .unwrap();
        let first = events.recv().await.unwrap().subscribed.unwrap();
        Self {
            cluster,
            events,
            id: first.framework_id,
            offers: Vec::new(),
            updates: Vec::new(),
        }
    }

    async fn hear(&mut self) {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        let event = event
            .unwrap_or_else(|_| panic!("silence after {:?}", self.updates))
            .unwrap();
        self.offers
            .extend(event.offers.iter().flat_map(|offers| offers.decoded().unwrap()));
        if let Some(status) = event.update.map(|update| *update.status) {
            if let Some(uuid) = status.uuid.clone() {
                let agent = status.agent_id.clone().unwrap();
                let call = Call::acknowledge(&self.id, agent, status.task_id.clone(), uuid);
                self.cluster.call(call).await.unwrap();
            }
            self.updates.push(status);
        }
    }

    async fn launch(&mut self, name: &str, line: &str, uris: &[&str]) {
        while self.offers.is_empty() {
            self.hear().await;
        }
        let offer = self.offers.remove(0);
        let uri = |value: &&str| command_info::Uri {
            value: (*value).to_owned(),
            extract: Some(false),
            ..command_info::Uri::default()
        };
        let info = TaskInfo {
            name: name.to_owned(),
            task_id: name.into(),
            agent_id: offer.agent_id,
            resources: vec![
                mesos_wire::Resource::scalar("cpus", 0.1),
                mesos_wire::Resource::scalar("mem", 32.0),
            ],
            command: Some(CommandInfo {
                value: Some(line.to_owned()),
                uris: uris.iter().map(uri).collect(),
                ..CommandInfo::default()
            }),
            ..TaskInfo::default()
        };
        let operations = vec![offer::Operation::launch(vec![info])];
        let call = Call::accept(&self.id, vec![offer.id], operations, None);
        self.cluster.call(call).await.unwrap();
    }

    async fn state(&mut self, name: &str, state: TaskState) -> String {
        loop {
            let found = self
                .updates
                .iter()
                .find(|status| status.task_id.value == name && status.state() == state);
            if let Some(status) = found {
                return status.message.clone().unwrap_or_default();
            }
            self.hear().await;
        }
    }

    async fn end(self, folder: &Path) {
        self.cluster.call(Call::teardown(&self.id)).await.unwrap();
        assert_eq!(fs::read_dir(folder.join("local/tasks")).unwrap().count(), 0);
        drop(self);
        fs::remove_dir_all(folder).unwrap();
    }
}

fn processes(folder: &Path) -> usize {
    let mark = folder.display().to_string();
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries
        .filter(|entry| {
            let text = fs::read(entry.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(&format!("MESOS_SANDBOX={mark}"))
        })
        .count()
}

#[tokio::test]
async fn tasks_run_with_their_files_and_end_with_their_status() {
    let folder = folder("status");
    let mut scheduler = Scheduler::open(&folder, None).await;
    scheduler
        .launch(
            "good",
            "test \"$(cat hello.txt)\" = hello",
            &["http://jenkins/hello.txt"],
        )
        .await;
    scheduler.state("good", TaskState::TaskFinished).await;
    scheduler
        .launch("bad", "echo no such thing >&2; exit 3", &[])
        .await;
    let message = scheduler.state("bad", TaskState::TaskFailed).await;
    assert_eq!(message, "the command has ended with status 3: no such thing");
    scheduler
        .launch("unfetched", "true", &["http://jenkins/other"])
        .await;
    let message = scheduler.state("unfetched", TaskState::TaskFailed).await;
    assert_eq!(
        message,
        "http://jenkins/other cannot be fetched for the task: status 404"
    );
    scheduler.end(&folder).await;
}

#[tokio::test]
async fn a_killed_task_has_its_grace_and_leaves_nothing() {
    let folder = folder("kill");
    let mut scheduler = Scheduler::open(&folder, None).await;
    scheduler
        .launch("a", "trap 'touch ../../../../polite; exit' TERM; touch ../../../../ready; while :; do sleep 0.05; done", &[])
        .await;
    scheduler.state("a", TaskState::TaskRunning).await;
    let ready = async {
        while !folder.join("ready").exists() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
    let kill = Call::kill(&scheduler.id, "a".into(), None, None);
    scheduler.cluster.call(kill).await.unwrap();
    scheduler.state("a", TaskState::TaskKilled).await;
    assert!(folder.join("polite").exists());
    assert_eq!(processes(&folder), 0);
    scheduler.end(&folder).await;
}

#[tokio::test]
async fn the_next_controller_takes_over_what_runs_and_hears_of_what_has_ended() {
    let folder = folder("again");
    let mut first = Scheduler::open(&folder, None).await;
    first.launch("stays", "sleep 1000", &[]).await;
    first
        .launch(
            "ends",
            "while [ ! -e ../../../../go ]; do sleep 0.05; done; exit 4",
            &[],
        )
        .await;
    first.state("stays", TaskState::TaskRunning).await;
    first.state("ends", TaskState::TaskRunning).await;
    let id = first.id.clone();
    drop(first);
    fs::write(folder.join("go"), "").unwrap();

    let mut second = Scheduler::open(&folder, Some(id.clone())).await;
    assert_eq!(second.id, id);
    let message = second.state("ends", TaskState::TaskFailed).await;
    assert!(
        message.starts_with("the command has ended with status 4"),
        "{message}"
    );
    let ask = Call::reconcile(&id, [("stays".into(), None), ("never".into(), None)]);
    second.cluster.call(ask).await.unwrap();
    second.state("stays", TaskState::TaskRunning).await;
    second.state("never", TaskState::TaskGone).await;
    assert!(processes(&folder) > 0);
    let kill = Call::kill(&id, "stays".into(), None, None);
    second.cluster.call(kill).await.unwrap();
    second.state("stays", TaskState::TaskKilled).await;
    assert_eq!(processes(&folder), 0);
    second.end(&folder).await;
}

#[tokio::test]
async fn all_that_is_left_can_be_ended_at_once() {
    let folder = folder("all");
    let mut scheduler = Scheduler::open(&folder, None).await;
    for name in ["a", "b"] {
        scheduler.launch(name, "sleep 1000", &[]).await;
        scheduler.state(name, TaskState::TaskRunning).await;
    }
    assert!(Cluster::is_used(&folder));
    scheduler.cluster.end_all().await.unwrap();
    assert!(!Cluster::is_used(&folder));
    assert_eq!(processes(&folder), 0);
    fs::remove_dir_all(&folder).unwrap();
}
