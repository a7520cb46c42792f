//! What must hold, in words that a broken rule is shown with.

/// Subscribing is tried again slowly.
pub const SUBSCRIBES_SLOWLY: &str = "subscribing is tried again slowly";
/// The framework keeps its id.
pub const KEEPS_ITS_ID: &str = "the framework keeps its id";
/// Calls follow SUBSCRIBED on their stream.
pub const CALLS_FOLLOW_SUBSCRIBED: &str = "calls follow SUBSCRIBED on their stream";
/// Calls carry the framework's id.
pub const CALLS_CARRY_THE_ID: &str = "calls carry the framework's id";
/// No storm of calls.
pub const NO_STORM: &str = "no storm of calls";
/// Each offer is answered once.
pub const OFFER_ANSWERED_ONCE: &str = "each offer is answered once";
/// Each offer is answered in time.
pub const OFFER_ANSWERED_IN_TIME: &str = "each offer is answered in time";
/// The framework id is durable before a launch.
pub const ID_BEFORE_LAUNCH: &str = "the framework id is durable before a launch";
/// No task id is used twice.
pub const TASK_ID_ONCE: &str = "no task id is used twice";
/// An intent is durable before its ACCEPT.
pub const INTENT_BEFORE_ACCEPT: &str = "an intent is durable before its ACCEPT";
/// A framework leaves only when nothing is to do.
pub const LEAVES_WHEN_IDLE: &str = "a framework leaves only when nothing is to do";
/// Only what was heard with a uuid is acknowledged.
pub const ACKNOWLEDGES_WHAT_IT_HEARD: &str = "only what was heard with a uuid is acknowledged";
/// An acknowledgement names its task.
pub const ACKNOWLEDGES_BY_NAME: &str = "an acknowledgement names its task";
/// An update is durable before it is acknowledged.
pub const UPDATE_BEFORE_ACKNOWLEDGE: &str = "an update is durable before it is acknowledged";
/// Ended comes once for each name.
pub const ENDED_ONCE: &str = "ended comes once for each name";
/// Ended comes only for names of this life.
pub const ENDED_OF_THIS_LIFE: &str = "ended comes only for names of this life";
/// Accepted follows ACCEPT.
pub const ACCEPTED_FOLLOWS_ACCEPT: &str = "accepted follows ACCEPT";
/// Java hears only what is durable.
pub const TOLD_IS_DURABLE: &str = "Java hears only what is durable";
/// Nothing is told of a name before it is there or after ended.
pub const TOLD_WHILE_IT_LIVES: &str = "nothing is told of a name before it is there or after ended";
/// Whatever is due is done, and then is due no more.
pub const TIME_GOES_ON: &str = "time stands still";
/// Rows survive the disk.
pub const ROWS_SURVIVE: &str = "rows survive the disk";
/// The configuration is readable.
pub const CONFIGURATION_READABLE: &str = "the configuration is readable";
/// The master finds no fault with a call.
pub const CALLS_FAULTLESS: &str = "the master finds no fault with a call";
/// The master finds no fault with SUBSCRIBE.
pub const SUBSCRIBE_FAULTLESS: &str = "the master finds no fault with SUBSCRIBE";
/// No resource is used twice.
pub const RESOURCES_ONCE: &str = "no resource is used twice";
/// What Jenkins rightly asks for is taken.
pub const REQUEST_TAKEN: &str = "what Jenkins rightly asks for is taken";
/// Calls go quiet.
pub const CALLS_GO_QUIET: &str = "calls go quiet";
/// A healthy stream is kept.
pub const STREAM_IS_KEPT: &str = "a healthy stream is kept";
/// What is released goes.
pub const RELEASED_GOES: &str = "what is released goes";
/// The ledger is empty at the end.
pub const LEDGER_EMPTIES: &str = "the ledger is empty at the end";
/// Every live agent runs in the end.
pub const LIVE_AGENTS_RUN: &str = "every live agent runs in the end";
/// Every name that ended is told so.
pub const END_IS_TOLD: &str = "every name that ended is told so";
/// Offers are suppressed while nothing waits, or the master is left.
pub const SUPPRESSED_WHEN_IDLE: &str = "offers are suppressed while nothing waits, or the master is left";
/// A framework that has left has no id.
pub const NO_ID_AFTER_LEAVING: &str = "a framework that has left has no id";
/// No offer is kept for nothing.
pub const NO_OFFER_KEPT: &str = "no offer is kept for nothing";
/// A task that no node owns is gone within a minute.
pub const STRANGERS_GO: &str = "a task that no node owns is gone within a minute";
/// Caps are never exceeded.
pub const CAPS_KEPT: &str = "caps are never exceeded";
/// An unchanged configuration touches nothing.
pub const UNCHANGED_TOUCHES_NOTHING: &str = "an unchanged configuration touches nothing";

/// All of them.
pub const ALL: [&str; 38] = [
    SUBSCRIBES_SLOWLY,
    KEEPS_ITS_ID,
    CALLS_FOLLOW_SUBSCRIBED,
    CALLS_CARRY_THE_ID,
    NO_STORM,
    OFFER_ANSWERED_ONCE,
    OFFER_ANSWERED_IN_TIME,
    ID_BEFORE_LAUNCH,
    TASK_ID_ONCE,
    INTENT_BEFORE_ACCEPT,
    LEAVES_WHEN_IDLE,
    ACKNOWLEDGES_WHAT_IT_HEARD,
    ACKNOWLEDGES_BY_NAME,
    UPDATE_BEFORE_ACKNOWLEDGE,
    ENDED_ONCE,
    ENDED_OF_THIS_LIFE,
    ACCEPTED_FOLLOWS_ACCEPT,
    TOLD_IS_DURABLE,
    TOLD_WHILE_IT_LIVES,
    TIME_GOES_ON,
    ROWS_SURVIVE,
    CONFIGURATION_READABLE,
    CALLS_FAULTLESS,
    SUBSCRIBE_FAULTLESS,
    RESOURCES_ONCE,
    REQUEST_TAKEN,
    CALLS_GO_QUIET,
    STREAM_IS_KEPT,
    RELEASED_GOES,
    LEDGER_EMPTIES,
    LIVE_AGENTS_RUN,
    END_IS_TOLD,
    SUPPRESSED_WHEN_IDLE,
    NO_ID_AFTER_LEAVING,
    NO_OFFER_KEPT,
    STRANGERS_GO,
    CAPS_KEPT,
    UNCHANGED_TOUCHES_NOTHING,
];
