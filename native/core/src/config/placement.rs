//! Where in the world an agent may run.

use super::read::or_default;
use serde::Deserialize;
use std::fmt;

/// Region and zone of the Mesos agent, as they were typed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Domain {
    /// `home` (default), `any` or `match`.
    #[serde(deserialize_with = "or_default")]
    pub mode: String,
    /// For `match`.
    #[serde(deserialize_with = "or_default")]
    pub region: String,
    /// For `match`; empty: any zone of the region.
    #[serde(deserialize_with = "or_default")]
    pub zone: String,
}

/// Which Mesos agents will do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum DomainFilter {
    /// Those of the master's region, and those that do not say where they are.
    #[default]
    Home,
    /// All.
    Any,
    /// Those of this region and, if one is given, of this zone.
    Match {
        /// The region's name.
        region: String,
        /// The zone's name.
        zone: Option<String>,
    },
}

impl Domain {
    /// `None`: the mode is none of the three, or a region is wanted and missing.
    pub fn filter(&self) -> Option<DomainFilter> {
        match self.mode.trim().to_ascii_lowercase().as_str() {
            "" | "home" => Some(DomainFilter::Home),
            "any" => Some(DomainFilter::Any),
            "match" => {
                let region = self.region.trim();
                let zone = self.zone.trim();
                (!region.is_empty()).then(|| DomainFilter::Match {
                    region: region.to_owned(),
                    zone: (!zone.is_empty()).then(|| zone.to_owned()),
                })
            }
            _ => None,
        }
    }
}

/// Completes «an agent …».
impl fmt::Display for DomainFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DomainFilter::Home => f.write_str("in the region of the master"),
            DomainFilter::Any => f.write_str("in any region"),
            DomainFilter::Match { region, zone: None } => write!(f, "in the region {region}"),
            DomainFilter::Match {
                region,
                zone: Some(zone),
            } => write!(f, "in the region {region}, zone {zone}"),
        }
    }
}
