use super::*;
use mesos_core::Scalar;
use std::time::{Duration, Instant};

struct Sandbox(PathBuf);

impl Sandbox {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mesos-local-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn start(&self, line: &str) -> (Tree, Identity) {
        let command = CommandInfo {
            value: Some(line.to_owned()),
            ..CommandInfo::default()
        };
        let program = Program {
            task: "t",
            command: &command,
            sandbox: &self.0,
            user: None,
            amount: Amount {
                cpus: Scalar::from_milli(100),
                mem: Scalar::from_milli(64_000),
                ..Amount::default()
            },
            detach: crate::own_group,
        };
        let mut noted = None;
        let group = Group::of(
            "mesos-local-test",
            &format!("{}-{}", std::process::id(), self.0.display()).replace('/', "-"),
        );
        let tree = Tree::start(&program, group, |identity| {
            noted = Some(identity.clone());
            Ok(())
        });
        (tree.unwrap(), noted.unwrap())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn await_true(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn await_exit(tree: &mut Tree) -> Exit {
    let mut exit = None;
    await_true("an end", || {
        exit = tree.poll();
        exit.is_some()
    });
    exit.unwrap()
}

#[test]
fn a_program_has_its_sandbox_and_its_status_is_seen() {
    let sandbox = Sandbox::new("status");
    let (mut tree, _) =
        sandbox.start("pwd; echo oh >&2; test \"$MESOS_TASK_ID\" = t && test -z \"$CARGO\" && exit 7");
    assert_eq!(await_exit(&mut tree), Exit::Status(7));
    let text = fs::read_to_string(sandbox.0.join("stdout")).unwrap();
    assert_eq!(text.trim(), sandbox.0.to_str().unwrap());
    assert_eq!(fs::read_to_string(sandbox.0.join("stderr")).unwrap(), "oh\n");
    await_true("nothing left", || tree.kill());
    tree.tidy();
}

#[test]
fn the_next_controller_finds_it_again_and_reads_its_status() {
    let sandbox = Sandbox::new("again");
    let (mut first, identity) =
        sandbox.start("trap 'exit 5' TERM; touch ready; while :; do sleep 0.05; done");
    await_true("a trap", || sandbox.0.join("ready").exists());
    let mut again = Tree::found(
        identity.clone(),
        sandbox.0.clone(),
        Group::of("mesos-local-test", "none"),
    );
    assert_eq!(again.poll(), None);
    again.terminate();
    assert_eq!(await_exit(&mut first), Exit::Status(5));
    assert_eq!(await_exit(&mut again), Exit::Status(5));
    let other = Identity {
        start: identity.start + 1,
        ..identity
    };
    let mut stranger = Tree::found(
        other,
        sandbox.0.join("elsewhere"),
        Group::of("mesos-local-test", "none"),
    );
    assert_eq!(stranger.poll(), Some(Exit::Unseen));
    first.tidy();
}

#[test]
fn what_has_left_the_group_is_killed_too() {
    let sandbox = Sandbox::new("stray");
    let (mut tree, _) = sandbox.start(
        "setsid sleep 1000 & setsid sh -c 'echo $$ > pid; sleep 1000' & trap '' TERM; wait; sleep 1000",
    );
    await_true("the stray's number", || {
        fs::read_to_string(sandbox.0.join("pid")).is_ok_and(|text| text.ends_with('\n'))
    });
    let stray: u32 = fs::read_to_string(sandbox.0.join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(identify(stray).is_some());
    await_true("nothing left", || tree.kill());
    assert!(identify(stray).is_none());
    assert!(marked(&format!("MESOS_SANDBOX={}", sandbox.0.display())).is_empty());
    tree.tidy();
}

#[test]
fn what_a_program_leaves_in_its_group_ends_with_it() {
    let sandbox = Sandbox::new("left");
    let (mut tree, _) = sandbox.start("sleep 1000 & echo $! > pid; exit 3");
    assert_eq!(await_exit(&mut tree), Exit::Status(3));
    let left: u32 = fs::read_to_string(sandbox.0.join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    await_true("the end of what was left", || identify(left).is_none());
    tree.tidy();
}
