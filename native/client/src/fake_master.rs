//! A scripted server for tests: each request that arrives, on whatever connection, is recorded and gets the next step.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use mesos_core::master::{MasterAddress, Scheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// What happens after a request was read.
pub(crate) enum Step {
    /// Send this and keep the connection.
    Answer(Vec<u8>),
    /// Send this, byte by byte, and keep the connection.
    Dribble(Vec<u8>),
    /// Send this and close.
    AnswerAndClose(Vec<u8>),
    /// Close without a word.
    Close,
    /// Say nothing any more, keep the connection.
    Silence,
    /// Close all other connections, then send this.
    CloseOthersAndAnswer(Vec<u8>),
}

type Script = Arc<Mutex<dyn FnMut(&Received) -> Step + Send>>;

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Received {
    /// Connections are counted from 0.
    pub(crate) connection: usize,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Dropping it closes the listener and all connections.
pub(crate) struct FakeMaster {
    pub(crate) address: MasterAddress,
    received: mpsc::UnboundedReceiver<Received>,
    task: AbortHandle,
}

impl Drop for FakeMaster {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeMaster {
    /// One step for each request; after the last, connections are closed.
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        Self::start_with(one_after_the_other(script), None).await
    }

    /// As [`start`](Self::start), behind TLS.
    pub(crate) async fn start_tls(script: impl IntoIterator<Item = Step>, acceptor: TlsAcceptor) -> Self {
        Self::start_with(one_after_the_other(script), Some(acceptor)).await
    }

    /// A step that depends on the request.
    pub(crate) async fn answering(script: impl FnMut(&Received) -> Step + Send + 'static) -> Self {
        Self::start_with(Arc::new(Mutex::new(script)), None).await
    }

    /// As [`answering`](Self::answering), behind TLS.
    pub(crate) async fn answering_tls(
        script: impl FnMut(&Received) -> Step + Send + 'static,
        acceptor: TlsAcceptor,
    ) -> Self {
        Self::start_with(Arc::new(Mutex::new(script)), Some(acceptor)).await
    }

    async fn start_with(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let port = listener.local_addr().unwrap().port();
        let (report, received) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            let (survivor, _) = watch::channel(None);
            for number in 0.. {
                let (tcp, _) = listener.accept().await.unwrap();
                let (script, report, tls, survivor) =
                    (Arc::clone(&script), report.clone(), tls.clone(), survivor.clone());
                connections.spawn(async move {
                    let mut survivors = survivor.subscribe();
                    let doomed = survivors.wait_for(|survivor| survivor.is_some_and(|other| other != number));
                    let serving = async {
                        match tls {
                            None => serve(tcp, number, &script, &report, &survivor).await,
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(tcp).await {
                                    serve(stream, number, &script, &report, &survivor).await;
                                }
                            }
                        }
                    };
                    tokio::select! {
                        () = serving => {}
                        _ = doomed => {}
                    }
                });
            }
        });
        let address = MasterAddress {
            scheme,
            host: "127.0.0.1".to_owned(),
            port,
        };
        FakeMaster {
            address,
            received,
            task: task.abort_handle(),
        }
    }

    /// The next request that arrives.
    pub(crate) async fn received(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    /// Whether no request has arrived that was not looked at.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

fn one_after_the_other(script: impl IntoIterator<Item = Step>) -> Script {
    let mut steps: VecDeque<_> = script.into_iter().collect();
    Arc::new(Mutex::new(move |_: &Received| {
        steps.pop_front().unwrap_or(Step::Close)
    }))
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    script: &Mutex<dyn FnMut(&Received) -> Step + Send>,
    report: &mpsc::UnboundedSender<Received>,
    survivor: &watch::Sender<Option<usize>>,
) {
    while let Some((head, body)) = read_request(&mut stream).await {
        let request = Received {
            connection,
            head,
            body,
        };
        let step = (script.lock().unwrap())(&request);
        report.send(request).unwrap();
        match step {
            Step::Answer(bytes) => stream.write_all(&bytes).await.unwrap(),
            Step::Dribble(bytes) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await.unwrap();
                    stream.flush().await.unwrap();
                }
            }
            Step::AnswerAndClose(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                stream.shutdown().await.unwrap();
                return;
            }
            Step::Close => return,
            // Answers come in the order of the requests: with this one missing there can be no other.
            Step::Silence => std::future::pending().await,
            Step::CloseOthersAndAnswer(bytes) => {
                survivor.send_replace(Some(connection));
                // The closing is on its way before the answer is.
                tokio::task::yield_now().await;
                stream.write_all(&bytes).await.unwrap();
            }
        }
        stream.flush().await.unwrap();
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// A whole response with a length.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The head of a subscribed stream and these records, each its own chunk; the stream stays open.
pub(crate) fn stream_of(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nMesos-Stream-Id: stream-1\r\n\
        Transfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for record in records {
        bytes.extend(chunk(&framed(record)));
    }
    bytes
}

/// One chunk of a chunked body; an empty one ends it.
pub(crate) fn chunk(content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", content.len()).into_bytes();
    bytes.extend(content);
    bytes.extend(b"\r\n");
    bytes
}

/// A record as RecordIO frames it.
pub(crate) fn framed(record: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{}\n", record.len()).into_bytes();
    bytes.extend(record);
    bytes
}
