//! The driver against a master, by hand.
//!
//! ```text
//! cargo run -p mesos-client --example try -- probe zk://127.0.0.1:2181/mesos
//! cargo run -p mesos-client --example try -- run zk://127.0.0.1:2181/mesos /tmp/state http://127.0.0.1:8080/ 3
//! cargo run -p mesos-client --example try -- watch zk://127.0.0.1:2181/mesos /tmp/state
//! ```
//!
//! `run` launches that many agents, waits until all run (whatever `/jnlpJars/slave.jar` of the address is), releases them,
//! waits until all have ended and tears the framework down. `watch` serves without launching anything, until Enter.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

use mesos_client::{Cloud, Runtime};
use mesos_core::{Config, Demand, Launch, Notice, Protocol, Release, Request};

/// Prints what the driver logs, if the variable `LOG` is set.
struct Printer(Instant);

impl tracing::Subscriber for Printer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("mesos")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                if field.name() == "message" {
                    // Writing to a String does not fail.
                    let _ = write!(self.0, "{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        let metadata = event.metadata();
        eprintln!(
            "{:6} ms {} {}: {}",
            self.0.elapsed().as_millis(),
            metadata.level(),
            metadata.target(),
            text.0
        );
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = Runtime::new()?;
    if std::env::var_os("LOG").is_some() {
        tracing::subscriber::set_global_default(Printer(Instant::now()))?;
    }
    match arguments.as_slice() {
        ["probe", master] => println!("{:#?}", runtime.test_connection(&config(master)?)),
        ["run", master, folder, jenkins, count] => run(&runtime, master, folder, jenkins, count.parse()?)?,
        ["watch", master, folder] => watch(&runtime, master, folder)?,
        _ => {
            return Err("usage: probe MASTER | run MASTER FOLDER JENKINS COUNT | watch MASTER FOLDER".into());
        }
    }
    Ok(())
}

fn config(master: &str) -> serde_json::Result<Config> {
    serde_json::from_value(serde_json::json!({
        "v": 1, "cloudId": "try", "name": "try", "master": master, "frameworkName": "try", "failoverTimeoutSeconds": 60,
        "principal": std::env::var("PRINCIPAL").ok(), "secret": std::env::var("SECRET").ok(),
        "templates": [{"label": "mesos", "cpus": 0.1, "mem": 32, "executorCpus": 0.1, "executorMem": 32, "maxExecutors": 1}],
    }))
}

fn run(
    runtime: &Runtime,
    master: &str,
    folder: &str,
    jenkins: &str,
    count: u32,
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let cloud = Cloud::open(config(master)?, folder.into(), runtime);
    let planned = cloud.plan(&Demand::new("mesos", count))?;
    let names: BTreeSet<_> = planned.agents.iter().map(|agent| agent.name.clone()).collect();
    for agent in &planned.agents {
        let launch = Launch::new(Protocol::Jnlp, jenkins);
        cloud.submit(Request::new(&agent.name, &agent.label, agent.executors, launch))?;
    }
    await_all(&cloud, begin, &names, |notice| match notice {
        Notice::State { name, state, .. } if state == "TASK_RUNNING" => Some(name.clone()),
        _ => None,
    })?;
    println!("{}", serde_json::to_string_pretty(&cloud.status())?);
    cloud.release(Release::new(&names, "the trial is over"))?;
    await_all(&cloud, begin, &names, |notice| match notice {
        Notice::Ended { name, .. } => Some(name.clone()),
        _ => None,
    })?;
    cloud.close(true);
    if !cloud.wait_closed(PATIENCE) {
        return Err("the cloud does not close".into());
    }
    println!("{:6} ms closed", begin.elapsed().as_millis());
    Ok(())
}

/// Prints events until one was picked for each name.
fn await_all(
    cloud: &Cloud,
    begin: Instant,
    names: &BTreeSet<String>,
    pick: impl Fn(&Notice) -> Option<String>,
) -> Result<(), Box<dyn Error>> {
    let mut left = names.clone();
    let end = Instant::now() + PATIENCE;
    while !left.is_empty() {
        if Instant::now() > end {
            return Err(format!("still without: {left:?}").into());
        }
        for event in cloud.poll(Duration::from_secs(1)).events {
            println!(
                "{:6} ms {}",
                begin.elapsed().as_millis(),
                serde_json::to_string(&event)?
            );
            if let Some(name) = pick(&event.notice) {
                left.remove(&name);
            }
        }
    }
    Ok(())
}

fn watch(runtime: &Runtime, master: &str, folder: &str) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let cloud = Cloud::open(config(master)?, folder.into(), runtime);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                let batch = cloud.poll(Duration::from_secs(60));
                for event in &batch.events {
                    println!("{:6} ms {event:?}", begin.elapsed().as_millis());
                }
                if batch.closed {
                    break;
                }
            }
        });
        let read = std::io::stdin().read_line(&mut String::new());
        cloud.close(false);
        read
    })?;
    Ok(())
}
