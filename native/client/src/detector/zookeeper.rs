//! Follows the masters' election in ZooKeeper.
//!
//! A client of the library lives as long as its ZooKeeper session. When that ends, whatever the cause, a new client is
//! built after a while, for as long as it takes.

use std::io;
use std::time::Duration;

use mesos_core::Leader;
use mesos_core::master::{MasterAddress, ZooKeeperSource};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zookeeper_client::{Client, Error, OneshotWatcher, SessionState, StateWatcher};

use super::{master_info, report};
use crate::backoff::Backoff;

/// Asked for; the server may shorten it. Mesos masters use the same.
const SESSION_TIMEOUT: Duration = Duration::from_secs(10);
/// For a session to be opened. With the look at each server after it, it stays below the deadline of Test Connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(6);
/// For each request in a session.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The library changes to another server within this time without anybody noticing.
const RECONNECT_GRACE: Duration = Duration::from_secs(2);
/// The election is read again even if no watch fires: a lost watch would otherwise mean a lost cluster.
const REREAD: Duration = Duration::from_secs(30);
const TCP_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// Why ZooKeeper does not tell who leads. The messages hold no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DetectError {
    #[error(
        "ZooKeeper at {servers} cannot be reached ({reason}): check Mesos master, and that ZooKeeper runs"
    )]
    Unreachable { servers: String, reason: String },
    #[error("connection to ZooKeeper at {servers} lost ({reason}), trying again")]
    Lost { servers: String, reason: String },
    #[error(
        "ZooKeeper at {servers} has no node {path}: correct the path in Mesos master, or start masters with \
         --zk=zk://{servers}{path}"
    )]
    NoNode { servers: String, path: String },
    #[error("ZooKeeper at {servers} does not let us read {path}: {}", login_cure(*.with_login))]
    Denied {
        servers: String,
        path: String,
        with_login: bool,
    },
    #[error(
        "no master is registered at {path} in ZooKeeper at {servers}: is the path in Mesos master right, do masters run?"
    )]
    NobodyLeads { servers: String, path: String },
    #[error(
        "only masters older than Mesos 1.0 are registered at {path} in ZooKeeper at {servers}: update them"
    )]
    TooOld { servers: String, path: String },
    #[error(
        "the node {node} in ZooKeeper at {servers} does not hold the address of a master ({problem}): remove it"
    )]
    Garbage {
        servers: String,
        node: String,
        problem: String,
    },
    #[error("ZooKeeper at {servers} answered a request for {path} with: {source}")]
    Unexpected {
        servers: String,
        path: String,
        source: Error,
    },
}

fn login_cure(with_login: bool) -> &'static str {
    if with_login {
        "user or password in Mesos master is wrong"
    } else {
        "write its login as zk://user:password@… in Mesos master"
    }
}

/// Asks once who leads.
///
/// # Errors
/// Anything but a leader with a readable address; [`DetectError::NobodyLeads`] among them.
pub(crate) async fn find_once(source: &ZooKeeperSource) -> Result<MasterAddress, DetectError> {
    let client = connect(source).await?;
    let (leader, _watcher) = read(&client, source).await?;
    leader.ok_or_else(|| DetectError::NobodyLeads {
        servers: source.connect_string(),
        path: source.path.clone(),
    })
}

/// Reports every change of the leader, and every trouble in finding it out, without end.
pub(super) async fn follow(source: &ZooKeeperSource, answers: &mpsc::UnboundedSender<Leader>) {
    let mut backoff = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
    let mut reporter = Reporter { answers, last: None };
    loop {
        let error = match connect(source).await {
            Err(error) => error,
            Ok(client) => follow_session(&client, source, &mut reporter, &mut backoff).await,
        };
        reporter.trouble(&error);
        sleep(backoff.delay()).await;
    }
}

/// Passes on what differs from the last report.
struct Reporter<'a> {
    answers: &'a mpsc::UnboundedSender<Leader>,
    last: Option<Leader>,
}

impl Reporter<'_> {
    fn leader(&mut self, leader: Leader) {
        if self.last.as_ref() != Some(&leader) {
            report(self.answers, leader.clone());
            self.last = Some(leader);
        }
    }

    fn trouble(&mut self, error: &DetectError) {
        tracing::debug!("{error}");
        self.leader(Leader::Unreachable(error.to_string()));
    }
}

/// Follows the election for as long as one session lives; returns why it does not any longer.
async fn follow_session(
    client: &Client,
    source: &ZooKeeperSource,
    reporter: &mut Reporter<'_>,
    backoff: &mut Backoff,
) -> DetectError {
    let mut states = client.state_watcher();
    loop {
        let watcher = match read(client, source).await {
            Ok((leader, watcher)) => {
                backoff.reset();
                reporter.leader(leader.map_or(Leader::None, Leader::Found));
                Some(watcher)
            }
            Err(error @ (DetectError::Lost { .. } | DetectError::Unexpected { .. })) => {
                if client.state() == SessionState::SyncConnected {
                    // The session lives, but does not answer: begin with a new one.
                    return error;
                }
                None
            }
            Err(DetectError::NoNode { servers, path }) => {
                reporter.trouble(&DetectError::NoNode { servers, path });
                backoff.reset();
                watch_creation(client, source).await
            }
            Err(error) => {
                reporter.trouble(&error);
                None
            }
        };
        let state = match watcher {
            Some(watcher) => {
                tokio::select! {
                    _ = watcher.changed() => client.state(),
                    state = states.changed() => state,
                    () = sleep(REREAD) => client.state(),
                }
            }
            None => {
                tokio::select! {
                    state = states.changed() => state,
                    () = sleep(FIRST_DELAY * 4) => client.state(),
                }
            }
        };
        if let Err(state) = connected(state, &mut states, source, reporter).await {
            return DetectError::Lost {
                servers: source.connect_string(),
                reason: state_name(state).to_owned(),
            };
        }
    }
}

/// Waits until the session has a server again; `Err` when it has ended.
async fn connected(
    mut state: SessionState,
    states: &mut StateWatcher,
    source: &ZooKeeperSource,
    reporter: &mut Reporter<'_>,
) -> Result<(), SessionState> {
    let mut said = false;
    loop {
        match state {
            SessionState::SyncConnected | SessionState::ConnectedReadOnly => return Ok(()),
            SessionState::Disconnected => {}
            ended => return Err(ended),
        }
        state = if said {
            states.changed().await
        } else {
            match timeout(RECONNECT_GRACE, states.changed()).await {
                Ok(state) => state,
                Err(_) => {
                    said = true;
                    let reason = reachability(source).await;
                    reporter.trouble(&DetectError::Lost {
                        servers: source.connect_string(),
                        reason,
                    });
                    states.state()
                }
            }
        };
    }
}

fn state_name(state: SessionState) -> &'static str {
    match state {
        SessionState::Expired => "the session expired",
        SessionState::AuthFailed => "the login was refused",
        SessionState::Closed => "the session was closed",
        SessionState::Disconnected => "disconnected",
        SessionState::SyncConnected | SessionState::ConnectedReadOnly => "no answer",
    }
}

async fn connect(source: &ZooKeeperSource) -> Result<Client, DetectError> {
    let mut connector = Client::connector()
        .with_session_timeout(SESSION_TIMEOUT)
        .with_fail_eagerly();
    if let Some(credentials) = &source.credentials {
        let login = format!("{}:{}", credentials.user, credentials.password);
        connector = connector.with_auth("digest", login.as_bytes());
    }
    let servers = source.connect_string();
    let refusal = match timeout(CONNECT_TIMEOUT, connector.connect(&servers)).await {
        Ok(Ok(client)) => return Ok(client),
        Ok(Err(Error::AuthFailed)) => {
            return Err(DetectError::Denied {
                servers,
                path: source.path.clone(),
                with_login: source.credentials.is_some(),
            });
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    tracing::debug!("no session with ZooKeeper at {servers}: {refusal}");
    Err(DetectError::Unreachable {
        servers,
        reason: reachability(source).await,
    })
}

/// Says of each server what a plain connection to it comes to.
async fn reachability(source: &ZooKeeperSource) -> String {
    let mut attempts = JoinSet::new();
    for (position, server) in source.servers.iter().cloned().enumerate() {
        attempts.spawn(async move {
            let outcome = match timeout(TCP_TIMEOUT, TcpStream::connect(&server)).await {
                Ok(Ok(_)) => "accepts connections but does not answer as ZooKeeper does".to_owned(),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    "connection refused".to_owned()
                }
                Ok(Err(error)) if error.raw_os_error().is_none() => {
                    format!("host name cannot be resolved: {error}")
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} s", TCP_TIMEOUT.as_secs()),
            };
            (position, format!("{server}: {outcome}"))
        });
    }
    let mut outcomes = attempts.join_all().await;
    outcomes.sort();
    outcomes
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Who leads now, and a watch on the registrations.
async fn read(
    client: &Client,
    source: &ZooKeeperSource,
) -> Result<(Option<MasterAddress>, OneshotWatcher), DetectError> {
    let fail = |error| failure(error, source);
    loop {
        let (children, watcher) = within(client.list_and_watch_children(&source.path))
            .await
            .map_err(fail)?;
        let Some(child) = master_info::leading_child(&children) else {
            if master_info::only_old_masters(&children) {
                return Err(DetectError::TooOld {
                    servers: source.connect_string(),
                    path: source.path.clone(),
                });
            }
            return Ok((None, watcher));
        };
        let node = format!("{}/{child}", source.path);
        match within(client.get_data(&node)).await {
            Ok((content, _)) => match master_info::parse(&content) {
                Ok(address) => return Ok((Some(address), watcher)),
                Err(problem) => {
                    return Err(DetectError::Garbage {
                        servers: source.connect_string(),
                        node,
                        problem,
                    });
                }
            },
            // The leader resigned between the two requests.
            Err(Error::NoNode) => {}
            Err(error) => return Err(fail(error)),
        }
    }
}

/// A watch that fires when the masters' node appears, as far as it can be had.
async fn watch_creation(client: &Client, source: &ZooKeeperSource) -> Option<OneshotWatcher> {
    match within(client.check_and_watch_stat(&source.path)).await {
        Ok((None, watcher)) => Some(watcher),
        // It has appeared meanwhile, or the session is in trouble: look again soon.
        Ok((Some(_), _)) | Err(_) => None,
    }
}

async fn within<T>(request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(ANSWER_TIMEOUT, request)
        .await
        .unwrap_or(Err(Error::Timeout))
}

fn failure(error: Error, source: &ZooKeeperSource) -> DetectError {
    let servers = source.connect_string();
    let path = source.path.clone();
    match error {
        Error::NoNode => DetectError::NoNode { servers, path },
        Error::NoAuth | Error::AuthFailed => DetectError::Denied {
            servers,
            path,
            with_login: source.credentials.is_some(),
        },
        Error::Timeout
        | Error::ConnectionLoss
        | Error::SessionExpired
        | Error::SessionMoved
        | Error::ClientClosed => DetectError::Lost {
            servers,
            reason: error.to_string(),
        },
        source => DetectError::Unexpected {
            servers,
            path,
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesos_core::master::MasterSource;

    fn source(text: &str) -> ZooKeeperSource {
        match text.parse() {
            Ok(MasterSource::ZooKeeper(source)) => source,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn each_server_of_a_dead_ensemble_is_named_with_its_trouble() {
        // Bound and dropped: nothing listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let source = source(&format!(
            "zk://user:hunter2@127.0.0.1:{port},no-such-host.invalid:2181/mesos"
        ));
        let error = find_once(&source).await.unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, DetectError::Unreachable { .. }), "{message}");
        assert!(
            message.contains(&format!("127.0.0.1:{port}: connection refused")),
            "{message}"
        );
        assert!(
            message.contains("no-such-host.invalid:2181: host name cannot be resolved"),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[tokio::test]
    async fn an_ensemble_that_is_down_is_reported_once_and_tried_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let source = source(&format!("zk://{}/mesos", listener.local_addr().unwrap()));
        let (answers, mut reports) = mpsc::unbounded_channel();
        let following = tokio::spawn(async move { follow(&source, &answers).await });
        // Each attempt is a connection that is closed at once.
        for _ in 0..6 {
            drop(listener.accept().await.unwrap());
        }
        let Some(Leader::Unreachable(message)) = reports.recv().await else {
            panic!("no report")
        };
        assert!(message.contains("does not answer as ZooKeeper does"), "{message}");
        assert!(reports.try_recv().is_err(), "the same message came twice");
        following.abort();
    }
}
