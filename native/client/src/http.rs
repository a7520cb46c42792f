//! Requests to a master and what is made of its answers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response};
use mesos_core::master::MasterAddress;
use tokio::time::timeout;

use crate::auth::Authorization;

/// Where a master takes scheduler calls.
pub(crate) const SCHEDULER_API: &str = "/api/v1/scheduler";
/// Where a master answers operators.
pub(crate) const OPERATOR_API: &str = "/api/v1";
/// Mesos answers JSON when both are accepted; so only this is.
pub(crate) const PROTOBUF: &str = "application/x-protobuf";
/// Given with each SUBSCRIBE by the master, and with each call by us.
pub(crate) const STREAM_ID: &str = "mesos-stream-id";
/// How much of a refusal's body is kept for the message.
pub(crate) const EXCERPT: usize = 300;

const EXCERPT_TIMEOUT: Duration = Duration::from_secs(2);
const AGENT: &str = concat!("mesos-jenkins/", env!("CARGO_PKG_VERSION"));

/// A POST of a call to the scheduler API.
pub(crate) fn call(
    address: &MasterAddress,
    authorization: Option<&Authorization>,
    stream_id: Option<&str>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(SCHEDULER_API)
        .header(HOST, address.authority())
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, PROTOBUF)
        .header(ACCEPT, PROTOBUF);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization.header());
    }
    if let Some(stream_id) = stream_id {
        request = request.header(STREAM_ID, stream_id);
    }
    request.body(Full::new(body))
}

/// All of such a POST but its length and its body, in bytes.
pub(crate) fn call_head(
    address: &MasterAddress,
    authorization: Option<&Authorization>,
    stream_id: &str,
) -> Result<Vec<u8>, hyper::http::Error> {
    let request = call(address, authorization, Some(stream_id), Bytes::new())?;
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    Ok(head)
}

/// A GET of one of the master's JSON endpoints.
pub(crate) fn get(
    address: &MasterAddress,
    authorization: Option<&Authorization>,
    path: &str,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(HOST, address.authority())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "application/json");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization.header());
    }
    request.body(Full::default())
}

/// A POST of a call to the operator API, in JSON.
pub(crate) fn operate(
    address: &MasterAddress,
    authorization: Option<&Authorization>,
    call: &'static str,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(OPERATOR_API)
        .header(HOST, address.authority())
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json");
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization.header());
    }
    request.body(Full::new(Bytes::from_static(call.as_bytes())))
}

/// 307 is what Mesos sends; a proxy may use the others.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308)
}

/// The Location of a redirect, if the answer is one.
pub(crate) fn location(response: &Response<Incoming>) -> Option<String> {
    if !is_redirect(response.status().as_u16()) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// The beginning of a body, for a message, and whether that was all of it: only then can the connection be used again.
pub(crate) async fn excerpt(mut body: Incoming) -> (String, bool) {
    let mut kept = BytesMut::new();
    let read = async {
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            if let Some(data) = frame.data_ref() {
                kept.extend_from_slice(data);
            }
            if kept.len() > EXCERPT {
                return false;
            }
        }
        true
    };
    let whole = timeout(EXCERPT_TIMEOUT, read).await.unwrap_or(false);
    (excerpt_of(&kept), whole)
}

/// The beginning of a body, in one line.
pub(crate) fn excerpt_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..EXCERPT).unwrap_or(body));
    let text = text.trim_end_matches('\u{fffd}');
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A whole body.
///
/// # Errors
/// When it is longer than `limit` bytes or breaks off.
pub(crate) async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            kept.extend_from_slice(data);
        }
        if kept.len() > limit {
            return Err(BodyError::TooLong { limit });
        }
    }
    Ok(kept.freeze())
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("it is longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("it broke off: {0}")]
    Broken(#[from] hyper::Error),
}
