use testbed::{Cluster, RunError};

/// The class whose block in the host's form the cases fill in.
pub const FORM: &str = "org.jenkinsci.plugins.mesos.MesosCloud";

/// The id of the one framework of this name that is registered.
///
/// # Errors
/// [`RunError::Condition`] when there is none, or more than one.
pub fn framework_id(cluster: &Cluster, name: &str) -> Result<String, RunError> {
    let frameworks = cluster.frameworks(name)?;
    match frameworks.as_slice() {
        [one] => Ok(one["id"].as_str().unwrap_or_default().to_owned()),
        all => Err(RunError::Condition {
            what: format!("one framework {name}"),
            reason: format!(
                "there are {}: {:?}",
                all.len(),
                all.iter().map(|one| &one["id"]).collect::<Vec<_>>()
            ),
        }),
    }
}

/// Whether a name is `mesos-jenkins-<32 hex digits>-<label>`.
#[must_use]
pub fn is_agent_name(name: &str, label: &str) -> bool {
    let id = name
        .strip_prefix("mesos-jenkins-")
        .and_then(|rest| rest.strip_suffix(&format!("-{label}")));
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_named_after_its_label() {
        let name = "mesos-jenkins-0123456789abcdef0123456789abcdef-mesos";
        assert!(is_agent_name(name, "mesos"));
        assert!(!is_agent_name(name, "other"));
        assert!(!is_agent_name("mesos-jenkins-1-mesos", "mesos"));
    }
}
