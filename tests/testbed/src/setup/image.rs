//! The root file system of the images: Java 17, busybox, and the C library of this machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stamp::{file, write};
use crate::error::SetupError;
use crate::tools;

const ENTRYPOINT: &str = include_str!("../../docker/entrypoint.sh");
/// Steps of Pipelines start their shell with it, and not every busybox has one.
const NOHUP: &str = "#!/bin/sh\ntrap '' HUP\nexec \"$@\"\n";
const RECIPE: &str = include_str!("image.rs");
/// What the archive depends on.
pub(super) const INPUTS: [&str; 2] = [ENTRYPOINT, RECIPE];

/// What Jenkins's plugins may ask for on an agent; without a desktop's libraries, and without fonts.
const MODULES: &str = "java.se,jdk.charsets,jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.naming.dns,jdk.net,\
                       jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.xml.dom,jdk.zipfs";
/// Libraries of Java that want others, which the image has not.
const LEFT_OUT: [&str; 7] = [
    "awt_xawt",
    "jawt",
    "splashscreen",
    "fontmanager",
    "jsound",
    "javajpeg",
    "lcms",
];
/// Parts of the C library that programs load while they run.
const LOADED_LATER: [&str; 6] = [
    "libresolv.so.2",
    "libnss_files.so.2",
    "libnss_dns.so.2",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
];
const LIBRARIES: &str = "lib/x86_64-linux-gnu";
const FOLDERS: [&str; 15] = [
    "bin",
    "dev",
    "etc",
    "home/jenkins",
    "lib64",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr/local/bin",
    "usr/sbin",
    "var/run",
];

/// Builds the archive in `scratch` and moves it to its place.
///
/// # Errors
/// [`SetupError`]: what is missing, or which step failed.
pub(super) fn build(busybox: &Path, scratch: &Path, archive: &Path) -> Result<(), SetupError> {
    let root = scratch.join("image");
    for folder in FOLDERS.iter().chain(&[LIBRARIES, "usr/bin"]) {
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(file("creating", &path))?;
    }
    java(&root)?;
    libraries(&root)?;
    commands(busybox, &root)?;
    accounts(&root)?;
    program(&root.join("usr/local/bin/entrypoint"), ENTRYPOINT)?;
    mode(&root.join("tmp"), 0o1777)?;
    // The same bytes for the same files, so that the engine knows the layer again.
    let new = scratch.join("rootfs.tar");
    let tar = |words: &[&str], owner: &str| {
        let mut command = Command::new("tar");
        command
            .arg("-C")
            .arg(&root)
            .args(["--sort=name", "--mtime=@0", "--numeric-owner"])
            .args([format!("--owner={owner}"), format!("--group={owner}")])
            .args(&words[..words.len() - 1])
            .arg("-f")
            .arg(&new)
            .arg(words[words.len() - 1]);
        tools::run(&mut command)
    };
    tar(&["--exclude=./home/jenkins", "-c", "."], "0")?;
    tar(&["-r", "./home/jenkins"], "1000")?;
    fs::rename(&new, archive).map_err(file("moving", &new))
}

fn java(root: &Path) -> Result<(), SetupError> {
    let jdk = tools::java_17()?;
    let jdk = fs::canonicalize(&jdk).map_err(file("finding", &jdk))?;
    let jlink = jdk.with_file_name("jlink");
    let target = root.join("opt/java");
    tools::run(
        Command::new(jlink)
            .arg("--output")
            .arg(&target)
            .args([
                "--compress=2",
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
            ])
            .args(["--add-modules", MODULES]),
    )?;
    for name in LEFT_OUT {
        let path = target.join(format!("lib/lib{name}.so"));
        if path.exists() {
            fs::remove_file(&path).map_err(file("removing", &path))?;
        }
    }
    let link = root.join("usr/bin/java");
    symlink("/opt/java/bin/java", &link).map_err(file("linking", &link))
}

/// The libraries that Java is linked with, and those that it loads.
fn libraries(root: &Path) -> Result<(), SetupError> {
    let own = root.join("opt/java");
    let mut users = vec![own.join("bin/java")];
    objects(&own.join("lib"), &mut users)?;
    // It fails where one of the files is none for it, and tells of the others all the same.
    let output = Command::new("ldd")
        .args(&users)
        .output()
        .map_err(file("asking ldd about", &own))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut wanted: BTreeSet<PathBuf> = text.lines().filter_map(needed).collect();
    wanted.extend(
        LOADED_LATER
            .iter()
            .map(|name| Path::new("/").join(LIBRARIES).join(name)),
    );
    for path in wanted.iter().filter(|path| !path.starts_with(root)) {
        let name = path.file_name().unwrap_or_default();
        let folder = match name.to_string_lossy().starts_with("ld-linux") {
            true => "lib64",
            false => LIBRARIES,
        };
        fs::copy(path, root.join(folder).join(name)).map_err(file("copying", path))?;
    }
    Ok(())
}

/// The path in a line of `ldd`: `name => /path (address)`, or `/path (address)` for the loader.
fn needed(line: &str) -> Option<PathBuf> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [_, "=>", path, ..] if path.starts_with('/') => Some(path.into()),
        [path, address] if path.contains("/ld-linux") && address.starts_with('(') => Some(path.into()),
        _ => None,
    }
}

fn objects(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), SetupError> {
    for entry in fs::read_dir(folder).map_err(file("reading", folder))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            objects(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "so") {
            found.push(path);
        }
    }
    Ok(())
}

fn commands(busybox: &Path, root: &Path) -> Result<(), SetupError> {
    let copy = root.join("bin/busybox");
    fs::copy(busybox, &copy).map_err(file("copying", busybox))?;
    let names = tools::run(Command::new(busybox).arg("--list-full"))?;
    for name in names.lines() {
        let link = root.join(name);
        if link.symlink_metadata().is_err() {
            symlink("/bin/busybox", &link).map_err(file("linking", &link))?;
        }
    }
    let nohup = root.join("usr/bin/nohup");
    match nohup.symlink_metadata() {
        Ok(_) => Ok(()),
        Err(_) => program(&nohup, NOHUP),
    }
}

fn program(path: &Path, text: &str) -> Result<(), SetupError> {
    write(path, text.as_bytes())?;
    mode(path, 0o755)
}

fn accounts(root: &Path) -> Result<(), SetupError> {
    let users = "root:x:0:0:root:/root:/bin/sh\njenkins:x:1000:1000::/home/jenkins:/bin/sh\n\
                 nobody:x:65534:65534::/:/bin/false\n";
    let groups = "root:x:0:\njenkins:x:1000:\nnogroup:x:65534:\n";
    for (name, text) in [
        ("passwd", users),
        ("group", groups),
        ("nsswitch.conf", "hosts: files dns\n"),
    ] {
        write(&root.join("etc").join(name), text.as_bytes())?;
    }
    Ok(())
}

fn mode(path: &Path, mode: u32) -> Result<(), SetupError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(file("marking", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_the_words_of_ldd() {
        let text = "/opt/java/bin/java:\n\tlinux-vdso.so.1 (0x00007ffd)\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                    \tlibjvm.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let found: Vec<PathBuf> = text.lines().filter_map(needed).collect();
        let expected: [PathBuf; 2] = [
            "/lib/x86_64-linux-gnu/libc.so.6".into(),
            "/lib64/ld-linux-x86-64.so.2".into(),
        ];
        assert_eq!(found, expected);
    }
}
