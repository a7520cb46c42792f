//! One kind of agent, as it was typed.

use super::container::Container;
use super::limits::Limits;
use super::placement::Domain;
use super::read::{object_or_text, or_default};
use super::size::TemplateSize;
use super::{
    CPUS_LEAST, CPUS_MOST, EXECUTORS_MOST, GPUS_MOST, LabelError, MEM_LEAST, MEM_MOST, PRIORITY_MOST,
    SECONDS_MOST,
};
use crate::constraints::{ConstraintError, Constraints};
use crate::findings::{Findings, title};
use crate::number::Number;
use crate::resources::Other;
use crate::scalar::Scalar;
use crate::validate::check_members;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// One kind of agent, with all that it inherits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Template {
    /// By which requests and other templates call it; default empty: by its label.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// The key of the template whose members it takes where its own are blank; default empty.
    #[serde(deserialize_with = "or_default")]
    pub inherit_from: String,
    /// Words between blanks; empty (default) or null serves jobs without a label.
    #[serde(deserialize_with = "or_default")]
    pub label: String,
    /// `NORMAL` (default) or `EXCLUSIVE`; for Jenkins only.
    #[serde(deserialize_with = "or_default")]
    pub mode: Mode,
    /// CPUs of the agent itself; default 0.1, least 0.001.
    pub cpus: Number,
    /// MB of the agent itself, also its JVM's `-Xmx` but for the overhead; default 512, least 1.
    pub mem: Number,
    /// Percent of `mem` that the heap leaves to the rest of the JVM and to builds: 0 to 90; default (also for an empty one) 0.
    pub mem_overhead_percent: Number,
    /// MB of disk; default (also for an empty one) 0: none is asked for.
    pub disk: Number,
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
    /// Whether each agent takes one build only; default false.
    #[serde(deserialize_with = "or_default")]
    pub single_use: bool,
    /// Builds after which an agent is ended; default (also for an empty one) 0: any number.
    pub max_builds: Number,
    /// Hours after which an agent takes no more builds; default (also for an empty one) 0: any number.
    pub max_hours: Number,
    /// Agents of this template at a time; default empty: any number.
    pub max_agents: Number,
    /// CPUs of all agents of this template together; default empty: any number.
    pub max_cpus: Number,
    /// MB of all agents of this template together; default empty: any number.
    pub max_mem: Number,
    /// Seconds from ACCEPT to TASK_RUNNING; default empty: as the cloud says.
    pub launch_timeout_seconds: Number,
    /// Words for the JVM of the agent; default `-Xms16m`. An `-Xmx` in it is dropped.
    #[serde(deserialize_with = "or_default")]
    pub jvm_args: String,
    /// Words for the agent's program; default none. A `-noReconnect` in them, the default of old versions, is dropped.
    #[serde(deserialize_with = "or_default")]
    pub jnlp_args: String,
    /// Attributes that a Mesos agent must have: a JSON object, or its text; default none.
    #[serde(deserialize_with = "object_or_text")]
    pub attributes: String,
    /// What else a Mesos agent must be and have, one constraint a line; default none. See
    /// [`Constraints::and`](crate::Constraints::and).
    #[serde(deserialize_with = "or_default")]
    pub constraints: String,
    /// Requests of templates with a higher one are placed first; default (also for an empty one) 0, most 1000.
    pub priority: Number,
    /// Whole GPUs; default (also for an empty one) 0.
    pub gpus: Number,
    /// Resources of other names, one a line: `name = 2` or `name = {a, b}`; default none.
    #[serde(deserialize_with = "or_default")]
    pub resources: String,
    /// Whether resources will do that the master may take back at any time; default false.
    #[serde(deserialize_with = "or_default")]
    pub revocable: bool,
    /// Files fetched into the sandbox beside the agent's program; default none.
    #[serde(deserialize_with = "or_default")]
    pub uris: Vec<Uri>,
    /// Variables of the agent's process; default none.
    #[serde(deserialize_with = "or_default")]
    pub environment: Vec<Variable>,
    /// Where in the world the Mesos agent must stand; default: where the master does.
    pub domain: Option<Domain>,
    /// `linux` (default) or `windows`: which shell reads the command line.
    #[serde(deserialize_with = "or_default")]
    pub command_style: String,
    /// The container it runs in; default none.
    pub container: Option<Container>,
    /// Why it cannot be used whatever its other members are.
    #[serde(skip)]
    pub(crate) flaw: Option<Flaw>,
}

/// What is wrong with a template before its members are looked at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flaw {
    pub(crate) field: &'static str,
    /// Completes «the field …», with the cure.
    pub(crate) problem: String,
}

impl Flaw {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self {
            field,
            problem: problem.into(),
        }
    }

    pub(super) fn unreadable() -> Self {
        Self::new(
            "template",
            "has a member of another type than the contract's: save the configuration again",
        )
    }
}

/// A file fetched into the sandbox.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Uri {
    /// Its address.
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    /// Whether it is made a program; default false.
    #[serde(deserialize_with = "or_default")]
    pub executable: bool,
    /// Whether it is unpacked, if it is an archive; default true.
    pub extract: bool,
}

/// A variable of the agent's process. Its value may be a secret: it is left out of debug output.
#[derive(Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Its value.
    #[serde(deserialize_with = "or_default")]
    pub value: String,
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

/// Which shell reads the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandStyle {
    /// `sh`.
    Linux,
    /// `cmd.exe`.
    Windows,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            name: String::new(),
            inherit_from: String::new(),
            label: String::new(),
            mode: Mode::Normal,
            cpus: Number::from("0.1"),
            mem: Number::from("512"),
            mem_overhead_percent: Number::default(),
            disk: Number::default(),
            min_executors: Number::from("1"),
            max_executors: Number::from("2"),
            executor_cpus: Number::from("0.1"),
            executor_mem: Number::from("128"),
            remote_fs_root: "jenkins".to_owned(),
            idle_termination_minutes: Number::from("3"),
            single_use: false,
            max_builds: Number::default(),
            max_hours: Number::default(),
            max_agents: Number::default(),
            max_cpus: Number::default(),
            max_mem: Number::default(),
            launch_timeout_seconds: Number::default(),
            jvm_args: "-Xms16m".to_owned(),
            jnlp_args: String::new(),
            attributes: String::new(),
            constraints: String::new(),
            priority: Number::default(),
            gpus: Number::default(),
            resources: String::new(),
            revocable: false,
            uris: Vec::new(),
            environment: Vec::new(),
            domain: None,
            command_style: String::new(),
            container: None,
            flaw: None,
        }
    }
}

impl Default for Uri {
    fn default() -> Self {
        Self {
            value: String::new(),
            executable: false,
            extract: true,
        }
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Template {
    /// What requests call it by: its name, or its label with single blanks.
    pub fn key(&self) -> String {
        super::key(&self.name, &self.label)
    }

    /// What an agent of this template takes.
    ///
    /// # Errors
    /// The first field that keeps its agents from starting.
    pub fn size(&self) -> Result<TemplateSize, LabelError> {
        let mut findings = Findings::default();
        let size = self.numbers(&mut findings);
        check_members(self, &mut findings);
        match (findings.into_error(), size) {
            (None, Some(size)) => Ok(size),
            (Some(problem), _) => Err(LabelError::Invalid {
                template: self.key(),
                field: problem.field,
                problem: problem.message,
            }),
            (None, None) => Err(LabelError::Unknown(self.key())),
        }
    }

    /// The template's numbers; `None` if one is wrong, which is among the findings then.
    pub(crate) fn numbers(&self, findings: &mut Findings) -> Option<TemplateSize> {
        let cpus = findings.scalar("cpus", &self.cpus, CPUS_LEAST, CPUS_MOST);
        let mem = findings.scalar("mem", &self.mem, MEM_LEAST, MEM_MOST);
        let overhead = or_none(findings, "memOverheadPercent", &self.mem_overhead_percent, 0, 90);
        let disk = match self.disk.text() {
            "" => Some(Scalar::ZERO),
            _ => findings.scalar("disk", &self.disk, Scalar::ZERO, MEM_MOST),
        };
        let min_executors = findings.whole("minExecutors", &self.min_executors, 1, EXECUTORS_MOST);
        let max_executors = findings.whole("maxExecutors", &self.max_executors, 1, EXECUTORS_MOST);
        let executors = min_executors.zip(max_executors);
        if let Some((min, max)) = executors.filter(|(min, max)| min > max) {
            findings.error(
                "minExecutors",
                format!(
                    "{} is {min}, more than maxExecutors {max}: lower it or raise maxExecutors",
                    title("minExecutors")
                ),
            );
        }
        let executors = executors.filter(|(min, max)| min <= max);
        let executor_cpus = findings.scalar("executorCpus", &self.executor_cpus, Scalar::ZERO, CPUS_MOST);
        let executor_mem = findings.scalar("executorMem", &self.executor_mem, Scalar::ZERO, MEM_MOST);
        let idle = findings.whole(
            "idleTerminationMinutes",
            &self.idle_termination_minutes,
            0,
            SECONDS_MOST / 60,
        );
        let max_builds = or_none(findings, "maxBuilds", &self.max_builds, 0, u32::MAX);
        let max_hours = or_none(findings, "maxHours", &self.max_hours, 0, SECONDS_MOST / 3600);
        let priority = or_none(findings, "priority", &self.priority, 0, PRIORITY_MOST);
        let gpus = or_none(findings, "gpus", &self.gpus, 0, GPUS_MOST);
        let launch_timeout = or_none(
            findings,
            "launchTimeoutSeconds",
            &self.launch_timeout_seconds,
            1,
            SECONDS_MOST,
        );
        if let Err((field, problem)) = self.typed_limits() {
            findings.error(field, format!("{} {problem}", title(field)));
        }
        let (min_executors, max_executors) = executors?;
        Some(TemplateSize {
            cpus: cpus?,
            mem: mem?,
            mem_overhead_percent: overhead?.unwrap_or(0),
            disk: disk?,
            executor_cpus: executor_cpus?,
            executor_mem: executor_mem?,
            min_executors,
            max_executors,
            idle_termination_minutes: idle?,
            single_use: self.single_use,
            max_builds: max_builds?.unwrap_or(0),
            max_hours: max_hours?.unwrap_or(0),
            launch_timeout_seconds: launch_timeout?,
            priority: i32::try_from(priority?.unwrap_or(0)).unwrap_or(i32::MAX),
            gpus: Scalar::from_milli(i64::from(gpus?.unwrap_or(0)) * 1000),
            others: self.other_resources().unwrap_or_default(),
            revocable: self.revocable,
            constraints: self.all_constraints().unwrap_or_default(),
        })
    }

    /// How much there may be of this template at a time.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn limits(&self) -> Result<Limits, LabelError> {
        self.typed_limits()
            .map_err(|(field, problem)| LabelError::Invalid {
                template: self.key(),
                field: field.into(),
                problem: format!("{} {problem}", title(field)),
            })
    }

    fn typed_limits(&self) -> Result<Limits, (&'static str, String)> {
        Limits::new(&self.max_agents, &self.max_cpus, &self.max_mem)
    }

    /// The agent's folder: the configured one, or `jenkins`.
    pub fn effective_root(&self) -> &str {
        match self.remote_fs_root.trim() {
            "" => "jenkins",
            root => root,
        }
    }

    /// `None`: what was typed is neither `linux` nor `windows`.
    pub fn command_style(&self) -> Option<CommandStyle> {
        match self.command_style.trim().to_ascii_lowercase().as_str() {
            "" | "linux" => Some(CommandStyle::Linux),
            "windows" => Some(CommandStyle::Windows),
            _ => None,
        }
    }

    /// Attributes, place and typed constraints together; those that can be read if one of them cannot.
    pub(crate) fn all_constraints(&self) -> Result<Constraints, ConstraintError> {
        let attributes = self.required_attributes().unwrap_or_default();
        let domain = self.domain.as_ref().and_then(Domain::filter).unwrap_or_default();
        Constraints::of_attributes(&attributes, domain).and(&self.constraints)
    }

    pub(crate) fn uses_gpus(&self) -> bool {
        self.gpus.whole(1, GPUS_MOST).is_ok()
    }

    /// The resources of other names.
    ///
    /// # Errors
    /// What is wrong with the first line that cannot be read; completes «the field …».
    pub(crate) fn other_resources(&self) -> Result<Vec<Other>, String> {
        Other::parse_lines(&self.resources)
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
        object
            .into_iter()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => Ok((name, text)),
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Ok((name, value.to_string())),
                _ => Err(format!(
                    "has for `{name}` neither a text nor a number: enter one, as in {{\"os\":\"linux\"}}"
                )),
            })
            .collect()
    }
}

/// A number that may be missing; the outer `None` is one that is wrong.
fn or_none(
    findings: &mut Findings,
    field: &'static str,
    number: &Number,
    least: u32,
    most: u32,
) -> Option<Option<u32>> {
    match number.text() {
        "" => Some(None),
        _ => findings.whole(field, number, least, most).map(Some),
    }
}
