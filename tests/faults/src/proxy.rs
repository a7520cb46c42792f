//! A faulty proxy before a real server: it passes on what it gets, until it is told to do it badly.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use mesos_wire::{Call, Message, call};
use rustix::process::{Pid, Signal, kill_process};
use testbed::RunError;

/// What the proxy does to answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    Good,
    /// Nothing gets through, in either direction, and nobody is told.
    Silent,
    /// Half of what comes is passed on; then the connection ends.
    Cut,
    /// In place of what comes there is garbage: sometimes in a well-formed chunk, sometimes not.
    Garbage,
    /// In place of an event there is a record of a gigabyte, sent as fast as it is taken.
    Huge,
    /// One byte each second.
    Slow,
}

/// At which call the controller is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// An ACCEPT has left the controller; the master never gets it. The intent is in the ledger by then.
    Accept,
    /// The master has taken an ACCEPT; the controller is not told.
    Accepted,
    /// After an ACCEPT, the first update is in the ledger: its acknowledgement has left the controller and is lost.
    Acknowledge,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    /// Connections made before the manner changed to good may be in the middle of something: they end.
    spoilt: u64,
    trap: Option<(Point, Pid)>,
    /// An ACCEPT has passed since the trap was set.
    accepted: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    target: SocketAddr,
}

/// A proxy on a port of 127.0.0.1; it lives as long as the process.
#[derive(Debug, Clone)]
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
}

const READ: usize = 1 << 16;
const GIGABYTE: usize = 1 << 30;

impl Proxy {
    /// A good one before this server.
    ///
    /// # Errors
    /// When there is no port.
    pub fn before(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                manner: Manner::Good,
                spoilt: 0,
                trap: None,
                accepted: false,
            }),
            changed: Condvar::new(),
            target,
        });
        let ours = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&ours);
                // A connection that ends badly is what this is for.
                thread::spawn(move || drop(shared.serve(&client)));
            }
        });
        Ok(Self { shared, port })
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what it does, also on connections that there are. When it becomes good again, connections that were
    /// treated badly end.
    pub fn behave(&self, manner: Manner) {
        let mut state = self.shared.lock();
        state.manner = manner;
        state.spoilt += 1;
        self.shared.changed.notify_all();
    }

    /// Kills a process at a call; from then on the trap is gone.
    pub fn trap(&self, point: Point, process: Pid) {
        let mut state = self.shared.lock();
        state.trap = Some((point, process));
        state.accepted = false;
    }

    /// Waits until the trap is gone.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it is still there after `limit`.
    pub fn sprung(&self, limit: Duration) -> std::result::Result<(), RunError> {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, limit, |state| state.trap.is_some());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.trap {
            None => Ok(()),
            Some((point, _)) => Err(RunError::Condition {
                what: "a call that the trap is for".into(),
                reason: format!("none at {point:?}"),
            }),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: &Arc<Self>, client: &TcpStream) -> Result<()> {
        let server = TcpStream::connect(self.target)?;
        server.set_nodelay(true)?;
        client.set_nodelay(true)?;
        let born = self.lock().spoilt;
        let (to, from) = (server.try_clone()?, client.try_clone()?);
        let shared = Arc::clone(self);
        thread::spawn(move || {
            drop(shared.requests(&from, &to, born));
            close(&from, &to);
        });
        let result = self.answers(&server, client, born);
        close(client, &server);
        result
    }

    /// Waits while nothing is to get through. False: the connection is to end.
    fn passes(&self, born: u64) -> bool {
        let state = self.lock();
        let state = self
            .changed
            .wait_while(state, |state| state.manner == Manner::Silent)
            .unwrap_or_else(PoisonError::into_inner);
        state.manner != Manner::Good || state.spoilt == born
    }

    fn requests(&self, mut from: &TcpStream, mut to: &TcpStream, born: u64) -> Result<()> {
        let mut request = Request::default();
        let mut bytes = vec![0; READ];
        loop {
            let count = from.read(&mut bytes)?;
            if count == 0 || !self.passes(born) {
                return Ok(());
            }
            let kind = request.takes(&bytes[..count]);
            if !self.springs(kind, false)? {
                return Ok(());
            }
            to.write_all(&bytes[..count])?;
        }
    }

    /// Looks whether a call, or its answer, is what the trap waits for. False: it is, and nothing goes on.
    fn springs(&self, kind: Option<call::Type>, answered: bool) -> Result<bool> {
        let mut state = self.lock();
        let Some((point, process)) = state.trap else {
            return Ok(true);
        };
        let hit = match (point, kind) {
            (Point::Accept, Some(call::Type::Accept)) => true,
            (Point::Acknowledge, Some(call::Type::Acknowledge)) => state.accepted,
            (Point::Accepted, _) => answered && state.accepted,
            _ => false,
        };
        state.accepted |= kind == Some(call::Type::Accept);
        if hit {
            kill_process(process, Signal::KILL)?;
            state.trap = None;
            self.changed.notify_all();
        }
        Ok(!hit)
    }

    fn answers(&self, mut from: &TcpStream, to: &TcpStream, born: u64) -> Result<()> {
        let mut bytes = vec![0; READ];
        let mut stream = false;
        loop {
            let count = from.read(&mut bytes)?;
            if count == 0 || !self.passes(born) {
                return Ok(());
            }
            let chunk = &bytes[..count];
            // Only an answer to a call says this; events are in a stream.
            if chunk.starts_with(b"HTTP/1.1 202") && !self.springs(None, true)? {
                return Ok(());
            }
            let head = chunk.starts_with(b"HTTP/1.1 ").then(|| head_of(chunk)).flatten();
            if let Some(head) = head {
                stream = chunk[..head]
                    .to_ascii_lowercase()
                    .windows(8)
                    .any(|word| word == b" chunked");
            }
            let manner = self.lock().manner;
            if !self.passed_on(manner, chunk, head.unwrap_or(0), stream, to)? {
                return Ok(());
            }
        }
    }

    /// Passes on what came from the server, in this manner. False: the connection is to end.
    fn passed_on(
        &self,
        manner: Manner,
        chunk: &[u8],
        head: usize,
        stream: bool,
        mut to: &TcpStream,
    ) -> Result<bool> {
        match manner {
            Manner::Good | Manner::Silent => to.write_all(chunk).map(|()| true),
            Manner::Cut => to.write_all(&chunk[..chunk.len() / 2]).map(|()| false),
            Manner::Garbage if !stream => to.write_all(&garbage(chunk.len())).map(|()| false),
            Manner::Garbage => {
                to.write_all(&chunk[..head])?;
                let bytes = garbage(40);
                if bytes[0].is_multiple_of(2) {
                    to.write_all(b"2b\r\n37\n")?;
                    to.write_all(&bytes)?;
                    to.write_all(b"\r\n").map(|()| true)
                } else {
                    to.write_all(&bytes).map(|()| false)
                }
            }
            Manner::Huge if !stream => to.write_all(chunk).map(|()| true),
            Manner::Huge => {
                to.write_all(&chunk[..head])?;
                let record = format!("{GIGABYTE}\n");
                write!(to, "{:x}\r\n{record}", GIGABYTE + record.len())?;
                let zeros = vec![0; READ];
                for _ in 0..GIGABYTE / READ {
                    to.write_all(&zeros)?;
                }
                to.write_all(b"\r\n").map(|()| false)
            }
            Manner::Slow => {
                for (index, byte) in chunk.iter().enumerate() {
                    to.write_all(&[*byte])?;
                    let state = self.lock();
                    let waited = self
                        .changed
                        .wait_timeout_while(state, Duration::from_secs(1), |state| {
                            state.manner == Manner::Slow
                        });
                    let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                    if state.manner != Manner::Slow {
                        drop(state);
                        return to.write_all(&chunk[index + 1..]).map(|()| true);
                    }
                }
                Ok(true)
            }
        }
    }
}

/// An end that is gone already is as good.
fn close(one: &TcpStream, other: &TcpStream) {
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}

/// Where the body begins.
fn head_of(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// Bytes that are no event and no header; another time others.
fn garbage(count: usize) -> Vec<u8> {
    let mut seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |since| since.subsec_nanos())
        | 1;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        // No digits and no line ends: they could be a length.
        0x80 | seed.to_le_bytes()[1]
    };
    (0..count).map(|_| next()).collect()
}

/// Requests as they come in pieces.
#[derive(Default)]
struct Request(Vec<u8>);

impl Request {
    /// Takes a piece; the call that it completes. Calls follow one another only after their answers.
    fn takes(&mut self, piece: &[u8]) -> Option<call::Type> {
        self.0.extend_from_slice(piece);
        let body = head_of(&self.0)?;
        let head = String::from_utf8_lossy(&self.0[..body]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
            .unwrap_or(0);
        let body = self.0.get(body..body + length)?;
        let call = Call::decode(body).ok().map(|call| call.r#type());
        self.0.clear();
        call
    }
}
