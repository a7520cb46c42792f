//! What of a template is no number and can keep its agents from starting.

use super::{container, named, short};
use crate::config::{Domain, Template, Uri, Variable};
use crate::findings::{Findings, title};
use std::collections::BTreeSet;

/// What Mesos fetches by itself.
const FETCHED: [&str; 5] = ["http", "https", "ftp", "ftps", "file"];

/// Container, files, variables, place and attributes. With an error among these no agent is launched.
pub(crate) fn check_members(template: &Template, findings: &mut Findings) {
    if let Some(flaw) = &template.flaw {
        findings.error(flaw.field, format!("{} {}", title(flaw.field), flaw.problem));
    }
    attributes(template, findings);
    for (index, uri) in template.uris.iter().enumerate() {
        check_uri(uri, index, findings);
    }
    environment(&template.environment, findings);
    if let Some(domain) = &template.domain {
        check_domain(domain, findings);
    }
    if template.command_style().is_none() {
        findings.error(
            "commandStyle",
            format!(
                "command style is `{}`: enter linux or windows",
                short(&template.command_style)
            ),
        );
    }
    if let Some(container) = &template.container {
        container::check(container, template.command_style(), findings);
    }
}

fn attributes(template: &Template, findings: &mut Findings) {
    if let Err(problem) = template.required_attributes() {
        findings.error("attributes", format!("attributes field {problem}"));
    }
    if let Err(problem) = template.all_constraints() {
        findings.error("constraints", format!("constraints, {problem}"));
    }
    if let Err(problem) = template.other_resources() {
        findings.error("resources", format!("the field of other resources {problem}"));
    }
}

fn check_uri(uri: &Uri, index: usize, findings: &mut Findings) {
    let field = format!("uris[{index}].value");
    let value = uri.value.trim();
    let example = "write it as in https://host/file.tgz, or as the path of a file on the agents";
    if value.is_empty() {
        return findings.error(
            field,
            format!("address of file {} is empty: {example}", index + 1),
        );
    }
    // Mesos refuses these, since its fetcher puts the address on command lines.
    if let Some(bad) = value
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "\\'\"".contains(*c))
    {
        return findings.error(
            field,
            format!(
                "address of file {} has {} in it, which Mesos does not fetch: write it with %20 and the like",
                index + 1,
                named(bad)
            ),
        );
    }
    match value.split_once("://") {
        None if value.starts_with('/') => {}
        Some((scheme, rest)) if is_scheme(scheme) && !rest.is_empty() => {
            if !FETCHED.contains(&scheme.to_ascii_lowercase().as_str()) {
                findings.warning(
                    field,
                    format!(
                        "address of file {} begins with {scheme}://, which Mesos fetches only where Hadoop's client is \
                         installed: see that all agents have it, or use http",
                        index + 1
                    ),
                );
            }
        }
        _ => findings.error(
            field,
            format!("address of file {} is no address: {example}", index + 1),
        ),
    }
}

/// By RFC 3986.
pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Values are not quoted in messages: they may be secrets.
fn environment(variables: &[Variable], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, variable) in variables.iter().enumerate() {
        let field = || format!("environment[{index}].name");
        let name = variable.name.trim();
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if name.is_empty() {
            findings.error(
                field(),
                format!(
                    "name of variable {} is empty: enter one, or remove the variable",
                    index + 1
                ),
            );
        } else if let Some(bad) = name.chars().find(|c| !good(*c)) {
            findings.error(
                field(),
                format!(
                    "name of variable {} has {} in it: use letters, digits and underscores",
                    index + 1,
                    named(bad)
                ),
            );
        } else if name.starts_with(|c: char| !(c.is_ascii_alphabetic() || c == '_')) {
            findings.error(
                field(),
                format!(
                    "name of variable {} does not begin with a letter: rename it",
                    index + 1
                ),
            );
        } else if !seen.insert(name) {
            findings.error(
                field(),
                format!("variable {name} is set twice: remove one of them"),
            );
        }
        if variable.value.contains('\0') {
            findings.error(
                format!("environment[{index}].value"),
                format!("value of variable {} has a zero in it: remove it", index + 1),
            );
        }
    }
}

fn check_domain(domain: &Domain, findings: &mut Findings) {
    if domain.filter().is_some() {
        return;
    }
    if domain.mode.trim().eq_ignore_ascii_case("match") {
        findings.error(
            "domain.region",
            "region is empty: enter the name of one, or choose the master's region or any",
        );
    } else {
        findings.error(
            "domain.mode",
            format!("domain is `{}`: enter any, home or match", short(&domain.mode)),
        );
    }
}
