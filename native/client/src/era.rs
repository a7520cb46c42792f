//! Which of the cloud's masters a question went to, for answers that come when another one is configured.

/// The time for which a cloud has one master, login and set of trusted authorities. An answer of an earlier one is not of
/// the cluster that is asked about now, and tells nothing of how it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Era(u64);

impl Era {
    /// The one after it.
    pub(crate) fn next(self) -> Self {
        Era(self.0.wrapping_add(1))
    }
}
