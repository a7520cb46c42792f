//! Users of this machine.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// Who a task runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) group: u32,
    pub(crate) home: String,
}

/// Whether this process may act as others.
pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The user that a task is to be another one's, if it is; only root can make it so.
///
/// # Errors
/// When there is no such user.
pub(crate) fn other(name: &str) -> Result<Option<User>, String> {
    if !is_root() || name.is_empty() || name == "root" {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    match find(name, &users) {
        Some(user) => Ok(Some(user)),
        None => Err(format!(
            "this machine has no user `{name}`: correct Slave username in the cloud, or add the user to /etc/passwd"
        )),
    }
}

fn find(name: &str, users: &str) -> Option<User> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, id, group, _, home, ..] = fields.as_slice() else {
            return None;
        };
        (*found == name).then(|| {
            Some(User {
                name: name.to_owned(),
                id: id.parse().ok()?,
                group: group.parse().ok()?,
                home: (*home).to_owned(),
            })
        })?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\njenkins:x:1000:1001:,,,:/var/lib/jenkins:/bin/bash\n";
        let user = find("jenkins", users).unwrap();
        assert_eq!(
            (user.id, user.group, user.home.as_str()),
            (1000, 1001, "/var/lib/jenkins")
        );
        assert_eq!(find("nobody", users), None);
    }
}
