//! What a person may change about a cloud while its framework runs.

use crate::rng::Rng;
use crate::rule;
use crate::tamper::Tamper;
use crate::world::World;

/// Those settings of a cloud that change during a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The framework's role.
    pub role: String,
    /// The framework's name.
    pub name: String,
    /// Whose tasks its tasks are.
    pub user: String,
    /// Its login; empty for none.
    pub principal: String,
    /// Whether its Mesos agents write down what they run.
    pub checkpoint: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: "ci".to_owned(),
            name: "simulated".to_owned(),
            user: "jenkins".to_owned(),
            principal: String::new(),
            checkpoint: false,
        }
    }
}

/// What a person changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The role.
    Role(&'static str),
    /// The framework's name.
    Name(&'static str),
    /// Whose tasks they are.
    User(&'static str),
    /// The login.
    Principal(&'static str),
    /// Checkpointing is turned on, or off again.
    Checkpoint,
    /// It is only saved.
    Nothing,
}

impl Change {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let mut one = |of: &[&'static str]| *rng.pick(of).unwrap_or(&"");
        let name = one(&["simulated", "renamed"]);
        let role = one(&["ci", "ci/nightly", "*"]);
        let user = one(&["jenkins", "root"]);
        let principal = one(&["", "first", "second"]);
        match rng.below(9) {
            0 | 1 => Change::Role(role),
            2 => Change::Name(name),
            3 => Change::User(user),
            4 | 5 => Change::Principal(principal),
            6 => Change::Checkpoint,
            _ => Change::Nothing,
        }
    }
}

impl World {
    /// The cloud is saved with something changed, or with nothing.
    pub(crate) fn change(&mut self, change: &Change) {
        let settings = &mut self.jenkins.settings;
        match *change {
            Change::Role(role) => settings.role = role.to_owned(),
            Change::Name(name) => settings.name = name.to_owned(),
            Change::User(user) => settings.user = user.to_owned(),
            Change::Principal(principal) => {
                settings.principal = principal.to_owned();
                self.watch.principal_changes();
            }
            Change::Checkpoint => settings.checkpoint = !settings.checkpoint,
            Change::Nothing => {}
        }
        self.reconfigure();
    }

    /// Jenkins gives the framework the configuration as it is now.
    pub(crate) fn reconfigure(&mut self) {
        let config = match self.jenkins.config(&self.plan) {
            Ok(config) => config,
            Err(error) => {
                return self
                    .watch
                    .fail(self.now(), rule::CONFIGURATION_READABLE, &error.to_string());
            }
        };
        // What is due is done first.
        self.input(|framework, now| framework.handle_timeout(now));
        let same = self
            .framework()
            .is_some_and(|framework| *framework.config() == config);
        if same && self.watch.session().is_some() {
            let before = self.outputs;
            let anew = self.plan.tamper == Some(Tamper::AlwaysStartsAnew);
            self.input(|framework, now| {
                if anew {
                    let mut other = config.clone();
                    other.master.push_str("/other");
                    framework.reconfigure(other, now);
                }
                framework.reconfigure(config, now);
            });
            if self.outputs != before {
                let detail = format!("{} outputs", self.outputs - before);
                self.watch
                    .fail(self.now(), rule::UNCHANGED_TOUCHES_NOTHING, &detail);
            }
        } else {
            self.input(|framework, now| framework.reconfigure(config, now));
        }
    }

    /// A login that the master does not take leaves agents that it would take away to nobody: a person takes it back.
    pub(crate) fn settle_principal(&mut self) {
        let id = self.store.framework_id();
        if let Some(principal) = id.and_then(|id| self.master.principal_of(id)) {
            self.jenkins.settings.principal = principal;
            self.reconfigure();
        }
    }
}
