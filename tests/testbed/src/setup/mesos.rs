use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian::{self, list};
use super::stamp::{Stamp, empty, file, write};
use crate::error::SetupError;
use crate::lock::FolderLock;
use crate::{paths, tools};

const LAUNCHER: &str = include_str!("../../mesos/launcher.cpp");
const STUBS: &str = include_str!("../../mesos/gen_stubs.py");
const EXECUTOR: &str = include_str!("../../mesos/mesos_executor.py");
const FETCHER: &str = include_str!("../../mesos/mesos_fetcher.py");
const ZOOKEEPER: &str = include_str!("../../mesos/zookeeper.xml");
const RECIPE: &str = include_str!("mesos.rs");

// The launcher knows sizes and offsets of just this build.
const LIBRARY_SHA256: &str = "84d7ee9af27e912636b139de40257df1ee4f56c201de6bba834278aa1e8fd64c";
const DEBIAN: [&str; 7] = [
    "libsvn1",
    "libapr1",
    "libaprutil1",
    "libutf8proc2",
    "libsasl2-2",
    "libsasl2-modules",
    "libsasl2-modules-db",
];

/// A runnable Mesos 1.11.0 and ZooKeeper 3.8.4: about 80 MB.
#[derive(Debug, Clone)]
pub struct MesosHome {
    folder: PathBuf,
}

impl MesosHome {
    /// The programs in `.testbed/mesos`, set up if they are not there (some 10 s, 33 MB of downloads). Safe when
    /// several processes call it at once.
    ///
    /// # Errors
    /// [`SetupError`]: what is missing and what to install, or which step failed.
    pub fn ensure() -> Result<Self, SetupError> {
        let folder = paths::home().join("mesos");
        let _lock = FolderLock::take(&folder)?;
        let stamp = Stamp::of(&[
            LAUNCHER.as_bytes(),
            STUBS.as_bytes(),
            EXECUTOR.as_bytes(),
            FETCHER.as_bytes(),
            ZOOKEEPER.as_bytes(),
            RECIPE.as_bytes(),
        ]);
        let home = Self {
            folder: folder.join("home"),
        };
        if stamp.is_on(&home.folder) {
            return Ok(home);
        }
        if !(cfg!(target_os = "linux") && cfg!(target_arch = "x86_64")) {
            return Err(SetupError::Missing {
                what: "a Mesos for this platform".into(),
                cure: "use Linux on x86_64".into(),
            });
        }
        tools::ensure(&[tools::GXX, tools::BINUTILS, tools::PIP, tools::MAVEN, tools::JDK])?;
        let scratch = folder.join("scratch");
        empty(&home.folder)?;
        empty(&scratch)?;
        for name in ["bin", "lib", "zookeeper"] {
            let path = home.folder.join(name);
            fs::create_dir(&path).map_err(file("creating", &path))?;
        }
        home.library(&scratch)?;
        home.debian(&scratch)?;
        home.launcher(&scratch)?;
        home.helpers()?;
        home.zookeeper_jars(&scratch)?;
        for daemon in ["mesos-master", "mesos-agent"] {
            tools::run(Command::new(home.program(daemon)).arg("--help"))?;
        }
        fs::remove_dir_all(&scratch).map_err(file("removing", &scratch))?;
        stamp.put_on(&home.folder)?;
        Ok(home)
    }

    /// A program, such as `mesos-master`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The folder of the agent's helpers (`--launcher_dir`).
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// The folder of the SASL modules.
    #[must_use]
    pub fn sasl(&self) -> PathBuf {
        self.folder.join("lib/sasl2")
    }

    /// ZooKeeper's class path.
    #[must_use]
    pub fn zookeeper_classes(&self) -> String {
        format!("{}/*", self.folder.join("zookeeper").display())
    }

    /// libmesos: all of it is linked into the scheduler bindings' library.
    fn library(&self, scratch: &Path) -> Result<(), SetupError> {
        // The release is a tarball without a recipe, which pip downloads and unpacks but then refuses; --no-clean
        // leaves it where it was unpacked.
        let download = tools::run(
            Command::new("python3")
                .args([
                    "-m",
                    "pip",
                    "download",
                    "-q",
                    "--no-clean",
                    "--no-deps",
                    "--no-build-isolation",
                    "-d",
                ])
                .arg(scratch)
                .arg("mesos-scheduler===1.11.0.linux-x86_64")
                .env("TMPDIR", scratch),
        );
        let Some(library) = find(scratch, "_scheduler.so") else {
            return Err(download.err().unwrap_or_else(|| SetupError::Unexpected {
                what: "the package mesos-scheduler 1.11.0".into(),
                problem: "it holds no _scheduler.so".into(),
            }));
        };
        let sum = tools::run(Command::new("sha256sum").arg(&library))?;
        if !sum.starts_with(LIBRARY_SHA256) {
            return Err(SetupError::Unexpected {
                what: "the library of mesos-scheduler 1.11.0".into(),
                problem: format!("its SHA-256 is {}", sum.split(' ').next().unwrap_or_default()),
            });
        }
        let stubs = scratch.join("gen_stubs.py");
        write(&stubs, STUBS.as_bytes())?;
        tools::run(Command::new("python3").arg(stubs).arg(&library).arg(scratch))?;
        tools::run(
            Command::new("strip")
                .arg("-o")
                .arg(self.folder.join("lib/libmesos.so"))
                .arg(library),
        )?;
        Ok(())
    }

    /// The Debian libraries that libmesos wants: unpacked here, not installed.
    fn debian(&self, scratch: &Path) -> Result<(), SetupError> {
        let root = scratch.join("root");
        debian::unpack(&DEBIAN, scratch, &root)?;
        let lib = root.join("usr/lib/x86_64-linux-gnu");
        let wanted = [
            "libsvn_delta-",
            "libsvn_subr-",
            "libapr-",
            "libaprutil-",
            "libutf8proc.",
            "libsasl2.",
        ];
        let mut copy = Command::new("cp");
        copy.arg("-rP").arg(lib.join("sasl2"));
        for path in list(&lib)? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.contains(".so") && wanted.iter().any(|prefix| name.starts_with(prefix)) {
                copy.arg(path);
            }
        }
        tools::run(copy.arg(self.folder.join("lib")))?;
        Ok(())
    }

    fn launcher(&self, scratch: &Path) -> Result<(), SetupError> {
        let lib = self.folder.join("lib");
        for (name, source, map) in [
            ("libssl.so.1.0.0", "ssl10.c", Some("ssl10.map")),
            ("libcrypto.so.1.0.0", "ssl10.c", Some("ssl10.map")),
            ("libcurl.so.4", "curl.c", Some("curl.map")),
            ("libmesos-python-stub.so", "python.c", None),
        ] {
            let mut compile = Command::new("cc");
            compile
                .args(["-O1", "-w", "-shared", "-fPIC"])
                .arg(format!("-Wl,-soname,{name}"));
            if let Some(map) = map {
                compile.arg(format!("-Wl,--version-script={}", scratch.join(map).display()));
            }
            tools::run(compile.arg("-o").arg(lib.join(name)).arg(scratch.join(source)))?;
        }
        let source = scratch.join("launcher.cpp");
        write(&source, LAUNCHER.as_bytes())?;
        let mut compile = Command::new("g++");
        compile
            .args(["-std=c++11", "-O1", "-Wall", "-Wno-unused", "-o"])
            .arg(self.program("mesosd"));
        compile.arg(source).arg(format!("-L{}", lib.display()));
        // RPATH rather than RUNPATH: it must hold for what libmesos needs, too.
        compile.args(["-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib", "-Wl,-z,lazy"]);
        compile.args(["-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed"]);
        tools::run(compile.args(["-l:libmesos-python-stub.so", "-l:libmesos.so"]))?;
        for name in ["mesos-master", "mesos-agent", "mesos-containerizer"] {
            link("mesosd", &self.program(name))?;
        }
        Ok(())
    }

    fn helpers(&self) -> Result<(), SetupError> {
        // An absolute interpreter: tasks get an environment of their own.
        let python = match Path::new("/usr/bin/python3") {
            system if system.is_file() => system.display().to_string(),
            _ => tools::run(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))?,
        };
        for (name, script) in [("mesos-executor", EXECUTOR), ("mesos-fetcher", FETCHER)] {
            let path = self.program(name);
            write(&path, format!("#!{} -ISu\n{script}", python.trim()).as_bytes())?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(file("marking", &path))?;
        }
        link("mesos-executor", &self.program("mesos-default-executor"))?;
        link("mesos-executor", &self.program("mesos-docker-executor"))
    }

    fn zookeeper_jars(&self, scratch: &Path) -> Result<(), SetupError> {
        let pom = scratch.join("zookeeper.xml");
        write(&pom, ZOOKEEPER.as_bytes())?;
        let output = format!("-DoutputDirectory={}", self.folder.join("zookeeper").display());
        tools::run(tools::maven(&pom).arg("dependency:copy-dependencies").arg(output))?;
        Ok(())
    }
}

fn link(target: &str, path: &Path) -> Result<(), SetupError> {
    symlink(target, path).map_err(file("linking", path))
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir() && !path.is_symlink());
    let found = files
        .into_iter()
        .find(|path| path.file_name() == Some(OsStr::new(name)));
    found.or_else(|| folders.iter().find_map(|inner| find(inner, name)))
}
