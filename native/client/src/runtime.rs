//! The thread that all clouds share.

use std::time::Duration;
use std::{fmt, io};

use mesos_core::Config;
use mesos_local::{Detach, own_group};
use tokio::runtime::Builder;

use crate::pace::Pace;
use crate::probe::{self, Report};

/// One is enough for the traffic of many masters: all work is short, and the disk has threads of its own. With several, each
/// event would wake more than one of them.
const WORKERS: usize = 1;

/// One worker thread, `mesos-native`. It is no thread of the JVM and never calls into it. Under load it does what has
/// gathered within 5 ms in one go.
pub struct Runtime {
    threads: tokio::runtime::Runtime,
    detach: Detach,
}

impl Runtime {
    /// Starts the thread. Processes of the master `local` get a group of their own ([`own_group`]), and nothing else is done
    /// to them.
    ///
    /// # Errors
    /// When the system gives no thread or no epoll.
    pub fn new() -> io::Result<Self> {
        let pace = Pace::new();
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("mesos-native")
            .on_thread_park(move || pace.rest())
            .enable_all()
            .build()
            .map(|threads| Self {
                threads,
                detach: own_group,
            })
    }

    /// Starts the processes of the master `local` in this way. A host that leaves files open for its children, as a JVM does,
    /// needs one that closes them.
    #[must_use]
    pub fn detaching(self, detach: Detach) -> Self {
        Self { detach, ..self }
    }

    /// Test Connection: looks for the master and asks it for its version and its agents, within 10 s.
    ///
    /// Blocks; not for use on the runtime's own thread.
    pub fn test_connection(&self, config: &Config) -> Report {
        self.threads.block_on(probe::test_connection(config))
    }

    /// Ends the thread; what it does after `patience` is given up. Close the clouds before.
    pub fn shutdown(self, patience: Duration) {
        self.threads.shutdown_timeout(patience);
    }

    #[cfg(test)]
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.threads.block_on(future)
    }

    pub(crate) fn handle(&self) -> tokio::runtime::Handle {
        self.threads.handle().clone()
    }

    pub(crate) fn detach(&self) -> Detach {
        self.detach
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        // Whoever spawns hears of the end by other ways.
        drop(self.threads.spawn(future));
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}
