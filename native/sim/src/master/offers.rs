//! The allocator, and what schedulers do with offers.

use super::agents::{attribute, status};
use super::tasks::Task;
use super::{FakeMaster, Link, Millis};
use crate::stock::Stock;
use mesos_wire::{
    Event, Filters, InverseOffer, Offer, OfferId, TaskInfo, TaskState, call, offer, resource, task_status,
};
use std::collections::BTreeSet;

/// Resources in a scheduler's hands.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) framework: String,
    pub(super) agent: String,
    pub(super) stock: Stock,
}

/// Not to be offered again for a while, unless there is more of it.
#[derive(Debug)]
pub(super) struct Filter {
    agent: String,
    stock: Stock,
    until: Millis,
}

impl FakeMaster {
    /// What could be offered of an agent.
    pub(super) fn free_on(&self, agent_id: &str) -> Stock {
        let Some(agent) = self.agents.get(agent_id) else {
            return Stock::default();
        };
        self.offers
            .values()
            .filter(|offered| offered.agent == agent_id)
            .fold(agent.total.minus(agent.used()), |free, offered| {
                free.minus(offered.stock)
            })
    }

    /// Agents of which more is used or offered than they have. There must be none.
    pub fn overdrawn(&self) -> Vec<String> {
        self.agents
            .keys()
            .filter(|id| self.free_on(id).is_overdrawn())
            .cloned()
            .collect()
    }

    /// Of the agents of which more is used or offered than before, those that are overdrawn.
    pub(crate) fn newly_overdrawn(&mut self) -> Vec<String> {
        let mut agents = std::mem::take(&mut self.unchecked);
        agents.retain(|id| self.free_on(id).is_overdrawn());
        agents.into_iter().collect()
    }

    /// From now on it does not look whether a task uses only what was offered.
    pub(crate) fn trust(&mut self) {
        self.trusting = true;
    }

    /// How many offers are in schedulers' hands.
    pub fn offers_out(&self) -> usize {
        self.offers.len()
    }

    /// Whether the master would still accept this offer.
    pub fn has_offer(&self, id: &str) -> bool {
        self.offers.contains_key(id)
    }

    pub(super) fn allocate(&mut self) {
        let now = self.now;
        let mut batches = Vec::new();
        for (framework, known) in &mut self.frameworks {
            known.filters.retain(|filter| filter.until > now);
            if known.stream.is_some() && !known.suppressed {
                batches.push((framework.clone(), known.role.clone()));
            }
        }
        for (framework, role) in batches {
            let agents: Vec<String> = self
                .agents
                .iter()
                .filter(|(_, agent)| agent.link() == Link::Registered)
                .map(|(id, _)| id.clone())
                .collect();
            let mut offers = Vec::new();
            for agent in agents {
                let mut stock = self.free_on(&agent);
                if role == "*" {
                    stock = stock.without_reserved();
                }
                let filtered = self.frameworks.get(&framework).is_some_and(|known| {
                    known
                        .filters
                        .iter()
                        .any(|filter| filter.agent == agent && filter.stock.holds(&stock))
                });
                if stock.is_allocatable() && !filtered {
                    offers.push(self.offer(&framework, &role, &agent, stock));
                }
            }
            if !offers.is_empty() {
                self.tell(&framework, Event::offers(offers));
            }
        }
    }

    fn offer(&mut self, framework: &str, role: &str, agent_id: &str, stock: Stock) -> Offer {
        self.count.offers += 1;
        self.unchecked.insert(agent_id.to_owned());
        let id = format!("o-{:06}", self.count.offers);
        self.offers.insert(
            id.clone(),
            Offered {
                framework: framework.to_owned(),
                agent: agent_id.to_owned(),
                stock,
            },
        );
        let (host, attributes) = self
            .agents
            .get(agent_id)
            .map(|agent| {
                let attributes = agent
                    .attributes
                    .iter()
                    .map(|(name, text)| attribute(name, text))
                    .collect();
                (agent.host.clone(), attributes)
            })
            .unwrap_or_default();
        Offer {
            id: OfferId::from(id),
            framework_id: framework.into(),
            agent_id: agent_id.into(),
            hostname: host,
            resources: stock.to_resources(role),
            attributes,
            allocation_info: Some(resource::AllocationInfo {
                role: Some(role.to_owned()),
            }),
            ..Offer::default()
        }
    }

    /// The master takes an offer back by itself; the oldest, so that it meets one which is thought about.
    pub fn rescind_one(&mut self) {
        if let Some((id, offered)) = self.offers.pop_first() {
            self.tell(&offered.framework, Event::rescind(OfferId::from(id)));
        }
    }

    /// All of a framework's are void: it has other roles.
    pub(super) fn rescind_all(&mut self, framework: &str) {
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.offers)
            .into_iter()
            .partition(|(_, offered)| offered.framework == framework);
        self.offers = kept.into_iter().collect();
        for (id, _) in gone {
            self.tell(framework, Event::rescind(OfferId::from(id)));
        }
    }

    /// The master takes these back.
    pub fn rescind(&mut self, ids: &[OfferId]) {
        for id in ids {
            if let Some(offered) = self.offers.remove(&id.value) {
                self.tell(&offered.framework, Event::rescind(id.clone()));
            }
        }
    }

    /// An operator plans maintenance: schedulers are asked for what they have on the agent.
    pub fn plan_maintenance(&mut self, agent: &str) {
        let frameworks: Vec<String> = self.frameworks.keys().cloned().collect();
        for framework in frameworks {
            let inverse = InverseOffer {
                id: OfferId::from(format!("inverse-{agent}")),
                framework_id: framework.as_str().into(),
                agent_id: Some(agent.into()),
                ..InverseOffer::default()
            };
            self.tell(&framework, Event::inverse_offers(vec![inverse]));
        }
    }

    pub(super) fn decline(&mut self, framework: &str, decline: &call::Decline) {
        for id in &decline.offer_ids {
            if let Some(offered) = self.take_offer(framework, id) {
                self.refuse(&offered, decline.filters.as_ref(), offered.stock);
            }
        }
    }

    pub(super) fn accept(&mut self, framework: &str, accept: &call::Accept) {
        let tasks = self.launches(accept);
        let wanted: BTreeSet<&str> = accept.offer_ids.iter().map(|id| id.value.as_str()).collect();
        if wanted.len() != accept.offer_ids.len() || wanted.is_empty() {
            self.complaints
                .push(format!("ACCEPT names no offer, or one twice: {wanted:?}"));
        }
        let taken: Vec<Option<Offered>> = accept
            .offer_ids
            .iter()
            .map(|id| self.take_offer(framework, id))
            .collect();
        let all_there = taken.iter().all(Option::is_some);
        let taken: Vec<Offered> = taken.into_iter().flatten().collect();
        let Some(first) = taken.first().filter(|_| all_there) else {
            return self.drop_tasks(framework, &tasks, task_status::Reason::InvalidOffers);
        };
        if taken.iter().any(|offered| offered.agent != first.agent) {
            self.complaints
                .push(format!("ACCEPT joins offers of several agents: {wanted:?}"));
            return self.drop_tasks(framework, &tasks, task_status::Reason::InvalidOffers);
        }
        let agent_id = first.agent.clone();
        let hears = match self.agents.get(&agent_id) {
            Some(agent) if agent.link() == Link::Registered => agent.hears(),
            _ => return self.drop_tasks(framework, &tasks, task_status::Reason::AgentDisconnected),
        };
        let mut left = taken
            .iter()
            .fold(Stock::default(), |sum, offered| sum.plus(offered.stock));
        for task in &tasks {
            match self.check(framework, &agent_id, task, &left) {
                Ok(stock) => {
                    left = left.minus(stock);
                    let id = task.task_id.value.clone();
                    let script = self.script();
                    self.launched.insert(id.clone());
                    self.unchecked.insert(agent_id.clone());
                    let task = Task::new(id.clone(), framework.to_owned(), stock, hears, script, self.now);
                    if let Some(agent) = self.agents.get_mut(&agent_id) {
                        agent.tasks.insert(id, task);
                    }
                }
                Err(problem) => {
                    let id = &task.task_id.value;
                    self.complaints.push(format!("TASK_ERROR for {id}: {problem}"));
                    let news = status(
                        id,
                        &agent_id,
                        TaskState::TaskError,
                        task_status::Reason::TaskInvalid,
                    );
                    self.tell_status(framework, news);
                }
            }
        }
        if let Some(offered) = taken.first() {
            self.refuse(offered, accept.filters.as_ref(), left);
        }
    }

    /// What the master checks of a task before it launches it.
    fn check(&self, framework: &str, agent_id: &str, task: &TaskInfo, left: &Stock) -> Result<Stock, String> {
        let id = &task.task_id.value;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if id.is_empty() || !id.chars().all(plain) {
            return Err("its id has characters that a folder's name cannot have".to_owned());
        }
        if self.launched.contains(id) {
            return Err("its id was used before".to_owned());
        }
        if task.agent_id.value != agent_id {
            return Err(format!("it names agent {} instead of {agent_id}", task.agent_id));
        }
        if task.command.is_some() == task.executor.is_some() {
            return Err("it must have a command or an executor, and not both".to_owned());
        }
        let role = self.frameworks.get(framework).map_or("*", |known| &known.role);
        let stock = Stock::of_task(&task.resources, role)?;
        match self.trusting || left.holds(&stock) {
            true => Ok(stock),
            false => Err(format!("it uses {stock:?}, of which only {left:?} is offered")),
        }
    }

    fn launches(&mut self, accept: &call::Accept) -> Vec<TaskInfo> {
        let mut tasks = Vec::new();
        for operation in &accept.operations {
            match &operation.launch {
                Some(launch) if operation.r#type == Some(offer::operation::Type::Launch.into()) => {
                    tasks.extend(launch.task_infos.iter().cloned());
                }
                _ => self.complaints.push(format!(
                    "ACCEPT holds an operation that is no launch: {operation:?}"
                )),
            }
        }
        tasks
    }

    fn drop_tasks(&mut self, framework: &str, tasks: &[TaskInfo], reason: task_status::Reason) {
        for task in tasks {
            let id = &task.task_id.value;
            if !self.launched.insert(id.clone()) {
                self.complaints.push(format!("task id {id} was used before"));
            }
            let news = status(id, &task.agent_id.value, TaskState::TaskDropped, reason);
            self.tell_status(framework, news);
        }
    }

    fn take_offer(&mut self, framework: &str, id: &OfferId) -> Option<Offered> {
        match self.offers.get(&id.value) {
            Some(offered) if offered.framework == framework => self.offers.remove(&id.value),
            _ => None,
        }
    }

    fn refuse(&mut self, offered: &Offered, filters: Option<&Filters>, stock: Stock) {
        let seconds = filters.map_or(5.0, Filters::refuse_seconds);
        if !(0.0..=31_536_000.0).contains(&seconds) {
            self.complaints
                .push(format!("refuse_seconds {seconds} is out of range"));
        }
        let until = self.now + (seconds * 1000.0) as Millis;
        if let Some(known) = self.frameworks.get_mut(&offered.framework) {
            known.filters.push(Filter {
                agent: offered.agent.clone(),
                stock,
                until,
            });
        }
    }
}
