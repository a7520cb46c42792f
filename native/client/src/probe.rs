//! Test Connection: what an administrator learns before saving a cloud.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::SERVER;
use mesos_core::master::{MasterAddress, MasterSource, MasterSourceError};
use mesos_core::{Amount, Config, Scalar};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::auth::Authorization;
use crate::connect::{ConnectError, Connector};
use crate::detector::{DetectError, find_once};
use crate::http::{self, BodyError};
use crate::shares::{FRAMEWORKS, RoleShare, Roles, Told};

/// For everything together.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// `/master/slaves` of ten thousand agents is some 20 MB.
const LONGEST_BODY: usize = 64 * 1024 * 1024;
const MOST_REDIRECTS: usize = 5;
/// Tells of all agents; only the leader answers.
const AGENTS: &str = "/master/slaves";
const ROLES: &str = "/master/roles";
const QUOTA: &str = "/master/quota";
const METRICS: &str = "/metrics/snapshot";
/// For what is told of roles beside a report: a cloud works without it.
const ROLES_DEADLINE: Duration = Duration::from_secs(3);

/// The contract's Report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the contract.
    pub v: u32,
    /// Whether a cloud with this configuration would find its master.
    pub ok: bool,
    /// `host:port` of the leading master.
    pub leader: Option<String>,
    /// Of Mesos.
    pub version: Option<String>,
    /// Active ones.
    pub agents: Option<usize>,
    /// Of all active agents together.
    pub cpus_free: Option<Scalar>,
    /// Of all active agents together, in MB.
    pub mem_free: Option<Scalar>,
    /// What was found, or what is wrong and how to cure it.
    pub message: String,
    /// Who else wants the cloud's roles, and what they have; see [`Roles::roles`].
    pub roles: Vec<RoleShare>,
    /// Why the master does not tell of roles, if it does not.
    pub roles_message: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error(transparent)]
    Address(#[from] MasterSourceError),
    #[error(transparent)]
    Detect(#[from] DetectError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(
        "the request to {address} failed ({source}): does a Mesos master run there, is it http:// or https://?"
    )]
    Request { address: String, source: hyper::Error },
    #[error("a request to {address} cannot be written ({source}): correct Mesos master")]
    Unwritable {
        address: String,
        source: hyper::http::Error,
    },
    #[error("the answer of {address} cannot be read: {source}")]
    Body { address: String, source: BodyError },
    #[error("{address} wants a login for {path} (status 401): {}", login_cure(*.with_login))]
    Unauthenticated {
        address: String,
        path: &'static str,
        with_login: bool,
    },
    #[error(
        "{address} does not let this principal use {path} (status 403: {body}): let the master's ACLs allow it"
    )]
    Forbidden {
        address: String,
        path: &'static str,
        body: String,
    },
    #[error("no leader: {address} is a Mesos master, but says: {body}")]
    NoLeader { address: String, body: String },
    #[error(
        "{address} is a Mesos agent: enter the master's address in Mesos master, its port is mostly 5050"
    )]
    Agent { address: String },
    #[error(
        "{address} is not a Mesos master ({path} answered {answer}): correct host and port in Mesos master"
    )]
    NotMesos {
        address: String,
        path: &'static str,
        answer: String,
    },
    #[error(
        "the masters redirect in a circle, last to {address}: wait for the election of a leader, then try again"
    )]
    Circle { address: String },
    #[error("{address} redirects to `{location}`, which is not another master: correct Mesos master")]
    Elsewhere { address: String, location: String },
    #[error("no answer within {} s: check address, network and firewall", DEADLINE.as_secs())]
    Deadline,
}

fn login_cure(with_login: bool) -> &'static str {
    if with_login {
        "principal or secret is wrong"
    } else {
        "enter principal and secret"
    }
}

/// Looks for the leading master and asks it.
pub(crate) async fn test_connection(config: &Config) -> Report {
    if let Ok(MasterSource::Local(source)) = config.master.parse() {
        return local(mesos_local::probe(&source).await);
    }
    let connector = Connector::of(config);
    let outcome = timeout(DEADLINE, probe(&connector, config))
        .await
        .unwrap_or(Err(ProbeError::Deadline));
    match outcome {
        Ok(findings) => findings.into(),
        Err(error) => Report {
            v: 1,
            ok: false,
            leader: None,
            version: None,
            agents: None,
            cpus_free: None,
            mem_free: None,
            message: error.to_string(),
            roles: Vec::new(),
            roles_message: None,
        },
    }
}

/// What is known of this machine in place of a cluster.
fn local(found: mesos_local::Findings) -> Report {
    Report {
        v: 1,
        ok: found.ok,
        leader: Some(MasterAddress::local().to_string()),
        version: found.engine.map(|version| format!("Docker {version}")),
        agents: Some(1),
        cpus_free: Some(found.amount.cpus),
        mem_free: Some(found.amount.mem),
        message: found.message,
        roles: Vec::new(),
        roles_message: None,
    }
}

/// What each active agent of the leading master has in all, as far as a task of ours may use it: once for each role, for a
/// task is of one role only.
pub(crate) async fn survey(config: &Config) -> Result<Vec<Vec<Amount>>, String> {
    if let Ok(MasterSource::Local(source)) = config.master.parse() {
        return Ok(vec![vec![mesos_local::whole(&source, &std::env::temp_dir())]]);
    }
    let connector = Connector::of(config);
    let agents = timeout(DEADLINE, async {
        let mut client = Client::to_configured(&connector, config).await?;
        client.get::<Agents>(AGENTS).await
    });
    let agents = agents
        .await
        .unwrap_or(Err(ProbeError::Deadline))
        .map_err(|error| error.to_string())?;
    let roles = config.roles();
    let active = agents.slaves.iter().filter(|agent| agent.active);
    Ok(active
        .map(|agent| roles.iter().map(|role| agent.usable_by(role)).collect())
        .collect())
}

/// What the leading master tells of the cloud's roles. The framework with this id is ours.
pub(crate) async fn roles(config: &Config, framework_id: Option<&str>) -> Roles {
    if let Ok(MasterSource::Local(_)) = config.master.parse() {
        return Roles {
            v: 1,
            known: true,
            ..Roles::default()
        };
    }
    let connector = Connector::of(config);
    let told = timeout(DEADLINE, async {
        let mut client = Client::to_configured(&connector, config).await?;
        client.told().await
    });
    match told.await.unwrap_or(Err(ProbeError::Deadline)) {
        Ok(told) => Roles {
            v: 1,
            known: true,
            message: None,
            roles: told.shares(&config.roles(), framework_id),
        },
        Err(error) => Roles::unknown(error.to_string()),
    }
}

struct Findings {
    leader: MasterAddress,
    version: String,
    agents: usize,
    cpus: Scalar,
    mem: Scalar,
    roles: Result<Vec<RoleShare>, ProbeError>,
}

impl From<Findings> for Report {
    fn from(found: Findings) -> Self {
        let Findings {
            leader,
            version,
            agents,
            cpus,
            mem,
            roles,
        } = found;
        let resources = match agents {
            0 => "but no agent is registered: no build can run until one is".to_owned(),
            1 => format!("1 agent with {cpus} CPUs and {mem} MB free"),
            _ => format!("{agents} agents with {cpus} CPUs and {mem} MB free"),
        };
        Report {
            v: 1,
            ok: true,
            message: format!("Mesos {version}, leading master {leader}, {resources}"),
            leader: Some(leader.to_string()),
            version: Some(version),
            agents: Some(agents),
            cpus_free: Some(cpus),
            mem_free: Some(mem),
            roles_message: roles.as_ref().err().map(ToString::to_string),
            roles: roles.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Agents {
    slaves: Vec<Agent>,
}

#[derive(Deserialize)]
struct Agent {
    active: bool,
    resources: Amounts,
    #[serde(default)]
    used_resources: Amounts,
    unreserved_resources: Option<Amounts>,
    #[serde(default)]
    reserved_resources: BTreeMap<String, Amounts>,
}

impl Agent {
    /// What is reserved for nobody, for the role, or for one above it.
    fn usable_by(&self, role: &str) -> Amount {
        let mut sum = match &self.unreserved_resources {
            Some(unreserved) => *unreserved,
            None => return self.resources.amount(),
        };
        for (owner, reserved) in &self.reserved_resources {
            let below = role.strip_prefix(owner.as_str());
            if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                sum.cpus += reserved.cpus;
                sum.mem += reserved.mem;
                sum.disk += reserved.disk;
            }
        }
        sum.amount()
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Amounts {
    cpus: f64,
    mem: f64,
    disk: f64,
}

impl Amounts {
    fn amount(self) -> Amount {
        let of = |value| Scalar::from_f64(value).unwrap_or_default();
        Amount {
            cpus: of(self.cpus),
            mem: of(self.mem),
            disk: of(self.disk),
            ..Amount::ZERO
        }
    }
}

async fn probe(connector: &Connector, config: &Config) -> Result<Findings, ProbeError> {
    let mut client = Client::to_configured(connector, config).await?;
    // Any master tells its version; only the leader tells of agents, the others redirect.
    let version: Version = client.get("/version").await?;
    let agents: Agents = match client.get(AGENTS).await {
        // It has a version as Mesos has one, but is no master.
        Err(ProbeError::NotMesos { address, .. }) => return Err(ProbeError::Agent { address }),
        answer => answer?,
    };
    client.try_login().await?;
    let told = timeout(ROLES_DEADLINE, client.told()).await;
    let told = told.unwrap_or(Err(ProbeError::Deadline));
    let roles = told.map(|told| told.shares(&config.roles(), config.framework_id.as_deref()));
    let active = agents.slaves.iter().filter(|agent| agent.active);
    let free = |amount: fn(&Amounts) -> f64| {
        active
            .clone()
            .filter_map(|agent| Scalar::from_f64(amount(&agent.resources) - amount(&agent.used_resources)))
            .sum()
    };
    Ok(Findings {
        version: version.version,
        agents: active.clone().count(),
        cpus: free(|amounts| amounts.cpus),
        mem: free(|amounts| amounts.mem),
        roles,
        leader: client.address,
    })
}

struct Client<'a> {
    connector: &'a Connector,
    authorization: Option<Authorization>,
    address: MasterAddress,
}

enum Answer {
    Ok(Bytes),
    Redirect(String),
    Status {
        status: u16,
        server: Option<String>,
        body: String,
    },
}

impl<'a> Client<'a> {
    /// Looks for the master that is configured.
    async fn to_configured(connector: &'a Connector, config: &Config) -> Result<Self, ProbeError> {
        let address = match config.master.parse()? {
            MasterSource::Static(address) => address,
            MasterSource::ZooKeeper(source) => config.spoken_to(find_once(&source).await?),
            // Asked for before.
            MasterSource::Local(_) => MasterAddress::local(),
        };
        let secret = config.secret.as_ref().map(|secret| secret.expose());
        Ok(Self {
            connector,
            authorization: Authorization::basic(config.principal.as_deref(), secret),
            address,
        })
    }

    /// All that it tells of roles. Of frameworks it may refuse to tell: then they have no names.
    async fn told(&mut self) -> Result<Told, ProbeError> {
        let roles: crate::shares::RoleList = self.get(ROLES).await?;
        let quotas = match roles.tells_quotas() {
            true => None,
            false => self.get(QUOTA).await.ok(),
        };
        let frameworks = self.ask(http::OPERATOR_API, Some(FRAMEWORKS)).await.ok();
        let metrics = self.get(METRICS).await.unwrap_or_default();
        Ok(Told {
            roles,
            quotas,
            frameworks,
            metrics,
        })
    }

    /// Gets a JSON document from the leader; goes where redirects lead, and stays there.
    async fn get<T: serde::de::DeserializeOwned>(&mut self, path: &'static str) -> Result<T, ProbeError> {
        self.ask(path, None).await
    }

    /// The same, with a call of the operator API.
    async fn ask<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &'static str,
        call: Option<&'static str>,
    ) -> Result<T, ProbeError> {
        for _ in 0..=MOST_REDIRECTS {
            let address = self.address.to_string();
            let request = match call {
                None => http::get(&self.address, self.authorization.as_ref(), path),
                Some(call) => http::operate(&self.address, self.authorization.as_ref(), call),
            };
            let request = request.map_err(|source| ProbeError::Unwritable {
                address: address.clone(),
                source,
            })?;
            match self.send(request).await? {
                Answer::Ok(body) => {
                    return serde_json::from_slice(&body).map_err(|_| {
                        let start: String = String::from_utf8_lossy(&body).chars().take(60).collect();
                        let answer = format!("`{}`", start.split_whitespace().collect::<Vec<_>>().join(" "));
                        ProbeError::NotMesos {
                            address,
                            path,
                            answer,
                        }
                    });
                }
                Answer::Redirect(location) => {
                    self.address = self
                        .address
                        .redirected(&location)
                        .map_err(|_| ProbeError::Elsewhere { address, location })?;
                }
                Answer::Status { status: 401, .. } => return Err(self.unauthenticated(path)),
                Answer::Status {
                    status: 403, body, ..
                } => return Err(ProbeError::Forbidden { address, path, body }),
                Answer::Status {
                    status: 503, body, ..
                } => return Err(ProbeError::NoLeader { address, body }),
                Answer::Status { status, server, body } => {
                    let server = server.map(|server| format!(" from {server}")).unwrap_or_default();
                    let body: String = body.chars().take(60).collect();
                    let answer = format!("status {status}{server} `{body}`");
                    return Err(ProbeError::NotMesos {
                        address,
                        path,
                        answer,
                    });
                }
            }
        }
        Err(ProbeError::Circle {
            address: self.address.to_string(),
        })
    }

    /// Whether the scheduler API takes our login. An empty call is none: Mesos looks at the login first, and then refuses
    /// the call with 400.
    async fn try_login(&self) -> Result<(), ProbeError> {
        let address = self.address.to_string();
        let request =
            http::call(&self.address, self.authorization.as_ref(), None, Bytes::new()).map_err(|source| {
                ProbeError::Unwritable {
                    address: address.clone(),
                    source,
                }
            })?;
        match self.send(request).await? {
            Answer::Status { status: 401, .. } => Err(self.unauthenticated(http::SCHEDULER_API)),
            Answer::Status { status: 404, .. } => Err(ProbeError::NotMesos {
                address,
                path: http::SCHEDULER_API,
                answer: "status 404".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn unauthenticated(&self, path: &'static str) -> ProbeError {
        let with_login = self.authorization.is_some();
        ProbeError::Unauthenticated {
            address: self.address.to_string(),
            path,
            with_login,
        }
    }

    async fn send(&self, request: hyper::Request<http_body_util::Full<Bytes>>) -> Result<Answer, ProbeError> {
        let address = self.address.to_string();
        let mut connection = self.connector.connect(&self.address).await?;
        let response =
            connection
                .sender
                .send_request(request)
                .await
                .map_err(|source| ProbeError::Request {
                    address: address.clone(),
                    source,
                })?;
        if let Some(location) = http::location(&response) {
            return Ok(Answer::Redirect(location));
        }
        let status = response.status().as_u16();
        if status == 200 {
            let body = http::whole(response.into_body(), LONGEST_BODY)
                .await
                .map_err(|source| ProbeError::Body { address, source })?;
            return Ok(Answer::Ok(body));
        }
        let server = response
            .headers()
            .get(SERVER)
            .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        let (body, _) = http::excerpt(response.into_body()).await;
        Ok(Answer::Status { status, server, body })
    }
}

#[cfg(test)]
mod tests;
