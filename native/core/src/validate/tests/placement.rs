//! What is wrong with where a template wants its agents, and with what it gives them there.

use super::*;

#[test]
fn files_variables_and_places_are_looked_at() {
    let uri = |value: &str| errors(serde_json::json!({"uris": [{"value": "http://a/b"}, {"value": value}]}));
    for bad in ["", "x.tgz", "http://", "http://a/b c", "http://a/'b'", "://x"] {
        assert_eq!(uri(bad), ["uris[1].value"], "{bad}");
    }
    for good in ["https://a/b?c=d&e", "/etc/docker.tar.gz", "file:///x"] {
        assert_eq!(uri(good), [""; 0], "{good}");
    }
    let hdfs = template(serde_json::json!({"uris": [{"value": "hdfs://a/b"}]}));
    assert_eq!((hdfs.len(), hdfs[0].0), (1, Severity::Warning));

    let variable = |name: &str| {
        errors(serde_json::json!({"environment": [{"name": "A", "value": "hunter2"}, {"name": name}]}))
    };
    for bad in ["", "A", "A B", "A=B", "1A"] {
        assert_eq!(variable(bad), ["environment[1].name"], "{bad}");
    }
    assert_eq!(variable("_b.c-D1"), [""; 0]);

    let domain = |json: serde_json::Value| errors(serde_json::json!({ "domain": json }));
    assert_eq!(domain(serde_json::json!({"mode": "near"})), ["domain.mode"]);
    assert_eq!(
        domain(serde_json::json!({"mode": "match", "zone": "a"})),
        ["domain.region"]
    );
    for good in [
        serde_json::json!(null),
        serde_json::json!({"mode": "HOME"}),
        serde_json::json!({"mode": "any"}),
        serde_json::json!({"mode": "match", "region": "east"}),
    ] {
        assert_eq!(domain(good), [""; 0]);
    }
    assert_eq!(
        errors(serde_json::json!({"attributes": {"os": ["linux"]}})),
        ["attributes"]
    );
    assert_eq!(errors(serde_json::json!({"disk": "-1"})), ["disk"]);
    assert_eq!(
        errors(serde_json::json!({"launchTimeoutSeconds": 0})),
        ["launchTimeoutSeconds"]
    );
}

#[test]
fn no_message_quotes_the_value_of_a_variable() {
    let found = of(serde_json::json!({"templates": [{"environment": [
        {"name": "A", "value": "hunter2"}, {"name": "A", "value": "hunter2\0"}, {"name": "=", "value": "hunter2"}]}]}));
    assert_eq!(found.len(), 3);
    assert!(
        found.iter().all(|problem| !problem.3.contains("hunter2")),
        "{found:?}"
    );
}

#[test]
fn what_is_typed_about_placement_is_told_with_field_and_cure() {
    let cloud = |json: serde_json::Value| -> (Severity, &'static str, String) {
        let mut found = of(json);
        assert_eq!(found.len(), 1, "{found:?}");
        let (severity, field, index, message) = found.remove(0);
        assert_eq!(index, None);
        (severity, field, message)
    };
    assert_eq!(
        cloud(serde_json::json!({"placement": "tight"})),
        (
            Severity::Error,
            "placement",
            "placement is `tight`: enter pack, spread or balanced".to_owned()
        )
    );
    assert_eq!(
        cloud(serde_json::json!({"holdBackSeconds": "0"})),
        (
            Severity::Error,
            "holdBackSeconds",
            "seconds until room is held back is 0: enter 1 or more".to_owned()
        )
    );
    for good in ["", "pack", " Spread ", "BALANCED"] {
        assert_eq!(
            of(serde_json::json!({"placement": good, "holdBackSeconds": 1})),
            [],
            "{good}"
        );
    }
    for (field, value, message) in [
        (
            "priority",
            serde_json::json!(-1),
            "priority is -1: enter 0 or more",
        ),
        (
            "priority",
            serde_json::json!("1001"),
            "priority is 1001: enter 1000 or less",
        ),
        (
            "priority",
            serde_json::json!("high"),
            "priority is `high`, which is not a number: enter digits, as in 3",
        ),
        (
            "gpus",
            serde_json::json!("0.5"),
            "GPUs is 0.5: enter a whole number",
        ),
        ("gpus", serde_json::json!(-2), "GPUs is -2: enter 0 or more"),
        (
            "resources",
            serde_json::json!("licenses"),
            "the field of other resources has a line `licenses` without an equals sign: enter one a line, as in \
             licenses = 2 or fpga = {a, b}",
        ),
        (
            "resources",
            serde_json::json!("= 3"),
            "the field of other resources has a line `= 3` without a name: enter one a line, as in licenses = 2 or \
             fpga = {a, b}",
        ),
        (
            "resources",
            serde_json::json!("licenses = 0"),
            "the field of other resources has a line `licenses = 0` that asks for nothing: enter one a line, as in \
             licenses = 2 or fpga = {a, b}",
        ),
    ] {
        let found = template(serde_json::json!({ field: value.clone() }));
        assert_eq!(found, error(field, message), "{field} {value}");
    }
}

#[test]
fn constraints_that_cannot_be_read_are_told_by_line() {
    for (lines, words) in [
        ("rack", "line 1: `rack` has no comparison: write it as rack = a"),
        (
            "rack = a\n\nos =",
            "line 3: `os` is compared with nothing: write it as rack = a",
        ),
        ("= a", "line 1: begins with no name: write it as rack = a"),
        ("os matches (", "line 1: `(` is no regular expression ("),
        (
            "cores at least many",
            "line 1: `many` is no number: write it as in cores at least 8",
        ),
        (
            "rack in ,",
            "line 1: lists nothing: separate values by commas, as in rack in a, b",
        ),
        (
            "at most 0 per rack",
            "line 1: `0` is no number from 1: write it as in at most 2 per rack",
        ),
        (
            "near hosts used lately\navoid hosts used lately",
            "line 2: says a second time what is thought of hosts used lately: keep one of them",
        ),
    ] {
        let found = template(serde_json::json!({ "constraints": lines }));
        assert_eq!(found.len(), 1, "{lines}: {found:?}");
        let (severity, field, message) = &found[0];
        assert_eq!((*severity, *field), (Severity::Error, "constraints"), "{lines}");
        assert!(
            message.starts_with(&format!("constraints, {words}")),
            "{lines}: {message}"
        );
    }
    let many = "rack = a\n".repeat(101);
    let found = template(serde_json::json!({ "constraints": many }));
    assert_eq!(
        found,
        error(
            "constraints",
            "constraints, line 101: more than 100 lines: use fewer"
        )
    );
    assert_eq!(
        template(
            serde_json::json!({"constraints": "# a remark\n rack in a, b \nunique per host\nnear hosts used lately",
            "priority": "", "gpus": "", "resources": " \n", "revocable": true})
        ),
        []
    );
}
