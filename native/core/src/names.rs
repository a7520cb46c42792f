//! The names of agents that Java has to do with.

use crate::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Each is used once.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<Text, Standing>);

/// How Java stands to a name; never to none of both.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// It is still to hear `ended`.
    expected: bool,
    /// It has submitted it in this life.
    submitted: bool,
}

impl Names {
    /// Those that it owned at open: of each it is to hear `ended`.
    pub(crate) fn owned(names: &BTreeSet<String>) -> Self {
        let owned = Standing {
            expected: true,
            submitted: false,
        };
        Self(
            names
                .iter()
                .map(|name| (Text::from(name.as_str()), owned))
                .collect(),
        )
    }

    /// It is to hear `ended` of this one, too.
    pub(crate) fn submit(&mut self, name: Text) {
        let both = Standing {
            expected: true,
            submitted: true,
        };
        self.0.insert(name, both);
    }

    pub(crate) fn is_expected(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|standing| standing.expected)
    }

    /// Those of which it is still to hear `ended`.
    pub(crate) fn expected(&self) -> impl Iterator<Item = &Text> {
        self.0
            .iter()
            .filter(|(_, standing)| standing.expected)
            .map(|(name, _)| name)
    }

    pub(crate) fn was_submitted(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|standing| standing.submitted)
    }

    /// It hears `ended` now; false if that was not expected any more.
    pub(crate) fn told(&mut self, name: &str) -> bool {
        self.change(name, |standing| std::mem::take(&mut standing.expected))
    }

    /// That it was submitted does not matter any more.
    pub(crate) fn forget(&mut self, name: &str) {
        self.change(name, |standing| std::mem::take(&mut standing.submitted));
    }

    /// It is to hear nothing more.
    pub(crate) fn expect_none(&mut self) {
        self.0.retain(|_, standing| {
            standing.expected = false;
            standing.submitted
        });
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Standing) -> bool) -> bool {
        let Some(standing) = self.0.get_mut(name) else {
            return false;
        };
        let was = change(standing);
        if !standing.expected && !standing.submitted {
            self.0.remove(name);
        }
        was
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_is_told_once() {
        let mut names = Names::owned(&["owned".to_owned()].into());
        names.submit("new".into());
        assert_eq!(
            names.expected().collect::<Vec<_>>(),
            [&Text::from("new"), &"owned".into()]
        );
        assert!(names.is_expected("owned") && names.told("owned") && !names.told("owned"));
        assert!(names.told("new") && !names.is_expected("new") && names.was_submitted("new"));
        assert!(!names.told("stranger") && !names.was_submitted("owned"));
    }

    #[test]
    fn a_name_is_kept_as_long_as_anything_is_known_of_it() {
        let mut names = Names::owned(&["owned".to_owned()].into());
        names.submit("new".into());
        names.told("owned");
        assert_eq!(names.0.len(), 1);
        names.forget("new");
        assert!(names.is_expected("new") && !names.was_submitted("new"));
        names.submit("newer".into());
        names.expect_none();
        assert_eq!(names.0.keys().collect::<Vec<_>>(), [&Text::from("newer")]);
        names.forget("newer");
        assert!(names.0.is_empty());
    }
}
