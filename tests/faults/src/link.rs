//! A network of its own for the controller: a namespace, a pair of virtual interfaces, and a cut in either direction.
//!
//! A cut loses packets without a word, as a broken switch does: the other end gets a hardware address that nobody has.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use testbed::{RunError, tools};

/// An address that no interface has.
const NOBODY: &str = "02:00:00:00:00:99";
/// How many networks fit into 10.213.0.0/16.
const COUNT: u32 = 1 << 14;

/// Which packets are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Those from the controller.
    ToMasters,
    /// Those to the controller.
    FromMasters,
}

/// A namespace with an interface that leads to this machine.
#[derive(Debug)]
pub struct Link {
    name: String,
    outside: String,
    inside: String,
    ours: Ipv4Addr,
    theirs: Ipv4Addr,
}

impl Link {
    /// Makes the namespace and the link.
    ///
    /// # Errors
    /// When `ip` is not there, or this process may not use it: it needs root.
    pub fn make() -> Result<Self, RunError> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = (std::process::id() * 8 + MADE.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let base = (10 << 24) + (213 << 16) + number * 4;
        let link = Self {
            name: format!("faults{number}"),
            outside: format!("flt{number}a"),
            inside: format!("flt{number}b"),
            ours: Ipv4Addr::from_bits(base + 1),
            theirs: Ipv4Addr::from_bits(base + 2),
        };
        let Link {
            name,
            outside,
            inside,
            ours,
            theirs,
        } = &link;
        ip(&["netns", "add", name])?;
        ip(&[
            "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name,
        ])?;
        ip(&["addr", "add", &format!("{ours}/30"), "dev", outside])?;
        ip(&["link", "set", outside, "up"])?;
        let within = |words: &[&str]| ip(&[&["-n", name], words].concat());
        within(&["addr", "add", &format!("{theirs}/30"), "dev", inside])?;
        within(&["link", "set", inside, "up"])?;
        within(&["link", "set", "lo", "up"])?;
        Ok(link)
    }

    /// Where this machine is, from within and from outside.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.ours
    }

    /// The words before a command line that is to run within.
    #[must_use]
    pub fn within(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.name].map(str::to_owned).into()
    }

    /// A shell line that removes it, for who outlives this process.
    #[must_use]
    pub fn removal(&self) -> String {
        format!("ip netns del {}", self.name)
    }

    /// Loses packets from now on.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn cut(&self, cut: Cut) -> Result<(), RunError> {
        self.neighbour(cut, "replace", &["lladdr", NOBODY, "nud", "permanent"])
    }

    /// Loses none any more.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn mend(&self, cut: Cut) -> Result<(), RunError> {
        self.neighbour(cut, "del", &[])
    }

    fn neighbour(&self, cut: Cut, verb: &str, how: &[&str]) -> Result<(), RunError> {
        let (ours, theirs) = (self.ours.to_string(), self.theirs.to_string());
        let words = match cut {
            Cut::ToMasters => vec!["-n", &self.name, "neigh", verb, &ours, "dev", &self.inside],
            Cut::FromMasters => vec!["neigh", verb, &theirs, "dev", &self.outside],
        };
        ip(&[words.as_slice(), how].concat())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Who made it has nobody left to tell; the next run has another number.
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn ip(words: &[&str]) -> Result<(), RunError> {
    tools::run(Command::new("ip").args(words))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;
    use std::process::Stdio;
    use std::time::Duration;
    use testbed::{Check, until};

    /// Whether a connection from within gets an answer within a second.
    fn answered(link: &Link, port: u16) -> bool {
        let words = link.within();
        let (program, words) = words.split_first().unwrap();
        let script = format!("exec 3<>/dev/tcp/{}/{port} && read -r line <&3", link.address());
        Command::new(program)
            .args(words)
            .args(["timeout", "1", "bash", "-c", &script])
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn a_link_carries_bytes_until_it_is_cut_in_either_direction() {
        let link = Link::make().unwrap();
        let listener = TcpListener::bind((link.address(), 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Who has gone away is not answered.
                let _ = stream.and_then(|mut stream| stream.write_all(b"hello\n"));
            }
        });
        let answers = || {
            until("an answer", Duration::from_secs(10), || {
                Check::when(answered(&link, port), (), || "none".into())
            })
        };
        answers().unwrap();
        for cut in [Cut::ToMasters, Cut::FromMasters] {
            link.cut(cut).unwrap();
            assert!(!answered(&link, port), "{cut:?}");
            link.mend(cut).unwrap();
            answers().unwrap();
        }
    }
}
