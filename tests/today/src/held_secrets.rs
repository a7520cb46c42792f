use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use testbed::RunError;

use crate::SOON;

/// Who asks for an agent's secret is held; all else goes through.
const HELD: &str = "/mesos-agent-secret/";

/// A proxy between agents and Jenkins that keeps Mesos from fetching agents' secrets: agents that are about to start.
#[derive(Debug)]
pub struct HeldSecrets {
    port: u16,
    asked: Receiver<()>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    /// `host:port` of Jenkins, once secrets may be fetched.
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct State {
    jenkins: String,
    open: bool,
}

impl HeldSecrets {
    /// A proxy that leads nowhere yet.
    ///
    /// # Errors
    /// [`RunError::Condition`] when there is no port for it.
    pub fn new() -> Result<Self, RunError> {
        let no_port = |error: io::Error| RunError::Condition {
            what: "a proxy before Jenkins".into(),
            reason: error.to_string(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        let gate = Arc::new(Gate::default());
        let (asking, asked) = channel();
        let at_gate = Arc::clone(&gate);
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let (asking, gate) = (asking.clone(), Arc::clone(&at_gate));
                // A caller that goes away is no trouble of the proxy.
                thread::spawn(move || {
                    let _ = serve(caller, &asking, &gate);
                });
            }
        });
        Ok(Self { port, asked, gate })
    }

    /// Where agents reach Jenkins.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Requests go to the Jenkins at this address from now on.
    pub fn lead_to(&self, jenkins_url: &str) {
        let place = jenkins_url.trim_start_matches("http://").trim_end_matches('/');
        self.state().jenkins = place.to_owned();
    }

    /// Waits until Mesos is about to fetch a secret.
    ///
    /// # Errors
    /// [`RunError::Condition`] when it does not.
    pub fn await_asked(&self) -> Result<(), RunError> {
        self.asked
            .recv_timeout(SOON)
            .map_err(|error| RunError::Condition {
                what: "a request for an agent's secret".into(),
                reason: error.to_string(),
            })
    }

    /// Lets Mesos fetch secrets, those it waits for and those to come.
    pub fn give(&self) {
        self.state().open = true;
        self.gate.opened.notify_all();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.gate.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HeldSecrets {
    fn drop(&mut self) {
        self.give();
    }
}

fn serve(mut caller: TcpStream, asking: &Sender<()>, gate: &Gate) -> io::Result<()> {
    let mut begin = Vec::new();
    let mut part = [0; 4096];
    while !begin.windows(4).any(|end| end == b"\r\n\r\n") {
        match caller.read(&mut part)? {
            0 => return Ok(()),
            read => begin.extend_from_slice(&part[..read]),
        }
    }
    let line = String::from_utf8_lossy(&begin);
    let held = line.lines().next().is_some_and(|line| line.contains(HELD));
    if held {
        let _ = asking.send(());
    }
    let state = gate.state.lock().unwrap_or_else(PoisonError::into_inner);
    let place = gate
        .opened
        .wait_while(state, |state| held && !state.open)
        .unwrap_or_else(PoisonError::into_inner)
        .jenkins
        .clone();
    let mut jenkins = TcpStream::connect(place)?;
    jenkins.write_all(&begin)?;
    let (mut from_caller, mut to_jenkins) = (caller.try_clone()?, jenkins.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_caller, &mut to_jenkins);
        let _ = to_jenkins.shutdown(Shutdown::Write);
    });
    io::copy(&mut jenkins, &mut caller)?;
    caller.shutdown(Shutdown::Both)
}
