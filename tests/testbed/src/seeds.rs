//! What a host is given at its first start: its configuration with clouds, and jobs.

use std::fmt::Write;

/// A Mesos cloud in the host's `config.xml`. Values are written as they are: wrong ones are wanted, too.
#[derive(Debug, Clone)]
pub struct CloudSeed {
    /// `nativeLibraryPath`; empty: the library in the plugin.
    pub native_library_path: String,
    /// `master`.
    pub master: String,
    /// `frameworkName`.
    pub framework_name: String,
    /// `cloudID`.
    pub cloud_id: String,
    /// `checkpoint`.
    pub checkpoint: bool,
    /// `jenkinsURL`.
    pub jenkins_url: String,
    /// `nfsRemoteFSRoot`.
    pub shared_root: bool,
    /// `slaveInfos`.
    pub templates: Vec<TemplateSeed>,
}

/// A template (`MesosSlaveInfo`) of a cloud.
#[derive(Debug, Clone)]
pub struct TemplateSeed {
    /// `labelString`.
    pub label: String,
    /// `slaveCpus`.
    pub cpus: String,
    /// `slaveMem` in MB.
    pub mem: String,
    /// `minExecutors`.
    pub min_executors: u32,
    /// `maxExecutors`.
    pub max_executors: u32,
    /// `executorCpus`.
    pub executor_cpus: String,
    /// `executorMem` in MB.
    pub executor_mem: String,
    /// `idleTerminationMinutes`.
    pub idle_minutes: u32,
    /// `jvmArgs`.
    pub jvm_args: String,
    /// `jnlpArgs`.
    pub jnlp_args: String,
    /// The image of a Docker container on the host's network; empty: no container.
    pub image: String,
    /// `containerInfo` as XML, what is in it; empty: none.
    pub container: String,
    /// More fields, by their names.
    pub more: Vec<(&'static str, String)>,
}

impl Default for CloudSeed {
    fn default() -> Self {
        Self {
            native_library_path: String::new(),
            master: String::new(),
            framework_name: "Jenkins Scheduler".into(),
            cloud_id: "11111111-2222-3333-4444-555555555555".into(),
            checkpoint: true,
            jenkins_url: String::new(),
            shared_root: false,
            templates: vec![TemplateSeed::default()],
        }
    }
}

impl Default for TemplateSeed {
    /// Label `mesos`, one executor: 0.2 CPUs and 192 MB in all; idle for a minute.
    fn default() -> Self {
        Self {
            label: "mesos".into(),
            cpus: "0.1".into(),
            mem: "128".into(),
            min_executors: 1,
            max_executors: 1,
            executor_cpus: "0.1".into(),
            executor_mem: "64".into(),
            idle_minutes: 1,
            // Agents of a test are many and do little.
            jvm_args: "-Xms16m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC".into(),
            jnlp_args: String::new(),
            image: String::new(),
            container: String::new(),
            more: Vec::new(),
        }
    }
}

impl CloudSeed {
    fn xml(&self) -> String {
        let mut xml = String::from("<org.jenkinsci.plugins.mesos.MesosCloud>\n");
        let mut put = |name: &str, value: &str| {
            let _ = writeln!(xml, "  <{name}>{}</{name}>", escape(value));
        };
        put("configVersion", "3");
        put("name", "MesosCloud");
        put("nativeLibraryPath", &self.native_library_path);
        put("master", &self.master);
        put("frameworkName", &self.framework_name);
        put("role", "*");
        put("slavesUser", "");
        put("cloudID", &self.cloud_id);
        put("checkpoint", if self.checkpoint { "true" } else { "false" });
        put("jenkinsURL", &self.jenkins_url);
        put("nfsRemoteFSRoot", if self.shared_root { "true" } else { "false" });
        xml.push_str("  <slaveInfos>\n");
        for template in &self.templates {
            xml.push_str(&template.xml());
        }
        xml.push_str("  </slaveInfos>\n</org.jenkinsci.plugins.mesos.MesosCloud>\n");
        xml
    }
}

impl TemplateSeed {
    fn xml(&self) -> String {
        let mut xml = String::from("    <org.jenkinsci.plugins.mesos.MesosSlaveInfo>\n");
        let mut put = |name: &str, value: &str| {
            let _ = writeln!(xml, "      <{name}>{}</{name}>", escape(value));
        };
        put("slaveCpus", &self.cpus);
        put("slaveMem", &self.mem);
        put("executorCpus", &self.executor_cpus);
        put("minExecutors", &self.min_executors.to_string());
        put("maxExecutors", &self.max_executors.to_string());
        put("executorMem", &self.executor_mem);
        if self.more.iter().all(|(name, _)| *name != "remoteFSRoot") {
            put("remoteFSRoot", "jenkins");
        }
        put("idleTerminationMinutes", &self.idle_minutes.to_string());
        put("jvmArgs", &self.jvm_args);
        put("jnlpArgs", &self.jnlp_args);
        put("mode", "NORMAL");
        put("labelString", &self.label);
        for (name, value) in &self.more {
            put(name, value);
        }
        if !self.image.is_empty() {
            let image = escape(&self.image);
            let _ = writeln!(
                xml,
                "      <containerInfo><type>DOCKER</type><dockerImage>{image}</dockerImage>\
                 <networking>HOST</networking></containerInfo>"
            );
        }
        if !self.container.is_empty() {
            let _ = writeln!(xml, "      <containerInfo>{}</containerInfo>", self.container);
        }
        xml.push_str("    </org.jenkinsci.plugins.mesos.MesosSlaveInfo>\n");
        xml
    }
}

/// The host's `config.xml`: two executors of its own under the label `built-in`, for jobs that ask for it, and clouds.
#[must_use]
pub fn host_configuration(clouds: &[CloudSeed]) -> String {
    let clouds: String = clouds.iter().map(CloudSeed::xml).collect();
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<hudson>\n<version>1.395</version>\n<numExecutors>2</numExecutors>\n\
         <mode>EXCLUSIVE</mode>\n<label>built-in</label>\n<quietPeriod>0</quietPeriod>\n<clouds>\n{clouds}</clouds>\n\
         <slaveAgentPort>0</slaveAgentPort>\n</hudson>\n"
    )
}

/// The `config.xml` of today's Jenkins: clouds, and no executors of its own. Users come by configuration as code.
/// The port for agents: 0, any; -1, none.
#[must_use]
pub fn jenkins_configuration(clouds: &[CloudSeed], agent_port: i32) -> String {
    let clouds: String = clouds.iter().map(CloudSeed::xml).collect();
    format!(
        "<?xml version='1.1' encoding='UTF-8'?>\n<hudson>\n<version>2.440</version>\n<numExecutors>0</numExecutors>\n\
         <mode>EXCLUSIVE</mode>\n<quietPeriod>0</quietPeriod>\n<clouds>\n{clouds}</clouds>\n\
         <slaveAgentPort>{agent_port}</slaveAgentPort>\n</hudson>\n"
    )
}

/// A Pipeline job with its script, in the sandbox.
#[must_use]
pub fn pipeline(script: &str) -> String {
    format!(
        "<flow-definition plugin=\"workflow-job\">\n<keepDependencies>false</keepDependencies>\n<properties/>\n\
         <definition class=\"org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition\" plugin=\"workflow-cps\">\n\
         <script>{}</script>\n<sandbox>true</sandbox>\n</definition>\n<triggers/>\n<disabled>false</disabled>\n\
         </flow-definition>\n",
        escape(script)
    )
}

/// A freestyle job with one shell step on a label.
#[must_use]
pub fn freestyle(label: &str, script: &str) -> String {
    format!(
        "<project>\n<keepDependencies>false</keepDependencies>\n<assignedNode>{}</assignedNode>\n\
         <canRoam>false</canRoam>\n<disabled>false</disabled>\n<concurrentBuild>true</concurrentBuild>\n\
         <builders><hudson.tasks.Shell><command>{}</command></hudson.tasks.Shell></builders>\n\
         <publishers/>\n<buildWrappers/>\n</project>\n",
        escape(label),
        escape(script)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let cloud = CloudSeed {
            master: "a<b>&c".into(),
            ..CloudSeed::default()
        };
        assert!(host_configuration(&[cloud]).contains("<master>a&lt;b&gt;&amp;c</master>"));
        assert!(freestyle("mesos", "a && b").contains("<command>a &amp;&amp; b</command>"));
    }
}
