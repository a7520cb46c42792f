//! What is wrong with fields, as it is found.

use crate::number::Number;
use crate::scalar::Scalar;
use serde::Serialize;
use std::borrow::Cow;

/// Something wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it can be saved so.
    pub severity: Severity,
    /// The member of Config or Template; a path for a member within one, as `uris[0].value`.
    pub field: Cow<'static, str>,
    /// The template, counted from 0; none for a field of the cloud.
    pub template: Option<usize>,
    /// What is wrong, and the cure.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work so.
    Error,
    /// It may not do what was meant.
    Warning,
}

/// Problems in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<Problem>,
    template: Option<usize>,
}

impl Findings {
    /// What follows is said of this template.
    pub(crate) fn of_template(&mut self, index: usize) {
        self.template = Some(index);
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The first error.
    pub(crate) fn into_error(self) -> Option<Problem> {
        self.problems
            .into_iter()
            .find(|problem| problem.severity == Severity::Error)
    }

    pub(crate) fn error(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.add(Severity::Error, field.into(), message.into());
    }

    pub(crate) fn warning(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.add(Severity::Warning, field.into(), message.into());
    }

    fn add(&mut self, severity: Severity, field: Cow<'static, str>, message: String) {
        self.problems.push(Problem {
            severity,
            field,
            template: self.template,
            message,
        });
    }

    pub(crate) fn scalar(
        &mut self,
        field: &'static str,
        number: &Number,
        least: Scalar,
        most: Scalar,
    ) -> Option<Scalar> {
        number
            .scalar(least, most)
            .map_err(|error| self.error(field, format!("{} {error}", title(field))))
            .ok()
    }

    pub(crate) fn whole(
        &mut self,
        field: &'static str,
        number: &Number,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        number
            .whole(least, most)
            .map_err(|error| self.error(field, format!("{} {error}", title(field))))
            .ok()
    }
}

/// A field as the form calls it.
pub(crate) fn title(field: &'static str) -> &'static str {
    match field {
        "cpus" => "agent CPUs",
        "mem" => "agent memory (MB)",
        "memOverheadPercent" => "JVM overhead (percent)",
        "disk" => "disk (MB)",
        "executorCpus" => "CPUs per executor",
        "executorMem" => "memory per executor (MB)",
        "minExecutors" => "minimum number of executors",
        "maxExecutors" => "maximum number of executors",
        "idleTerminationMinutes" => "idle minutes",
        "maxBuilds" => "maximum number of builds",
        "maxHours" => "maximum hours",
        "maxAgents" => "maximum number of agents",
        "maxCpus" => "maximum CPUs",
        "maxMem" => "maximum memory (MB)",
        "caFile" => "CA file",
        "failoverTimeoutSeconds" => "failover timeout (seconds)",
        "unreachableTimeoutSeconds" => "unreachable timeout (seconds)",
        "labels" => "framework labels:",
        "declineSeconds" => "decline duration (seconds)",
        "holdBackSeconds" => "seconds until room is held back",
        "gpus" => "GPUs",
        "launchTimeoutSeconds" => "launch timeout (seconds)",
        "inheritFrom" => "the template to inherit from",
        "template" => "the template",
        other => other,
    }
}
