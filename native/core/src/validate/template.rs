//! The fields of a template that are a number or a line of text.

use super::{check_members, short};
use crate::command::{dropped_option, is_xmx, split_words};
use crate::config::{CommandStyle, Template, TemplateSize};
use crate::findings::Findings;
use crate::scalar::Scalar;

/// What a JVM takes beside its heap at the least.
const BESIDE_HEAP: Scalar = Scalar::from_milli(64_000);
/// The least heap with which an agent does its work.
const LEAST_HEAP: Scalar = Scalar::from_milli(32_000);

/// Looks at every field; gives the numbers if they are right.
pub(super) fn check(template: &Template, findings: &mut Findings) -> Option<TemplateSize> {
    label(template, findings);
    let size = template.numbers(findings);
    jvm_args(template, size.as_ref().map(TemplateSize::heap), findings);
    if split_words(&template.jnlp_args, style(template)).is_none() {
        findings.error(
            "jnlpArgs",
            "agent arguments have a quote that is not closed: close it",
        );
    }
    check_members(template, findings);
    if let Some(size) = &size {
        room(template, size, findings);
    }
    size
}

/// The template has the key of an earlier one.
pub(super) fn same_key(template: &Template, earlier: usize, findings: &mut Findings) {
    let field = if template.name.trim().is_empty() {
        "label"
    } else {
        "name"
    };
    findings.error(
        field,
        format!(
            "{field} `{}` is what template {} is called already: give each template a name of its own, this one would \
             never be used",
            short(&template.key()),
            earlier + 1
        ),
    );
}

fn style(template: &Template) -> CommandStyle {
    template.command_style().unwrap_or(CommandStyle::Linux)
}

fn label(template: &Template, findings: &mut Findings) {
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
    let customizable = template
        .container
        .as_ref()
        .is_some_and(|container| container.image_customizable);
    if customizable && template.label.contains(':') {
        findings.warning(
            "label",
            "label has `:` in it, and its jobs name an image behind a colon: enter only what stands before the image",
        );
    }
}

/// `heap` is none where its size is not known.
fn jvm_args(template: &Template, heap: Option<Scalar>, findings: &mut Findings) {
    let Some(words) = split_words(&template.jvm_args, style(template)) else {
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
        if let Some(mem) = heap
            && heap_at_start(word).is_some_and(|heap| heap > mem)
        {
            findings.error(
                "jvmArgs",
                format!(
                    "JVM argument {word} is more than the {mem} MB of the agent memory that are the largest heap: \
                     Java would not start; lower it or raise the memory"
                ),
            );
        }
    }
}

/// MB of an `-Xms`.
fn heap_at_start(word: &str) -> Option<Scalar> {
    let size = word.trim_matches(['"', '\'']).strip_prefix("-Xms")?;
    let (digits, milli) = match size.char_indices().last()? {
        (at, 'k' | 'K') => (size.get(..at)?, 1000.0 / 1024.0),
        (at, 'm' | 'M') => (size.get(..at)?, 1000.0),
        (at, 'g' | 'G') => (size.get(..at)?, 1_024_000.0),
        _ => (size, 1000.0 / (1024.0 * 1024.0)),
    };
    let number: f64 = digits.parse::<u32>().ok()?.into();
    Scalar::from_f64(number * milli / 1000.0)
}

/// Numbers that are right one by one, and odd together.
fn room(template: &Template, size: &TemplateSize, findings: &mut Findings) {
    let executors = size.executors_for(0);
    let (cpus, mem) = size.total(executors);
    let heap = size.heap();
    let beside = mem - heap;
    // There the limit is one that the kernel enforces.
    if template.container.is_some() && mem < BESIDE_HEAP + LEAST_HEAP {
        findings.error(
            "mem",
            format!(
                "agent memory (MB) and that of the executors are {mem} MB together, and a JVM in a container takes {} \
                 MB at the least: raise one of them, or the container is killed as soon as it starts",
                BESIDE_HEAP + LEAST_HEAP
            ),
        );
    } else if beside < BESIDE_HEAP {
        findings.warning(
            "executorMem",
            format!(
                "memory per executor leaves {beside} MB beside the heap of {heap} MB, and a JVM takes {BESIDE_HEAP} MB or \
                 more there: raise it or the JVM overhead, or Mesos may kill agents for using too much"
            ),
        );
    }
    if size.single_use && size.max_builds > 1 {
        findings.warning(
            "maxBuilds",
            "maximum number of builds is not used: an agent of a single use takes one build",
        );
    }
    if size.single_use && size.min_executors > 1 {
        findings.warning(
            "minExecutors",
            "minimum number of executors is not used: an agent of a single use has one executor",
        );
    }
    let Ok(limits) = template.limits() else { return };
    if let Some(limit) = limits.cpus.filter(|limit| *limit < cpus) {
        findings.warning(
            "maxCpus",
            format!(
                "maximum CPUs is {limit}, less than the {cpus} of one agent: raise it, or there will be none"
            ),
        );
    }
    if let Some(limit) = limits.mem.filter(|limit| *limit < mem) {
        findings.warning(
            "maxMem",
            format!(
                "maximum memory (MB) is {limit}, less than the {mem} of one agent: raise it, or there will be none"
            ),
        );
    }
}
