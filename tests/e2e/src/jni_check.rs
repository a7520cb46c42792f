/// What `-Xcheck:jni` has against our library, in the log of a JVM: each complaint with the Java frames below it.
///
/// The JVM complains of its own libraries, too; ours is known by the class of its natives, or by its name.
#[must_use]
pub fn complaints(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut within = false;
    for line in log.lines() {
        let starts = line.starts_with("WARNING in native method")
            || line.starts_with("FATAL ERROR in native method")
            || line.starts_with("WARNING: JNI")
            || line.starts_with("# A fatal error has been detected");
        let frame = line.starts_with("\tat ") || line.starts_with("\t- ") || line.starts_with('#');
        if starts {
            found.push(line.to_owned());
        } else if within
            && frame
            && let Some(complaint) = found.last_mut()
        {
            complaint.push('\n');
            complaint.push_str(line);
        }
        within = starts || (within && frame);
    }
    found.retain(|complaint| is_ours(complaint));
    found
}

fn is_ours(complaint: &str) -> bool {
    let loading = complaint.contains("NativeLibraries.load(") && complaint.contains("plugins.mesos.Native");
    complaint.starts_with('#')
        || loading
        || complaint.contains("plugins.mesos.NativeBridge")
        || complaint.contains("mesos_jenkins")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "INFO: up\n\
        WARNING in native method: JNI call made without checking exceptions when required to from CallObjectMethodV\n\
        \tat org.jenkinsci.plugins.mesos.NativeBridge.poll(Native Method)\n\
        \tat org.jenkinsci.plugins.mesos.MesosFramework.pollUntilClosed(MesosFramework.java:1)\n\
        INFO: down\n";

    #[test]
    fn a_complaint_about_our_natives_is_found_with_its_frames() {
        let found = complaints(OURS);
        assert_eq!(found.len(), 1);
        assert!(found[0].ends_with("(MesosFramework.java:1)"), "{found:?}");
    }

    #[test]
    fn a_complaint_about_others_is_not() {
        let others = OURS.replace(
            "org.jenkinsci.plugins.mesos.NativeBridge",
            "java.util.zip.Inflater",
        );
        assert!(complaints(&others.replace("plugins.mesos", "x")).is_empty());
    }

    /// What the host's own JNA makes the JVM say each time, with a lock within the frames.
    const LOADING: &str = "WARNING in native method: JNI call made without checking exceptions\n\
        \tat jdk.internal.loader.NativeLibraries.load(java.base@17/Native Method)\n\
        \t- locked <0x00000000e046dce8> (a java.util.HashSet)\n\
        \tat java.lang.System.load(java.base@17/System.java:1970)\n\
        \tat com.sun.jna.Native.loadNativeLibrary(Native.java:680)\n";

    #[test]
    fn a_complaint_while_a_library_is_loaded_is_ours_when_we_load_it() {
        assert!(complaints(LOADING).is_empty());
        let ours = LOADING.replace(
            "com.sun.jna.Native.",
            "org.jenkinsci.plugins.mesos.NativeLibrary.",
        );
        assert_eq!(complaints(&ours).len(), 1);
    }

    #[test]
    fn a_crash_of_the_jvm_is_found() {
        let crash = "# A fatal error has been detected by the Java Runtime Environment:\n#  SIGSEGV (0xb)\n";
        assert_eq!(complaints(crash).len(), 1);
    }

    #[test]
    fn a_log_entry_of_java_is_no_complaint() {
        assert!(complaints("WARNING: cannot remove the node mesos_jenkins\n\tat NativeBridge\n").is_empty());
    }
}
