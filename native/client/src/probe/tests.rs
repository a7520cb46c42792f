use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::RootCertStore;

use super::*;
use crate::certificates::{issued, pem};
use crate::fake_master::{FakeMaster, Step, response};

const VERSION: &str = r#"{"version":"1.11.0","git_tag":"1.11.0"}"#;
const AGENTS: &str = r#"{"slaves":[
    {"active":true,"hostname":"a1","resources":{"cpus":4.0,"mem":4096.0,"disk":1.0},"used_resources":{"cpus":0.3,"mem":768}},
    {"active":true,"hostname":"a2","resources":{"cpus":3.8,"mem":100.5},"used_resources":{"cpus":0,"mem":0}},
    {"active":false,"hostname":"a3","resources":{"cpus":64.0,"mem":9000.0},"used_resources":{"cpus":0,"mem":0}}],
    "recovered_slaves":[]}"#;

const FRAMEWORKS_OF_ROLE: &str = r#"{"type":"GET_FRAMEWORKS","get_frameworks":{"frameworks":[{"active":true,"connected":true,
    "framework_info":{"id":{"value":"f1"},"name":"marathon","user":"root"},
    "allocated_resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.39},"allocation_info":{"role":"*"}}]}]}}"#;

fn json(body: &str) -> Step {
    Step::Answer(response("200 OK", "Content-Type: application/json\r\n", body))
}

fn status(line: &str, body: &str) -> Step {
    Step::Answer(response(line, "Server: nginx\r\n", body))
}

fn login_taken() -> Step {
    status("400 Bad Request", "Expecting 'type' to be present")
}

fn config(master: &MasterAddress) -> Config {
    config_of(&format!("{}://{}", master.scheme.as_str(), master.authority()))
}

fn config_of(master: &str) -> Config {
    serde_json::from_value(serde_json::json!({"master": master})).unwrap()
}

async fn message(script: impl IntoIterator<Item = Step>) -> String {
    let master = FakeMaster::start(script).await;
    let report = test_connection(&config(&master.address)).await;
    assert!(!report.ok, "{report:?}");
    assert!(
        report.message.contains(&master.address.authority()),
        "{}",
        report.message
    );
    report.message
}

#[tokio::test]
async fn a_good_master_is_reported_with_what_its_active_agents_have_free() {
    let master = FakeMaster::start([
        json(VERSION),
        json(AGENTS),
        login_taken(),
        json(r#"{"roles":[{"name":"*","weight":2.0,"frameworks":["f1"],"allocated":{"cpus":0.39},"quota":{}}]}"#),
        json(FRAMEWORKS_OF_ROLE),
        json(r#"{"master/cpus_total":7.8,"master/mem_total":4196.5}"#),
    ])
    .await;
    let report = test_connection(&config(&master.address)).await;
    let leader = master.address.authority();
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        serde_json::json!({"v": 1, "ok": true, "leader": leader, "version": "1.11.0", "agents": 2, "cpusFree": 7.5,
            "memFree": 3428.5,
            "message": format!("Mesos 1.11.0, leading master {leader}, 2 agents with 7.5 CPUs and 3428.5 MB free"),
            "roles": [{"role": "*", "ours": true, "weight": 2.0, "share": 0.05, "fairShare": 1.0,
                "used": {"cpus": 0.39}, "guarantee": {}, "limit": {}, "moreFrameworks": 0,
                "frameworks": [{"name": "marathon", "ours": false, "active": true, "used": {"cpus": 0.39}}]}],
            "rolesMessage": null})
    );
}

#[tokio::test]
async fn a_survey_counts_what_is_reserved_for_our_role_or_nobody() {
    let agents = r#"{"slaves":[
        {"active":true,"resources":{"cpus":9,"mem":900,"disk":90},
         "unreserved_resources":{"cpus":1,"mem":100,"disk":10},
         "reserved_resources":{"eng":{"cpus":2,"mem":200,"disk":20},"engine":{"cpus":4},"ops":{"cpus":2,"mem":600,"disk":60}}},
        {"active":true,"resources":{"cpus":3,"mem":300}},
        {"active":false,"resources":{"cpus":64,"mem":9000}}]}"#;
    let master = FakeMaster::start([json(agents)]).await;
    let mut config = config(&master.address);
    config.role = "eng/ci, ops".to_owned();
    let seen: Vec<_> = survey(&config)
        .await
        .unwrap()
        .iter()
        .flatten()
        .map(|agent| (agent.cpus.whole(), agent.mem.whole(), agent.disk.whole()))
        .collect();
    // What is reserved for the one role is of no use to a task of the other.
    assert_eq!(seen, [(3, 300, 30), (3, 700, 70), (3, 300, 0), (3, 300, 0)]);
    let refusing = FakeMaster::start([status("403 Forbidden", "no")]).await;
    let message = survey(&self::config(&refusing.address)).await.unwrap_err();
    assert!(message.contains("/master/slaves"), "{message}");
}

#[tokio::test]
async fn a_master_that_does_not_tell_of_roles_is_a_good_master() {
    let master = FakeMaster::start([
        json(VERSION),
        json(AGENTS),
        login_taken(),
        status("403 Forbidden", "no"),
    ])
    .await;
    let report = test_connection(&config(&master.address)).await;
    assert!(report.ok && report.roles.is_empty(), "{report:?}");
    let message = report.roles_message.unwrap();
    assert!(
        message.contains("does not let this principal use /master/roles"),
        "{message}"
    );

    // Nor does it have to tell of frameworks, or of its size.
    let refusals = || [status("403 Forbidden", "no"), status("403 Forbidden", "no")];
    let list = json(r#"{"roles":[{"name":"*","frameworks":["f1"],"resources":{"cpus":1}}]}"#);
    let master = FakeMaster::start([list].into_iter().chain(refusals()).chain(refusals())).await;
    let roles = roles(&config(&master.address), Some("f1")).await;
    assert!(roles.known && roles.message.is_none(), "{roles:?}");
    assert_eq!(
        (roles.roles[0].frameworks[0].name.as_str(), roles.roles[0].share),
        ("f1", 0.0)
    );
    assert!(roles.roles[0].frameworks[0].ours);
    let refusing = FakeMaster::start([status("401 Unauthorized", "")]).await;
    let roles = self::roles(&config(&refusing.address), None).await;
    assert!(!roles.known && roles.message.unwrap().contains("status 401"));
}

#[tokio::test]
async fn a_failure_has_no_numbers() {
    let report = test_connection(&config_of("")).await;
    let mut shown = serde_json::to_value(&report).unwrap();
    assert!(
        shown["message"]
            .take()
            .as_str()
            .unwrap()
            .starts_with("Mesos master is empty")
    );
    assert_eq!(
        shown,
        serde_json::json!({"v": 1, "ok": false, "leader": null, "version": null, "agents": null, "cpusFree": null,
            "memFree": null, "message": null, "roles": [], "rolesMessage": null})
    );
}

#[tokio::test]
async fn a_master_that_does_not_lead_leads_to_the_one_that_does() {
    let leader = FakeMaster::start([json(AGENTS), login_taken()]).await;
    let location = format!("Location: //{}/master/slaves\r\n", leader.address.authority());
    let redirect = Step::Answer(response("307 Temporary Redirect", &location, ""));
    let other = FakeMaster::start([json(VERSION), redirect]).await;
    let report = test_connection(&config(&other.address)).await;
    assert!(report.ok, "{report:?}");
    assert_eq!(report.leader, Some(leader.address.authority()));
}

#[tokio::test]
async fn redirects_in_a_circle_come_to_an_end() {
    let circle = |_| {
        Step::Answer(response(
            "307 Temporary Redirect",
            "Location: /master/slaves\r\n",
            "",
        ))
    };
    assert!(
        message([0; 9].map(circle))
            .await
            .contains("which is not another master")
    );
    let mut masters = Vec::new();
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut location = first.local_addr().unwrap().to_string();
    drop(first);
    for _ in 0..8 {
        let headers = format!("Location: //{location}/version\r\n");
        let master =
            FakeMaster::start([Step::Answer(response("307 Temporary Redirect", &headers, ""))]).await;
        location = master.address.authority();
        masters.push(master);
    }
    let report = test_connection(&config(&masters[7].address)).await;
    assert!(
        report.message.contains("redirect in a circle"),
        "{}",
        report.message
    );
}

#[tokio::test]
async fn agents_that_are_missing_are_mentioned() {
    let master = FakeMaster::start([json(VERSION), json(r#"{"slaves":[]}"#), login_taken()]).await;
    let report = test_connection(&config(&master.address)).await;
    assert!(
        report.ok && report.message.contains("no agent is registered"),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_login_that_is_wanted_is_asked_for_and_a_wrong_one_is_told_apart() {
    let refused = || [json(VERSION), json(AGENTS), status("401 Unauthorized", "")];
    assert!(message(refused()).await.contains("enter principal and secret"));

    let mut master = FakeMaster::start(refused()).await;
    let mut config = config(&master.address);
    config.principal = Some("jenkins".to_owned());
    config.secret = Some(mesos_core::Secret::new("hunter2"));
    let report = test_connection(&config).await;
    assert!(
        report.message.contains("principal or secret is wrong"),
        "{}",
        report.message
    );
    assert!(!report.message.contains("hunter2"));
    assert_eq!(
        master.received().await.header("authorization"),
        Some("Basic amVua2luczpodW50ZXIy")
    );
}

#[tokio::test]
async fn what_is_no_leading_master_is_told_apart() {
    let forbidden = message([json(VERSION), status("403 Forbidden", "not you")]).await;
    assert!(forbidden.contains("status 403: not you"), "{forbidden}");
    let leaderless = message([
        json(VERSION),
        status("503 Service Unavailable", "No leader elected"),
    ])
    .await;
    assert!(
        leaderless.contains("no leader") && leaderless.contains("No leader elected"),
        "{leaderless}"
    );
    let agent = message([json(VERSION), status("404 Not Found", "")]).await;
    assert!(agent.contains("is a Mesos agent"), "{agent}");
    let web = message([status("404 Not Found", "nothing here")]).await;
    assert!(
        web.contains("is not a Mesos master (/version answered status 404 from nginx `nothing here`)"),
        "{web}"
    );
    let page = message([json("<html>welcome</html>")]).await;
    assert!(page.contains("`<html>welcome</html>`"), "{page}");
    let mail = message([Step::AnswerAndClose(b"220 mail.example ESMTP\r\n".to_vec())]).await;
    assert!(mail.contains("does a Mesos master run there"), "{mail}");
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_told_apart() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (master, part) in [
        (
            format!("127.0.0.1:{port}"),
            format!("127.0.0.1:{port} refuses connections"),
        ),
        (
            "no-such-host.invalid:5050".to_owned(),
            "the host name `no-such-host.invalid` cannot be resolved".to_owned(),
        ),
        (
            format!("zk://127.0.0.1:{port}/mesos"),
            "cannot be reached".to_owned(),
        ),
        ("m1:x".to_owned(), "Mesos master has `x` as the port".to_owned()),
    ] {
        let report = test_connection(&config_of(&master)).await;
        assert!(
            !report.ok && report.message.contains(&part),
            "{master}: {}",
            report.message
        );
    }
}

/// A certificate authority and a server with a certificate of it for this name.
fn certificates(name: &str) -> (RootCertStore, TlsAcceptor) {
    let (authority, acceptor) = issued(name);
    let mut roots = RootCertStore::empty();
    roots.add(authority.into()).unwrap();
    (roots, acceptor)
}

async fn probe_tls(trusted: RootCertStore, acceptor: TlsAcceptor) -> Result<String, String> {
    let master = FakeMaster::start_tls([json(VERSION), json(AGENTS), login_taken()], acceptor).await;
    let findings = probe(&Connector::trusting(trusted), &config(&master.address)).await;
    findings
        .map(|found| Report::from(found).message)
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_master_with_a_trusted_certificate_is_spoken_to_over_tls() {
    let (roots, acceptor) = certificates("127.0.0.1");
    let message = probe_tls(roots, acceptor).await.unwrap();
    assert!(message.contains("leading master https://127.0.0.1"), "{message}");
}

#[tokio::test]
async fn tls_troubles_are_told_apart() {
    let (_, acceptor) = certificates("127.0.0.1");
    let (strangers, _) = certificates("127.0.0.1");
    let untrusted = probe_tls(strangers, acceptor).await.unwrap_err();
    assert!(
        untrusted.contains("the certificate authority of the master as CA file"),
        "{untrusted}"
    );

    let (roots, acceptor) = certificates("mesos.example");
    let misnamed = probe_tls(roots, acceptor).await.unwrap_err();
    assert!(
        misnamed.contains("use a host name in Mesos master that is in the certificate"),
        "{misnamed}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(&response("400 Bad Request", "", "")).await.unwrap();
        // Until the other side has had enough.
        tcp.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let config = config_of(&format!("https://{address}"));
    let (report, ()) = tokio::join!(test_connection(&config), plain);
    assert!(
        report.message.contains("use http:// in Mesos master"),
        "{}",
        report.message
    );
}

#[tokio::test]
async fn a_master_whose_authority_is_in_the_ca_file_is_trusted() {
    let (authority, acceptor) = issued("127.0.0.1");
    let master = FakeMaster::start_tls([json(VERSION), json(AGENTS), login_taken()], acceptor).await;
    let file = std::env::temp_dir().join(format!("mesos-ca-{}.pem", uuid::Uuid::new_v4()));
    let mut config = config(&master.address);
    config.ca_file = file.display().to_string();
    let message = async |config: &Config| match probe(&Connector::of(config), config).await {
        Ok(found) => Report::from(found).message,
        Err(error) => error.to_string(),
    };
    let told = message(&config).await;
    assert!(
        told.contains("CA file") && told.contains("cannot be used"),
        "{told}"
    );
    std::fs::write(&file, "no certificate").unwrap();
    let told = message(&config).await;
    assert!(told.contains("there is no certificate in it"), "{told}");
    std::fs::write(&file, pem(&authority)).unwrap();
    let told = message(&config).await;
    std::fs::remove_file(&file).unwrap();
    assert!(told.contains("1.11.0"), "{told}");
}
