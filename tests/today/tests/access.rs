//! Who may do what.

use testbed::jenkins::READER;
use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{ClusterSpec, Jenkins, RunError};
use today::Bed;

/// The administrator may do everything, everybody else may look.
const LOOKING_ONLY: &str = "
import hudson.security.*
class Looking extends AuthorizationStrategy {
  ACL getRootACL() {
    ACL.lambda2 { who, what -> who.name == 'admin' || what == Jenkins.READ || what == hudson.model.Item.READ }
  }
  Collection<String> getGroups() { [] }
}
Jenkins.get().authorizationStrategy = new Looking()
";

/// Each web method of our descriptors as a path, and whether it is for POST only.
const METHODS: &str = "
import org.kohsuke.stapler.interceptor.RequirePOST
import org.kohsuke.stapler.verb.POST
def ours = Jenkins.get().getExtensionList(hudson.model.Descriptor).findAll {
  it.class.name.startsWith('org.jenkinsci.plugins.mesos.')
}
ours.each { descriptor ->
  descriptor.class.methods.findAll {
    it.declaringClass.name.startsWith('org.jenkinsci.plugins.mesos.') && it.name ==~ /do[A-Z].*/ && !it.bridge
  }.each {
    def posted = it.isAnnotationPresent(RequirePOST) || it.isAnnotationPresent(POST)
    def word = it.name.substring(2)
    println descriptor.id + '/' + word.substring(0, 1).toLowerCase() + word.substring(1) + ' ' + posted
  }
}
";

struct Method {
    path: String,
    posted: bool,
}

impl Method {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

fn methods(jenkins: &Jenkins) -> Result<Vec<Method>, RunError> {
    let printed = jenkins.groovy(METHODS)?;
    let methods = printed.lines().filter_map(|line| {
        let (path, posted) = line.split_once(' ')?;
        Some(Method {
            path: format!("/descriptorByName/{path}"),
            posted: posted == "true",
        })
    });
    Ok(methods.collect())
}

/// What a field is asked with: each name that a check of ours may want.
const FIELDS: [(&str, &str); 5] = [
    ("value", "?"),
    ("master", "?"),
    ("cloudID", "11111111-2222-3333-4444-555555555555"),
    ("nativeLibraryPath", "/tmp/libc.so"),
    ("id", "1"),
];
/// What reaches outside of Jenkins: the library's file, the cluster, what was found there.
const ACTING: [&str; 3] = ["checkNativeLibraryPath", "testConnection", "testConnectionResult"];

#[test]
fn who_does_not_configure_jenkins_can_neither_act_nor_learn_what_is_configured() {
    let template = TemplateSeed {
        label: "not-for-all".into(),
        ..TemplateSeed::default()
    };
    let cloud = CloudSeed {
        templates: vec![template],
        ..CloudSeed::default()
    };
    let bed = Bed::start(&ClusterSpec::default(), cloud).unwrap();
    let master = bed.cluster.master();
    let methods = methods(&bed.jenkins).unwrap();
    assert!(methods.len() > 40, "{} methods", methods.len());
    for name in ACTING {
        assert!(methods.iter().any(|method| method.name() == name), "{name}");
    }
    bed.jenkins.groovy(LOOKING_ONLY).unwrap();
    let reader = bed.jenkins.seen_by(READER).unwrap();
    let nobody = bed.jenkins.seen_by_nobody().unwrap();
    assert_eq!(reader.page("/api/json").unwrap().status, 200);

    for (who, rest) in [("reader", &reader), ("nobody", &nobody)] {
        for method in &methods {
            let answer = rest.client().post_form(&method.path, &FIELDS).unwrap();
            let expected: &[u16] = if ACTING.contains(&method.name()) {
                &[403]
            } else {
                &[200, 403]
            };
            let what = format!("{who}: {} {}", method.path, answer.status);
            assert!(expected.contains(&answer.status), "{what}");
            for word in [master.as_str(), "not-for-all"] {
                assert!(!answer.body.contains(word), "{what}: {}", answer.body);
            }
        }
        for page in [
            "/mesos/",
            "/manage/mesos/",
            "/manage/cloud/",
            "/manage/cloud/MesosCloud/configure",
        ] {
            assert_eq!(rest.page(page).unwrap().status, 403, "{who}: {page}");
        }
    }
}

#[test]
fn what_acts_or_connects_is_refused_by_get() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let methods = methods(&bed.jenkins).unwrap();
    // The first gives what a connection test has found; the others look at nothing but the text that they are given, and
    // the old host checks text areas by GET.
    let mut read: Vec<&str> = methods
        .iter()
        .filter(|method| !method.posted)
        .map(Method::name)
        .collect();
    read.sort_unstable();
    assert_eq!(
        read,
        [
            "checkAllowedFolders",
            "checkPipelineImages",
            "testConnectionResult"
        ]
    );

    for method in methods.iter().filter(|method| method.posted) {
        let answer = bed
            .jenkins
            .client()
            .get(&format!("{}?value=1", method.path))
            .unwrap();
        assert_eq!(answer.status, 405, "{}", method.path);
    }
}
