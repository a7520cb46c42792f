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

/// The reader may ask for agents by hand. Jenkins itself shows nothing under `/cloud/` to those who may not read what is
/// configured.
const PROVIDING: &str = "
import hudson.security.*
class Providing extends AuthorizationStrategy {
  static final MAY = [Jenkins.READ, Jenkins.SYSTEM_READ, hudson.slaves.Cloud.PROVISION]
  ACL getRootACL() { ACL.lambda2 { who, what -> who.name == 'admin' || who.name == 'reader' && what in MAY } }
  Collection<String> getGroups() { [] }
}
Jenkins.get().authorizationStrategy = new Providing()
";

/// Every method of the packaged classes that a URL can lead to: the class, the id of the descriptor if it is one, the
/// method, and whether it is for POST only.
const METHODS: &str = "
import org.kohsuke.stapler.interceptor.RequirePOST
import org.kohsuke.stapler.verb.POST
def loader = Jenkins.get().pluginManager.getPlugin('mesos').classLoader
def folder = 'org/jenkinsci/plugins/mesos/'
def jar = loader.getResource(folder + 'MesosCloud.class').openConnection().jarFile
def names = jar.entries().collect { it.name }.findAll { it.startsWith(folder) && it.endsWith('.class') }
def types = names.collect {
  def name = it[0..-7].replace('/', '.')
  try {
    def type = Class.forName(name, false, loader)
    type.methods
    type
  } catch (NoClassDefFoundError absent) {
    println 'absent ' + name.substring(folder.length())
    null
  }
}
types.findAll {
  it != null && java.lang.reflect.Modifier.isPublic(it.modifiers) && !java.lang.reflect.Modifier.isAbstract(it.modifiers)
}.each { type ->
  def id = hudson.model.Descriptor.isAssignableFrom(type) ? Jenkins.get().getDescriptorByType(type).id : '-'
  type.methods.findAll {
    it.declaringClass.name.startsWith(folder.replace('/', '.')) && !it.bridge &&
      (it.name ==~ /do[A-Z].*/ || it.name ==~ /js[A-Z].*/ || it.annotations.any {
        it.annotationType().name in ['org.kohsuke.stapler.WebMethod', 'org.kohsuke.stapler.bind.JavaScriptMethod']
      } || it.name == 'getDynamic')
  }.each {
    def posted = it.isAnnotationPresent(RequirePOST) || it.isAnnotationPresent(POST)
    println type.simpleName + ' ' + id + ' ' + it.name + ' ' + posted
  }
}
";
/// The cloud that asks for an agent, and the report on an upgrade that can be dismissed; the form's methods are those of
/// descriptors.
const PLACES: [(&str, &str); 2] = [
    ("MesosCloud", "/cloud/MesosCloud"),
    ("UpgradePage", "/manage/mesos/upgrade"),
];
/// By these what an agent that is being started needs and nobody else may see is fetched: for GET, for nobody who does
/// not know the address. What the first gives to whom is looked at where agents are.
const FOR_AGENTS: [(&str, &str); 2] = [
    ("AgentSecretAction", "/mesos-agent-secret"),
    ("RegistryLoginAction", "/mesos-registry-login"),
];

/// The classes that need the metrics plugin, which need not be there.
const FOR_METRICS: [&str; 2] = ["MesosHealth", "MetricsPlugin"];

struct Method {
    path: String,
    posted: bool,
}

impl Method {
    /// From a line that the script printed.
    fn read(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let &[class, descriptor, method, posted] = words.as_slice() else {
            panic!("{line}");
        };
        let place = PLACES.iter().find(|(known, _)| *known == class);
        let place = match (place, descriptor) {
            (Some((_, place)), _) => (*place).to_owned(),
            (None, "-") => panic!("say here where {class} is: it has {method}"),
            (None, id) => format!("/descriptorByName/{id}"),
        };
        let word = method.strip_prefix("do").unwrap_or(method);
        let (first, rest) = word.split_at(1);
        Self {
            path: format!("{place}/{}{rest}", first.to_lowercase()),
            posted: posted == "true",
        }
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it does more than to check a field or to fill a list: it acts, or it reaches outside of Jenkins.
    fn acts(&self) -> bool {
        let name = self.name();
        let of_a_field = ["check", "fill"].iter().any(|prefix| name.starts_with(prefix));
        !of_a_field || name == LIBRARY
    }
}

fn methods(jenkins: &Jenkins) -> Result<Vec<Method>, RunError> {
    let printed = jenkins.groovy(METHODS)?;
    let mut for_agents = Vec::new();
    let mut methods = Vec::new();
    for line in printed.lines() {
        if let Some(class) = line.strip_prefix("absent ") {
            assert!(FOR_METRICS.iter().any(|name| class.starts_with(name)), "{class}");
        } else if FOR_AGENTS.iter().any(|(class, _)| line.starts_with(class)) {
            for_agents.push(line);
        } else {
            methods.push(Method::read(line));
        }
    }
    for_agents.sort_unstable();
    assert_eq!(
        for_agents,
        FOR_AGENTS.map(|(class, _)| format!("{class} - doDynamic false"))
    );
    Ok(methods)
}

/// How many agents are asked for or there.
fn agents(jenkins: &Jenkins) -> Result<String, RunError> {
    jenkins.groovy("println org.jenkinsci.plugins.mesos.MesosFrameworks.all().sum { it.agents().size() }")
}

/// What a field is asked with: each name that a check of ours may want.
const FIELDS: [(&str, &str); 6] = [
    ("template", "not-for-all"),
    ("value", "?"),
    ("master", "?"),
    ("cloudID", "11111111-2222-3333-4444-555555555555"),
    ("nativeLibraryPath", "/tmp/libc.so"),
    ("id", "1"),
];
/// The check of a field that looks at a file.
const LIBRARY: &str = "checkNativeLibraryPath";
/// What acts or reaches outside of Jenkins: the library's file, the cluster, what was found there.
const ACTING: [&str; 5] = [
    LIBRARY,
    "dismiss",
    "provision",
    "testConnection",
    "testConnectionResult",
];

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
    let mut acting: Vec<&str> = methods
        .iter()
        .filter(|method| method.acts())
        .map(Method::name)
        .collect();
    acting.sort_unstable();
    acting.dedup();
    assert_eq!(acting, ACTING);
    bed.jenkins.groovy(LOOKING_ONLY).unwrap();
    let reader = bed.jenkins.seen_by(READER).unwrap();
    let nobody = bed.jenkins.seen_by_nobody().unwrap();
    assert_eq!(reader.page("/api/json").unwrap().status, 200);

    for (who, rest) in [("reader", &reader), ("nobody", &nobody)] {
        for method in &methods {
            let answer = rest.client().post_form(&method.path, &FIELDS).unwrap();
            let expected: &[u16] = if method.acts() { &[403] } else { &[200, 403] };
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
        for (class, place) in FOR_AGENTS {
            let guessed = rest.page(&format!("{place}/mesos-1/{:064}", 0)).unwrap();
            assert_eq!(guessed.status, 404, "{who}: {class}");
        }
    }
    assert_eq!(agents(&bed.jenkins).unwrap(), "0");
}

#[test]
fn who_may_provision_gets_an_agent_by_hand_without_being_an_administrator() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    bed.jenkins.groovy(PROVIDING).unwrap();
    let reader = bed.jenkins.seen_by(READER).unwrap();

    let answer = reader
        .client()
        .post_form("/cloud/MesosCloud/provision", &[("template", "mesos")])
        .unwrap();

    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(agents(&bed.jenkins).unwrap(), "1");
}

#[test]
fn what_acts_or_connects_is_refused_by_get() {
    let bed = Bed::start(&ClusterSpec::default(), CloudSeed::default()).unwrap();
    let methods = methods(&bed.jenkins).unwrap();
    // These look at nothing but the text that they are given, and the old host checks text areas by GET; the last gives what
    // a connection test has found.
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
            "checkAllowedImages",
            "checkConstraints",
            "checkFrameworkLabels",
            "checkPipelineImages",
            "checkResources",
            "testConnectionResult"
        ]
    );

    for method in methods.iter().filter(|method| method.posted) {
        let answer = bed
            .jenkins
            .client()
            .get(&format!("{}?value=1&template=mesos", method.path))
            .unwrap();
        assert_eq!(answer.status, 405, "{}", method.path);
    }
    assert_eq!(agents(&bed.jenkins).unwrap(), "0");
}
