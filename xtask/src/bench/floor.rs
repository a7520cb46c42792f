use std::collections::BTreeMap;
use std::fs;

use testbed::guard::Guard;
use testbed::jenkins::Programs;
use testbed::process::{Daemon, Recipe};
use testbed::seeds::TemplateSeed;
use testbed::{Jenkins, RunError, paths};

use crate::failure::Failure;

const ADD: &str = "
(0..<COUNT).each {
  def launcher = new hudson.slaves.JNLPLauncher(true)
  launcher.webSocket = true
  def node = new hudson.slaves.DumbSlave('floor-' + it, 'FOLDER/floor-' + it, launcher)
  Jenkins.get().addNode(node)
}
println((0..<COUNT).collect { Jenkins.get().getComputer('floor-' + it).jnlpMac }.join(' '))
";
const AWAIT: &str = "
def computers = (0..<COUNT).collect { Jenkins.get().getComputer('floor-' + it) }
long limit = System.currentTimeMillis() + 200000
while (System.currentTimeMillis() < limit && !computers.every { it.online }) Thread.sleep(2)
println(computers.every { it.online } ? System.currentTimeMillis() : 'not online')
";
const REMOVE: &str = "Jenkins.get().nodes.toList().each { Jenkins.get().removeNode(it) }";

/// Starts this many agent JVMs at once, with the words that the plugin's agents get, and gives the seconds until the
/// last is online.
pub(super) fn online(jenkins: &Jenkins, programs: &Programs, count: usize) -> Result<f64, Failure> {
    let folder = paths::fresh_run("floor");
    let file = |doing| {
        let path = folder.clone();
        move |source| RunError::File { doing, path, source }
    };
    fs::create_dir_all(&folder).map_err(file("creating"))?;
    let jar = folder.join("agent.jar");
    let fetch = format!(
        "new File('{}').bytes = Jenkins.get().getJnlpJars('agent.jar').readFully()",
        jar.display()
    );
    jenkins.groovy(&fetch)?;
    let fill = |script: &str| {
        script
            .replace("COUNT", &count.to_string())
            .replace("FOLDER", &folder.display().to_string())
    };
    let secrets = jenkins.groovy(&fill(ADD))?;
    let _guard = Guard::over(&folder)?;
    let mut agents: Vec<Daemon> = secrets
        .split(' ')
        .enumerate()
        .map(|(number, secret)| {
            let name = format!("floor-{number}");
            let own = folder.join(&name);
            let mut arguments = vec!["-Xmx192m".to_owned()];
            arguments.extend(TemplateSeed::default().jvm_args.split(' ').map(str::to_owned));
            arguments.push("-jar".into());
            arguments.push(jar.display().to_string());
            for (option, value) in [
                ("-url", jenkins.url()),
                ("-name", name),
                ("-secret", secret.to_owned()),
                ("-workDir", own.display().to_string()),
            ] {
                arguments.extend([option.to_owned(), value]);
            }
            arguments.push("-webSocket".into());
            Daemon::attach(Recipe {
                program: programs.java().to_path_buf(),
                arguments,
                environment: BTreeMap::new(),
                folder: own,
                run: folder.clone(),
            })
        })
        .collect();
    let begin = std::time::SystemTime::now();
    for agent in &mut agents {
        agent.start()?;
    }
    let end = jenkins.groovy(&fill(AWAIT))?;
    let begin = begin
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64());
    let end: f64 = end.parse().map_err(|_| RunError::Condition {
        what: format!("{count} bare agents to be online"),
        reason: format!("{end}\n{}", agents.iter().map(Daemon::tail).collect::<String>()),
    })?;
    for agent in &mut agents {
        agent.kill()?;
    }
    jenkins.groovy(REMOVE)?;
    // What an agent may still write is no matter.
    let _ = fs::remove_dir_all(&folder);
    Ok(end / 1000.0 - begin)
}
