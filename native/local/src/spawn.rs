//! Starting a program that lives on when the controller ends.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Prepares a program for a life of its own: with a process group whose number is its own, and with none of this process's
/// files but the standard three. Whoever knows which files this process leaves open for children gives it.
pub type Detach = fn(&mut Command);

/// Gives the program a process group of its own. That is enough where all files close on exec, as those do that a Rust
/// program opens; it is not in a JVM, whose sockets stay open: an agent that held the controller's port would keep the next
/// controller from starting.
pub fn own_group(command: &mut Command) {
    command.process_group(0);
}
