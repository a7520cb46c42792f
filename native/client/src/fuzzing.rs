//! What reads what comes from outside, for the fuzzer (the feature `fuzzing`); no part of the product.

use mesos_core::MasterAddress;

use crate::detector;

/// The address in the znode of a master.
///
/// # Errors
/// What is wrong with the content.
pub fn znode(content: &[u8]) -> Result<MasterAddress, String> {
    detector::parse(content)
}

/// Which of the masters leads, by the names of their znodes.
pub fn leading_child(children: &[String]) -> Option<String> {
    detector::leading_child(children).map(str::to_owned)
}
