//! The framework's login comes from the credentials plugin, is used at once when it changes, and is nowhere else.

use std::fs;
use std::path::Path;

use testbed::seeds::CloudSeed;
use testbed::{Check, ClusterSpec, RunError};
use today::{Bed, SOON};

const SECRET: &str = "s3cret-of-the-framework";

/// Stores a credential of Jenkins itself, in place of one with the same id, and lets the cloud use it.
fn choose(bed: &Bed, principal: &str, secret: &str) -> Result<String, RunError> {
    bed.jenkins.groovy(&format!(
        "
        import com.cloudbees.plugins.credentials.*
        import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl
        def store = SystemCredentialsProvider.instance
        store.credentials.removeIf {{ it.id == 'login' }}
        store.credentials.add(new UsernamePasswordCredentialsImpl(
            CredentialsScope.SYSTEM, 'login', '', '{principal}', '{secret}'))
        store.save()
        def cloud = Jenkins.get().clouds[0]
        if (cloud.credentialsId == null) {{
          cloud.credentialsId = 'login'
          // registered also while nothing waits: the master tells the principal
          cloud.onDemandRegistration = false
          Jenkins.get().save()
        }}
        "
    ))
}

/// Waits until the framework that is connected has this principal.
fn await_principal(bed: &Bed, principal: &str) -> Result<(), RunError> {
    let seen = bed.jenkins.await_that(
        &format!("the framework of principal {principal}"),
        SOON,
        || match bed.cluster.frameworks("Jenkins Scheduler") {
            Ok(found)
                if found
                    .iter()
                    .any(|it| it["principal"] == principal && it["connected"] == true) =>
            {
                Check::Ready(())
            }
            other => Check::NotYet(format!("{other:?}")),
        },
    );
    bed.explain(seen)
}

/// The files under a folder that have these bytes, by their names.
fn files_with(folder: &Path, words: &str, found: &mut Vec<String>) -> usize {
    let mut looked = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            looked += files_with(&path, words, found);
        } else if let Ok(bytes) = fs::read(&path) {
            looked += 1;
            if bytes
                .windows(words.len())
                .any(|window| window == words.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    looked
}

#[test]
fn the_secret_of_the_framework_is_in_no_file_no_log_and_no_answer_of_mesos() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    choose(&bed, "jenkins", SECRET).unwrap();
    await_principal(&bed, "jenkins").unwrap();
    bed.build("one", "mesos", "true").unwrap();
    bed.success_of("one").unwrap();

    let state = bed.cluster.master_state().unwrap().to_string();
    assert!(state.contains("\"principal\":\"jenkins\""), "{state}");
    assert!(!state.contains(SECRET));
    assert!(!bed.jenkins.log().contains(SECRET));
    for name in ["master1", "agent1"] {
        assert!(!bed.cluster.log(name).unwrap().contains(SECRET), "{name}");
    }
    let mut found = Vec::new();
    let looked = files_with(&bed.jenkins.home(), SECRET, &mut found);
    assert!(looked > 50, "only {looked} files");
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_changed_credential_is_in_use_without_a_restart() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    choose(&bed, "jenkins", SECRET).unwrap();
    await_principal(&bed, "jenkins").unwrap();
    choose(&bed, "another", SECRET).unwrap();
    await_principal(&bed, "another").unwrap();
}
