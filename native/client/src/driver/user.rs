//! Who runs this process, and where.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The name of the user of this process, for a cloud that names none: the HTTP API of Mesos wants one.
pub(super) fn of_this_process() -> String {
    let id = fs::metadata("/proc/self").map(|metadata| metadata.uid()).ok();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    id.and_then(|id| name_of(id, &users))
        .or_else(|| std::env::var("USER").ok().filter(|name| !name.is_empty()))
        .or_else(|| id.map(|id| id.to_string()))
        .unwrap_or_else(|| "root".to_owned())
}

/// The name of this machine, or nothing where it has none.
pub(super) fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

fn name_of(id: u32, users: &str) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let user: u32 = fields.nth(1)?.parse().ok()?;
        (user == id && !name.is_empty()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "admin:x:0:0:,,,:/home/admin:/bin/sh\n\n# no user\njenkins:x:1000:1000:,,,:/var/lib/jenkins:/bin/bash\n";

    #[test]
    fn a_user_is_found_by_number() {
        assert_eq!(name_of(1000, USERS).as_deref(), Some("jenkins"));
        assert_eq!(name_of(0, USERS).as_deref(), Some("admin"));
        assert_eq!(name_of(7, USERS), None);
    }

    #[test]
    fn this_process_has_a_user() {
        assert!(!of_this_process().is_empty());
    }
}
