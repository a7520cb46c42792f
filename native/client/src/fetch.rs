//! Files for the tasks of the embedded cluster, over HTTP.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{ACCEPT, HOST};
use hyper::{Request, Uri};
use mesos_core::master::{MasterAddress, Scheme};
use mesos_local::{Fetch, FetchError, Fetched};
use tokio::time::timeout;

use crate::connect::{ConnectError, Connector};
use crate::http;

const MOST_REDIRECTS: usize = 5;
/// A server that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(30);

/// Fetches with the connections and the trusted certificates of the calls to masters.
pub(crate) struct Fetcher {
    connector: Connector,
}

impl Fetcher {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector }
    }
}

impl Fetch for Fetcher {
    fn fetch(&self, url: &str, file: PathBuf) -> Fetched {
        let (connector, url) = (self.connector.clone(), url.to_owned());
        Box::pin(async move { fetch(&connector, url, &file).await })
    }
}

fn last(message: impl Into<String>) -> FetchError {
    FetchError {
        message: message.into(),
        passing: false,
    }
}

fn passing(message: impl Into<String>) -> FetchError {
    FetchError {
        message: message.into(),
        passing: true,
    }
}

async fn fetch(connector: &Connector, mut url: String, file: &Path) -> Result<(), FetchError> {
    for _ in 0..=MOST_REDIRECTS {
        let (address, path) = target(&url)?;
        let shown = address.authority();
        let request = Request::builder()
            .uri(path)
            .header(HOST, shown.clone())
            .header(ACCEPT, "*/*")
            .body(Full::<Bytes>::default())
            .map_err(|error| last(format!("the address cannot be asked for: {error}")))?;
        let mut connection = connector.connect(&address).await.map_err(unconnected)?;
        let sending = connection.sender.send_request(request);
        let response = timeout(connector.timeouts.answer, sending)
            .await
            .map_err(|_| passing(format!("{shown} accepted the connection but does not answer")))?
            .map_err(|error| passing(format!("the request to {shown} failed: {error}")))?;
        if let Some(location) = http::location(&response) {
            url = redirected(&address, &location);
            continue;
        }
        let status = response.status();
        if status != 200 {
            let message = format!("{shown} answered with status {status}");
            return Err(if status.is_server_error() {
                passing(message)
            } else {
                last(message)
            });
        }
        let unwritable =
            |error: std::io::Error| last(format!("{} cannot be written: {error}", file.display()));
        let mut to = File::create(file).map_err(unwritable)?;
        let mut body = response.into_body();
        loop {
            let frame = timeout(SILENCE, body.frame()).await.map_err(|_| {
                passing(format!(
                    "nothing has come from {shown} for {} s",
                    SILENCE.as_secs()
                ))
            })?;
            match frame {
                None => return Ok(()),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        to.write_all(data).map_err(unwritable)?;
                    }
                }
                Some(Err(error)) => return Err(passing(format!("the answer of {shown} broke off: {error}"))),
            }
        }
    }
    Err(last("there are too many redirects"))
}

fn target(url: &str) -> Result<(MasterAddress, String), FetchError> {
    let wrong = || last("this is no address: correct the template's URIs, or Jenkins URL in the cloud");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let (scheme, usual) = match uri.scheme_str() {
        Some("http") => (Scheme::Http, 80),
        Some("https") => (Scheme::Https, 443),
        _ => return Err(wrong()),
    };
    let host = uri.host().ok_or_else(wrong)?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = uri.port_u16().unwrap_or(usual);
    let path = uri
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string);
    Ok((MasterAddress { scheme, host, port }, path))
}

fn redirected(from: &MasterAddress, location: &str) -> String {
    if location.starts_with("http://") || location.starts_with("https://") {
        location.to_owned()
    } else {
        format!("{}://{}{location}", from.scheme.as_str(), from.authority())
    }
}

/// In other words than for a master.
fn unconnected(error: ConnectError) -> FetchError {
    match error {
        ConnectError::Refused { address, .. } => passing(format!(
            "{address} refuses connections: check Jenkins URL in the cloud"
        )),
        ConnectError::Timeout { address, within } => {
            passing(format!("{address} did not answer within {within:?}"))
        }
        ConnectError::Unreachable { address, source } => {
            passing(format!("{address} cannot be reached ({source})"))
        }
        ConnectError::Broken { address, source } => passing(format!(
            "the connection to {address} broke off at its start ({source})"
        )),
        ConnectError::Resolve { host, source } => last(format!(
            "the host name `{host}` cannot be resolved ({source}): check Jenkins URL in the cloud"
        )),
        ConnectError::Tls { address, source } => last(format!("TLS with {address} failed ({source})")),
        ConnectError::TlsName { host } => last(format!("TLS cannot be used with the host `{host}`")),
        error @ ConnectError::CaFile { .. } => last(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_master::{FakeMaster, Step, response};

    #[tokio::test]
    async fn a_file_is_fetched_over_a_redirect_and_a_refusal_is_told() {
        let file = std::env::temp_dir().join(format!("mesos-fetch-{}", std::process::id()));
        let steps = [
            Step::Answer(response("302 Found", "Location: /other?a=b\r\n", "")),
            Step::Answer(response("200 OK", "", "hello")),
            Step::Answer(response("404 Not Found", "", "")),
        ];
        let mut server = FakeMaster::start(steps).await;
        let url = format!("http://{}/jnlpJars/agent.jar", server.address);
        let fetcher = Fetcher::new(Connector::default());
        fetcher.fetch(&url, file.clone()).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello");
        let first = server.received().await;
        assert!(
            first.head.starts_with("GET /jnlpJars/agent.jar "),
            "{}",
            first.head
        );
        assert!(server.received().await.head.starts_with("GET /other?a=b "));
        let error = fetcher.fetch(&url, file.clone()).await.unwrap_err();
        assert!(
            error.message.ends_with("answered with status 404 Not Found") && !error.passing,
            "{error:?}"
        );
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn addresses_are_taken_apart() {
        let (address, path) = target("https://[::1]:8443/a?b=c").unwrap();
        assert_eq!(
            (address.host.as_str(), address.port, path.as_str()),
            ("::1", 8443, "/a?b=c")
        );
        assert!(target("ftp://h/x").is_err());
    }
}
