use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use testbed::RunError;

use crate::SOON;

/// A file that Mesos fetches for an agent, on a server that lets the fetcher wait: an agent that is about to start.
#[derive(Debug)]
pub struct SlowFile {
    url: String,
    asked: Receiver<()>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl SlowFile {
    /// A file that nobody gets yet.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is no port for it.
    pub fn held() -> Result<Self, RunError> {
        let no_port = |error: std::io::Error| RunError::Condition {
            what: "a server for one file".into(),
            reason: error.to_string(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(no_port)?;
        let url = format!("http://{}/slow", listener.local_addr().map_err(no_port)?);
        let gate = Arc::new(Gate::default());
        let (asking, asked) = channel();
        let at_gate = Arc::clone(&gate);
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let (asking, gate) = (asking.clone(), Arc::clone(&at_gate));
                thread::spawn(move || serve(caller, &asking, &gate));
            }
        });
        Ok(Self { url, asked, gate })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Waits until somebody wants it.
    ///
    /// # Errors
    /// [`RunError::Condition`] when nobody does.
    pub fn await_asked(&self) -> Result<(), RunError> {
        self.asked
            .recv_timeout(SOON)
            .map_err(|error| RunError::Condition {
                what: format!("a request for {}", self.url),
                reason: error.to_string(),
            })
    }

    /// All get it who wait for it and who come.
    pub fn give(&self) {
        *self.gate.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.gate.opened.notify_all();
    }
}

impl Drop for SlowFile {
    fn drop(&mut self) {
        self.give();
    }
}

/// A caller that goes away meanwhile is no trouble of the server.
fn serve(caller: TcpStream, asking: &Sender<()>, gate: &Gate) {
    let mut head = BufReader::new(&caller).lines();
    while head
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let _ = asking.send(());
    let open = gate.open.lock().unwrap_or_else(PoisonError::into_inner);
    let open = gate.opened.wait_while(open, |open| !*open);
    drop(open);
    let _ = (&caller).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nslow\n");
}
