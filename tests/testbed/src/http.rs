//! HTTP requests that a person could make with curl: no redirects followed, any status is an answer.

use std::time::Duration;

use serde_json::Value;

use crate::error::RunError;

const LIMIT: Duration = Duration::from_secs(30);
const LARGEST: u64 = 256 << 20;

/// An answer of a server.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request, for messages.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
    /// The cookies that it sets, as `name=value`.
    pub cookies: Vec<String>,
    /// The body as text (what is not UTF-8 is replaced).
    pub body: String,
}

impl Answer {
    /// The answer itself when its status is 2xx or 3xx.
    ///
    /// # Errors
    /// [`RunError::Http`] with the status and the start of the body.
    pub fn good(self) -> Result<Self, RunError> {
        if (200..400).contains(&self.status) {
            return Ok(self);
        }
        let body: String = self.body.chars().take(2_000).collect();
        Err(RunError::Http {
            request: self.request,
            answer: format!("status {}: {body}", self.status),
        })
    }

    /// The body as JSON, when the status is good.
    ///
    /// # Errors
    /// [`RunError::Http`] when the status is not good or the body is not JSON.
    pub fn json(self) -> Result<Value, RunError> {
        let good = self.good()?;
        serde_json::from_str(&good.body).map_err(|error| {
            let body: String = good.body.chars().take(300).collect();
            RunError::Http {
                request: good.request,
                answer: format!("{error} in {body}"),
            }
        })
    }
}

/// A client for one server.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client for `http://host:port`. A request takes at most 30 s.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            agent: agent(LIMIT),
            headers: Vec::new(),
        }
    }

    /// The same server, with an end to each request after `limit`.
    #[must_use]
    pub fn impatient(&self, limit: Duration) -> Self {
        Self {
            base: self.base.clone(),
            agent: agent(limit),
            headers: self.headers.clone(),
        }
    }

    /// The same server, with a header in each request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The address of a path on the server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// GET.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes.
    pub fn get(&self, path: &str) -> Result<Answer, RunError> {
        let request = format!("GET {}", self.url(path));
        let mut call = self.agent.get(self.url(path));
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        Self::answer(request, call.call())
    }

    /// DELETE.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes.
    pub fn delete(&self, path: &str) -> Result<Answer, RunError> {
        let request = format!("DELETE {}", self.url(path));
        let mut call = self.agent.delete(self.url(path));
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        Self::answer(request, call.call())
    }

    /// GET of a JSON document.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes, or not a good one.
    pub fn json(&self, path: &str) -> Result<Value, RunError> {
        self.get(path)?.json()
    }

    /// POST of a form.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes.
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, RunError> {
        let request = format!("POST {}", self.url(path));
        let mut call = self.agent.post(self.url(path));
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        Self::answer(request, call.send_form(fields.iter().copied()))
    }

    /// POST of a body.
    ///
    /// # Errors
    /// [`RunError::Http`] when no answer comes.
    pub fn post(&self, path: &str, content_type: &str, body: &str) -> Result<Answer, RunError> {
        let request = format!("POST {}", self.url(path));
        let mut call = self
            .agent
            .post(self.url(path))
            .header("Content-Type", content_type);
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        Self::answer(request, call.send(body))
    }

    fn answer(
        request: String,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, RunError> {
        let failed = |error: ureq::Error| RunError::Http {
            request: request.clone(),
            answer: error.to_string(),
        };
        let mut response = response.map_err(failed)?;
        let location = response
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let cookies = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::to_owned))
            .collect();
        let status = response.status().as_u16();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_vec()
            .map_err(failed)?;
        Ok(Answer {
            request,
            status,
            location,
            cookies,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

fn agent(limit: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into()
}
