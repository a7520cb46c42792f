//! A real browser without a screen: Chromium, driven over WebDriver (W3C, JSON over HTTP).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::error::RunError;
use crate::guard::Guard;
use crate::http::Client;
use crate::process::{Daemon, Recipe};
use crate::wait::{Check, until};
use crate::{paths, ports, tools};

const START: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(30);
/// The key of an element's id in WebDriver's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window. When it is dropped, it ends.
#[derive(Debug)]
pub struct Browser {
    run: PathBuf,
    driver: Client,
    session: String,
    guard: Option<Guard>,
    // Kept: the driver is its child.
    _daemon: Daemon,
}

impl Browser {
    /// Starts it with an empty profile; installs Chromium when it is missing and this process may.
    ///
    /// # Errors
    /// [`RunError`] that says what is missing, or with the driver's log.
    pub fn start() -> Result<Self, RunError> {
        tools::ensure(&[tools::CHROMIUM, tools::CHROMEDRIVER])?;
        let run = paths::fresh_run("browser");
        fs::create_dir_all(&run).map_err(|source| RunError::File {
            doing: "creating",
            path: run.clone(),
            source,
        })?;
        let port = ports::free_port()?;
        let guard = Some(Guard::over(&run)?);
        let mut daemon = Daemon::attach(Recipe {
            program: tools::CHROMEDRIVER.program.into(),
            arguments: vec![format!("--port={port}")],
            environment: BTreeMap::new(),
            folder: run.clone(),
            run: run.clone(),
        });
        daemon.start()?;
        let driver = Client::new(format!("http://127.0.0.1:{port}")).impatient(Duration::from_secs(120));
        until("the browser's driver to be ready", START, || {
            if !daemon.alive() {
                return Check::Never(daemon.tail());
            }
            match driver.json("/status") {
                Ok(status) if status["value"]["ready"] == true => Check::Ready(()),
                other => Check::NotYet(format!("{other:?}")),
            }
        })?;
        let profile = run.join("profile");
        let answer = driver
            .post(
                "/session",
                "application/json",
                &json!({ "capabilities": { "alwaysMatch": {
                    "goog:loggingPrefs": { "browser": "ALL" },
                    "goog:chromeOptions": { "args": [
                        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                        "--no-first-run", "--lang=en", "--window-size=1400,1400",
                        format!("--user-data-dir={}", profile.display()),
                    ] },
                } } })
                .to_string(),
            )?
            .json()?;
        let session = answer["value"]["sessionId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            run,
            driver,
            session,
            guard,
            _daemon: daemon,
        })
    }

    /// Opens a page and waits until it is loaded.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn open(&self, url: &str) -> Result<(), RunError> {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// The address of the page.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn address(&self) -> Result<String, RunError> {
        let answer = self.driver.json(&format!("/session/{}/url", self.session))?;
        Ok(answer["value"].as_str().unwrap_or_default().to_owned())
    }

    /// Runs the body of a function in the page and gives what it returns.
    ///
    /// # Errors
    /// [`RunError::Http`], also when it throws.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Result<Value, RunError> {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// Waits until the body of a function returns something else than `null`, `false` and `undefined`.
    ///
    /// # Errors
    /// [`RunError::Condition`] with the address of the page.
    pub fn await_script(&self, what: &str, body: &str, arguments: &[Value]) -> Result<Value, RunError> {
        until(what, SOON, || match self.script(body, arguments) {
            Ok(Value::Null | Value::Bool(false)) => Check::NotYet(self.address().unwrap_or_default()),
            other => Check::from(other),
        })
    }

    /// The text of the page as a person sees it.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn text(&self) -> Result<String, RunError> {
        let text = self.script("return document.body.innerText", &[])?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows these words.
    ///
    /// # Errors
    /// [`RunError::Condition`] with what it shows.
    pub fn await_text(&self, words: &str) -> Result<(), RunError> {
        until(format!("`{words}` in the page"), SOON, || match self.text() {
            Ok(text) => Check::when(text.contains(words), (), || text),
            Err(error) => Check::NotYet(error.to_string()),
        })
    }

    /// Clicks as a person does on the first shown element of a CSS selector, once it can be clicked.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is none, or something covers it.
    pub fn click(&self, selector: &str) -> Result<(), RunError> {
        until(format!("a click on {selector}"), SOON, || {
            Check::from(self.element(selector).and_then(|id| {
                let element = json!({ ELEMENT: id });
                self.script("arguments[0].scrollIntoView({ block: 'center' })", &[element])?;
                self.post(&format!("/element/{id}/click"), &json!({})).map(drop)
            }))
        })
    }

    /// Writes into the first shown field of a CSS selector in place of what it holds, and leaves it.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is none that can be written.
    pub fn write(&self, selector: &str, text: &str) -> Result<(), RunError> {
        until(format!("a field {selector}"), SOON, || {
            Check::from(self.element(selector).and_then(|id| {
                let element = json!({ ELEMENT: id });
                self.script("arguments[0].scrollIntoView({ block: 'center' })", &[element])?;
                self.post(&format!("/element/{id}/clear"), &json!({}))?;
                self.post(&format!("/element/{id}/value"), &json!({ "text": text }))
                    .map(drop)
            }))
        })?;
        self.script("document.activeElement.blur()", &[]).map(drop)
    }

    /// Chooses a file in a field for one, which need not be shown: pages put a control of their own before it.
    ///
    /// # Errors
    /// [`RunError::Http`] when there is no such field.
    pub fn choose_file(&self, selector: &str, file: &Path) -> Result<(), RunError> {
        let found = self.script("return document.querySelector(arguments[0])", &[selector.into()])?;
        let id = found[ELEMENT].as_str().ok_or_else(|| none(selector))?;
        let text = file.display().to_string();
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }))
            .map(drop)
    }

    /// Keeps a picture of the whole page as `target/screenshots/<name>.png`.
    ///
    /// # Errors
    /// [`RunError::Http`] and [`RunError::File`].
    pub fn picture(&self, name: &str) -> Result<PathBuf, RunError> {
        // What sticks to the window's edge belongs to the top of the page.
        self.script("window.scrollTo(0, 0)", &[])?;
        let answer = self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": "Page.captureScreenshot",
                "params": { "format": "png", "captureBeyondViewport": true } }),
        )?;
        let data = answer["data"].as_str().unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(data).map_err(|error| RunError::Http {
            request: "a picture of the page".into(),
            answer: error.to_string(),
        })?;
        let folder = paths::repository().join("target/screenshots");
        let path = folder.join(format!("{name}.png"));
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| RunError::File {
                doing: "writing",
                path: path.clone(),
                source,
            })?;
        Ok(path)
    }

    /// What the browser's console has said of errors since the last time, each with its source.
    ///
    /// # Errors
    /// [`RunError::Http`].
    pub fn errors(&self) -> Result<Vec<String>, RunError> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }))?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// The first element of a CSS selector that is shown: forms hold hidden copies of what can be added.
    fn element(&self, selector: &str) -> Result<String, RunError> {
        let shown =
            "return [...document.querySelectorAll(arguments[0])].find(each => each.checkVisibility())";
        let found = self.script(shown, &[selector.into()])?;
        found[ELEMENT]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| none(selector))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, RunError> {
        let path = format!("/session/{}{path}", self.session);
        let mut answer = self
            .driver
            .post(&path, "application/json", &body.to_string())?
            .json()?;
        Ok(answer["value"].take())
    }
}

fn none(selector: &str) -> RunError {
    RunError::Http {
        request: format!("the element {selector}"),
        answer: "there is none, or none is shown".into(),
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser that is not told to end leaves what it was writing; its guard ends it anyway.
        let _ = self.driver.delete(&format!("/session/{}", self.session));
        drop(self.guard.take());
        let _ = fs::remove_dir_all(&self.run);
    }
}
