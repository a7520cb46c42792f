//! Programs that outlive the JVM without holding its files.
//!
//! A JVM leaves its sockets open for children, and an agent that held the controller's port would keep the next controller
//! from starting. Java closes them for the programs that it starts itself; for ours, only code between fork and exec can do
//! so without racing with the JVM's other threads.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets the program start in a session of its own, and with none of this process's files but the standard three.
pub(crate) fn detached(command: &mut Command) {
    prepare(command, close_others);
}

#[expect(unsafe_code, reason = "code between fork and exec")]
fn prepare(command: &mut Command, close: fn(libc::c_int)) {
    let most = most_files();
    let prepare = move || {
        // A session and process group of its own, without a terminal.
        rustix::process::setsid().map_err(io::Error::from)?;
        close(most);
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec, where only what is async-signal-safe may be called and nothing may be
    // allocated: it makes system calls only, on numbers that were found before the fork.
    unsafe {
        command.pre_exec(prepare);
    }
}

/// The files are closed by exec, so that the pipe by which the parent hears of a failure works until then.
#[expect(unsafe_code, reason = "a system call that no crate has")]
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
    if done != 0 {
        close_one_by_one(most);
    }
}

/// For kernels before 5.11.
#[expect(unsafe_code, reason = "by number: the files are the JVM's")]
fn close_one_by_one(most: libc::c_int) {
    for file in 3..most {
        // SAFETY: the call changes only the flags of this process's own descriptors; a number that is no open file is
        // refused.
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::*;

    /// What a program sees of the listener of this process, which is left open for children as a JVM's is.
    fn sockets(prepare: impl FnOnce(&mut Command)) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        fcntl_setfd(&listener, FdFlags::empty()).unwrap();
        let mut command = Command::new("/bin/sh");
        // Then the numbers of its session and of itself.
        let line = "for f in /proc/self/fd/*; do readlink $f; done; cut -d' ' -f6 /proc/$$/stat; echo $$";
        command.args(["-c", line]);
        prepare(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_program_has_none_of_our_files_and_a_session_of_its_own() {
        assert!(sockets(|_| ()).contains("socket:"), "the listener is left open");
        let ways: [fn(&mut Command); 2] = [detached, |command| prepare(command, close_one_by_one)];
        for way in ways {
            let seen = sockets(way);
            assert!(!seen.contains("socket:"), "{seen}");
            let numbers: Vec<&str> = seen.lines().rev().take(2).collect();
            assert_eq!(numbers[0], numbers[1], "{seen}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let mut command = Command::new("/no/such/program");
        detached(&mut command);
        assert_eq!(command.spawn().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
