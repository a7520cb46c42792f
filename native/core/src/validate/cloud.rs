//! The fields of the cloud itself.

use super::{named, short};
use crate::command::check_jenkins_url;
use crate::config::{Config, SECONDS_MOST};
use crate::findings::{Findings, title};
use crate::local::DockerSource;
use crate::master::MasterSource;
use crate::placement::Policy;

pub(super) fn check(config: &Config, findings: &mut Findings) {
    match config.master.trim().parse::<MasterSource>() {
        Err(error) => findings.error("master", error.to_string()),
        Ok(MasterSource::Local(source)) if source.docker == DockerSource::None => {
            let boxed = config
                .templates
                .iter()
                .find(|template| template.container.is_some());
            if let Some(template) = boxed {
                findings.warning(
                    "master",
                    format!(
                        "Mesos master says docker=none, but the template `{}` has a container: its agents will not \
                         start; take docker=none out, or the container",
                        template.key()
                    ),
                );
            }
        }
        Ok(_) => {}
    }
    let ca_file = config.ca_file.trim();
    if !ca_file.is_empty() && (!ca_file.starts_with('/') || ca_file.chars().any(char::is_control)) {
        findings.error(
            "caFile",
            "CA file is no absolute path: enter one, as in /etc/ssl/mesos-ca.pem",
        );
    }
    if config.framework_name.trim().is_empty() {
        findings.error(
            "frameworkName",
            "framework name is empty: enter one, as in Jenkins Scheduler",
        );
    }
    if let Some(problem) = config.roles().into_iter().find_map(role_problem) {
        findings.error("role", problem);
    }
    if let Some(problem) = user_problem(config.user.trim()) {
        findings.error("user", problem);
    }
    // Empty: each request brings the root URL of Jenkins.
    if !config.jenkins_url.trim().is_empty()
        && let Err(problem) = check_jenkins_url(&config.jenkins_url)
    {
        findings.error("jenkinsUrl", problem);
    }
    findings.whole(
        "failoverTimeoutSeconds",
        &config.failover_timeout_seconds,
        1,
        SECONDS_MOST,
    );
    findings.whole("declineSeconds", &config.decline_seconds, 1, SECONDS_MOST);
    findings.whole(
        "launchTimeoutSeconds",
        &config.launch_timeout_seconds,
        1,
        SECONDS_MOST,
    );
    if !config.unreachable_timeout_seconds.text().is_empty() {
        findings.whole(
            "unreachableTimeoutSeconds",
            &config.unreachable_timeout_seconds,
            1,
            SECONDS_MOST,
        );
    }
    if let Some(problem) = config.labels().find_map(Result::err) {
        findings.error("labels", format!("{} {problem}", title("labels")));
    }
    if config.placement.parse::<Policy>().is_err() {
        findings.error(
            "placement",
            format!(
                "placement is `{}`: enter pack, spread or balanced",
                short(&config.placement)
            ),
        );
    }
    findings.whole("holdBackSeconds", &config.hold_back_seconds, 1, SECONDS_MOST);
    if let Err((field, problem)) = config.limits() {
        findings.error(field, format!("{} {problem}", title(field)));
    }
    if config.secret.as_ref().is_some_and(|secret| !secret.is_empty())
        && config
            .principal
            .as_deref()
            .is_none_or(|principal| principal.trim().is_empty())
    {
        findings.error(
            "principal",
            "principal is empty, but a secret is set: enter the principal, or no secret",
        );
    }
    if config.templates.is_empty() {
        findings.warning(
            "templates",
            "no agent template: add one, or this cloud serves no job",
        );
    }
}

/// The rules of Mesos for roles, which may be paths as `eng/ci`.
fn role_problem(role: &str) -> Option<String> {
    if role == "*" {
        return None;
    }
    if let Some(bad) = role
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || *c == '\\')
    {
        return Some(format!(
            "role has {} in it, which Mesos refuses: remove it",
            named(bad)
        ));
    }
    role.split('/').find_map(|part| match part {
        "" => Some("role has a slash at an end or twice in a row: write it as in eng/ci".to_owned()),
        "." | ".." | "*" => Some(format!(
            "role has the part `{part}`, which Mesos refuses: choose another name"
        )),
        part if part.starts_with('-') => {
            Some("role begins with a dash, which Mesos refuses: remove it".to_owned())
        }
        _ => None,
    })
}

/// The rules of Linux's useradd, with capitals and dots, which many directories allow.
fn user_problem(user: &str) -> Option<String> {
    let body = user.strip_suffix('$').unwrap_or(user);
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
    if let Some(bad) = body.chars().find(|c| !good(*c)) {
        return Some(format!(
            "Slave username has {} in it: enter the name of a Unix user",
            named(bad)
        ));
    }
    (body.starts_with(['-', '.']) || user.len() > 255)
        .then(|| "Slave username is not the name of a Unix user: begin with a letter".to_owned())
}
