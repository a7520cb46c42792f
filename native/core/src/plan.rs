//! How many agents of which size serve a demand.

use crate::config::{Config, LabelError, Mode, Template, TemplateSize, normal_label};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// Executors wanted for a label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Demand {
    /// The template's key; null or empty: its label is the key.
    #[serde(default)]
    pub template: Option<String>,
    /// The template's whole label; null or empty is the template without one.
    #[serde(default)]
    pub label: Option<String>,
    /// The image of these agents, where the template lets builds choose it.
    #[serde(default)]
    pub image: Option<String>,
    /// Executors beyond those that are there or coming.
    pub excess: u32,
}

/// The agents for a demand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Version of the contract.
    pub v: u32,
    /// In order of creation.
    pub agents: Vec<PlannedAgent>,
}

/// One agent to be created as a node and then submitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedAgent {
    /// `mesos-jenkins-<32 hex>-<label>`, at most 63 of `[A-Za-z0-9-]`.
    pub name: String,
    /// The template's key.
    pub template: String,
    /// The template's label.
    pub label: String,
    /// As demanded.
    pub image: Option<String>,
    /// Executors of this agent.
    pub executors: u32,
    /// CPUs in all.
    pub cpus: Scalar,
    /// MB in all.
    pub mem: Scalar,
    /// MB of disk.
    pub disk: Scalar,
    /// The agent's folder.
    pub remote_fs_root: String,
    /// Minutes; 0 is never.
    pub idle_termination_minutes: u32,
    /// Whether it takes one build only.
    pub single_use: bool,
    /// Builds after which it is ended; 0 is any number.
    pub max_builds: u32,
    /// Hours after which it takes no more builds; 0 is any number.
    pub max_hours: u32,
    /// Which jobs Jenkins gives to it.
    pub mode: Mode,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The label has no usable template.
    #[error(transparent)]
    Label(#[from] LabelError),
}

/// More agents than this are never planned at once; Jenkins asks again.
pub(crate) const MOST_AGENTS: usize = 1000;
/// Jenkins and Docker use the name as a host name, whose labels end at 63 (RFC 1034).
const NAME_LENGTH: usize = 63;

impl Demand {
    /// A demand of `excess` executors for `label`.
    pub fn new(label: impl Into<String>, excess: u32) -> Self {
        Self {
            template: None,
            label: Some(label.into()),
            image: None,
            excess,
        }
    }
}

/// Cuts a demand into agents: each gets as many executors as are still wanted, within the template's bounds. At most
/// 1000 agents. `unique` gives a fresh random number (a version 4 UUID) at each call: randomness is the caller's.
///
/// # Errors
/// When the label has no usable template.
pub fn plan(config: &Config, demand: &Demand, mut unique: impl FnMut() -> u128) -> Result<Plan, PlanError> {
    let template = config.template(demand.template.as_deref(), demand.label.as_deref())?;
    let size = template.size()?;
    let image = demand.image.as_deref();
    let mut agents = Vec::new();
    let mut left = demand.excess;
    while left > 0 && agents.len() < MOST_AGENTS {
        let executors = size.executors_for(left);
        agents.push(agent(template, &size, executors, image, unique()));
        left = left.saturating_sub(executors);
    }
    Ok(Plan { v: 1, agents })
}

/// One agent of a template. `unique` is a fresh random number.
pub(crate) fn agent(
    template: &Template,
    size: &TemplateSize,
    executors: u32,
    image: Option<&str>,
    unique: u128,
) -> PlannedAgent {
    let label = normal_label(&template.label);
    let (cpus, mem) = size.total(executors);
    PlannedAgent {
        name: agent_name(unique, &label),
        template: template.key(),
        label,
        image: image
            .map(str::trim)
            .filter(|image| !image.is_empty())
            .map(str::to_owned),
        executors,
        cpus,
        mem,
        disk: size.disk,
        remote_fs_root: template.effective_root().to_owned(),
        idle_termination_minutes: size.idle_termination_minutes,
        single_use: size.single_use,
        max_builds: size.max_builds,
        max_hours: size.max_hours,
        mode: template.mode,
    }
}

fn agent_name(unique: u128, label: &str) -> String {
    let mut name = format!("mesos-jenkins-{unique:032x}-");
    name.extend(
        label
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }),
    );
    name.truncate(NAME_LENGTH);
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// Whether a name can be a task id, a node name and a host name.
pub(crate) fn is_agent_name(name: &str) -> bool {
    (1..=NAME_LENGTH).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(label: &str, min: u32, max: u32) -> Config {
        serde_json::from_value(serde_json::json!({
            "templates": [{"label": label, "minExecutors": min, "maxExecutors": max}]
        }))
        .unwrap()
    }

    fn executors(min: u32, max: u32, excess: u32) -> Vec<u32> {
        let plan = plan(&config("mesos", min, max), &Demand::new("mesos", excess), || 7).unwrap();
        plan.agents.iter().map(|a| a.executors).collect()
    }

    #[test]
    fn executors_follow_the_excess_within_the_bounds() {
        assert_eq!(executors(1, 2, 7), [2, 2, 2, 1]);
        assert_eq!(executors(2, 4, 5), [4, 2], "never less than the minimum");
        assert_eq!(executors(1, 1, 3), [1, 1, 1]);
        assert_eq!(executors(1, 2, 0), [0; 0]);
    }

    #[test]
    fn a_huge_demand_is_cut() {
        assert_eq!(executors(1, 1, u32::MAX).len(), MOST_AGENTS);
    }

    #[test]
    fn names_are_host_names_that_show_their_label() {
        let name = agent_name(0xab, "big linux");
        assert_eq!(name, "mesos-jenkins-000000000000000000000000000000ab-big-linux");
        for label in ["", "ü ü/:x", "a-label-that-goes-on-and-on-and-on-and-on"] {
            let name = agent_name(u128::MAX, label);
            assert!(is_agent_name(&name), "{name}");
            assert!(!name.ends_with('-'), "{name}");
        }
    }

    #[test]
    fn the_plan_has_the_shape_of_the_contract() {
        let plan = plan(&config("mesos", 1, 2), &Demand::new("mesos", 2), || 1).unwrap();
        assert_eq!(
            serde_json::to_value(&plan).unwrap(),
            serde_json::json!({"v":1,"agents":[{"name":"mesos-jenkins-00000000000000000000000000000001-mesos",
                "template":"mesos","label":"mesos","image":null,"executors":2,"cpus":0.3,"mem":768,"disk":0,
                "remoteFsRoot":"jenkins","idleTerminationMinutes":3,"singleUse":false,"maxBuilds":0,"maxHours":0,
                "mode":"NORMAL"}]})
        );
    }

    #[test]
    fn a_label_without_a_template_is_told() {
        let error = plan(&config("mesos", 1, 2), &Demand::new("other", 2), || 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no agent template has the name or label `other`: add one in the cloud's configuration"
        );
    }
}
