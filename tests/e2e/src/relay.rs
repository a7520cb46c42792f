//! TCP on 127.0.0.1 in front of something else.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use testbed::RunError;

use crate::trial::unmet;

/// Where the bytes go.
#[derive(Debug, Clone)]
enum Target {
    Socket(PathBuf),
    Port(String),
}

/// A port that passes everything on, as long as the process lives.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
}

impl Relay {
    /// In front of a Unix socket.
    ///
    /// # Errors
    /// When there is no port.
    pub fn to_socket(path: PathBuf) -> Result<Self, RunError> {
        Self::start(Target::Socket(path), u64::MAX)
    }

    /// In front of `host:port`; what comes back comes with so many bytes in a second.
    ///
    /// # Errors
    /// When there is no port.
    pub fn slowly_to(address: &str, rate: u64) -> Result<Self, RunError> {
        Self::start(Target::Port(address.to_owned()), rate)
    }

    /// `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    fn start(target: Target, rate: u64) -> Result<Self, RunError> {
        let failed = |error: io::Error| unmet("a port for a relay", error.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever connects hears of a target that is not there by the end of the connection.
                let _ = target.open().and_then(|end| join(stream, end, rate));
            }
        });
        Ok(Self { address })
    }
}

/// The other end of a connection.
struct End {
    from: Box<dyn Read + Send>,
    to: Box<dyn Write + Send>,
    /// Tells it that nothing more comes.
    shut: Box<dyn FnOnce() -> io::Result<()> + Send>,
}

impl Target {
    fn open(&self) -> io::Result<End> {
        Ok(match self {
            Self::Socket(path) => {
                let end = UnixStream::connect(path)?;
                let (from, to) = (Box::new(end.try_clone()?), Box::new(end.try_clone()?));
                let shut = Box::new(move || end.shutdown(Shutdown::Write));
                End { from, to, shut }
            }
            Self::Port(address) => {
                let end = TcpStream::connect(address)?;
                let (from, to) = (Box::new(end.try_clone()?), Box::new(end.try_clone()?));
                let shut = Box::new(move || end.shutdown(Shutdown::Write));
                End { from, to, shut }
            }
        })
    }
}

/// Passes bytes on both ways until both ends have said all.
fn join(client: TcpStream, end: End, rate: u64) -> io::Result<()> {
    let End {
        mut from,
        mut to,
        shut,
    } = end;
    let (mut asks, mut answers) = (client.try_clone()?, client);
    thread::spawn(move || {
        // An end that goes away ends both ways.
        let _ = io::copy(&mut asks, &mut to);
        let _ = shut();
    });
    thread::spawn(move || {
        let (begin, mut passed) = (Instant::now(), 0_u64);
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if answers.write_all(&buffer[..length]).is_err() {
                break;
            }
            passed += length as u64;
            let due = Duration::from_secs_f64(passed as f64 / rate as f64);
            thread::sleep(due.saturating_sub(begin.elapsed()));
        }
        let _ = answers.shutdown(Shutdown::Both);
    });
    Ok(())
}
