//! A folder as a tar, as the Docker engine takes files for a container.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const BLOCK: usize = 512;
/// The longest name that fits into a header.
const LONGEST_NAME: usize = 100;

/// What is in `folder`, to be unpacked at `at` (without a slash at its begin or end). Whoever runs the container may write
/// there.
///
/// # Errors
/// When something cannot be read.
pub(crate) fn pack(folder: &Path, at: &str) -> io::Result<Vec<u8>> {
    let mut tar = Vec::new();
    entry(&mut tar, &format!("{at}/"), 0o777, b'5', &[]);
    add(&mut tar, folder, at)?;
    tar.resize(tar.len() + 2 * BLOCK, 0);
    Ok(tar)
}

fn add(tar: &mut Vec<u8>, folder: &Path, at: &str) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for found in entries {
        let name = format!("{at}/{}", found.file_name().to_string_lossy());
        let metadata = fs::symlink_metadata(found.path())?;
        if metadata.is_dir() {
            entry(tar, &format!("{name}/"), 0o777, b'5', &[]);
            add(tar, &found.path(), &name)?;
        } else if metadata.is_symlink() {
            let target = fs::read_link(found.path())?;
            link(tar, &name, &target.to_string_lossy());
        } else if metadata.is_file() {
            // Readable for whatever user the image has.
            let mode = match metadata.permissions().mode() & 0o100 {
                0 => 0o644,
                _ => 0o755,
            };
            entry(tar, &name, mode, b'0', &fs::read(found.path())?);
        }
    }
    Ok(())
}

fn entry(tar: &mut Vec<u8>, name: &str, mode: u32, kind: u8, content: &[u8]) {
    long(tar, name, b'L');
    header(tar, name, "", mode, kind, content.len());
    body(tar, content);
}

fn link(tar: &mut Vec<u8>, name: &str, target: &str) {
    long(tar, name, b'L');
    long(tar, target, b'K');
    header(tar, name, target, 0o777, b'2', 0);
}

/// GNU's way to tell a name that does not fit into a header.
fn long(tar: &mut Vec<u8>, name: &str, kind: u8) {
    if name.len() >= LONGEST_NAME {
        header(tar, "././@LongLink", "", 0o644, kind, name.len() + 1);
        let mut content = name.as_bytes().to_vec();
        content.push(0);
        body(tar, &content);
    }
}

fn body(tar: &mut Vec<u8>, content: &[u8]) {
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

fn header(tar: &mut Vec<u8>, name: &str, target: &str, mode: u32, kind: u8, size: usize) {
    let mut block = [0_u8; BLOCK];
    let mut put = |at: usize, length: usize, text: &[u8]| {
        let length = text.len().min(length);
        if let (Some(to), Some(from)) = (block.get_mut(at..at + length), text.get(..length)) {
            to.copy_from_slice(from);
        }
    };
    put(0, LONGEST_NAME, name.as_bytes());
    put(100, 8, format!("{mode:07o}").as_bytes());
    put(108, 8, b"0000000");
    put(116, 8, b"0000000");
    put(124, 12, format!("{size:011o}").as_bytes());
    put(136, 12, b"00000000000");
    // The sum is made with blanks in its own place.
    put(148, 8, b"        ");
    put(156, 1, &[kind]);
    put(157, LONGEST_NAME, target.as_bytes());
    put(257, 8, b"ustar  \0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let text = format!("{sum:06o}\0 ");
    if let Some(to) = block.get_mut(148..156) {
        to.copy_from_slice(text.as_bytes());
    }
    tar.extend_from_slice(&block);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn tar_unpacks_what_was_packed() {
        let folder = std::env::temp_dir().join(format!("mesos-local-tar-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        let deep = from.join("a".repeat(60)).join("b".repeat(60));
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(from.join("run.sh"), "x".repeat(1000)).unwrap();
        fs::set_permissions(from.join("run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(deep.join("c"), "").unwrap();
        std::os::unix::fs::symlink("run.sh", from.join("link")).unwrap();

        let tar = pack(&from, "mnt/sandbox").unwrap();
        let mut child = Command::new("tar")
            .args(["-xpf", "-", "-C"])
            .arg(&to)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&tar).unwrap();
        assert!(child.wait().unwrap().success());

        let at = to.join("mnt/sandbox");
        assert_eq!(fs::metadata(&at).unwrap().permissions().mode() & 0o777, 0o777);
        assert_eq!(fs::read_to_string(at.join("link")).unwrap().len(), 1000);
        assert_eq!(
            fs::metadata(at.join("run.sh")).unwrap().permissions().mode() & 0o777,
            0o755
        );
        assert!(at.join("a".repeat(60)).join("b".repeat(60)).join("c").is_file());
        fs::remove_dir_all(&folder).unwrap();
    }
}
