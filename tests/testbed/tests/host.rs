//! The host's test bed does what it says, without the plugin.

use std::path::PathBuf;
use std::time::Duration;

use testbed::seeds::freestyle;
use testbed::{Check, Host, HostSpec, RunError, guard, paths, tools};

const LIMIT: Duration = Duration::from_secs(60);

/// A plugin that adds nothing.
fn empty_plugin(name: &str) -> Result<PathBuf, RunError> {
    let folder = paths::fresh_run(name);
    let file = |source| RunError::File {
        doing: "writing in",
        path: folder.clone(),
        source,
    };
    std::fs::create_dir_all(&folder).map_err(file)?;
    let manifest = folder.join("manifest");
    std::fs::write(
        &manifest,
        "Short-Name: mesos\nExtension-Name: mesos\nPlugin-Version: 0.1\n",
    )
    .map_err(file)?;
    let plugin = folder.join("mesos.hpi");
    tools::run(
        std::process::Command::new("jar")
            .arg("cfm")
            .arg(&plugin)
            .arg(manifest),
    )?;
    Ok(plugin)
}

#[test]
fn a_host_builds_a_job_again_after_a_restart() {
    let plugin = empty_plugin("plugin").unwrap();
    let mut host = Host::start(&HostSpec::new(&plugin, Vec::new())).unwrap();
    assert_eq!(host.plugin_version("mesos").unwrap().as_deref(), Some("0.1"));
    assert_eq!(host.plugin_version("no-such-plugin").unwrap(), None);
    host.create_job("greeting", &freestyle("built-in", "echo good $((1 + 1)) morning"))
        .unwrap();

    host.build("greeting").unwrap();

    let build = host.await_end("greeting", 1, LIMIT).unwrap();
    assert_eq!(build.result.as_deref(), Some("SUCCESS"));
    assert!(host.console("greeting", 1).unwrap().contains("good 2 morning"));
    assert_eq!(host.find_build("greeting", 2).unwrap(), None);

    host.stop().unwrap();
    assert_eq!(host.pid(), None);
    host.start_again().unwrap();
    host.build("greeting").unwrap();
    assert_eq!(
        host.await_end("greeting", 2, LIMIT).unwrap().result.as_deref(),
        Some("SUCCESS")
    );
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

#[test]
fn a_job_for_a_label_that_nobody_serves_waits_with_a_reason() {
    let plugin = empty_plugin("plugin").unwrap();
    let run = paths::fresh_run("host-in-vain");
    let mut host = Host::start_in(&HostSpec::new(&plugin, Vec::new()), &run).unwrap();
    host.create_job("vain", &freestyle("nowhere", "true")).unwrap();

    host.build("vain").unwrap();

    // A new item has no reason (`???`) until the queue is looked through.
    let reason = "Waiting for next available executor";
    let items = host
        .await_that("a queue item with its reason", LIMIT, || match host.queue() {
            Ok(items) => {
                let told = items.iter().any(|item| item.why == reason);
                Check::when(told, items.clone(), || format!("{items:?}"))
            }
            Err(error) => Check::NotYet(error.to_string()),
        })
        .unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].job, "vain");
    assert_eq!(host.nodes().unwrap(), []);
    host.kill().unwrap();
    drop(host);
    assert!(guard::survivors(&run).is_empty());
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}
