//! What a template asks for beyond CPUs and memory, on its way to the master.

use crate::bench::{Bench, offer};
use mesos_core::{Config, Launch, Notice, Protocol, Request, SubmitError};
use mesos_wire::domain_info::{FaultDomain, fault_domain};
use mesos_wire::framework_info::capability;
use mesos_wire::{DomainInfo, FrameworkInfo, MasterInfo, Offer, Resource, call, value};

fn config(templates: serde_json::Value) -> Config {
    serde_json::from_value(serde_json::json!({
        "master": "m1:5050", "role": "ci", "user": "jenkins", "launchTimeoutSeconds": 600, "templates": templates
    }))
    .unwrap()
}

fn bench(templates: serde_json::Value) -> Bench {
    let mut bench = Bench::new(config(templates), None, Vec::new());
    bench.find_leader();
    bench.subscribe();
    bench.forget();
    bench
}

fn with_ports(mut offer: Offer, begin: u64, end: u64) -> Offer {
    let ports = Resource {
        name: "ports".to_owned(),
        r#type: value::Type::Ranges as i32,
        scalar: None,
        ranges: Some(value::Ranges {
            range: vec![value::Range { begin, end }],
        }),
        ..offer.resources[0].clone()
    };
    offer.resources.push(ports);
    offer
}

fn with_disk(mut offer: Offer, mb: f64) -> Offer {
    let disk = Resource {
        name: "disk".to_owned(),
        scalar: Some(value::Scalar { value: mb }),
        ..offer.resources[0].clone()
    };
    offer.resources.push(disk);
    offer
}

fn domain(region: &str) -> DomainInfo {
    DomainInfo {
        fault_domain: Some(FaultDomain {
            region: fault_domain::RegionInfo {
                name: region.to_owned(),
            },
            zone: fault_domain::ZoneInfo { name: "a".to_owned() },
        }),
    }
}

fn request(name: &str, label: &str) -> Request {
    Request::new(
        name,
        label,
        1,
        Launch::new(Protocol::Jnlp, "http://jenkins:8080/"),
    )
}

#[test]
fn ports_of_the_offer_are_in_the_task_in_the_ledger_and_told() {
    let container = serde_json::json!({"image": "agent", "portMappings": [
        {"containerPort": 5900, "urlFormat": "http://{host}:{port}/"}, {"containerPort": 80, "hostPort": 8080}]});
    let mut bench = bench(serde_json::json!([{"label": "x", "disk": 10, "container": container}]));
    bench.submit("a", "x");
    bench.submit("b", "x");
    bench.offers(vec![with_disk(
        with_ports(offer("o1", "agent-a", 4.0), 8080, 8089),
        100.0,
    )]);
    let launched = bench.tasks();
    assert_eq!(launched.len(), 1, "both want port 8080");
    let docker = launched[0].container.as_ref().unwrap().docker.as_ref().unwrap();
    let mapped: Vec<(u32, u32)> = docker
        .port_mappings
        .iter()
        .map(|mapping| (mapping.host_port, mapping.container_port))
        .collect();
    assert_eq!(mapped, [(8081, 5900), (8080, 80)]);
    let names: Vec<&str> = launched[0]
        .resources
        .iter()
        .map(|resource| resource.name.as_str())
        .collect();
    assert_eq!(names, ["cpus", "mem", "disk", "ports"]);
    assert_eq!(bench.rows["a"].ports.len(), 2);
    let told = bench.notices.iter().find_map(|notice| match notice {
        Notice::Accepted { ports, disk, .. } => Some((ports.clone(), disk.whole())),
        _ => None,
    });
    let (ports, disk) = told.unwrap();
    assert_eq!(
        (disk, ports[0].url.as_deref()),
        (10, Some("http://agent-a.example:8081/"))
    );

    // Also after a restart it is known who has the port.
    let mut bench = bench.crash(&["a"]);
    bench.framework.reconfigure(
        config(serde_json::json!([{"label": "x", "container": {"image": "agent",
            "portMappings": [{"containerPort": 80, "hostPort": 8080}]}}])),
        bench.now,
    );
    bench.find_leader();
    bench.subscribe();
    bench.submit("c", "x");
    bench.offers(vec![with_ports(offer("o2", "agent-a", 4.0), 8082, 8089)]);
    let waiting = bench.framework.status(bench.now).waiting;
    assert!(
        waiting[0].possible && waiting[0].reason.contains("needs port 8080"),
        "{}",
        waiting[0].reason
    );
}

#[test]
fn a_template_s_launch_timeout_goes_before_the_cloud_s() {
    let mut bench =
        bench(serde_json::json!([{"label": "hasty", "launchTimeoutSeconds": 20}, {"label": "slow"}]));
    bench.submit("a", "hasty");
    bench.submit("b", "slow");
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    bench.pass(60);
    let ended = bench.told_of("ended");
    assert_eq!(ended, ["ended a LAUNCH_TIMEOUT"]);
    let message = bench.notices.iter().find_map(|notice| match notice {
        Notice::Ended { message, .. } => message.clone(),
        _ => None,
    });
    assert!(message.unwrap().contains("within 20 s"));
    bench.pass(600);
    assert_eq!(bench.told_of("ended").len(), 2);
}

#[test]
fn agents_of_other_regions_are_asked_for_only_where_a_template_wants_them() {
    let of = |info: &FrameworkInfo| -> Vec<i32> {
        let capabilities = info.capabilities.iter();
        capabilities.filter_map(|capability| capability.r#type).collect()
    };
    let aware = i32::from(capability::Type::RegionAware);
    let plain = serde_json::json!([{"label": "x"}]);
    let mut bench = Bench::new(config(plain), None, Vec::new());
    bench.find_leader();
    let subscribe = bench.connects[0].1.subscribe.as_ref().unwrap();
    assert!(!of(&subscribe.framework_info).contains(&aware));
    bench.subscribe_at(
        "f-1",
        Some(MasterInfo {
            domain: Some(domain("here")),
            ..MasterInfo::default()
        }),
    );
    bench.forget();
    let any = serde_json::json!([{"label": "x", "domain": {"mode": "any"}}, {"label": "home"}]);
    bench.framework.reconfigure(config(any), bench.now);
    bench.drain();
    let updates = bench.calls_of(call::Type::UpdateFramework);
    let told = &updates[0].update_framework.as_ref().unwrap().framework_info;
    assert!(of(told).contains(&aware), "the master is told");
    let there = Offer {
        domain: Some(Box::new(domain("there"))),
        ..offer("o1", "agent-a", 4.0)
    };
    bench.submit("a", "home");
    bench.submit("b", "x");
    bench.offers(vec![there]);
    assert_eq!(bench.launched(), ["b"]);
    let waiting = bench.framework.status(bench.now).waiting;
    assert_eq!(
        &*waiting[0].reason,
        "needs an agent in the region of the master, no agent is from there; no agent seen so far could ever hold it"
    );
}

#[test]
fn a_template_that_cannot_start_refuses_its_requests_and_no_others() {
    let mut bench = bench(serde_json::json!([
        {"label": "bad", "container": {"image": "agent", "portMappings": [{"containerPort": "x"}]}},
        {"label": "good", "container": {"image": "agent", "imageCustomizable": true}},
        {"label": "fixed", "container": {"image": "agent"}},
    ]));
    let refusal = bench
        .framework
        .submit(request("a", "bad"), bench.now)
        .unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("the agent template `bad` cannot be used: container port of mapping 1 is `x`"),
        "{refusal}"
    );
    let mut special = request("b", "good");
    special.image = Some("special:2".to_owned());
    bench.framework.submit(special, bench.now).unwrap();
    let mut fixed = request("c", "fixed");
    fixed.image = Some("special:2".to_owned());
    let refusal = bench.framework.submit(fixed, bench.now).unwrap_err();
    assert!(matches!(refusal, SubmitError::Launch { .. }), "{refusal}");
    bench.drain();
    bench.offers(vec![offer("o1", "agent-a", 4.0)]);
    let launched = bench.tasks();
    let image = &launched[0]
        .container
        .as_ref()
        .unwrap()
        .docker
        .as_ref()
        .unwrap()
        .image;
    assert_eq!((launched.len(), image.as_str()), (1, "special:2"));
}
