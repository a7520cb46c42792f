//! Containers that do not come up, or do not stay: each end has a message that leads to its cure.

use e2e::mishaps::{self, TakenPort, image, with_option};
use e2e::pier::Pier;
use serde_json::{Value, json};
use testbed::RunError;

#[test]
fn each_end_of_a_container_is_explained() -> Result<(), RunError> {
    let taken = TakenPort::take()?;
    let mut pier = Pier::start(|engine| {
        let more = json!({
            "no-internet": image("example.invalid/team/agent:1"),
            "no-rights": image("testbed/java:user"),
            "no-volume": with_option("mount", "type=bind,source=/no/such/folder,target=/data"),
            "no-program": {"image": "testbed/java:17", "useCustomShell": true, "customShell": "/no/such/shell"},
            "heap": {"environment": [{"name": "TRIAL_EATS", "value": "heap"}], "container": image("testbed/java:17")},
        });
        mishaps::templates(engine, &taken, more)
    })?;
    let expected: &[(&str, &[&str])] = &[
        (
            "no-image",
            &["the registry has no such image: correct its name and tag"],
        ),
        (
            "no-login",
            &[
                "the registry wants a login",
                "choose working registry credentials",
            ],
        ),
        ("no-registry", &["the Mesos agent cannot reach the registry"]),
        ("no-internet", &["the Mesos agent cannot reach the registry"]),
        (
            "no-shell",
            &[
                "status 127: the image lacks a program",
                "exec: \"/bin/sh\": stat /bin/sh: no such file",
            ],
        ),
        (
            "no-rights",
            &[
                "can't cd to /mnt/mesos/sandbox: Permission denied",
                "the parameter user with the value 0",
            ],
        ),
        (
            "no-volume",
            &[
                "status 125: Docker refused",
                "docker: Error response",
                "bind source path does not exist: /no/such/folder",
            ],
        ),
        (
            "no-option",
            &["status 125: Docker refused", "unknown flag: --no-such-option"],
        ),
        (
            "no-network",
            &["status 125: Docker refused", "network nowhere not found"],
        ),
        (
            "no-program",
            &["status 127: the image lacks a program", "/no/such/shell"],
        ),
        ("port", &["status 125: Docker refused", "address already in use"]),
        (
            "heap",
            &[
                "status 1; its last words",
                "java.lang.OutOfMemoryError: Java heap space",
                "The JVM's heap is too small",
            ],
        ),
        (
            "memory",
            &[
                "status 137: killed, as the kernel does to what needs too much memory",
                "out of memory: the agent has 160 MB in all",
            ],
        ),
    ];
    let mut names = Vec::new();
    for (label, _) in expected {
        names.extend(pier.trial.submit_to(label, &pier.program, 1)?);
    }
    let mut wrong: Vec<Value> = Vec::new();
    for ((label, words), name) in expected.iter().zip(&names) {
        let (state, message) = pier.end(name)?;
        println!("{label}: {state}: {message}\n");
        if state != "TASK_FAILED" || !words.iter().all(|words| message.contains(words)) {
            wrong.push(json!({"case": label, "state": state, "message": message, "wanted": words}));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}",
        serde_json::to_string_pretty(&wrong).unwrap_or_default()
    );
    pier.gone()
}
