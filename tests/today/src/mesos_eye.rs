use serde_json::Value;
use testbed::http::Client;
use testbed::{Cluster, RunError};

/// Answers of a Mesos master and of an agent in which a framework's tasks can be read.
const MASTER_PAGES: [&str; 3] = ["/master/state", "/master/tasks", "/master/frameworks"];
const AGENT_PAGES: [&str; 2] = ["/state", "/containers"];
const MASTER_CALLS: [&str; 4] = ["GET_STATE", "GET_TASKS", "GET_FRAMEWORKS", "GET_EXECUTORS"];
const AGENT_CALLS: [&str; 6] = [
    "GET_STATE",
    "GET_EXECUTORS",
    "GET_TASKS",
    "GET_FRAMEWORKS",
    "GET_CONTAINERS",
    "GET_OPERATIONS",
];

/// So much of each file in a sandbox is read, in bytes; Mesos gives no more at once.
const READ: usize = 60_000;

/// What Mesos shows to whoever asks its master and its first agent: pages, calls of the operator API, logs, and the files
/// in all sandboxes.
#[derive(Debug)]
pub struct MesosEye {
    /// Where something was seen, and its text.
    pub seen: Vec<(String, String)>,
}

impl MesosEye {
    /// Looks at everything once.
    ///
    /// # Errors
    /// [`RunError`] when Mesos does not answer.
    pub fn look(cluster: &Cluster) -> Result<Self, RunError> {
        let mut eye = Self { seen: Vec::new() };
        eye.ask(cluster, "master1", &MASTER_PAGES, &MASTER_CALLS)?;
        let agent = eye.ask(cluster, "agent1", &AGENT_PAGES, &AGENT_CALLS)?;
        let mut folders = Vec::new();
        directories(&agent.json("/state")?, &mut folders);
        for folder in folders {
            eye.browse(&agent, &folder)?;
        }
        Ok(eye)
    }

    fn ask(
        &mut self,
        cluster: &Cluster,
        name: &str,
        pages: &[&str],
        calls: &[&str],
    ) -> Result<Client, RunError> {
        let client = Client::new(format!("http://127.0.0.1:{}", cluster.port(name)?));
        for page in pages {
            let answer = client.get(page)?.good()?;
            self.seen.push((format!("{name} {page}"), answer.body));
        }
        for call in calls {
            let body = format!("{{\"type\":\"{call}\"}}");
            let answer = client.post("/api/v1", "application/json", &body)?.good()?;
            self.seen.push((format!("{name} {call}"), answer.body));
        }
        self.seen.push((format!("log of {name}"), cluster.log(name)?));
        Ok(client)
    }

    /// Files come and go while it looks: what cannot be read any more is left out.
    fn browse(&mut self, agent: &Client, folder: &str) -> Result<(), RunError> {
        let listed = agent.get(&format!("/files/browse?path={folder}"))?;
        if listed.status == 404 {
            return Ok(());
        }
        let listed = listed.good()?;
        self.seen
            .push((format!("/files/browse of {folder}"), listed.body.clone()));
        for entry in listed.json()?.as_array().into_iter().flatten() {
            let path = entry["path"].as_str().unwrap_or_default();
            if entry["mode"].as_str().is_some_and(|mode| mode.starts_with('d')) {
                self.browse(agent, path)?;
            } else {
                let read = agent.get(&format!("/files/read?path={path}&offset=0&length={READ}"))?;
                if read.status != 404 {
                    self.seen
                        .push((format!("/files/read of {path}"), read.good()?.body));
                }
            }
        }
        Ok(())
    }

    /// Where these words are.
    #[must_use]
    pub fn places_of(&self, words: &str) -> Vec<&str> {
        self.seen
            .iter()
            .filter(|(_, text)| text.contains(words))
            .map(|(place, _)| place.as_str())
            .collect()
    }
}

/// The values of all members `directory`, at any depth: the sandboxes.
fn directories(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(folder) if name == "directory" => found.push(folder.to_owned()),
                    _ => directories(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| directories(value, found)),
        _ => {}
    }
}
