//! `cargo xtask test --host jenkins`: the cases on a real Jenkins, which is no part of the repository.

use std::path::Path;

use testbed::jenkins::Programs;

use super::lanes::Lane;
use super::{Count, Step, tool};

/// In the order they run: a group of cases each, in `tests/today/tests`.
pub(super) const STEPS: &[Step] = &[
    Step {
        name: "package",
        lane: Lane::Beds,
        needs: None,
        run: super::package,
    },
    Step {
        name: "testbed",
        lane: Lane::Beds,
        needs: None,
        run: super::testbed,
    },
    Step {
        name: "smoke",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "smoke"),
    },
    Step {
        name: "install",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "install"),
    },
    Step {
        name: "limits",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "limits"),
    },
    Step {
        name: "agents",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "agents"),
    },
    Step {
        name: "upgrade",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "upgrade"),
    },
    Step {
        name: "demand",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "demand"),
    },
    Step {
        name: "access",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "access"),
    },
    Step {
        name: "code",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "code"),
    },
    Step {
        name: "pages",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "pages"),
    },
    Step {
        name: "singleuse",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "singleuse"),
    },
    Step {
        name: "restart",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "restart"),
    },
    Step {
        name: "local",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "local"),
    },
    Step {
        name: "losses",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "losses"),
    },
    Step {
        name: "credentials",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "credentials"),
    },
    Step {
        name: "containers",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "containers"),
    },
    Step {
        name: "pipelines",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "pipelines"),
    },
    Step {
        name: "pipeline_doc",
        lane: Lane::Beds,
        needs: Some("package"),
        run: |root| cases(root, "pipeline_doc"),
    },
    Step {
        name: "storm",
        lane: Lane::Beds,
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
