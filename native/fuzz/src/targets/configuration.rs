//! Any JSON as the configuration of a cloud: refused, or validated, planned with and served. What the validation finds no
//! error in can be submitted.

use mesos_core::{Config, Demand, Restored, Severity, plan, validate};

use crate::shape::{about, shape, words};
use crate::stage::Stage;

/// Templates beyond these are not tried.
const TEMPLATES: usize = 6;

pub(crate) fn run(input: &[u8]) -> u64 {
    let config: Config = match serde_json::from_slice(input) {
        Ok(config) => config,
        Err(error) => return shape((0, words(&error.to_string()))),
    };
    let validation = validate(&config);
    assert!(
        serde_json::to_vec(&validation).is_ok(),
        "a validation without JSON"
    );
    let errors = validation
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let keys: Vec<String> = config.templates.iter().map(|template| template.key()).collect();
    let mut planned = 0;
    for key in keys.iter().take(TEMPLATES) {
        let demand = Demand::new(key.clone(), 3);
        if let Ok(plan) = plan(&config, &demand, || 7) {
            assert!(!plan.agents.is_empty(), "a plan without agents for {key:?}");
            planned += plan.agents.len();
        }
    }
    let mut stage = Stage::new(config.clone(), Restored::default());
    let mut taken = 0;
    for (number, key) in keys.iter().take(TEMPLATES).enumerate() {
        let known = config.template(Some(key), None).is_ok();
        let submitted = stage.submit(&format!("fuzz-{number}"), key, 1);
        assert!(
            submitted || errors > 0 || !known,
            "{key:?} is valid, and refused: {:?}",
            validation.problems
        );
        taken += usize::from(submitted);
    }
    stage.pass(600);
    let found: Vec<String> = validation
        .problems
        .iter()
        .take(3)
        .map(|problem| problem.field.to_string())
        .collect();
    shape((
        1,
        about(errors),
        found,
        about(planned),
        about(taken),
        stage.shape(),
    ))
}
