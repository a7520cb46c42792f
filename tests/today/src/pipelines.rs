//! A bed for Pipelines: a cloud with a few templates that lets Pipelines define agents within limits.

use testbed::seeds::{CloudSeed, TemplateSeed};
use testbed::{ClusterSpec, RunError};

use crate::Bed;

/// What `docs/pipeline.md` supposes of the cloud.
const SETTINGS: &str = "
def cloud = jenkins.model.Jenkins.get().clouds[0]
cloud.slaveInfos.find { it.labelString == 'small linux' }.templateName = 'small'
cloud.slaveInfos.find { it.labelString == 'once' }.singleUse = true
cloud.slaveInfos.find { it.labelString == 'team' }.allowedFolders = 'team'
cloud.pipelineAllowed = true
cloud.pipelineMaxCpus = '2'
cloud.pipelineMaxMem = '1024'
cloud.pipelineImages = 'alpine:.*'
jenkins.model.Jenkins.get().save()
println 'set'
";

/// Starts a Jenkins with that cloud.
///
/// # Errors
/// [`RunError`] of the one or the other.
pub fn bed_for_pipelines() -> Result<Bed, RunError> {
    let templates = ["mesos", "small linux", "once", "team"]
        .map(|label| TemplateSeed {
            label: label.into(),
            ..TemplateSeed::default()
        })
        .to_vec();
    let cloud = CloudSeed {
        templates,
        ..CloudSeed::default()
    };
    let bed = Bed::start(&ClusterSpec::default(), cloud)?;
    let said = bed.jenkins.groovy(SETTINGS)?;
    if said == "set" {
        return Ok(bed);
    }
    Err(RunError::Condition {
        what: "the settings of the cloud".into(),
        reason: said,
    })
}
