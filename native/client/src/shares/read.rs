//! The master's documents about roles, as far as they are of interest. Masters from 1.0 to 1.11 write them.

use std::collections::BTreeMap;

use mesos_core::Scalar;
use serde::Deserialize;

use super::{Amounts, add, is_within};

/// The operator call for [`Frameworks`].
pub(crate) const FRAMEWORKS: &str = r#"{"type":"GET_FRAMEWORKS"}"#;

/// `/master/roles`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RoleList {
    #[serde(default)]
    pub(crate) roles: Vec<Role>,
}

/// A role that somebody is in, or that has a weight, a quota or a reservation.
#[derive(Debug, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    #[serde(default = "one")]
    pub(crate) weight: f64,
    #[serde(default)]
    pub(crate) frameworks: Vec<String>,
    /// From 1.9 on; with that of the roles below it.
    allocated: Option<BTreeMap<String, serde_json::Value>>,
    /// With what is on offer.
    #[serde(default)]
    resources: BTreeMap<String, serde_json::Value>,
    /// From 1.9 on.
    quota: Option<Quota>,
}

#[derive(Debug, Deserialize)]
struct Quota {
    #[serde(default)]
    guarantee: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    limit: BTreeMap<String, serde_json::Value>,
}

fn one() -> f64 {
    1.0
}

impl RoleList {
    /// Whether quotas are told with the roles.
    pub(crate) fn tells_quotas(&self) -> bool {
        self.roles.iter().any(|role| role.quota.is_some())
    }
}

impl Role {
    /// Whether [`in_use`](Self::in_use) is also of the roles below it.
    pub(super) fn counts_those_below(&self) -> bool {
        self.allocated.is_some()
    }

    /// What frameworks have of it.
    pub(super) fn in_use(&self) -> Amounts {
        scalars(self.allocated.as_ref().unwrap_or(&self.resources))
    }

    /// Guarantee and limit.
    pub(super) fn quota(&self) -> Option<(Amounts, Amounts)> {
        let quota = self.quota.as_ref()?;
        Some((scalars(&quota.guarantee), scalars(&quota.limit)))
    }
}

/// Those of a document's resources that are amounts; ports and the like are text there.
fn scalars(resources: &BTreeMap<String, serde_json::Value>) -> Amounts {
    resources
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), Scalar::from_f64(value.as_f64()?)?)))
        .filter(|(_, amount)| *amount > Scalar::ZERO)
        .collect()
}

/// `/master/quota` before 1.9, where the guarantee was the limit, too.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Quotas {
    #[serde(default)]
    infos: Vec<QuotaInfo>,
}

#[derive(Debug, Deserialize)]
struct QuotaInfo {
    #[serde(default)]
    role: String,
    #[serde(default)]
    guarantee: Vec<Resource>,
}

impl Quotas {
    /// Guarantee and limit.
    pub(super) fn of(&self, role: &str) -> (Amounts, Amounts) {
        let mut guarantee = Amounts::new();
        for info in self.infos.iter().filter(|info| info.role == role) {
            for resource in &info.guarantee {
                add(&mut guarantee, &resource.amount());
            }
        }
        (guarantee.clone(), guarantee)
    }
}

/// The answer to [`FRAMEWORKS`].
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Frameworks {
    #[serde(default)]
    get_frameworks: FrameworkList,
}

#[derive(Debug, Default, Deserialize)]
struct FrameworkList {
    #[serde(default)]
    frameworks: Vec<Framework>,
}

/// One that is registered.
#[derive(Debug, Deserialize)]
pub(crate) struct Framework {
    framework_info: Info,
    #[serde(default)]
    pub(super) active: bool,
    #[serde(default)]
    allocated_resources: Vec<Resource>,
}

#[derive(Debug, Deserialize)]
struct Info {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id: Id,
    #[serde(default)]
    roles: Vec<String>,
    /// Of frameworks without MULTI_ROLE; none: `*`.
    role: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Id {
    #[serde(default)]
    value: String,
}

#[derive(Debug, Deserialize)]
struct Resource {
    #[serde(default)]
    name: String,
    scalar: Option<Value>,
    allocation_info: Option<Allocation>,
}

#[derive(Debug, Deserialize)]
struct Value {
    value: f64,
}

#[derive(Debug, Deserialize)]
struct Allocation {
    role: Option<String>,
}

impl Frameworks {
    pub(super) fn all(&self) -> impl Iterator<Item = &Framework> {
        self.get_frameworks.frameworks.iter()
    }
}

impl Framework {
    pub(super) fn id(&self) -> &str {
        &self.framework_info.id.value
    }

    pub(super) fn name(&self) -> &str {
        match self.framework_info.name.as_str() {
            "" => self.id(),
            name => name,
        }
    }

    /// Whether it is in the role or in one below it.
    pub(super) fn is_in(&self, role: &str) -> bool {
        let info = &self.framework_info;
        if info.roles.is_empty() {
            return is_within(info.role.as_deref().unwrap_or("*"), role);
        }
        info.roles.iter().any(|its| is_within(its, role))
    }

    /// What it has of the role and of those below it.
    pub(super) fn used_within(&self, role: &str) -> Amounts {
        let mut sum = Amounts::new();
        for resource in &self.allocated_resources {
            let allocated = resource.allocation_info.as_ref();
            // Before 1.3 there was one role for each framework.
            let its = allocated.and_then(|allocation| allocation.role.as_deref());
            if its.is_none_or(|its| is_within(its, role)) {
                add(&mut sum, &resource.amount());
            }
        }
        sum
    }
}

impl Resource {
    fn amount(&self) -> Amounts {
        let scalar = self.scalar.as_ref();
        scalar
            .and_then(|scalar| Scalar::from_f64(scalar.value))
            .filter(|amount| *amount > Scalar::ZERO)
            .map(|amount| (self.name.clone(), amount))
            .into_iter()
            .collect()
    }
}

/// `/metrics/snapshot`: the size of the cluster.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// The largest part that these are of what the cluster has of one kind; 0 to 1.
    pub(super) fn largest_part(&self, used: &Amounts) -> f64 {
        used.iter()
            .filter_map(|(kind, amount)| {
                let total = *self.0.get(&format!("master/{kind}_total"))?;
                (total > 0.0).then(|| (amount.to_f64() / total).min(1.0))
            })
            .fold(0.0, f64::max)
    }
}
