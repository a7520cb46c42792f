use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The JDKs in `/usr/lib/jvm` from version 17 on: one folder for each version.
#[must_use]
pub fn jdks() -> BTreeMap<u32, PathBuf> {
    let entries = fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter_map(|folder| {
            let release = fs::read_to_string(folder.join("release")).ok()?;
            let version = version(&release).filter(|version| *version >= 17)?;
            folder.join("bin/java").is_file().then_some((version, folder))
        })
        .collect()
}

/// Reads `JAVA_VERSION="17.0.1"` in a JDK's file `release`.
fn version(release: &str) -> Option<u32> {
    let line = release
        .lines()
        .find_map(|line| line.strip_prefix("JAVA_VERSION=\""))?;
    let digits: String = line.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_first_number_is_the_version() {
        assert_eq!(version("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.13\"\n"), Some(17));
        assert_eq!(version("JAVA_VERSION=\"25\"\n"), Some(25));
        assert_eq!(version("JAVA_VERSION=\"1.8.0_402\"\n"), Some(1));
        assert_eq!(version(""), None);
    }
}
