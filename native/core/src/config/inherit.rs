//! Templates that take what they leave blank from another.

use super::template::{Flaw, Template};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What every template has for itself.
const OWN: [&str; 4] = ["name", "inheritFrom", "label", "mode"];

/// More generations than anyone means; each costs a copy of the template.
const GENERATIONS: usize = 32;

type Members = Map<String, Value>;

/// Reads the templates. One that cannot be read, or that inherits from nowhere, gets a flaw and costs the others nothing.
pub(super) fn read_templates(values: Vec<Value>) -> Vec<Template> {
    let written: Vec<Option<Members>> = values
        .into_iter()
        .map(|value| match value {
            Value::Object(members) => Some(members),
            _ => None,
        })
        .collect();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for (index, members) in written.iter().enumerate() {
        if let Some(members) = members {
            by_key.entry(key_of(members)).or_insert(index);
        }
    }
    let family = Family { written, by_key };
    (0..family.written.len())
        .map(|index| match family.whole(index) {
            Ok(members) => read_one(members),
            Err((own, flaw)) => Template {
                flaw: Some(flaw),
                ..read_one(own)
            },
        })
        .collect()
}

struct Family {
    written: Vec<Option<Members>>,
    /// The first with each key.
    by_key: HashMap<String, usize>,
}

impl Family {
    /// The template with all it inherits; or only its own members, and why.
    fn whole(&self, index: usize) -> Result<Members, (Members, Flaw)> {
        let own = |index: usize| self.written.get(index).cloned().flatten();
        let Some(mut members) = own(index) else {
            return Err((Members::new(), Flaw::unreadable()));
        };
        let mut line = vec![index];
        let mut parent = parent_of(&members);
        while let Some(name) = parent {
            let fail = |flaw| Err((own(index).unwrap_or_default(), flaw));
            let Some(next) = self.by_key.get(&name).copied() else {
                let mut problem =
                    format!("is `{name}`, and no template has that name: enter the name of another template");
                if line.len() > 1 {
                    problem = format!(
                        "leads to a template that inherits from `{name}`, which no template is called: correct that one"
                    );
                }
                return fail(Flaw::new("inheritFrom", problem));
            };
            if line.contains(&next) {
                return fail(Flaw::new(
                    "inheritFrom",
                    format!(
                        "is `{}`, which leads back to `{name}`: leave it empty in one of them",
                        parent_of(&own(index).unwrap_or_default()).unwrap_or_default()
                    ),
                ));
            }
            if line.len() == GENERATIONS {
                return fail(Flaw::new(
                    "inheritFrom",
                    format!("leads over more than {GENERATIONS} templates: inherit from one that is nearer"),
                ));
            }
            line.push(next);
            let Some(older) = own(next) else { break };
            parent = parent_of(&older);
            for (member, value) in older {
                if !OWN.contains(&member.as_str()) && members.get(&member).is_none_or(is_blank) {
                    members.insert(member, value);
                }
            }
        }
        Ok(members)
    }
}

/// The template of these members. What of it cannot be read is not shown: a value may be a secret.
fn read_one(members: Members) -> Template {
    let own: Members = OWN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), members.get(*name)?.clone())))
        .collect();
    serde_json::from_value(Value::Object(members)).unwrap_or_else(|_| Template {
        flaw: Some(Flaw::unreadable()),
        ..serde_json::from_value(Value::Object(own)).unwrap_or_default()
    })
}

fn key_of(members: &Members) -> String {
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    super::key(text("name"), text("label"))
}

fn parent_of(members: &Members) -> Option<String> {
    let name = super::normal_label(members.get("inheritFrom")?.as_str()?);
    (!name.is_empty()).then_some(name)
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}
