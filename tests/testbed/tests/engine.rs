//! The Docker engine of the test bed: it starts, restarts, has its images and registries, and leaves nothing.

use std::time::Duration;

use testbed::engine::{Engine, IMAGE};
use testbed::{RunError, guard};

#[test]
fn an_engine_runs_containers_and_leaves_nothing() -> Result<(), RunError> {
    let mut engine = Engine::start()?;
    let run = |tag: &str, words: &[&str]| {
        let image = format!("{IMAGE}:{tag}");
        let mut all = vec!["run", "--rm", image.as_str()];
        all.extend(words);
        engine.docker(&all)
    };
    assert_eq!(run("17", &["/bin/sh", "-c", "id -u; pwd"])?, "0\n/\n");
    assert_eq!(
        run("user", &["/bin/sh", "-c", "id -u; pwd"])?,
        "1000\n/home/jenkins\n"
    );
    assert_eq!(
        run("user-entrypoint", &["echo", "hello"])?,
        "entrypoint: 2 words, as jenkins\nhello\n"
    );
    assert!(run("no-shell", &["/bin/sh"]).is_err());
    assert!(run("no-shell", &["java", "--version"])?.contains("openjdk 17"));
    assert!(
        engine
            .docker(&["pull", "busybox"])
            .unwrap_err()
            .to_string()
            .contains("127.0.0.1:9")
    );

    let open = engine.registry(None)?;
    let image = engine.publish("17", &open, "team/agent:1")?;
    engine.docker(&["run", "--rm", &image, "true"])?;
    let closed = engine.registry(Some(("reader", "s3cret")))?;
    let image = engine.publish("17", &closed, "team/agent:1")?;
    assert!(
        engine
            .docker(&["pull", &image])
            .unwrap_err()
            .to_string()
            .contains("no basic auth credentials")
    );

    engine.docker(&[
        "run",
        "-d",
        "--name",
        "sleeper",
        &format!("{IMAGE}:17"),
        "sleep",
        "1000",
    ])?;
    assert_eq!(engine.inspect("sleeper")?["State"]["Running"], true);
    engine.kill()?;
    assert!(engine.docker(&["ps"]).is_err());
    engine.start_again()?;
    assert_eq!(engine.inspect("sleeper")?["State"]["Running"], false);
    engine.docker(&["rm", "sleeper"])?;
    engine.await_nothing(Duration::from_secs(60))?;

    // Ended in the middle of its work, the engine leaves no process, mount, device or rule.
    engine.docker(&["network", "create", "other"])?;
    engine.docker(&[
        "run",
        "-d",
        "--network",
        "other",
        &format!("{IMAGE}:17"),
        "sleep",
        "4242",
    ])?;
    let folder = engine.folder().to_path_buf();
    drop(engine);
    assert!(guard::survivors(&folder).is_empty());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    assert_eq!(lines.filter(|line| line == b"sleep\x004242\x00").count(), 0);
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&*folder.to_string_lossy()), "{mounts}");
    let devices: Vec<_> = std::fs::read_dir("/sys/class/net").unwrap().flatten().collect();
    assert!(
        devices
            .iter()
            .all(|device| !device.file_name().to_string_lossy().starts_with("br-")),
        "{devices:?}"
    );
    assert!(!folder.exists());
    Ok(())
}
