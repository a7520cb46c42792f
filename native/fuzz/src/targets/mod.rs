//! One module for each target.

pub(crate) mod attributes;
pub(crate) mod configuration;
pub(crate) mod event;
pub(crate) mod ledger;
pub(crate) mod recordio;
pub(crate) mod znode;
