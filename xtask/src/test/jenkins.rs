//! `cargo xtask test --host jenkins`: the cases on a real Jenkins, which is no part of the repository.

use std::path::Path;

use testbed::jenkins::Programs;

use super::{Count, Step, tool};

/// In the order they run: a group of cases each, in `tests/today/tests`.
pub(super) const STEPS: &[Step] = &[
    Step {
        name: "package",
        needs: None,
        run: super::package,
    },
    Step {
        name: "testbed",
        needs: None,
        run: super::testbed,
    },
    Step {
        name: "smoke",
        needs: Some("package"),
        run: |root| cases(root, "smoke"),
    },
    Step {
        name: "install",
        needs: Some("package"),
        run: |root| cases(root, "install"),
    },
    Step {
        name: "limits",
        needs: Some("package"),
        run: |root| cases(root, "limits"),
    },
    Step {
        name: "agents",
        needs: Some("package"),
        run: |root| cases(root, "agents"),
    },
    Step {
        name: "upgrade",
        needs: Some("package"),
        run: |root| cases(root, "upgrade"),
    },
    Step {
        name: "demand",
        needs: Some("package"),
        run: |root| cases(root, "demand"),
    },
    Step {
        name: "access",
        needs: Some("package"),
        run: |root| cases(root, "access"),
    },
    Step {
        name: "code",
        needs: Some("package"),
        run: |root| cases(root, "code"),
    },
    Step {
        name: "pages",
        needs: Some("package"),
        run: |root| cases(root, "pages"),
    },
    Step {
        name: "singleuse",
        needs: Some("package"),
        run: |root| cases(root, "singleuse"),
    },
    Step {
        name: "restart",
        needs: Some("package"),
        run: |root| cases(root, "restart"),
    },
    Step {
        name: "losses",
        needs: Some("package"),
        run: |root| cases(root, "losses"),
    },
    Step {
        name: "credentials",
        needs: Some("package"),
        run: |root| cases(root, "credentials"),
    },
    Step {
        name: "pipelines",
        needs: Some("package"),
        run: |root| cases(root, "pipelines"),
    },
    Step {
        name: "pipeline_doc",
        needs: Some("package"),
        run: |root| cases(root, "pipeline_doc"),
    },
    Step {
        name: "storm",
        needs: Some("package"),
        run: |root| cases(root, "storm"),
    },
];

/// What must be set before anything is worth starting.
pub(super) fn missing() -> Option<String> {
    Programs::named().err().map(|error| error.to_string())
}

fn cases(root: &Path, group: &str) -> Result<Count, String> {
    tool(
        root,
        "cargo",
        &[
            "test",
            "-p",
            "today",
            "--test",
            group,
            "--no-fail-fast",
            "--",
            "--test-threads=1",
            "--nocapture",
        ],
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::STEPS;

    #[test]
    fn every_group_of_cases_is_a_step() {
        let folder = testbed::paths::repository().join("tests/today/tests");
        let mut groups = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(group) = name.strip_suffix(".rs") {
                groups += 1;
                assert!(STEPS.iter().any(|step| step.name == group), "{group}");
            }
        }
        assert!(groups > 5, "{groups} groups");
    }
}
