//! Starting a program that lives on when the controller ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets the program start in a session of its own, and with none of this process's files but the standard three: a JVM
/// leaves its sockets open for children, and an agent that held the controller's port would keep the next controller from
/// starting.
#[allow(unsafe_code)]
pub(crate) fn detached(command: &mut Command) {
    let most = most_files();
    let prepare = move || {
        // A session and process group of its own, without a terminal.
        rustix::process::setsid().map_err(io::Error::from)?;
        close_others(most);
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec, where only what is async-signal-safe may be called and nothing may be
    // allocated: it makes system calls only, on numbers that were found before the fork.
    unsafe {
        command.pre_exec(prepare);
    }
}

/// The files are closed by exec, so that the pipe by which the parent hears of a failure works until then.
#[allow(unsafe_code)]
fn close_others(most: libc::c_int) {
    const FIRST: libc::c_uint = 3;
    // SAFETY: the call takes three numbers and changes only the flags of this process's own descriptors.
    let done = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            FIRST,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if done == 0 {
        return;
    }
    // Kernels before 5.11.
    for file in 3..most {
        // SAFETY: as above; a number that is no open file is refused.
        unsafe {
            libc::fcntl(file, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}

/// The number beyond the highest of an open file.
fn most_files() -> libc::c_int {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit
        .and_then(|limit| libc::c_int::try_from(limit).ok())
        .unwrap_or(65_536)
        .min(1 << 20)
}
