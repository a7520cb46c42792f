//! Options of `docker run`, as a template names them, in the engine's terms.

use serde_json::{Value, json};

/// Adds one option to what a container is created with: `body` is the request's own part, `host` its `HostConfig`.
///
/// # Errors
/// What is wrong with the option, and the cure.
pub(crate) fn apply(key: &str, value: &str, body: &mut Value, host: &mut Value) -> Result<(), String> {
    let wrong = |cure: &str| format!("the Docker parameter {key} has the value `{value}`: enter {cure}");
    match key.trim().trim_start_matches('-') {
        "env" | "e" => {
            if !value.contains('=') {
                return Err(wrong("NAME=value"));
            }
            push(body, "Env", json!(value));
        }
        "label" | "l" => {
            let (name, text) = value.split_once('=').unwrap_or((value, ""));
            if name.starts_with("org.jenkinsci.mesos.local.") {
                return Err(wrong("a label of another name: this one is the plugin's own"));
            }
            body["Labels"][name] = json!(text);
        }
        "user" | "u" => body["User"] = json!(value),
        "workdir" | "w" => body["WorkingDir"] = json!(value),
        "hostname" | "h" => body["Hostname"] = json!(value),
        "domainname" => body["Domainname"] = json!(value),
        "entrypoint" => {
            body["Entrypoint"] = if value.is_empty() {
                json!([""])
            } else {
                json!([value])
            }
        }
        "stop-signal" => body["StopSignal"] = json!(value),
        "tty" | "t" => body["Tty"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?),
        "interactive" | "i" => body["OpenStdin"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?),
        "expose" => {
            let port = if value.contains('/') {
                value.to_owned()
            } else {
                format!("{value}/tcp")
            };
            body["ExposedPorts"][port] = json!({});
        }
        "publish" | "p" => {
            let parts: Vec<&str> = value.rsplitn(2, ':').collect();
            let inside = parts.first().copied().unwrap_or_default();
            let port = if inside.contains('/') {
                inside.to_owned()
            } else {
                format!("{inside}/tcp")
            };
            let (address, outside) = match parts.get(1).and_then(|rest| rest.rsplit_once(':')) {
                Some((address, outside)) => (address, outside),
                None => ("", parts.get(1).copied().unwrap_or_default()),
            };
            body["ExposedPorts"][&port] = json!({});
            host["PortBindings"][&port] = json!([{"HostIp": address, "HostPort": outside}]);
        }
        "mount" => {
            let mount =
                mount(value).ok_or_else(|| wrong("type=bind,source=/folder,target=/folder,readonly"))?;
            push(host, "Mounts", mount);
        }
        "mac-address" => body["MacAddress"] = json!(value),
        "network" | "net" => host["NetworkMode"] = json!(value),
        "volume" | "v" => push(host, "Binds", json!(value)),
        "volume-driver" => host["VolumeDriver"] = json!(value),
        "volumes-from" => push(host, "VolumesFrom", json!(value)),
        "tmpfs" => {
            let (path, options) = value.split_once(':').unwrap_or((value, ""));
            host["Tmpfs"][path] = json!(options);
        }
        "add-host" => push(host, "ExtraHosts", json!(value)),
        "dns" => push(host, "Dns", json!(value)),
        "dns-search" => push(host, "DnsSearch", json!(value)),
        "dns-option" | "dns-opt" => push(host, "DnsOptions", json!(value)),
        "link" => push(host, "Links", json!(value)),
        "group-add" => push(host, "GroupAdd", json!(value)),
        "cap-add" => push(host, "CapAdd", json!(value)),
        "cap-drop" => push(host, "CapDrop", json!(value)),
        "security-opt" => push(host, "SecurityOpt", json!(value)),
        "device" => {
            let mut parts = value.split(':');
            let outside = parts.next().unwrap_or_default();
            let inside = parts.next().unwrap_or(outside);
            let rights = parts.next().unwrap_or("rwm");
            let device =
                json!({"PathOnHost": outside, "PathInContainer": inside, "CgroupPermissions": rights});
            push(host, "Devices", device);
        }
        "ulimit" => {
            let (name, limits) = value
                .split_once('=')
                .ok_or_else(|| wrong("name=soft:hard, as in nofile=1024:2048"))?;
            let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
            let number = |text: &str| text.parse::<i64>().ok();
            let (soft, hard) = number(soft)
                .zip(number(hard))
                .ok_or_else(|| wrong("name=soft:hard, as in nofile=1024:2048"))?;
            push(host, "Ulimits", json!({"Name": name, "Soft": soft, "Hard": hard}));
        }
        "sysctl" => {
            let (name, text) = value.split_once('=').ok_or_else(|| wrong("name=value"))?;
            host["Sysctls"][name] = json!(text);
        }
        "storage-opt" => {
            let (name, text) = value.split_once('=').ok_or_else(|| wrong("name=value"))?;
            host["StorageOpt"][name] = json!(text);
        }
        "log-driver" => host["LogConfig"] = json!({"Type": value, "Config": {}}),
        "log-opt" => {
            let (name, text) = value.split_once('=').ok_or_else(|| wrong("name=value"))?;
            host["LogConfig"]["Config"][name] = json!(text);
        }
        "shm-size" => host["ShmSize"] = json!(bytes(value).ok_or_else(|| wrong("a size, as in 1g"))?),
        "memory" | "m" => host["Memory"] = json!(bytes(value).ok_or_else(|| wrong("a size, as in 1g"))?),
        "memory-reservation" => {
            host["MemoryReservation"] = json!(bytes(value).ok_or_else(|| wrong("a size, as in 1g"))?);
        }
        "memory-swap" => {
            let size = if value == "-1" { Some(-1) } else { bytes(value) };
            host["MemorySwap"] = json!(size.ok_or_else(|| wrong("a size, as in 1g, or -1"))?);
        }
        "memory-swappiness" => {
            host["MemorySwappiness"] = json!(number(value).ok_or_else(|| wrong("0 to 100"))?)
        }
        "cpus" => {
            let cpus = value
                .parse::<f64>()
                .ok()
                .filter(|cpus| cpus.is_finite() && (0.0..1e6).contains(cpus));
            let cpus = cpus.ok_or_else(|| wrong("a number of CPUs"))?;
            host["NanoCpus"] = json!((cpus * 1e9).round() as i64);
        }
        "cpu-shares" | "c" => host["CpuShares"] = json!(number(value).ok_or_else(|| wrong("a number"))?),
        "cpu-period" => host["CpuPeriod"] = json!(number(value).ok_or_else(|| wrong("microseconds"))?),
        "cpu-quota" => host["CpuQuota"] = json!(number(value).ok_or_else(|| wrong("microseconds"))?),
        "cpuset-cpus" => host["CpusetCpus"] = json!(value),
        "cpuset-mems" => host["CpusetMems"] = json!(value),
        "pids-limit" => host["PidsLimit"] = json!(number(value).ok_or_else(|| wrong("a number"))?),
        "blkio-weight" => host["BlkioWeight"] = json!(number(value).ok_or_else(|| wrong("10 to 1000"))?),
        "oom-score-adj" => host["OomScoreAdj"] = json!(number(value).ok_or_else(|| wrong("-1000 to 1000"))?),
        "oom-kill-disable" => {
            host["OomKillDisable"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?);
        }
        "init" => host["Init"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?),
        "privileged" => host["Privileged"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?),
        "read-only" => host["ReadonlyRootfs"] = json!(truth(value).ok_or_else(|| wrong("true or false"))?),
        "ipc" => host["IpcMode"] = json!(value),
        "pid" => host["PidMode"] = json!(value),
        "uts" => host["UTSMode"] = json!(value),
        "userns" => host["UsernsMode"] = json!(value),
        "cgroup-parent" => host["CgroupParent"] = json!(value),
        "runtime" => host["Runtime"] = json!(value),
        "isolation" => host["Isolation"] = json!(value),
        // These are the cloud's affair: it names, starts and removes the container.
        name @ ("name" | "rm" | "detach" | "d" | "restart" | "cidfile" | "pull" | "platform") => {
            return Err(format!(
                "the Docker parameter {name} cannot be used with the master `local`, which takes care of that itself: \
                 remove it from the template"
            ));
        }
        other => {
            return Err(format!(
                "the Docker parameter `{other}` is not known to the master `local`: remove it from the template, or \
                 use an option of docker run that concerns the container"
            ));
        }
    }
    Ok(())
}

/// As `docker run --mount` takes it, with its common keys.
fn mount(value: &str) -> Option<Value> {
    let mut mount = json!({"Type": "volume", "ReadOnly": false});
    for word in value.split(',') {
        let (key, text) = word.split_once('=').unwrap_or((word, "true"));
        match key.trim() {
            "type" => mount["Type"] = json!(text),
            "source" | "src" => mount["Source"] = json!(text),
            "target" | "destination" | "dst" => mount["Target"] = json!(text),
            "readonly" | "ro" => mount["ReadOnly"] = json!(truth(text)?),
            "bind-propagation" => mount["BindOptions"]["Propagation"] = json!(text),
            "volume-driver" => mount["VolumeOptions"]["DriverConfig"]["Name"] = json!(text),
            "volume-opt" => {
                let (name, option) = text.split_once('=')?;
                mount["VolumeOptions"]["DriverConfig"]["Options"][name] = json!(option);
            }
            "tmpfs-size" => mount["TmpfsOptions"]["SizeBytes"] = json!(bytes(text)?),
            "tmpfs-mode" => mount["TmpfsOptions"]["Mode"] = json!(i64::from_str_radix(text, 8).ok()?),
            _ => return None,
        }
    }
    mount["Target"].is_string().then_some(mount)
}

fn push(object: &mut Value, member: &str, value: Value) {
    match object.get_mut(member).and_then(Value::as_array_mut) {
        Some(list) => list.push(value),
        None => object[member] = json!([value]),
    }
}

fn truth(value: &str) -> Option<bool> {
    match value.trim() {
        "" | "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn number(value: &str) -> Option<i64> {
    value.trim().parse().ok()
}

/// `64m` and the like; without a unit these are bytes.
fn bytes(value: &str) -> Option<i64> {
    let text = value.trim().to_ascii_lowercase();
    let text = text.strip_suffix('b').unwrap_or(&text);
    let (digits, unit) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1024),
        (at, 'm') => (&text[..at], 1024 * 1024),
        (at, 'g') => (&text[..at], 1024 * 1024 * 1024),
        (at, 't') => (&text[..at], 1024_i64.pow(4)),
        _ => (text, 1),
    };
    digits
        .parse::<i64>()
        .ok()
        .filter(|size| *size >= 0)?
        .checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(parameters: &[(&str, &str)]) -> (Value, Value) {
        let (mut body, mut host) = (json!({"Labels": {}, "Env": ["A=1"]}), json!({}));
        for (key, value) in parameters {
            apply(key, value, &mut body, &mut host).unwrap();
        }
        (body, host)
    }

    #[test]
    fn options_of_docker_run_become_the_engine_s() {
        let (body, host) = applied(&[
            ("env", "B=2"),
            ("user", "1000"),
            ("shm-size", "64m"),
            ("ulimit", "nofile=10:20"),
            ("add-host", "jenkins:10.0.0.1"),
            ("init", "true"),
            ("cpus", "1.5"),
            ("volume", "/a:/b:ro"),
            ("group-add", "0"),
            ("label", "team=a"),
            ("tmpfs", "/tmp:size=1m"),
            ("device", "/dev/fuse"),
            ("publish", "127.0.0.1:8080:80"),
            ("mount", "type=bind,src=/a,dst=/b,readonly"),
        ]);
        assert_eq!(body["Env"], json!(["A=1", "B=2"]));
        assert_eq!(
            (&body["User"], &body["Labels"]["team"]),
            (&json!("1000"), &json!("a"))
        );
        assert_eq!(host["ShmSize"], json!(64 * 1024 * 1024));
        assert_eq!(
            host["Ulimits"],
            json!([{"Name": "nofile", "Soft": 10, "Hard": 20}])
        );
        assert_eq!(host["NanoCpus"], json!(1_500_000_000_i64));
        assert_eq!(
            (&host["Init"], &host["Binds"]),
            (&json!(true), &json!(["/a:/b:ro"]))
        );
        assert_eq!(host["Tmpfs"], json!({"/tmp": "size=1m"}));
        assert_eq!(
            host["PortBindings"],
            json!({"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]})
        );
        assert_eq!(
            host["Mounts"],
            json!([{"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": true}])
        );
        assert_eq!(host["Devices"][0]["PathInContainer"], "/dev/fuse");
    }

    #[test]
    fn what_cannot_be_is_told_with_the_cure() {
        let refused = |key: &str, value: &str| apply(key, value, &mut json!({}), &mut json!({})).unwrap_err();
        assert!(refused("restart", "always").contains("takes care of that itself"));
        assert!(refused("frobnicate", "1").contains("`frobnicate` is not known"));
        assert!(refused("shm-size", "big").contains("enter a size, as in 1g"));
        assert!(refused("ulimit", "nofile").contains("nofile=1024:2048"));
        assert!(refused("mount", "type=bind").contains("source=/folder"));
        assert!(refused("label", "org.jenkinsci.mesos.local.task=x").contains("the plugin's own"));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes("1g"), Some(1 << 30));
        assert_eq!(bytes("2KB"), Some(2048));
        assert_eq!(bytes("17"), Some(17));
        assert_eq!(bytes("g"), None);
        assert_eq!(bytes(""), None);
        assert_eq!(bytes("9999999999g"), None);
    }
}
