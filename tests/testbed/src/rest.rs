//! What a controller answers over HTTP: jobs, builds, the queue, nodes and their logs; the same for an old host and for
//! today's Jenkins.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::error::RunError;
use crate::http::{Answer, Client};
use crate::process;
use crate::wait::{Check, until};

/// A build as the controller shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Its number in the job.
    pub number: u64,
    /// Whether it runs.
    pub building: bool,
    /// Its result, such as `SUCCESS`; none while it runs.
    pub result: Option<String>,
    /// The name of the node that it ran or runs on; empty: the controller's own,
    /// or a Pipeline, which has none.
    pub node: String,
    /// When it started, in milliseconds since 1970.
    pub started: u64,
}

/// A waiting build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueItem {
    /// The job's name.
    pub job: String,
    /// Why it waits, in words.
    pub why: String,
    /// Since when it could be built, in milliseconds since 1970; 0 while it cannot.
    pub buildable_since: u64,
}

/// A computer of the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is connected.
    pub online: bool,
    /// Whether nothing runs on it.
    pub idle: bool,
    /// Its executors.
    pub executors: u64,
}

/// A controller as one user sees it.
#[derive(Debug, Clone)]
pub struct Rest {
    client: Client,
    log: PathBuf,
}

impl Rest {
    /// By this client; the log is shown when a wait fails.
    #[must_use]
    pub fn new(client: Client, log: impl Into<PathBuf>) -> Self {
        Self {
            client,
            log: log.into(),
        }
    }

    /// For requests of all kinds.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The end of the controller's log, for messages.
    #[must_use]
    pub fn tail(&self) -> String {
        process::headed_tail(&self.log)
    }

    /// Waits for a condition of the controller; a failure carries the end of its log.
    ///
    /// # Errors
    /// [`RunError::Condition`].
    pub fn await_that<T>(
        &self,
        what: &str,
        limit: Duration,
        look: impl FnMut() -> Check<T>,
    ) -> Result<T, RunError> {
        until(what, limit, look).map_err(|error| match error {
            RunError::Condition { what, reason } => RunError::Condition {
                what,
                reason: format!("{reason}\n{}", self.tail()),
            },
            other => other,
        })
    }

    /// Creates a job from its XML.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn create_job(&self, name: &str, xml: &str) -> Result<(), RunError> {
        self.client
            .post(&format!("/createItem?name={name}"), "text/xml", xml)?
            .good()
            .map(drop)
    }

    /// Puts a build of a job into the queue.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn build(&self, job: &str) -> Result<(), RunError> {
        self.client
            .post(&format!("/job/{job}/build?delay=0sec"), "text/plain", "")?
            .good()
            .map(drop)
    }

    /// A build of a job, when it has started.
    ///
    /// # Errors
    /// [`RunError::Http`] when the controller does not answer.
    pub fn find_build(&self, job: &str, number: u64) -> Result<Option<Build>, RunError> {
        let answer = self.client.get(&format!("/job/{job}/{number}/api/json"))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let json = answer.json()?;
        Ok(Some(Build {
            number,
            building: json["building"].as_bool().unwrap_or(false),
            result: json["result"].as_str().map(str::to_owned),
            node: json["builtOn"].as_str().unwrap_or_default().to_owned(),
            started: json["timestamp"].as_u64().unwrap_or(0),
        }))
    }

    /// Waits until a build has started.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the reasons in the queue and the end of the log.
    pub fn await_start(&self, job: &str, number: u64, limit: Duration) -> Result<Build, RunError> {
        self.await_that(&format!("the start of {job} #{number}"), limit, || {
            match self.find_build(job, number) {
                // the host tells of a build a moment before it tells where it runs
                Ok(Some(build)) if build.node.is_empty() => Check::NotYet("it is on no node yet".to_owned()),
                Ok(Some(build)) => Check::Ready(build),
                Ok(None) => Check::NotYet(format!("the queue: {:?}", self.queue())),
                Err(error) => Check::NotYet(error.to_string()),
            }
        })
    }

    /// Waits until a build has ended.
    ///
    /// # Errors
    /// [`RunError::Condition`] with its console and the end of the log.
    pub fn await_end(&self, job: &str, number: u64, limit: Duration) -> Result<Build, RunError> {
        let what = format!("the end of {job} #{number}");
        self.await_that(&what, limit, || match self.find_build(job, number) {
            Ok(Some(build)) if !build.building && build.result.is_some() => Check::Ready(build),
            Ok(Some(build)) => {
                let console = self.console(job, number).unwrap_or_default();
                Check::NotYet(format!("it runs on {:?}; its console: {console}", build.node))
            }
            Ok(None) => Check::NotYet(format!("the queue: {:?}", self.queue())),
            Err(error) => Check::NotYet(error.to_string()),
        })
    }

    /// The console of a build.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn console(&self, job: &str, number: u64) -> Result<String, RunError> {
        Ok(self
            .client
            .get(&format!("/job/{job}/{number}/consoleText"))?
            .good()?
            .body)
    }

    /// What waits, and why.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn queue(&self) -> Result<Vec<QueueItem>, RunError> {
        let json = self.client.json("/queue/api/json")?;
        let items = json["items"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(items
            .iter()
            .map(|item| QueueItem {
                job: text(&item["task"]["name"]),
                why: text(&item["why"]),
                buildable_since: item["buildableStartMilliseconds"].as_u64().unwrap_or(0),
            })
            .collect())
    }

    /// The computers that are not the controller itself.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn nodes(&self) -> Result<Vec<Node>, RunError> {
        let json = self.client.json("/computer/api/json?depth=1")?;
        let computers = json["computer"].as_array().cloned().unwrap_or_default();
        Ok(computers
            .iter()
            .filter(|computer| {
                computer["displayName"] != "master" && computer["displayName"] != "Built-In Node"
            })
            .map(|computer| Node {
                name: computer["displayName"].as_str().unwrap_or_default().to_owned(),
                online: !computer["offline"].as_bool().unwrap_or(true),
                idle: computer["idle"].as_bool().unwrap_or(false),
                executors: computer["numExecutors"].as_u64().unwrap_or(0),
            })
            .collect())
    }

    /// Deletes a node, as its page's button does.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn delete_node(&self, name: &str) -> Result<(), RunError> {
        self.client
            .post_form(&format!("/computer/{name}/doDelete"), &[("Submit", "Yes")])?
            .good()
            .map(drop)
    }

    /// The log of a node: what its launcher said, then what the agent says.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn node_log(&self, name: &str) -> Result<String, RunError> {
        Ok(self
            .client
            .get(&format!("/computer/{name}/logText/progressiveText?start=0"))?
            .good()?
            .body)
    }

    /// The version of an active plugin; none when it is not there or not active.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn plugin_version(&self, short_name: &str) -> Result<Option<String>, RunError> {
        let page = self.client.get("/pluginManager/installed")?.good()?.body;
        Ok(installed_version(&page, short_name))
    }

    /// A page, whatever its status.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes.
    pub fn page(&self, path: &str) -> Result<Answer, RunError> {
        self.client.get(path)
    }
}

/// Reads the row of an active plugin in the host's table of plugins, which has no JSON.
fn installed_version(page: &str, short_name: &str) -> Option<String> {
    let (before, after) = page.split_once(&format!("url=\"plugin/{short_name}\""))?;
    let row = before.rsplit_once("<tr>")?.1;
    let cell = after.split_once("white-space:nowrap\">")?.1;
    let version = cell.split_once('<')?.0;
    row.contains("checked=\"true\"").then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "<tr><th>x</th></tr><tr><td><input checked=\"true\" type=\"checkbox\" url=\"plugin/mesos\" /></td>\
                       <td class=\"center pane\" style=\"white-space:nowrap\">3.0.0</td></tr>";

    #[test]
    fn an_active_plugin_has_a_version() {
        assert_eq!(installed_version(ROW, "mesos").as_deref(), Some("3.0.0"));
        assert_eq!(installed_version(ROW, "docker"), None);
    }

    #[test]
    fn a_disabled_plugin_has_none() {
        assert_eq!(
            installed_version(&ROW.replace("checked=\"true\"", ""), "mesos"),
            None
        );
    }
}
