//! Requests to a Docker engine: one connection for each, so that one that hangs holds nothing else up.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use mesos_core::local::{DockerAddress, DockerSource};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// An engine that is well answers a ping in some milliseconds.
pub(crate) const PING: Duration = Duration::from_secs(4);
/// For questions that the engine answers from its memory.
pub(crate) const QUESTION: Duration = Duration::from_secs(20);
/// For what takes the engine's disk and the kernel, also on a machine that is busy.
pub(crate) const WORK: Duration = Duration::from_secs(180);
/// Answers that are kept are lists and descriptions; logs are asked for by lines.
const LONGEST: usize = 16 * 1024 * 1024;
const USUAL: &str = "/var/run/docker.sock";

/// An engine at an address; nothing is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    address: DockerAddress,
}

/// Why the engine did not do it. Each message names the engine or repeats its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EngineError {
    /// It cannot be spoken to.
    #[error("{0}")]
    Down(String),
    /// It does not answer.
    #[error("the Docker engine at {address} has not answered within {} s: it hangs or has too much to do", .within.as_secs())]
    Silent { address: String, within: Duration },
    /// It says no.
    #[error("the Docker engine says: {message}")]
    Refused { status: u16, message: String },
}

impl EngineError {
    /// Whether the same may work a little later, without anybody changing the task.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Down(_) | Self::Silent { .. } => true,
            Self::Refused { .. } => false,
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Ends the connection when it is dropped.
#[derive(Debug)]
struct Closer(AbortHandle);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer that is read as it comes.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Incoming,
    address: String,
    _closer: Closer,
}

impl Engine {
    pub(crate) fn new(address: DockerAddress) -> Self {
        Self { address }
    }

    /// The engine of a configuration; `None` where there is to be none.
    ///
    /// # Errors
    /// When `DOCKER_HOST` is no address.
    pub(crate) fn of(source: &DockerSource) -> Result<Option<Self>, String> {
        match source {
            DockerSource::None => Ok(None),
            DockerSource::At(address) => Ok(Some(Self::new(address.clone()))),
            DockerSource::Usual => match std::env::var("DOCKER_HOST") {
                Ok(text) if !text.is_empty() => text
                    .parse()
                    .map(|address| Some(Self::new(address)))
                    .map_err(|error| format!("the variable DOCKER_HOST of the controller {error}")),
                _ => Ok(Some(Self::new(DockerAddress::Unix(USUAL.to_owned())))),
            },
        }
    }

    pub(crate) fn address(&self) -> &DockerAddress {
        &self.address
    }

    /// Whether it answers.
    pub(crate) async fn ping(&self) -> Result<(), EngineError> {
        self.call(Method::GET, "/_ping", None, PING).await.map(drop)
    }

    /// Its version.
    pub(crate) async fn version(&self) -> Result<String, EngineError> {
        let answer = self.get("/version").await?;
        Ok(answer["Version"]
            .as_str()
            .unwrap_or("of unknown version")
            .to_owned())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, EngineError> {
        self.json(Method::GET, path, None, QUESTION).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        within: Duration,
    ) -> Result<Value, EngineError> {
        self.json(Method::POST, path, body, within).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), EngineError> {
        self.call(Method::DELETE, path, None, WORK).await.map(drop)
    }

    async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        within: Duration,
    ) -> Result<Value, EngineError> {
        let body = body.map(|body| (Bytes::from(body.to_string()), "application/json"));
        let answer = self.call(method, path, body, within).await?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer).map_err(|_| {
            EngineError::Down(format!(
                "{} answers as no Docker engine does: correct docker= in Mesos master",
                self.address
            ))
        })
    }

    /// Gives files to a container that has not been started; `archive` is a tar.
    pub(crate) async fn put_files(&self, container: &str, archive: Vec<u8>) -> Result<(), EngineError> {
        let path = format!("/containers/{}/archive?path=/", escape(container));
        let body = (Bytes::from(archive), "application/x-tar");
        self.call(Method::PUT, &path, Some(body), WORK).await.map(drop)
    }

    /// The raw body of an answer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(Bytes, &str)>,
        within: Duration,
    ) -> Result<Bytes, EngineError> {
        let whole = async {
            let mut answer = self.open(method, path, body, None, within).await?;
            let mut kept = BytesMut::new();
            while let Some(part) = answer.part().await? {
                kept.extend_from_slice(&part);
                if kept.len() > LONGEST {
                    return Err(EngineError::Down(format!(
                        "the answer of {} is too long",
                        self.address
                    )));
                }
            }
            Ok(kept.freeze())
        };
        timeout(within, whole)
            .await
            .unwrap_or_else(|_| Err(self.silent(within)))
    }

    /// Begins a request whose answer may come over a long time; the head of the answer must come `within`.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<(Bytes, &str)>,
        login: Option<&str>,
        within: Duration,
    ) -> Result<Answer, EngineError> {
        let opening = async {
            let stream = self.connect().await.map_err(|error| self.unreachable(&error))?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|error| self.broken(&error))?;
            let closer = Closer(
                tokio::spawn(async move {
                    // Whoever waits for the answer hears of it.
                    if let Err(error) = connection.await {
                        tracing::debug!("connection to the Docker engine: {error}");
                    }
                })
                .abort_handle(),
            );
            let (bytes, kind) = body.unwrap_or((Bytes::new(), "application/json"));
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .header(HOST, "docker")
                .header(CONTENT_TYPE, kind);
            if let Some(login) = login {
                request = request.header("X-Registry-Auth", login);
            }
            let request = request
                .body(Full::new(bytes))
                .map_err(|error| EngineError::Down(format!("a request cannot be written: {error}")))?;
            let response = sender
                .send_request(request)
                .await
                .map_err(|error| self.broken(&error))?;
            Ok((response, closer))
        };
        let (response, closer) = timeout(within, opening)
            .await
            .unwrap_or_else(|_| Err(self.silent(within)))?;
        let status = response.status().as_u16();
        if (200..400).contains(&status) {
            return Ok(Answer {
                body: response.into_body(),
                address: self.address.to_string(),
                _closer: closer,
            });
        }
        Err(EngineError::Refused {
            status,
            message: refusal(response).await,
        })
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.address {
            DockerAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
            DockerAddress::Tcp { host, port } => Box::new(TcpStream::connect((host.as_str(), *port)).await?),
        })
    }

    fn silent(&self, within: Duration) -> EngineError {
        EngineError::Silent {
            address: self.address.to_string(),
            within,
        }
    }

    fn broken(&self, error: &hyper::Error) -> EngineError {
        EngineError::Down(format!(
            "the connection to the Docker engine at {} broke off ({error}): was it stopped?",
            self.address
        ))
    }

    fn unreachable(&self, error: &io::Error) -> EngineError {
        let address = &self.address;
        EngineError::Down(match error.kind() {
            io::ErrorKind::NotFound => format!(
                "no Docker engine at {address}: start Docker, or name its address with docker= in Mesos master"
            ),
            io::ErrorKind::PermissionDenied => format!(
                "the user of the controller may not use the Docker engine at {address}: add it to the group of that \
                 socket (mostly `docker`) and start the controller again"
            ),
            io::ErrorKind::ConnectionRefused => {
                format!("no Docker engine listens at {address}: start Docker")
            }
            _ => format!(
                "the Docker engine at {address} cannot be reached ({error}): check address and network"
            ),
        })
    }
}

impl Answer {
    /// The next part of the body; `None` at its end. Cancel safe.
    pub(crate) async fn part(&mut self) -> Result<Option<Bytes>, EngineError> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => {
                    return Err(EngineError::Down(format!(
                        "the connection to the Docker engine at {} broke off ({error}): was it stopped?",
                        self.address
                    )));
                }
            }
        }
    }
}

/// What the engine says to a request that it refuses.
async fn refusal(response: Response<Incoming>) -> String {
    let status = response.status();
    let body = timeout(QUESTION, response.into_body().collect()).await;
    let body = body
        .ok()
        .and_then(Result::ok)
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let message = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|answer| Some(answer.get("message")?.as_str()?.trim().to_owned()));
    message.unwrap_or_else(|| {
        let text: String = String::from_utf8_lossy(&body).chars().take(300).collect();
        format!("{status} {}", text.trim())
    })
}

/// For a part of a path or a query.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn answering(answer: &'static str) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 2048];
                let _ = stream.read(&mut head).await;
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let host = "127.0.0.1".to_owned();
        Engine::new(DockerAddress::Tcp { host, port })
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_engine_s_words() {
        let engine =
            answering("HTTP/1.1 404 Not Found\r\nContent-Length: 25\r\n\r\n{\"message\":\"no such one\"}\n")
                .await;
        let error = engine.get("/images/x/json").await.unwrap_err();
        assert!(error.is_missing() && !error.is_passing());
        assert_eq!(error.to_string(), "the Docker engine says: no such one");
    }

    #[tokio::test]
    async fn a_hanging_engine_is_noticed_within_seconds_and_named() {
        let engine = answering("").await;
        let begin = std::time::Instant::now();
        let error = engine.ping().await.unwrap_err();
        assert!(begin.elapsed() < PING * 2 && error.is_passing());
        assert!(
            error.to_string().contains("has not answered within 4 s"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_told_with_the_cure() {
        let engine = Engine::new(DockerAddress::Unix("/nowhere/docker.sock".to_owned()));
        let error = engine.ping().await.unwrap_err().to_string();
        assert!(
            error.contains("no Docker engine at unix:///nowhere/docker.sock: start Docker"),
            "{error}"
        );
    }

    #[test]
    fn queries_are_escaped() {
        assert_eq!(escape("a/b:c d"), "a%2Fb%3Ac%20d");
    }
}
