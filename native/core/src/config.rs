//! What the administrator sets.

use crate::number::{Number, NumberError};
use crate::scalar::Scalar;
use crate::secret::Secret;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) const CPUS_LEAST: Scalar = Scalar::from_milli(1);
pub(crate) const CPUS_MOST: Scalar = Scalar::from_milli(1_000_000 * 1000);
pub(crate) const MEM_LEAST: Scalar = Scalar::from_milli(1000);
pub(crate) const MEM_MOST: Scalar = Scalar::from_milli(100_000_000 * 1000);
pub(crate) const EXECUTORS_MOST: u32 = 10_000;
/// A year; longer than any answer could be awaited.
pub(crate) const SECONDS_MOST: u32 = 366 * 24 * 3600;

const FAILOVER_TIMEOUT: u32 = 604_800;
const DECLINE: u32 = 600;
const LAUNCH_TIMEOUT: u32 = 600;

/// One cloud. Absent members take the default named at each.
///
/// Reading it fails only where the JSON does not have this shape; what a person typed wrong is found by
/// [`validate`](crate::validate), and a cloud with a wrong template still serves its other templates.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Config {
    /// Key of the state on disk; default empty.
    #[serde(deserialize_with = "or_default")]
    pub cloud_id: String,
    /// For messages only; default `MesosCloud`.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `zk://…`, `host:port` or `http(s)://…`; see [`master`](crate::master). No default.
    #[serde(deserialize_with = "or_default")]
    pub master: String,
    /// Default `Jenkins Scheduler`.
    #[serde(deserialize_with = "or_default")]
    pub framework_name: String,
    /// Default (also for an empty one) `*`.
    #[serde(deserialize_with = "or_default")]
    pub role: String,
    /// The Unix user the agents run as. Empty (default): whoever runs the shell; the shell fills it in, since the HTTP
    /// API of Mesos wants one and a state machine does not know its process.
    #[serde(deserialize_with = "or_default")]
    pub user: String,
    /// Whether tasks outlive a restart of their Mesos agent; default true.
    pub checkpoint: bool,
    /// Shown in the Mesos web page; default empty.
    #[serde(deserialize_with = "or_default")]
    pub webui_url: String,
    /// Jenkins as agents reach it; default empty. Each request brings its own, this one is only validated.
    #[serde(deserialize_with = "or_default")]
    pub jenkins_url: String,
    /// Seconds that the master keeps the tasks while Jenkins is away; default 604800 (a week).
    pub failover_timeout_seconds: Number,
    /// Seconds for which unneeded offers are refused while nothing waits; default 600.
    pub decline_seconds: Number,
    /// Seconds from ACCEPT to TASK_RUNNING; default 600.
    pub launch_timeout_seconds: Number,
    /// For a master that authenticates frameworks; default none.
    pub principal: Option<String>,
    /// The principal's password; default none.
    pub secret: Option<Secret>,
    /// The kinds of agents; default none.
    #[serde(deserialize_with = "or_default")]
    pub templates: Vec<Template>,
    /// Names of the agents that Jenkins has nodes for, at open and at each reconfigure.
    #[serde(deserialize_with = "or_default")]
    pub owned: BTreeSet<String>,
}

/// One kind of agent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Template {
    /// Words between blanks; empty (default) or null serves jobs without a label.
    #[serde(deserialize_with = "or_default")]
    pub label: String,
    /// `NORMAL` (default) or `EXCLUSIVE`; for Jenkins only.
    pub mode: Mode,
    /// CPUs of the agent itself; default 0.1, least 0.001.
    pub cpus: Number,
    /// MB of the agent itself, also its JVM's `-Xmx`; default 512, least 1.
    pub mem: Number,
    /// Least executors an agent has; default 1.
    pub min_executors: Number,
    /// Most executors an agent has; default 2.
    pub max_executors: Number,
    /// CPUs for each executor; default 0.1, least 0.
    pub executor_cpus: Number,
    /// MB for each executor; default 128, least 0.
    pub executor_mem: Number,
    /// The agent's folder, in the sandbox if relative; default (also for an empty one) `jenkins`.
    #[serde(deserialize_with = "or_default")]
    pub remote_fs_root: String,
    /// Minutes after which an idle agent is ended; default 3; 0 is never.
    pub idle_termination_minutes: Number,
    /// Words for the JVM of the agent; default `-Xms16m`. An `-Xmx` in it is dropped.
    #[serde(deserialize_with = "or_default")]
    pub jvm_args: String,
    /// Words for the agent's program; default `-noReconnect`.
    #[serde(deserialize_with = "or_default")]
    pub jnlp_args: String,
    /// Attributes that a Mesos agent must have: a JSON object, or its text; default none.
    #[serde(deserialize_with = "object_or_text")]
    pub attributes: String,
}

/// Which jobs Jenkins gives to an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// As many as possible.
    #[default]
    Normal,
    /// Only those whose label asks for it.
    Exclusive,
}

/// The numbers of a valid template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSize {
    /// CPUs of the agent itself.
    pub cpus: Scalar,
    /// MB of the agent itself.
    pub mem: Scalar,
    /// CPUs for each executor.
    pub executor_cpus: Scalar,
    /// MB for each executor.
    pub executor_mem: Scalar,
    /// Least executors.
    pub min_executors: u32,
    /// Most executors; not less than the least.
    pub max_executors: u32,
    /// Minutes; 0 is never.
    pub idle_termination_minutes: u32,
    /// Attribute name to text.
    pub attributes: BTreeMap<String, String>,
}

/// Why a label has no usable template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No template has this label.
    #[error("no agent template has the label `{0}`: add one in the cloud's configuration")]
    Unknown(String),
    /// A field of the template is wrong.
    #[error("the agent template with the label `{label}` cannot be used: its {field} {problem}")]
    Invalid {
        /// The template's label.
        label: String,
        /// The field's name in the configuration.
        field: &'static str,
        /// What is wrong with it, and the cure.
        problem: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cloud_id: String::new(),
            name: "MesosCloud".to_owned(),
            master: String::new(),
            framework_name: "Jenkins Scheduler".to_owned(),
            role: "*".to_owned(),
            user: String::new(),
            checkpoint: true,
            webui_url: String::new(),
            jenkins_url: String::new(),
            failover_timeout_seconds: Number::from(FAILOVER_TIMEOUT.to_string().as_str()),
            decline_seconds: Number::from(DECLINE.to_string().as_str()),
            launch_timeout_seconds: Number::from(LAUNCH_TIMEOUT.to_string().as_str()),
            principal: None,
            secret: None,
            templates: Vec::new(),
            owned: BTreeSet::new(),
        }
    }
}

impl Default for Template {
    fn default() -> Self {
        Self {
            label: String::new(),
            mode: Mode::Normal,
            cpus: Number::from("0.1"),
            mem: Number::from("512"),
            min_executors: Number::from("1"),
            max_executors: Number::from("2"),
            executor_cpus: Number::from("0.1"),
            executor_mem: Number::from("128"),
            remote_fs_root: "jenkins".to_owned(),
            idle_termination_minutes: Number::from("3"),
            jvm_args: "-Xms16m".to_owned(),
            jnlp_args: "-noReconnect".to_owned(),
            attributes: String::new(),
        }
    }
}

impl Config {
    /// The role that offers come for: the configured one, or `*`.
    pub fn effective_role(&self) -> &str {
        match self.role.trim() {
            "" => "*",
            role => role,
        }
    }

    /// How long the master keeps the tasks while Jenkins is away. A bad number counts as the default, never as 0, with
    /// which Mesos would kill every task at the first cut connection.
    pub fn failover_timeout(&self) -> Duration {
        seconds(&self.failover_timeout_seconds, 1, FAILOVER_TIMEOUT)
    }

    /// The filter for offers while nothing waits; a bad number counts as the default.
    pub fn decline(&self) -> Duration {
        seconds(&self.decline_seconds, 1, DECLINE)
    }

    /// From ACCEPT to TASK_RUNNING; a bad number counts as the default.
    pub fn launch_timeout(&self) -> Duration {
        seconds(&self.launch_timeout_seconds, 1, LAUNCH_TIMEOUT)
    }

    /// The template for this label, blanks apart.
    ///
    /// # Errors
    /// When there is none.
    pub fn template(&self, label: &str) -> Result<&Template, LabelError> {
        let wanted = normal_label(label);
        self.templates
            .iter()
            .find(|template| normal_label(&template.label) == wanted)
            .ok_or(LabelError::Unknown(wanted))
    }
}

impl Template {
    /// The template's numbers.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn size(&self) -> Result<TemplateSize, LabelError> {
        let invalid = |field, problem: String| LabelError::Invalid {
            label: normal_label(&self.label),
            field,
            problem,
        };
        let scalar = |field, number: &Number, least, most| {
            number
                .scalar(least, most)
                .map_err(|e: NumberError| invalid(field, e.to_string()))
        };
        let whole = |field, number: &Number, least, most| {
            number
                .whole(least, most)
                .map_err(|e: NumberError| invalid(field, e.to_string()))
        };
        let min_executors = whole("minExecutors", &self.min_executors, 1, EXECUTORS_MOST)?;
        let max_executors = whole("maxExecutors", &self.max_executors, 1, EXECUTORS_MOST)?;
        if min_executors > max_executors {
            return Err(invalid(
                "minExecutors",
                min_over_max(min_executors, max_executors),
            ));
        }
        Ok(TemplateSize {
            cpus: scalar("cpus", &self.cpus, CPUS_LEAST, CPUS_MOST)?,
            mem: scalar("mem", &self.mem, MEM_LEAST, MEM_MOST)?,
            executor_cpus: scalar("executorCpus", &self.executor_cpus, Scalar::ZERO, CPUS_MOST)?,
            executor_mem: scalar("executorMem", &self.executor_mem, Scalar::ZERO, MEM_MOST)?,
            min_executors,
            max_executors,
            idle_termination_minutes: whole(
                "idleTerminationMinutes",
                &self.idle_termination_minutes,
                0,
                SECONDS_MOST / 60,
            )?,
            attributes: self.required_attributes().map_err(|e| invalid("attributes", e))?,
        })
    }

    /// The agent's folder: the configured one, or `jenkins`.
    pub fn effective_root(&self) -> &str {
        match self.remote_fs_root.trim() {
            "" => "jenkins",
            root => root,
        }
    }

    pub(crate) fn required_attributes(&self) -> Result<BTreeMap<String, String>, String> {
        let text = self.attributes.trim();
        if text.is_empty() {
            return Ok(BTreeMap::new());
        }
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| {
                "is not a JSON object: enter names and values, as in {\"os\":\"linux\"}, or leave it empty"
                    .to_owned()
            })?;
        Ok(object
            .into_iter()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => (name, text),
                other => (name, other.to_string()),
            })
            .collect())
    }
}

impl TemplateSize {
    /// CPUs and MB of an agent with that many executors.
    pub fn total(&self, executors: u32) -> (Scalar, Scalar) {
        (
            self.cpus + self.executor_cpus * executors,
            self.mem + self.executor_mem * executors,
        )
    }
}

/// A label with single blanks between its words.
pub fn normal_label(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn min_over_max(min: u32, max: u32) -> String {
    format!("is {min}, more than maxExecutors {max}: lower it or raise maxExecutors")
}

fn seconds(number: &Number, least: u32, default: u32) -> Duration {
    Duration::from_secs(u64::from(number.whole(least, SECONDS_MOST).unwrap_or(default)))
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn object_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_members_take_their_defaults() {
        let config: Config = serde_json::from_str(r#"{"v":1,"master":"h:5050","templates":[{}]}"#).unwrap();
        assert_eq!(config.framework_name, "Jenkins Scheduler");
        assert_eq!(config.failover_timeout(), Duration::from_secs(604_800));
        assert!(config.checkpoint);
        let size = config.templates[0].size().unwrap();
        assert_eq!(
            size.total(2),
            (Scalar::from_milli(300), Scalar::from_milli(768_000))
        );
    }

    #[test]
    fn null_members_read_as_empty() {
        let config: Config = serde_json::from_str(
            r#"{"user":null,"role":null,"templates":[{"label":null,"attributes":null,"remoteFsRoot":null}],"owned":null}"#,
        )
        .unwrap();
        assert_eq!(config.effective_role(), "*");
        assert_eq!(config.template("").unwrap().effective_root(), "jenkins");
        assert!(config.owned.is_empty());
    }

    #[test]
    fn a_failover_timeout_of_zero_never_reaches_mesos() {
        for bad in ["0", "-5", "abc", ""] {
            let config = Config {
                failover_timeout_seconds: Number::from(bad),
                ..Config::default()
            };
            assert_eq!(config.failover_timeout(), Duration::from_secs(604_800), "{bad}");
        }
    }

    #[test]
    fn one_wrong_template_leaves_the_others_usable() {
        let config: Config = serde_json::from_str(
            r#"{"templates":[{"label":"bad","mem":"abc"},{"label":"good  one","cpus":"0.001","mem":1}]}"#,
        )
        .unwrap();
        let error = config.template("bad").unwrap().size().unwrap_err().to_string();
        assert_eq!(
            error,
            "the agent template with the label `bad` cannot be used: its mem is `abc`, which is not a number: \
             enter digits, as in 0.5"
        );
        assert!(config.template(" good one").unwrap().size().is_ok());
        assert_eq!(
            config.template("other"),
            Err(LabelError::Unknown("other".to_owned()))
        );
    }

    #[test]
    fn attributes_come_as_an_object_or_as_its_text() {
        let config: Config = serde_json::from_str(
            r#"{"templates":[{"label":"a","attributes":{"os":"linux"}},{"label":"b","attributes":"{\"os\":\"linux\",\"n\":5}"}]}"#,
        )
        .unwrap();
        let of = |label| config.template(label).unwrap().size().unwrap().attributes;
        assert_eq!(of("a"), BTreeMap::from([("os".to_owned(), "linux".to_owned())]));
        assert_eq!(of("b").get("n").map(String::as_str), Some("5"));
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let config: Config = serde_json::from_str(r#"{"principal":"p","secret":"hunter2"}"#).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(config.secret.unwrap().expose(), "hunter2");
    }
}
