//! What is wrong with the fields of a cloud.

use super::*;

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
    for wrong in ["0", "-1", "1.5", "soon"] {
        assert_eq!(
            field(serde_json::json!({ "unreachableTimeoutSeconds": wrong })),
            ["unreachableTimeoutSeconds"]
        );
    }
    assert_eq!(
        field(serde_json::json!({"unreachableTimeoutSeconds": "", "labels": "a=b\nc"})),
        [""; 0]
    );
    for wrong in ["=b", "a=b\norg.jenkinsci.plugins.mesos.cloud=c"] {
        assert_eq!(field(serde_json::json!({ "labels": wrong })), ["labels"]);
    }
    assert_eq!(
        field(serde_json::json!({"declineSeconds": "x"})),
        ["declineSeconds"]
    );
    assert_eq!(field(serde_json::json!({"secret": "s"})), ["principal"]);
    assert_eq!(field(serde_json::json!({"templates": []})), ["templates"]);
}

#[test]
fn this_machine_as_master_is_looked_at_by_parameter() {
    let master = |text: &str| {
        let container = serde_json::json!({"image": "maven:3", "networking": "HOST"});
        let boxed = serde_json::json!([{"label": "boxed", "mem": 512, "container": container}]);
        of(serde_json::json!({"master": text, "templates": boxed}))
    };
    assert_eq!(master("local://?cpus=2&docker=tcp://engine:2375"), []);
    let (severity, field, _, message) = master("local://?cpus=two").remove(0);
    assert_eq!((severity, field), (Severity::Error, "master"));
    assert!(
        message.contains("has cpus=two: enter a number of CPUs"),
        "{message}"
    );
    let (severity, field, _, message) = master("local://?docker=none").remove(0);
    assert_eq!((severity, field), (Severity::Warning, "master"));
    assert!(
        message.contains("the template `boxed` has a container"),
        "{message}"
    );
}

#[test]
fn several_roles_are_looked_at_one_by_one() {
    assert_eq!(of(serde_json::json!({"role": "ci, qa,eng/ci ,"})), []);
    let found = of(serde_json::json!({"role": "ci, q a"}));
    assert_eq!((found.len(), found[0].1), (1, "role"));
    assert_eq!(
        found[0].3,
        "role has a blank in it, which Mesos refuses: remove it"
    );
}

#[test]
fn a_ca_file_is_named_by_its_whole_path() {
    for (path, good) in [
        ("", true),
        (" /etc/ssl/mesos-ca.pem ", true),
        ("mesos-ca.pem", false),
        ("/a\nb", false),
    ] {
        let found = of(serde_json::json!({"caFile": path}));
        let told = found.iter().any(|problem| problem.1 == "caFile");
        assert_eq!(told, !good, "{path:?}: {found:?}");
    }
}
