//! Containers that do not come up, or do not stay, whichever master they are asked of.

use std::net::TcpListener;

use serde_json::{Value, json};
use testbed::{Engine, RunError, ports};

use crate::trial::unmet;

/// A port of the host that somebody else has.
#[derive(Debug)]
pub struct TakenPort {
    /// Its number.
    pub number: u16,
    _listener: TcpListener,
}

impl TakenPort {
    /// Takes a free one, for as long as this lives.
    ///
    /// # Errors
    /// [`RunError`] when there is none.
    pub fn take() -> Result<Self, RunError> {
        let number = ports::free_port()?;
        let listener =
            TcpListener::bind(("127.0.0.1", number)).map_err(|error| unmet("a port", error.to_string()))?;
        Ok(Self {
            number,
            _listener: listener,
        })
    }
}

/// A container of an image, with nothing else.
#[must_use]
pub fn image(name: &str) -> Value {
    json!({"image": name})
}

/// A container with an option of `docker run`.
#[must_use]
pub fn with_option(key: &str, value: &str) -> Value {
    json!({"image": "testbed/java:17", "parameters": [{"key": key, "value": value}]})
}

/// Templates by label, named for what is wrong with them, and more of the caller's.
///
/// # Errors
/// [`RunError`] when a registry does not start.
pub fn templates(engine: &mut Engine, taken: &TakenPort, more: Value) -> Result<Value, RunError> {
    let open = engine.registry(None)?;
    let closed = engine.registry(Some(("reader", "s3cret")))?;
    let locked = engine.publish("17", &closed, "team/agent:1")?;
    let mut all = json!({
        "no-image": image(&format!("{}/team/none:1", open.address)),
        "no-login": image(&locked),
        "no-registry": image("127.0.0.1:1/team/agent:1"),
        "no-shell": image("testbed/java:no-shell"),
        "no-option": with_option("no-such-option", "1"),
        "no-network": {"image": "testbed/java:17", "networking": "USER", "networks": ["nowhere"]},
        "port": with_option("publish", &format!("{}:5900", taken.number)),
        "memory": {"environment": [{"name": "TRIAL_EATS", "value": "direct"}],
            "jvmArgs": "-XX:MaxDirectMemorySize=1g", "container": image("testbed/java:17")},
    });
    for (label, template) in more.as_object().into_iter().flatten() {
        all[label] = template.clone();
    }
    Ok(all)
}
