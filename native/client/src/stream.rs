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
    #[error("{address} accepted the connection but did not answer within {within:?}")]
    Silent { address: String, within: Duration },
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
    let within = connector.timeouts.answer;
    let request =
        http::call(address, authorization, None, call).map_err(|source| StreamError::Unwritable {
            address: shown.clone(),
            source,
        })?;
    let mut connection = connector.connect(address).await?;
    let response = timeout(within, connection.sender.send_request(request))
        .await
        .map_err(|_| StreamError::Silent {
            address: shown.clone(),
            within,
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

#[cfg(test)]
mod tests {
    use mesos_core::master::Scheme;
    use mesos_wire::event;

    use super::*;
    use crate::connect::Timeouts;
    use crate::fake_master::{FakeMaster, Step, chunk, framed, response, stream_of};

    fn heartbeat() -> Vec<u8> {
        Event {
            r#type: Some(event::Type::Heartbeat.into()),
            ..Event::default()
        }
        .encode_to_vec()
    }

    fn failure(message: &str) -> Vec<u8> {
        Event {
            r#type: Some(event::Type::Error.into()),
            error: Some(event::Error {
                message: message.to_owned(),
            }),
            ..Event::default()
        }
        .encode_to_vec()
    }

    async fn subscribe_to(master: &FakeMaster) -> Result<EventStream, StreamError> {
        subscribe_within(master, Timeouts::default()).await
    }

    async fn subscribe_within(master: &FakeMaster, timeouts: Timeouts) -> Result<EventStream, StreamError> {
        let connector = Connector::patient(timeouts);
        subscribe(&connector, &master.address, None, Bytes::from_static(b"a call")).await
    }

    async fn refusal(step: Step) -> StreamError {
        let master = FakeMaster::start([step]).await;
        subscribe_to(&master).await.unwrap_err()
    }

    async fn end_after_one_event(step: Step) -> StreamError {
        let master = FakeMaster::start([step]).await;
        let mut stream = subscribe_to(&master).await.unwrap();
        assert_eq!(stream.next().await.unwrap().r#type(), event::Type::Heartbeat);
        stream.next().await.unwrap_err()
    }

    #[tokio::test]
    async fn a_subscription_is_a_protobuf_post_without_a_stream_id() {
        let mut master = FakeMaster::start([Step::Answer(stream_of(&[]))]).await;
        let login = Authorization::basic(Some("jenkins"), Some("hunter2"));
        let call = Bytes::from_static(b"a call");
        let stream = subscribe(&Connector::default(), &master.address, login.as_ref(), call)
            .await
            .unwrap();
        assert_eq!(stream.stream_id(), "stream-1");
        let request = master.received().await;
        assert!(
            request.head.starts_with("POST /api/v1/scheduler HTTP/1.1\r\n"),
            "{}",
            request.head
        );
        assert_eq!(request.header("accept"), Some("application/x-protobuf"));
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
        assert_eq!(request.header("host"), Some(master.address.authority().as_str()));
        assert_eq!(
            request.header("authorization"),
            Some("Basic amVua2luczpodW50ZXIy")
        );
        assert_eq!(request.header("mesos-stream-id"), None);
        assert_eq!(request.body, b"a call");
    }

    #[tokio::test]
    async fn records_are_read_however_they_are_cut() {
        let long = failure(&"x".repeat(5000));
        let mut bytes = stream_of(&[]);
        let mut records = framed(&heartbeat());
        records.extend(framed(&long));
        records.extend(framed(&heartbeat()));
        for piece in records.chunks(7) {
            bytes.extend(chunk(piece));
        }
        let master = FakeMaster::start([Step::Dribble(bytes)]).await;
        let mut stream = subscribe_to(&master).await.unwrap();
        assert_eq!(stream.next().await.unwrap().r#type(), event::Type::Heartbeat);
        assert_eq!(stream.next().await.unwrap().error.unwrap().message.len(), 5000);
        assert_eq!(stream.next().await.unwrap().r#type(), event::Type::Heartbeat);
    }

    #[tokio::test]
    async fn a_stream_that_the_master_ends_is_closed() {
        let mut bytes = stream_of(&[heartbeat()]);
        bytes.extend(chunk(b""));
        assert!(matches!(
            end_after_one_event(Step::Answer(bytes)).await,
            StreamError::Closed
        ));
    }

    #[tokio::test]
    async fn a_cut_connection_ends_the_stream() {
        let bytes = stream_of(&[heartbeat()]);
        assert!(matches!(
            end_after_one_event(Step::AnswerAndClose(bytes)).await,
            StreamError::Broken(_)
        ));
    }

    #[tokio::test]
    async fn a_connection_cut_within_a_record_is_told_apart() {
        let mut bytes = stream_of(&[heartbeat()]);
        bytes.extend(chunk(b"100\nonly the beginning"));
        assert!(matches!(
            end_after_one_event(Step::AnswerAndClose(bytes)).await,
            StreamError::CutShort
        ));
    }

    #[tokio::test]
    async fn garbage_between_records_ends_the_stream() {
        let mut bytes = stream_of(&[heartbeat()]);
        bytes.extend(chunk(b"<html>"));
        assert!(matches!(
            end_after_one_event(Step::Answer(bytes)).await,
            StreamError::Record(_)
        ));
    }

    #[tokio::test]
    async fn a_record_that_is_no_event_ends_the_stream() {
        let mut bytes = stream_of(&[heartbeat()]);
        bytes.extend(chunk(&framed(&[0xff; 12])));
        assert!(matches!(
            end_after_one_event(Step::Answer(bytes)).await,
            StreamError::Event(_)
        ));
    }

    #[tokio::test]
    async fn a_redirect_tells_where_to() {
        let headers = "Location: //10.0.0.2:5050/api/v1/scheduler\r\n";
        match refusal(Step::Answer(response("307 Temporary Redirect", headers, ""))).await {
            StreamError::Redirected { location, .. } => {
                assert_eq!(location, "//10.0.0.2:5050/api/v1/scheduler")
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_refusal_carries_its_status_and_the_beginning_of_its_body() {
        for (line, code) in [
            ("503 Service Unavailable", 503),
            ("401 Unauthorized", 401),
            ("403 Forbidden", 403),
        ] {
            let body = format!("No leader\r\n elected{}", "!".repeat(1000));
            match refusal(Step::Answer(response(line, "", &body))).await {
                StreamError::Refused { status, body, .. } => {
                    assert_eq!(status, code);
                    assert!(body.starts_with("No leader elected!!!"), "{body}");
                    assert!(body.len() <= 300);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_web_server_is_not_taken_for_a_master() {
        let page = response("200 OK", "Content-Type: text/html\r\n", "<html>welcome</html>");
        let error = refusal(Step::Answer(page)).await;
        assert!(
            error
                .to_string()
                .contains("does not answer as a Mesos master does (content type text/html)"),
            "{error}"
        );
        let nameless = response("200 OK", "Content-Type: application/x-protobuf\r\n", "");
        assert!(
            refusal(Step::Answer(nameless))
                .await
                .to_string()
                .contains("no stream id")
        );
    }

    #[tokio::test]
    async fn a_server_that_speaks_another_language_is_named() {
        let error = refusal(Step::AnswerAndClose(b"220 mail.example ESMTP\r\n".to_vec())).await;
        assert!(matches!(error, StreamError::Request { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_silent_master_is_given_up() {
        let master = FakeMaster::start([Step::Silence]).await;
        let impatient = Timeouts {
            answer: Duration::from_millis(200),
            ..Timeouts::default()
        };
        let error = subscribe_within(&master, impatient).await.unwrap_err();
        assert!(matches!(error, StreamError::Silent { .. }), "{error:?}");
        assert!(error.to_string().contains("within 200ms"), "{error}");
    }

    #[tokio::test]
    async fn nothing_listening_is_a_refused_connection() {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = MasterAddress {
            scheme: Scheme::Http,
            host: "127.0.0.1".to_owned(),
            port,
        };
        let error = subscribe(&Connector::default(), &address, None, Bytes::new())
            .await
            .unwrap_err();
        assert!(
            matches!(error, StreamError::Connect(ConnectError::Refused { .. })),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn dropping_the_stream_closes_the_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = MasterAddress {
            scheme: Scheme::Http,
            host: "127.0.0.1".to_owned(),
            port,
        };
        let connector = Connector::default();
        let client = async {
            let stream = subscribe(&connector, &address, None, Bytes::new()).await.unwrap();
            drop(stream);
        };
        let server = async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let (mut tcp, _) = listener.accept().await.unwrap();
            tcp.write_all(&stream_of(&[])).await.unwrap();
            // Ends only when the other side has closed.
            let mut request = Vec::new();
            tcp.read_to_end(&mut request).await.unwrap();
            assert!(request.starts_with(b"POST"));
        };
        tokio::join!(client, server);
    }
}
