//! One line per step, with the time since the start.

use std::time::{Duration, Instant};

pub(crate) struct Progress {
    start: Instant,
    said: Instant,
    last: String,
}

impl Progress {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
            said: Instant::now(),
            last: String::new(),
        }
    }

    /// Prints a line.
    pub(crate) fn say(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        println!("[{:6.1} s] {text}", self.start.elapsed().as_secs_f32());
        text.clone_into(&mut self.last);
        self.said = Instant::now();
    }

    /// Prints a line unless it is the one that was printed last.
    pub(crate) fn say_if_new(&mut self, text: &str) {
        if self.last != text {
            self.say(text);
        }
    }

    /// Prints a line when nothing was printed for so long.
    pub(crate) fn say_after(&mut self, silence: Duration, text: &str) {
        if self.said.elapsed() >= silence {
            self.say(text);
        }
    }
}
