//! Pulling images, with what a person wants to see of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::engine::{Engine, EngineError, QUESTION, escape};

/// A line of progress comes at most this often.
const PACE: Duration = Duration::from_secs(5);
/// A pull that tells nothing for so long is said to do so.
const SILENCE: Duration = Duration::from_secs(20);
/// The registry where a name has none, as it is called in `config.json`.
const HUB: &str = "https://index.docker.io/v1/";

/// Where a task's own login is in its sandbox.
pub(crate) const LOGIN: &str = ".docker/config.json";

/// Why there is no image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullError {
    pub(crate) message: String,
    /// Whether it may work a little later.
    pub(crate) passing: bool,
}

/// Sees to it that the engine has the image.
///
/// # Errors
/// With the cure where one is known.
pub(crate) async fn ensure(
    engine: &Engine,
    image: &str,
    force: bool,
    logins: &Logins,
    tell: impl Fn(String),
) -> Result<(), PullError> {
    let passing = |error: EngineError| PullError {
        passing: error.is_passing(),
        message: error.to_string(),
    };
    if !force {
        match engine.get(&format!("/images/{}/json", escape(image))).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(passing(error)),
        }
    }
    tell(format!("pulls the image {image}"));
    let login = logins.header(image);
    let path = match split(image) {
        (name, Some(tag)) => format!("/images/create?fromImage={}&tag={}", escape(name), escape(tag)),
        (name, None) => format!("/images/create?fromImage={}", escape(name)),
    };
    // The head of the answer comes when the registry has answered.
    let opening = engine.open(Method::POST, &path, None, login.as_deref(), QUESTION * 3);
    let mut answer = opening.await.map_err(|error| match error {
        EngineError::Refused { message, .. } => explained(image, &message, login.is_some()),
        other => passing(other),
    })?;
    let mut layers = Layers::default();
    let mut rest = Vec::new();
    let mut told = Instant::now();
    loop {
        let part = match timeout(SILENCE, answer.part()).await {
            Ok(part) => part.map_err(passing)?,
            Err(_) => {
                // The engine itself may be gone without a word.
                engine.ping().await.map_err(passing)?;
                tell(format!(
                    "pulls {image}: nothing has come from its registry for {} s; {}",
                    SILENCE.as_secs(),
                    layers.text()
                ));
                continue;
            }
        };
        let Some(part) = part else { break };
        rest.extend_from_slice(&part);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let Ok(news) = serde_json::from_slice::<Value>(&line) else {
                continue;
            };
            if let Some(problem) = news["error"].as_str() {
                return Err(explained(image, problem, login.is_some()));
            }
            layers.hear(&news);
        }
        if told.elapsed() >= PACE {
            told = Instant::now();
            tell(format!("pulls {image}: {}", layers.text()));
        }
    }
    // What ends without a line's end is a last line.
    if let Ok(news) = serde_json::from_slice::<Value>(&rest)
        && let Some(problem) = news["error"].as_str()
    {
        return Err(explained(image, problem, login.is_some()));
    }
    tell(format!("has pulled {image}"));
    Ok(())
}

/// The name and the tag; a name with a digest has none.
fn split(image: &str) -> (&str, Option<&str>) {
    if image.contains('@') {
        return (image, None);
    }
    match image.rsplit_once(':') {
        // What follows the colon of a port has a slash.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        // All tags would be pulled otherwise.
        _ => (image, Some("latest")),
    }
}

/// The registry in an image's name, as Docker reads it.
fn registry(image: &str) -> Option<&str> {
    let (first, _) = image.split_once('/')?;
    (first.contains(['.', ':']) || first == "localhost").then_some(first)
}

/// What the engine or the registry says, with the cure.
fn explained(image: &str, problem: &str, with_login: bool) -> PullError {
    let problem = problem.trim();
    let lower = problem.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let cure = if has(&[
        "no space left on device",
        "disk quota exceeded",
        "not enough space",
    ]) {
        return PullError {
            message: format!(
                "the disk of the Docker engine is full, the image {image} cannot be pulled ({problem}): remove what is \
                 not used there, as with docker system prune"
            ),
            passing: false,
        };
    } else if has(&[
        "unauthorized",
        "no basic auth",
        "authentication required",
        "incorrect username",
        "denied",
    ]) {
        match with_login {
            true => {
                "its registry refuses the login: correct the registry credentials of the template, or config.json of the \
                 controller's user, or the image's name"
            }
            false => {
                "its registry wants a login, or has no such image: run docker login as the user of the controller, and \
                 check the image's name"
            }
        }
    } else if has(&[
        "not found",
        "manifest unknown",
        "does not exist",
        "no such image",
        "name unknown",
    ]) {
        "its registry has no such image: correct name and tag in the template"
    } else if has(&["toomanyrequests", "rate limit"]) {
        "its registry allows no more pulls for now: log in to it, or use a mirror"
    } else if has(&[
        "no such host",
        "connection refused",
        "i/o timeout",
        "timeout",
        "proxyconnect",
        "unreachable",
    ]) {
        "its registry cannot be reached from the Docker engine: check the registry's name, the network and the \
         engine's proxy"
    } else if has(&["server gave http response to https client"]) {
        "its registry speaks plain HTTP: name it in insecure-registries of the Docker engine"
    } else if has(&["x509", "certificate"]) {
        "the Docker engine does not trust the certificate of its registry: add the authority to /etc/docker/certs.d"
    } else {
        "see the log of the Docker engine"
    };
    PullError {
        message: format!("the image {image} cannot be pulled ({problem}): {cure}"),
        passing: false,
    }
}

/// What is known of the layers.
#[derive(Debug, Default)]
struct Layers(BTreeMap<String, Layer>);

#[derive(Debug, Default, Clone, Copy)]
struct Layer {
    current: u64,
    total: u64,
    done: bool,
}

impl Layers {
    fn hear(&mut self, news: &Value) {
        let (Some(id), Some(status)) = (news["id"].as_str(), news["status"].as_str()) else {
            return;
        };
        if !matches!(
            status,
            "Pulling fs layer"
                | "Waiting"
                | "Downloading"
                | "Download complete"
                | "Verifying Checksum"
                | "Extracting"
                | "Pull complete"
                | "Already exists"
        ) {
            return;
        }
        let layer = self.0.entry(id.to_owned()).or_default();
        match status {
            "Downloading" => {
                layer.current = news["progressDetail"]["current"]
                    .as_u64()
                    .unwrap_or(layer.current);
                layer.total = news["progressDetail"]["total"].as_u64().unwrap_or(layer.total);
            }
            "Download complete" | "Extracting" => layer.current = layer.total,
            "Pull complete" | "Already exists" => {
                layer.current = layer.total;
                layer.done = true;
            }
            _ => {}
        }
    }

    fn text(&self) -> String {
        let mb = |bytes: u64| bytes / 1_000_000;
        let current: u64 = self.0.values().map(|layer| layer.current).sum();
        let total: u64 = self.0.values().map(|layer| layer.total).sum();
        let done = self.0.values().filter(|layer| layer.done).count();
        match (self.0.len(), total) {
            (0, _) => "waiting for its registry".to_owned(),
            (count, 0) => format!("{done} of {count} layers"),
            (count, _) => format!("{} of {} MB, {done} of {count} layers", mb(current), mb(total)),
        }
    }
}

/// Logins to registries, as `docker login` leaves them in `config.json`.
#[derive(Debug, Default)]
pub(crate) struct Logins(Vec<Value>);

impl Logins {
    /// From `.docker/config.json` of a sandbox (as on Mesos, where it comes as a URI), then from the one of this user.
    pub(crate) fn read(sandbox: &Path) -> Self {
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".docker"));
        let own = std::env::var_os("DOCKER_CONFIG").map(Into::into).or(home);
        let files = [
            Some(sandbox.join(LOGIN)),
            own.map(|own: PathBuf| own.join("config.json")),
        ];
        let read = |file: PathBuf| {
            let text = std::fs::read(file).ok()?;
            serde_json::from_slice::<Value>(&text).ok()
        };
        Self(files.into_iter().flatten().filter_map(read).collect())
    }

    /// The header that lets the engine log in for this image.
    fn header(&self, image: &str) -> Option<String> {
        let registry = registry(image);
        let names: Vec<String> = match registry {
            None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {
                vec![HUB.to_owned(), "docker.io".to_owned()]
            }
            Some(name) => vec![
                name.to_owned(),
                format!("https://{name}"),
                format!("http://{name}"),
            ],
        };
        let (name, entry) = self.0.iter().find_map(|config| {
            names.iter().find_map(|name| {
                Some((
                    name,
                    config["auths"]
                        .get(name)
                        .filter(|entry| entry["auth"].is_string())?,
                ))
            })
        })?;
        let plain = STANDARD.decode(entry["auth"].as_str()?.trim()).ok()?;
        let plain = String::from_utf8(plain).ok()?;
        let (user, password) = plain.split_once(':')?;
        let login = json!({"username": user, "password": password, "serveraddress": name});
        Some(URL_SAFE.encode(login.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_docker_reads_them() {
        assert_eq!(split("maven"), ("maven", Some("latest")));
        assert_eq!(split("maven:3"), ("maven", Some("3")));
        assert_eq!(
            split("host:5000/team/agent"),
            ("host:5000/team/agent", Some("latest"))
        );
        assert_eq!(split("a@sha256:b"), ("a@sha256:b", None));
        assert_eq!(registry("host:5000/a"), Some("host:5000"));
        assert_eq!(registry("team/agent:1.2"), None);
    }

    #[test]
    fn progress_is_told_in_megabytes_and_layers() {
        let mut layers = Layers::default();
        for news in [
            json!({"status": "Pulling from library/maven", "id": "3"}),
            json!({"status": "Already exists", "id": "a"}),
            json!({"status": "Downloading", "id": "b", "progressDetail": {"current": 3_000_000, "total": 8_000_000}}),
        ] {
            layers.hear(&news);
        }
        assert_eq!(layers.text(), "3 of 8 MB, 1 of 2 layers");
        layers.hear(&json!({"status": "Pull complete", "id": "b"}));
        assert_eq!(layers.text(), "8 of 8 MB, 2 of 2 layers");
    }

    #[test]
    fn problems_have_their_cure() {
        for (problem, with_login, words) in [
            (
                "write /x: no space left on device",
                false,
                "the disk of the Docker engine is full",
            ),
            (
                "manifest for a:b not found: manifest unknown",
                false,
                "has no such image: correct name and tag",
            ),
            ("Get x: no basic auth credentials", false, "wants a login"),
            (
                "unauthorized: incorrect username or password",
                true,
                "refuses the login",
            ),
            (
                "dial tcp: lookup nowhere: no such host",
                false,
                "cannot be reached",
            ),
            ("toomanyrequests: slow down", false, "no more pulls"),
        ] {
            let error = explained("a:b", problem, with_login);
            assert!(
                error.message.contains(words) && error.message.contains("a:b"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn logins_are_those_of_the_image_s_registry() {
        let config = |name: &str, login: &str| json!({"auths": {name: {"auth": STANDARD.encode(login)}}});
        let logins = Logins(vec![config("r:5000", "me:pa:ss"), config(HUB, "hub:x")]);
        let decoded = |image: &str| {
            let header = URL_SAFE.decode(logins.header(image)?).unwrap();
            Some(serde_json::from_slice::<Value>(&header).unwrap())
        };
        assert_eq!(decoded("r:5000/a").unwrap()["password"], "pa:ss");
        assert_eq!(decoded("maven").unwrap()["username"], "hub");
        assert_eq!(decoded("other:5000/a"), None);
    }
}
