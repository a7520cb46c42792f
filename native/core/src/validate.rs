//! What is wrong with a configuration, field by field.

use crate::config::Config;
use crate::scalar::Scalar;
use serde::Serialize;

/// The answer to «is this configuration good?».
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// Version of the contract.
    pub v: u32,
    /// In the order of the form.
    pub problems: Vec<Problem>,
    /// Of each template whose numbers are right.
    pub totals: Vec<Totals>,
}

/// Something wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it can be saved so.
    pub severity: Severity,
    /// The member of Config or Template.
    pub field: &'static str,
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

/// What agents of a template take in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The template, counted from 0.
    pub template: usize,
    /// CPUs with the least executors.
    pub min_cpus: Scalar,
    /// MB with the least executors.
    pub min_mem: Scalar,
    /// CPUs with the most executors.
    pub max_cpus: Scalar,
    /// MB with the most executors.
    pub max_mem: Scalar,
}

/// Looks at every field.
pub fn validate(config: &Config) -> Validation {
    let _ = config;
    Validation {
        v: 1,
        problems: Vec::new(),
        totals: Vec::new(),
    }
}
