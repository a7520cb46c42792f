//! The event stream: one SUBSCRIBE on a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use mesos_core::master::MasterAddress;
use mesos_wire::recordio::{Decoder, RecordError};
use mesos_wire::{DecodeError, Event, Message};
use tokio::time::timeout;

use crate::auth::Authorization;
use crate::connect::{Closer, ConnectError, Connector};
use crate::http;

/// How long a master may think about a SUBSCRIBE before it answers with a status.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// A subscribed stream of events. Dropping it closes the connection, which the master takes as a disconnection.
#[derive(Debug)]
pub(crate) struct EventStream {
    stream_id: String,
    body: Incoming,
    decoder: Decoder,
    _closer: Closer,
}

/// Why there is no stream, or none any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("{address} accepted the connection but did not answer within {} s", ANSWER_TIMEOUT.as_secs())]
    Silent { address: String },
    #[error("the request to {address} failed: {source}")]
    Request { address: String, source: hyper::Error },
    #[error("a request to {address} cannot be written: {source}")]
    Unwritable {
        address: String,
        source: hyper::http::Error,
    },
    #[error("{address} is not the leading master, {location} is")]
    Redirected { address: String, location: String },
    #[error("{address} answered with status {status}: {body}")]
    Refused {
        address: String,
        status: u16,
        body: String,
    },
    #[error(
        "{address} does not answer as a Mesos master does ({problem}): check host and port in Mesos master"
    )]
    NotMesos { address: String, problem: String },
    #[error("the master closed the event stream")]
    Closed,
    #[error("the event stream broke off: {0}")]
    Broken(hyper::Error),
    #[error("the event stream broke off within a record")]
    CutShort,
    #[error("the event stream holds garbage: {0}")]
    Record(#[from] RecordError),
    #[error("the event stream holds an event that cannot be decoded: {0}")]
    Event(#[from] DecodeError),
}

/// Subscribes; `call` is an encoded SUBSCRIBE.
pub(crate) async fn subscribe(
    connector: &Connector,
    address: &MasterAddress,
    authorization: Option<&Authorization>,
    call: Bytes,
) -> Result<EventStream, StreamError> {
    let shown = address.authority();
    let request =
        http::call(address, authorization, None, call).map_err(|source| StreamError::Unwritable {
            address: shown.clone(),
            source,
        })?;
    let mut connection = connector.connect(address).await?;
    let response = timeout(ANSWER_TIMEOUT, connection.sender.send_request(request))
        .await
        .map_err(|_| StreamError::Silent {
            address: shown.clone(),
        })?
        .map_err(|source| StreamError::Request {
            address: shown.clone(),
            source,
        })?;
    if let Some(location) = http::location(&response) {
        return Err(StreamError::Redirected {
            address: shown,
            location,
        });
    }
    let status = response.status().as_u16();
    if status != 200 {
        let (body, _) = http::excerpt(response.into_body()).await;
        return Err(StreamError::Refused {
            address: shown,
            status,
            body,
        });
    }
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let content_type = header(CONTENT_TYPE.as_str());
    if content_type.as_deref() != Some(http::PROTOBUF) {
        let problem = match content_type {
            Some(other) => format!("content type {other}"),
            None => "no content type".to_owned(),
        };
        return Err(StreamError::NotMesos {
            address: shown,
            problem,
        });
    }
    let Some(stream_id) = header(http::STREAM_ID) else {
        return Err(StreamError::NotMesos {
            address: shown,
            problem: "no stream id".to_owned(),
        });
    };
    Ok(EventStream {
        stream_id,
        body: response.into_body(),
        decoder: Decoder::default(),
        _closer: connection.closer,
    })
}

impl EventStream {
    /// What the master calls this stream; every call has to carry it.
    pub(crate) fn stream_id(&self) -> &str {
        &self.stream_id
    }

    /// Waits for the next event. Cancel safe.
    ///
    /// # Errors
    /// The stream has ended; it cannot be read any further.
    pub(crate) async fn next(&mut self) -> Result<Event, StreamError> {
        loop {
            if let Some(record) = self.decoder.next_record()? {
                return Ok(Event::decode(record)?);
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.decoder.push(data);
                    }
                }
                Some(Err(error)) if self.decoder.at_boundary() => return Err(StreamError::Broken(error)),
                None if self.decoder.at_boundary() => return Err(StreamError::Closed),
                Some(Err(_)) | None => return Err(StreamError::CutShort),
            }
        }
    }
}
