//! One executor for each waiting build: which agents are to be requested, and which requests are no longer needed.

mod messages;

pub use self::messages::{
    AgentState, FreeExecutors, Held, Kind, Pause, PresentAgent, Review, ReviewError, Situation, WaitingBuilds,
};
use crate::caps::{Usage, broken};
use crate::config::{Config, LabelError, Limits, Template, TemplateSize};
use crate::plan::{MOST_AGENTS, PlannedAgent, agent};
use crate::supply::Shares;
use std::collections::BTreeMap;

/// Compares what waits with what is there and coming. Pure: what it says becomes true when the caller does it, and a review
/// after that has nothing more to say. At most 1000 agents at once, with `more` set if that was not enough.
///
/// An executor that is free or coming is counted for one build. Requests that leave every build its executor when they are
/// withdrawn are withdrawn, the newest first. The rest gets new agents: each as many executors as builds of its kind are
/// unserved, within the template's bounds and the caps; where caps bind, kinds of agents take turns. `unique` gives a fresh
/// random number at each call.
///
/// # Errors
/// When the situation refers to what it does not hold.
pub fn review(
    config: &Config,
    situation: &Situation,
    unique: impl FnMut() -> u128,
) -> Result<Review, ReviewError> {
    check(situation)?;
    let mut reviewer = Reviewer::new(config, situation, unique);
    // what is withdrawn makes room under the caps, and spare executors of what is requested may make others needless
    loop {
        let withdrawn = reviewer.withdraw();
        let requested = reviewer.request();
        if !withdrawn && !requested {
            break;
        }
    }
    Ok(reviewer.result())
}

fn check(situation: &Situation) -> Result<(), ReviewError> {
    let refer = |what, number: usize, there: usize| {
        if number < there {
            Ok(())
        } else {
            Err(ReviewError::NoSuch { what, number, there })
        }
    };
    for kind in situation.waiting.iter().filter_map(|waiting| waiting.kind) {
        refer("kind", kind, situation.kinds.len())?;
    }
    for agent in &situation.agents {
        refer("kind", agent.kind, situation.kinds.len())?;
    }
    let served = situation.kinds.iter().flat_map(|kind| &kind.serves);
    for group in served.chain(situation.free.iter().flat_map(|free| &free.serves)) {
        refer("group of builds", *group, situation.waiting.len())?;
    }
    Ok(())
}

/// Agents that are alike as far as builds can tell: kind, executors, single use.
type Likeness = (usize, u32, bool);

/// What is requested alike: kind, single use.
type Key = (usize, bool);

/// A request that can be withdrawn: one that was there before, or one that this review makes.
struct Pending {
    like: Likeness,
    usage: Usage,
    origin: Origin,
}

enum Origin {
    Before(String),
    New(Box<PlannedAgent>),
}

#[derive(Clone)]
struct Reason {
    field: Option<&'static str>,
    of_template: bool,
    message: String,
}

struct Usable<'a> {
    template: &'a Template,
    size: TemplateSize,
    caps: Limits,
}

struct Reviewer<'a, U> {
    situation: &'a Situation,
    unique: U,
    shares: Shares,
    /// The supply of each likeness of coming agents.
    coming: BTreeMap<Likeness, usize>,
    /// The oldest first.
    pending: Vec<Pending>,
    made: usize,
    withdrawn: Vec<String>,
    /// By kind; only kinds with a usable template.
    templates: BTreeMap<usize, Usable<'a>>,
    /// Those that get no agents, and why.
    held: BTreeMap<Key, Reason>,
    /// Those of them that no room under a cap can help.
    lasting: BTreeMap<Key, Reason>,
    caps: Limits,
    total: Usage,
    of_template: BTreeMap<&'a str, Usage>,
    full: bool,
}

impl<'a, U: FnMut() -> u128> Reviewer<'a, U> {
    fn new(config: &'a Config, situation: &'a Situation, unique: U) -> Self {
        let mut reviewer = Self {
            situation,
            unique,
            shares: Shares::new(situation.waiting.iter().map(|waiting| waiting.builds)),
            coming: BTreeMap::new(),
            pending: Vec::new(),
            made: 0,
            withdrawn: Vec::new(),
            templates: BTreeMap::new(),
            held: BTreeMap::new(),
            lasting: BTreeMap::new(),
            caps: Limits::default(),
            total: Usage::default(),
            of_template: BTreeMap::new(),
            full: false,
        };
        reviewer.learn_templates(config);
        for free in &situation.free {
            let serves = reviewer.served(&free.serves, free.fresh);
            let supply = reviewer.shares.supply(serves);
            reviewer.shares.grow(supply, free.executors, &[]);
        }
        for agent in &situation.agents {
            reviewer.count(agent);
        }
        reviewer
    }

    fn served(&self, groups: &[usize], fresh: bool) -> Vec<usize> {
        let takes = |group: &usize| {
            let waiting = self.situation.waiting.get(*group);
            waiting.is_some_and(|waiting| fresh || !waiting.fresh)
        };
        groups.iter().copied().filter(takes).collect()
    }

    fn learn_templates(&mut self, config: &'a Config) {
        let of_cloud = config.limits().map_err(|(field, problem)| Reason {
            field: Some(field),
            of_template: false,
            message: format!("{field} of the cloud {problem}"),
        });
        for (number, kind) in self.situation.kinds.iter().enumerate() {
            let pauses = &self.situation.paused;
            let reason = match (usable(config, &kind.template), &of_cloud) {
                (Err(problem), _) => Some(unusable(&problem)),
                (Ok(_), Err(reason)) => Some(reason.clone()),
                (Ok(found), Ok(caps)) => {
                    self.caps = *caps;
                    self.templates.insert(number, found);
                    let pause = pauses.iter().find(|pause| pause.template == kind.template);
                    pause.map(paused)
                }
            };
            if let Some(reason) = reason {
                self.lasting.insert((number, false), reason.clone());
                self.lasting.insert((number, true), reason);
            }
        }
        self.held = self.lasting.clone();
    }

    fn count(&mut self, agent: &'a PresentAgent) {
        let usage = Usage::of(agent.cpus, agent.mem);
        self.use_up(agent.kind, usage);
        let like = (agent.kind, agent.executors, agent.single_use);
        match agent.state {
            AgentState::Present => return,
            AgentState::Accepted => {}
            AgentState::Requested => self.pending.push(Pending {
                like,
                usage,
                origin: Origin::Before(agent.name.clone()),
            }),
        }
        self.come(like);
    }

    fn template_of(&self, kind: usize) -> &'a str {
        let kind = self.situation.kinds.get(kind);
        kind.map_or("", |kind| kind.template.as_str())
    }

    fn use_up(&mut self, kind: usize, usage: Usage) {
        self.total.add(usage);
        let template = self.template_of(kind);
        self.of_template.entry(template).or_default().add(usage);
    }

    fn give_back(&mut self, kind: usize, usage: Usage) {
        self.total.subtract(usage);
        let template = self.template_of(kind);
        self.of_template.entry(template).or_default().subtract(usage);
    }

    /// An agent is coming: its executors serve the builds that it is requested for first.
    fn come(&mut self, like: Likeness) {
        let (kind, executors, single_use) = like;
        let supply = match self.coming.get(&like) {
            Some(supply) => *supply,
            None => {
                let groups = self.situation.kinds.get(kind);
                let groups = groups.map_or(&[][..], |kind| &kind.serves);
                let supply = self.shares.supply(self.served(groups, single_use));
                self.coming.insert(like, supply);
                supply
            }
        };
        let own = self.groups_of((kind, single_use));
        self.shares.grow(supply, executors, &own);
    }

    fn key_of(&self, waiting: &WaitingBuilds) -> Option<Key> {
        let kind = waiting.kind?;
        let usable = self.templates.get(&kind);
        let single_use = waiting.fresh || usable.is_some_and(|usable| usable.size.single_use);
        Some((kind, single_use))
    }

    /// The groups of builds that such agents are requested for.
    fn groups_of(&self, key: Key) -> Vec<usize> {
        let groups = self.situation.waiting.iter().enumerate();
        groups
            .filter(|(_, waiting)| self.key_of(waiting) == Some(key))
            .map(|(group, _)| group)
            .collect()
    }

    /// What is requested alike, in the order of the queue.
    fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        for key in self
            .situation
            .waiting
            .iter()
            .filter_map(|waiting| self.key_of(waiting))
        {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Takes back what is needless. Whether anything was.
    fn withdraw(&mut self) -> bool {
        let mut needed = Vec::new();
        let mut any = false;
        for at in (0..self.pending.len()).rev() {
            let Some(pending) = self.pending.get(at) else {
                continue;
            };
            let like = pending.like;
            // agents that are alike are alike needed
            if needed.contains(&like) {
                continue;
            }
            let supply = self.coming.get(&like).copied();
            if !supply.is_some_and(|supply| self.shares.shrink(supply, like.1)) {
                needed.push(like);
                continue;
            }
            let gone = self.pending.remove(at);
            self.give_back(like.0, gone.usage);
            match gone.origin {
                Origin::Before(name) => self.withdrawn.push(name),
                Origin::New(_) => self.made = self.made.saturating_sub(1),
            }
            any = true;
        }
        if any {
            // there may be room under the caps again
            self.held = self.lasting.clone();
            self.full = false;
        }
        any
    }

    /// Requests agents, the kinds taking turns, until all builds are served or held. Whether any was requested.
    fn request(&mut self) -> bool {
        let keys = self.keys();
        let mut any = false;
        loop {
            let open: Vec<bool> = (self.situation.waiting.iter())
                .map(|waiting| {
                    self.key_of(waiting)
                        .is_some_and(|key| !self.held.contains_key(&key))
                })
                .collect();
            // where executors can serve these or those, the unserved are to be such that an agent can be requested for
            self.shares
                .prefer_unserved(|group| open.get(group) == Some(&true));
            let held_before = self.held.len();
            let mut requested = false;
            for key in &keys {
                requested |= self.request_one(*key);
            }
            any |= requested;
            if !requested && self.held.len() == held_before {
                return any;
            }
        }
    }

    fn request_one(&mut self, key: Key) -> bool {
        let unserved: u32 = (self.groups_of(key).iter())
            .map(|group| self.shares.unserved(*group))
            .sum();
        if unserved == 0 || self.full || self.held.contains_key(&key) {
            return false;
        }
        if self.made >= MOST_AGENTS {
            self.full = true;
            return false;
        }
        let (kind, single_use) = key;
        let Some(usable) = self.templates.get(&kind) else {
            return false;
        };
        let (least, wanted) = if single_use {
            (1, 1)
        } else {
            (usable.size.min_executors, usable.size.executors_for(unserved))
        };
        let executors = match self.room_for(kind, usable, least, wanted) {
            Ok(executors) => executors,
            Err(reason) => {
                self.held.insert(key, reason);
                return false;
            }
        };
        let image = self
            .situation
            .kinds
            .get(kind)
            .and_then(|kind| kind.image.as_deref());
        let mut agent = agent(usable.template, &usable.size, executors, image, (self.unique)());
        agent.single_use = single_use;
        let usage = Usage::of(agent.cpus, agent.mem);
        let like = (kind, executors, single_use);
        self.use_up(kind, usage);
        self.made += 1;
        self.pending.push(Pending {
            like,
            usage,
            origin: Origin::New(Box::new(agent)),
        });
        self.come(like);
        true
    }

    /// The most executors, from `wanted` down to `least`, with which an agent stays under all caps.
    fn room_for(&self, kind: usize, usable: &Usable<'_>, least: u32, wanted: u32) -> Result<u32, Reason> {
        let template = self.template_of(kind);
        let there = self.of_template.get(template).copied().unwrap_or_default();
        let mut executors = wanted;
        loop {
            let (cpus, mem) = usable.size.total(executors);
            let more = Usage::of(cpus, mem);
            let (broken, of_template) = match broken(&self.caps, self.total, more) {
                Some(broken) => (broken, false),
                None => match broken(&usable.caps, there, more) {
                    Some(broken) => (broken, true),
                    None => return Ok(executors),
                },
            };
            if executors > least {
                executors -= 1;
                continue;
            }
            let whose = if of_template {
                format!("the template `{template}`")
            } else {
                "the cloud".to_owned()
            };
            return Err(Reason {
                field: Some(broken.field),
                of_template,
                message: format!("{} of {whose} is {}", broken.field, broken.message),
            });
        }
    }

    fn result(mut self) -> Review {
        // builds that nobody answers for here are not told as held, so those that are come first
        let answered: Vec<bool> = (self.situation.waiting.iter())
            .map(|waiting| waiting.kind.is_some())
            .collect();
        self.shares
            .prefer_unserved(|group| answered.get(group) == Some(&false));
        let held = (self.situation.waiting.iter().enumerate())
            .filter_map(|(group, waiting)| {
                let builds = self.shares.unserved(group);
                let reason = self.held.get(&self.key_of(waiting)?)?;
                (builds > 0).then(|| Held {
                    group,
                    builds,
                    field: reason.field,
                    of_template: reason.of_template,
                    message: reason.message.clone(),
                })
            })
            .collect();
        Review {
            v: 1,
            request: (self.pending.into_iter())
                .filter_map(|pending| match pending.origin {
                    Origin::New(agent) => Some(*agent),
                    Origin::Before(_) => None,
                })
                .collect(),
            withdraw: self.withdrawn,
            held,
            more: self.full,
        }
    }
}

fn usable<'a>(config: &'a Config, key: &str) -> Result<Usable<'a>, LabelError> {
    let template = config.template(Some(key), None)?;
    Ok(Usable {
        template,
        size: template.size()?,
        caps: template.limits()?,
    })
}

fn unusable(problem: &LabelError) -> Reason {
    Reason {
        field: None,
        of_template: false,
        message: problem.to_string(),
    }
}

fn paused(pause: &Pause) -> Reason {
    let Pause { template, seconds } = pause;
    Reason {
        field: None,
        of_template: false,
        message: format!(
            "the last agents of the template `{template}` failed before they were online; tried again in {seconds} s"
        ),
    }
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
