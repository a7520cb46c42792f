//! What is wrong with a configuration, field by field.

mod cloud;
mod container;
mod members;
mod template;

use crate::config::Config;
use crate::findings::{Findings, Problem};
use crate::scalar::Scalar;
use serde::Serialize;
use std::collections::HashMap;

pub(crate) use members::check_members;

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
    /// MB of disk.
    pub disk: Scalar,
}

/// Looks at every field. An error means that the cloud or the template cannot work so.
pub fn validate(config: &Config) -> Validation {
    let mut findings = Findings::default();
    cloud::check(config, &mut findings);
    let mut totals = Vec::new();
    let mut keys: HashMap<String, usize> = HashMap::new();
    for (index, template) in config.templates.iter().enumerate() {
        findings.of_template(index);
        let earlier = *keys.entry(template.key()).or_insert(index);
        if earlier != index {
            template::same_key(template, earlier, &mut findings);
        }
        let Some(size) = template::check(template, &mut findings) else {
            continue;
        };
        let (min_cpus, min_mem) = size.total(size.executors_for(0));
        let (max_cpus, max_mem) = size.total(size.executors_for(u32::MAX));
        totals.push(Totals {
            template: index,
            min_cpus,
            min_mem,
            max_cpus,
            max_mem,
            disk: size.disk,
        });
    }
    Validation {
        v: 1,
        problems: findings.into_problems(),
        totals,
    }
}

/// A letter in a message.
fn named(c: char) -> String {
    if c.is_whitespace() || c.is_control() {
        "a blank".to_owned()
    } else {
        format!("`{c}`")
    }
}

/// What was typed, cut, for a message.
fn short(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

#[cfg(test)]
mod tests;
