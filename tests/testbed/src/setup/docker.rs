use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::stamp::{Stamp, empty, file, write};
use super::{debian, image};
use crate::error::SetupError;
use crate::lock::FolderLock;
use crate::{paths, tools};

const RUNC: &str = include_str!("../../docker/runc.sh");
const WRAPPED: &str = include_str!("../../docker/wrapped.sh");
const RECIPE: &str = include_str!("docker.rs");

const DEBIAN: [&str; 17] = [
    "docker.io",
    "containerd",
    "runc",
    "tini",
    "docker-registry",
    "gosu",
    "busybox-static",
    "iptables",
    "libip4tc2",
    "libip6tc2",
    "libmnl0",
    "libnfnetlink0",
    "libnetfilter-conntrack3",
    "libnftnl11",
    "libxtables12",
    "libdevmapper1.02.1",
    "libseccomp2",
];
/// Programs that need no libraries beside those of any system.
const PLAIN: [(&str, &str); 8] = [
    ("docker", "usr/bin/docker"),
    ("containerd", "usr/bin/containerd"),
    ("containerd-shim-runc-v2", "usr/bin/containerd-shim-runc-v2"),
    ("docker-init", "usr/bin/docker-init"),
    ("docker-proxy", "usr/sbin/docker-proxy"),
    ("docker-registry", "usr/bin/docker-registry"),
    ("gosu", "usr/sbin/gosu"),
    ("busybox", "bin/busybox"),
];
/// Programs whose libraries are among the unpacked ones.
const WITH_LIBRARIES: [(&str, &str); 4] = [
    ("dockerd", "usr/sbin/dockerd"),
    ("runc-unpacked", "usr/sbin/runc"),
    ("iptables", "usr/sbin/iptables-nft"),
    ("ip6tables", "usr/sbin/ip6tables-nft"),
];

/// A runnable Docker engine 20.10 with a registry, and the root file system of images with Java 17: about 270 MB.
#[derive(Debug, Clone)]
pub struct DockerHome {
    folder: PathBuf,
}

impl DockerHome {
    /// The programs in `.testbed/docker`, set up if they are not there (some 15 s, 72 MB of downloads). Safe when several
    /// processes call it at once. Nothing is installed.
    ///
    /// # Errors
    /// [`SetupError`]: what is missing and what to install, or which step failed.
    pub fn ensure() -> Result<Self, SetupError> {
        let folder = paths::home().join("docker");
        let _lock = FolderLock::take(&folder)?;
        let mut inputs = vec![RUNC.as_bytes(), WRAPPED.as_bytes(), RECIPE.as_bytes()];
        inputs.extend(image::INPUTS.map(str::as_bytes));
        let stamp = Stamp::of(&inputs);
        let home = Self {
            folder: folder.join("home"),
        };
        if stamp.is_on(&home.folder) {
            return Ok(home);
        }
        if !(cfg!(target_os = "linux") && cfg!(target_arch = "x86_64")) {
            return Err(SetupError::Missing {
                what: "a Docker engine for this platform".into(),
                cure: "use Linux on x86_64".into(),
            });
        }
        tools::ensure(&[tools::IP, tools::JDK])?;
        let scratch = folder.join("scratch");
        empty(&home.folder)?;
        empty(&scratch)?;
        let programs = home.programs();
        fs::create_dir(&programs).map_err(file("creating", &programs))?;
        debian::unpack(&DEBIAN, &scratch, &home.folder.join("root"))?;
        home.link_programs()?;
        tools::run(Command::new(home.program("dockerd")).arg("--version"))?;
        image::build(&home.program("busybox"), &scratch, &home.root_file_system())?;
        fs::remove_dir_all(&scratch).map_err(file("removing", &scratch))?;
        stamp.put_on(&home.folder)?;
        Ok(home)
    }

    /// A program, such as `docker`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }

    /// The folder of the programs.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// The archive from which the images are made.
    #[must_use]
    pub fn root_file_system(&self) -> PathBuf {
        self.folder.join("rootfs.tar")
    }

    fn link_programs(&self) -> Result<(), SetupError> {
        let share = self.folder.join("root/usr/share");
        fs::remove_dir_all(&share).map_err(file("removing", &share))?;
        for (name, path) in PLAIN {
            let link = self.program(name);
            symlink(Path::new("../root").join(path), &link).map_err(file("linking", &link))?;
        }
        for (name, path) in WITH_LIBRARIES {
            self.script(name, &WRAPPED.replace("PROGRAM", path))?;
        }
        self.script("runc", RUNC)
    }

    fn script(&self, name: &str, text: &str) -> Result<(), SetupError> {
        let path = self.program(name);
        write(&path, text.as_bytes())?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(file("marking", &path))
    }
}
