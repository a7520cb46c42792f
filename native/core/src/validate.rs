//! What is wrong with a configuration, field by field.

use crate::command::{check_jenkins_url, dropped_option, is_xmx, split_words};
use crate::config::{
    CPUS_LEAST, CPUS_MOST, Config, EXECUTORS_MOST, MEM_LEAST, MEM_MOST, SECONDS_MOST, Template, min_over_max,
};
use crate::master::MasterSource;
use crate::number::Number;
use crate::scalar::Scalar;
use serde::Serialize;
use std::collections::HashMap;

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
    /// MB of disk.
    pub disk: Scalar,
}

/// Looks at every field. An error means that the cloud or the template cannot work so.
pub fn validate(config: &Config) -> Validation {
    let mut findings = Findings {
        problems: Vec::new(),
        template: None,
    };
    cloud(config, &mut findings);
    let mut totals = Vec::new();
    let mut keys: HashMap<String, usize> = HashMap::new();
    for (index, template) in config.templates.iter().enumerate() {
        findings.template = Some(index);
        if let Some(earlier) = keys.insert(template.key(), index) {
            keys.insert(template.key(), earlier);
            let (field, other) = (
                key_field(template),
                config.templates.get(earlier).map_or("label", key_field),
            );
            findings.error(field, format!(
                "{field} is the same as the {other} of template {}: give each template its own, this one would \
                 never be used",
                earlier + 1
            ));
        }
        if let Some(flaw) = &template.flaw {
            findings.error(flaw.field, format!("{} {}", title(flaw.field), flaw.problem));
        }
        template_fields(template, &mut findings);
        if let Ok(size) = template.size() {
            let (min_cpus, min_mem) = size.total(size.min_executors);
            let (max_cpus, max_mem) = size.total(size.max_executors);
            totals.push(Totals {
                template: index,
                min_cpus,
                min_mem,
                max_cpus,
                max_mem,
                disk: size.disk,
            });
        }
    }
    Validation {
        v: 1,
        problems: findings.problems,
        totals,
    }
}

fn key_field(template: &Template) -> &'static str {
    if template.name.trim().is_empty() {
        "label"
    } else {
        "name"
    }
}

struct Findings {
    problems: Vec<Problem>,
    template: Option<usize>,
}

impl Findings {
    fn error(&mut self, field: &'static str, message: impl Into<String>) {
        self.add(Severity::Error, field, message.into());
    }

    fn warning(&mut self, field: &'static str, message: impl Into<String>) {
        self.add(Severity::Warning, field, message.into());
    }

    fn add(&mut self, severity: Severity, field: &'static str, message: String) {
        self.problems.push(Problem {
            severity,
            field,
            template: self.template,
            message,
        });
    }

    fn scalar(&mut self, field: &'static str, number: &Number, least: Scalar, most: Scalar) {
        if let Err(error) = number.scalar(least, most) {
            self.error(field, format!("{} {error}", title(field)));
        }
    }

    fn whole(&mut self, field: &'static str, number: &Number, least: u32, most: u32) -> Option<u32> {
        match number.whole(least, most) {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(field, format!("{} {error}", title(field)));
                None
            }
        }
    }
}

/// A field as the form calls it.
fn title(field: &'static str) -> &'static str {
    match field {
        "cpus" => "agent CPUs",
        "mem" => "agent memory (MB)",
        "executorCpus" => "CPUs per executor",
        "executorMem" => "memory per executor (MB)",
        "minExecutors" => "minimum number of executors",
        "maxExecutors" => "maximum number of executors",
        "idleTerminationMinutes" => "idle minutes",
        "failoverTimeoutSeconds" => "failover timeout (seconds)",
        "declineSeconds" => "decline duration (seconds)",
        "launchTimeoutSeconds" => "launch timeout (seconds)",
        other => other,
    }
}

fn cloud(config: &Config, findings: &mut Findings) {
    if let Err(error) = config.master.trim().parse::<MasterSource>() {
        findings.error("master", error.to_string());
    }
    if config.framework_name.trim().is_empty() {
        findings.error(
            "frameworkName",
            "framework name is empty: enter one, as in Jenkins Scheduler",
        );
    }
    if let Some(problem) = role_problem(config.effective_role()) {
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
            "agent user has {} in it: enter the name of a Unix user",
            named(bad)
        ));
    }
    (body.starts_with(['-', '.']) || user.len() > 255)
        .then(|| "agent user is not the name of a Unix user: begin with a letter".to_owned())
}

fn named(c: char) -> String {
    if c.is_whitespace() || c.is_control() {
        "a blank".to_owned()
    } else {
        format!("`{c}`")
    }
}

fn template_fields(template: &Template, findings: &mut Findings) {
    if let Some(bad) = template
        .label
        .chars()
        .find(|c| "&|!()<>\"".contains(*c) || c.is_control())
    {
        findings.error(
            "label",
            format!(
                "label has `{}` in it: remove it, no job could ask for such a label",
                bad.escape_default()
            ),
        );
    }
    findings.scalar("cpus", &template.cpus, CPUS_LEAST, CPUS_MOST);
    findings.scalar("mem", &template.mem, MEM_LEAST, MEM_MOST);
    let min = findings.whole("minExecutors", &template.min_executors, 1, EXECUTORS_MOST);
    let max = findings.whole("maxExecutors", &template.max_executors, 1, EXECUTORS_MOST);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        findings.error(
            "minExecutors",
            format!("{} {}", title("minExecutors"), min_over_max(min, max)),
        );
    }
    findings.scalar("executorCpus", &template.executor_cpus, Scalar::ZERO, CPUS_MOST);
    findings.scalar("executorMem", &template.executor_mem, Scalar::ZERO, MEM_MOST);
    findings.whole(
        "idleTerminationMinutes",
        &template.idle_termination_minutes,
        0,
        SECONDS_MOST / 60,
    );
    jvm_args(template, findings);
    if split_words(&template.jnlp_args).is_none() {
        findings.error(
            "jnlpArgs",
            "agent arguments have a quote that is not closed: close it",
        );
    }
    if let Err(problem) = template.required_attributes() {
        findings.error("attributes", format!("attributes field {problem}"));
    }
}

fn jvm_args(template: &Template, findings: &mut Findings) {
    let Some(words) = split_words(&template.jvm_args) else {
        findings.error(
            "jvmArgs",
            "JVM arguments have a quote that is not closed: close it",
        );
        return;
    };
    for word in &words {
        if is_xmx(word) {
            findings.warning("jvmArgs", format!(
                "JVM argument {word} is ignored: the heap is as large as the agent memory, set that instead"
            ));
        }
        if let Some((option, release)) = dropped_option(word) {
            findings.warning(
                "jvmArgs",
                format!(
                    "JVM argument {option} is left out: Java {release} and later do not start with it; remove it"
                ),
            );
        }
        if !word.trim_start_matches(['"', '\'']).starts_with(['-', '$', '@']) {
            findings.warning("jvmArgs", format!(
                "JVM argument {word} does not begin with a dash: Java would take it for the program to run"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: serde_json::Value) -> Vec<(Severity, &'static str, Option<usize>, String)> {
        let mut base = serde_json::json!({"master": "zk://h:2181/mesos", "templates": [{"label": "mesos"}]});
        for (key, value) in json.as_object().unwrap() {
            base[key] = value.clone();
        }
        let config = serde_json::from_value(base).unwrap();
        validate(&config)
            .problems
            .into_iter()
            .map(|p| (p.severity, p.field, p.template, p.message))
            .collect()
    }

    fn template(json: serde_json::Value) -> Vec<(Severity, &'static str, String)> {
        of(serde_json::json!({"templates": [json]}))
            .into_iter()
            .map(|(severity, field, index, message)| {
                assert_eq!(index, Some(0));
                (severity, field, message)
            })
            .collect()
    }

    fn error(field: &'static str, message: &str) -> Vec<(Severity, &'static str, String)> {
        vec![(Severity::Error, field, message.to_owned())]
    }

    #[test]
    fn the_defaults_are_good() {
        assert_eq!(of(serde_json::json!({})), []);
    }

    #[test]
    fn bad_numbers_are_told_at_their_fields() {
        assert_eq!(
            template(serde_json::json!({"cpus": -1})),
            error("cpus", "agent CPUs is -1: enter 0.001 or more")
        );
        assert_eq!(
            template(serde_json::json!({"mem": "abc"})),
            error(
                "mem",
                "agent memory (MB) is `abc`, which is not a number: enter digits, as in 0.5"
            )
        );
        assert_eq!(
            template(serde_json::json!({"minExecutors": 3, "maxExecutors": 2})),
            error(
                "minExecutors",
                "minimum number of executors is 3, more than maxExecutors 2: lower it or raise maxExecutors"
            )
        );
        assert_eq!(
            template(serde_json::json!({"idleTerminationMinutes": "-1"})),
            error("idleTerminationMinutes", "idle minutes is -1: enter 0 or more")
        );
    }

    #[test]
    fn the_smallest_agent_is_allowed() {
        assert_eq!(
            template(serde_json::json!({"cpus": "0.001", "mem": "1", "executorCpus": 0, "executorMem": 0})),
            []
        );
    }

    #[test]
    fn labels_that_no_job_could_ask_for_are_refused() {
        for bad in ["a|b", "(linux)", "a&b"] {
            let found = template(serde_json::json!({"label": bad}));
            assert_eq!(
                (found.len(), found[0].0, found[0].1),
                (1, Severity::Error, "label"),
                "{bad}"
            );
        }
        assert_eq!(
            template(serde_json::json!({"label": "linux jdk-17_x.y mesos:registry/image:1"})),
            []
        );
    }

    #[test]
    fn a_second_template_with_the_same_label_is_told() {
        let found = of(serde_json::json!({"templates": [{"label": "a b"}, {"label": " a  b "}]}));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].1, found[0].2), ("label", Some(1)));
        assert!(found[0].3.contains("template 1"), "{}", found[0].3);
    }

    #[test]
    fn roles_follow_the_rules_of_mesos() {
        for bad in ["a b", "-a", ".", "..", "a//b", "/a", "a/", "a\\b", "a/*"] {
            let found = of(serde_json::json!({"role": bad}));
            assert_eq!((found.len(), found[0].1), (1, "role"), "{bad}");
        }
        for good in ["*", "", "jenkins", "eng/ci", "a.b-c"] {
            assert_eq!(of(serde_json::json!({"role": good})), [], "{good}");
        }
    }

    #[test]
    fn users_are_unix_users() {
        for bad in ["a b", "root;reboot", "-x", "a/b"] {
            assert_eq!(of(serde_json::json!({"user": bad}))[0].1, "user", "{bad}");
        }
        for good in ["", "jenkins", "_svc", "Build.User", "host$"] {
            assert_eq!(of(serde_json::json!({"user": good})), [], "{good}");
        }
    }

    #[test]
    fn cloud_fields_are_looked_at() {
        let field = |json| of(json).into_iter().map(|p| p.1).collect::<Vec<_>>();
        assert_eq!(field(serde_json::json!({"master": "mesos://x"})), ["master"]);
        assert_eq!(
            field(serde_json::json!({"frameworkName": " "})),
            ["frameworkName"]
        );
        assert_eq!(
            field(serde_json::json!({"jenkinsUrl": "jenkins"})),
            ["jenkinsUrl"]
        );
        assert_eq!(
            field(serde_json::json!({"failoverTimeoutSeconds": 0})),
            ["failoverTimeoutSeconds"]
        );
        assert_eq!(
            field(serde_json::json!({"declineSeconds": "x"})),
            ["declineSeconds"]
        );
        assert_eq!(field(serde_json::json!({"secret": "s"})), ["principal"]);
        assert_eq!(field(serde_json::json!({"templates": []})), ["templates"]);
    }

    #[test]
    fn jvm_arguments_that_stop_a_jvm_are_warned_of() {
        let found = template(serde_json::json!({
            "jvmArgs": "-Xms16m -XX:+UseConcMarkSweepGC -Xmx1g oops -Djava.net.preferIPv4Stack=true"
        }));
        let severities: Vec<_> = found.iter().map(|f| f.0).collect();
        assert_eq!(severities, [Severity::Warning; 3], "{found:?}");
        assert!(
            found[0].2.contains("UseConcMarkSweepGC is left out: Java 14"),
            "{}",
            found[0].2
        );
        assert_eq!(
            template(serde_json::json!({"jvmArgs": "-Da='b"}))[0].0,
            Severity::Error
        );
    }

    #[test]
    fn attributes_must_be_an_object() {
        assert_eq!(
            template(serde_json::json!({"attributes": "os=linux"}))[0].1,
            "attributes"
        );
        assert_eq!(
            template(serde_json::json!({"attributes": "{\"os\":\"linux\"}"})),
            []
        );
    }

    #[test]
    fn totals_are_the_agents_own_and_its_executors_without_hidden_extra() {
        let config = serde_json::from_value(
            serde_json::json!({"master": "h", "templates": [{"mem": "x"}, {"label": "b"}]}),
        )
        .unwrap();
        let validation = validate(&config);
        assert_eq!(
            serde_json::to_value(&validation.totals).unwrap(),
            serde_json::json!([{"template":1,"minCpus":0.2,"minMem":640,"maxCpus":0.3,"maxMem":768,"disk":0}])
        );
    }
}
