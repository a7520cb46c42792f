//! The templates of a cloud, found by key.

use super::inherit::read_templates;
use super::template::Template;
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use std::ops::Deref;

/// All templates, in the order of the form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Templates {
    list: Vec<Template>,
    /// The first with each key.
    by_key: HashMap<String, usize>,
    /// The first with each label.
    by_label: HashMap<String, usize>,
}

impl Templates {
    /// The template with this key.
    pub fn get_by_key(&self, key: &str) -> Option<&Template> {
        self.list.get(*self.by_key.get(&super::normal_label(key))?)
    }

    /// The first template with this label.
    pub fn get_by_label(&self, label: &str) -> Option<&Template> {
        self.list.get(*self.by_label.get(&super::normal_label(label))?)
    }
}

impl From<Vec<Template>> for Templates {
    fn from(list: Vec<Template>) -> Self {
        let (mut by_key, mut by_label) = (HashMap::new(), HashMap::new());
        for (index, template) in list.iter().enumerate() {
            by_key.entry(template.key()).or_insert(index);
            by_label
                .entry(super::normal_label(&template.label))
                .or_insert(index);
        }
        Self {
            list,
            by_key,
            by_label,
        }
    }
}

impl Deref for Templates {
    type Target = [Template];

    fn deref(&self) -> &[Template] {
        &self.list
    }
}

impl<'de> Deserialize<'de> for Templates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<serde_json::Value>::deserialize(deserializer).map(|values| read_templates(values).into())
    }
}
