//! `tracing` records of the whole library, on their way into Java's logging: levels, logger names, the panic hook.

use std::fmt::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Once, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::ring::{Batch, Record, Ring};

/// The Java logger above all of ours.
pub(crate) const ROOT_LOGGER: &str = "org.jenkinsci.plugins.mesos.native";

/// How many records wait for Java at most.
const CAPACITY: usize = 4096;

/// Our crates; whatever else logs inside the library is a dependency and is heard from `warn` up only.
const OWN_CRATES: [&str; 4] = ["mesos_core", "mesos_client", "mesos_wire", "mesos_jenkins"];

static RING: Ring = Ring::new(CAPACITY);
static LEVEL: AtomicLevel = AtomicLevel::new(LevelFilter::INFO);

/// The level name is none of the contract's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("log level `{0}` is not one of off, error, warn, info, debug, trace")]
pub(crate) struct UnknownLevel(String);

/// Takes in the records of this copy of the library and its panics from now on; further calls do nothing.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(RingLayer {
            ring: &RING,
            level: &LEVEL,
        });
        // Each copy of the library has statics of its own, so nobody can have been here before.
        let _ = tracing::subscriber::set_global_default(subscriber);
        std::panic::set_hook(Box::new(record_panic));
    });
}

/// Waits up to `timeout` for records and takes them out.
pub(crate) fn take(timeout: Duration) -> Batch {
    RING.take(timeout)
}

/// Changes what is recorded from now on.
pub(crate) fn set_level(name: &str) -> Result<(), UnknownLevel> {
    let level = parse_level(name).ok_or_else(|| UnknownLevel(name.chars().take(40).collect()))?;
    if LEVEL.swap(level) != level {
        // The verdict on each call site is cached by `tracing`.
        tracing::callsite::rebuild_interest_cache();
    }
    Ok(())
}

fn parse_level(name: &str) -> Option<LevelFilter> {
    Some(match name {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => return None,
    })
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The Java logger for a record of `target` (`crate::module::…`): our records go by their module, a dependency's by its
/// crate.
fn logger_name(target: &str) -> String {
    let mut parts = target.split("::");
    let krate = parts.next().unwrap_or_default();
    let area = match parts.next() {
        Some(module) if is_own(krate) => module,
        None if is_own(krate) => match krate {
            "mesos_jenkins" => "jni",
            _ => krate.trim_start_matches("mesos_"),
        },
        _ => krate,
    };
    format!("{ROOT_LOGGER}.{area}")
}

fn is_own(krate: &str) -> bool {
    OWN_CRATES.contains(&krate)
}

fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A [`LevelFilter`] that threads share.
#[derive(Debug)]
struct AtomicLevel(AtomicU8);

impl AtomicLevel {
    const LEVELS: [LevelFilter; 6] = [
        LevelFilter::OFF,
        LevelFilter::ERROR,
        LevelFilter::WARN,
        LevelFilter::INFO,
        LevelFilter::DEBUG,
        LevelFilter::TRACE,
    ];

    const fn new(level: LevelFilter) -> Self {
        Self(AtomicU8::new(Self::rank(level)))
    }

    const fn rank(level: LevelFilter) -> u8 {
        match level.into_level() {
            None => 0,
            Some(Level::ERROR) => 1,
            Some(Level::WARN) => 2,
            Some(Level::INFO) => 3,
            Some(Level::DEBUG) => 4,
            Some(Level::TRACE) => 5,
        }
    }

    fn get(&self) -> LevelFilter {
        Self::LEVELS[usize::from(self.0.load(Ordering::Relaxed))]
    }

    fn swap(&self, level: LevelFilter) -> LevelFilter {
        Self::LEVELS[usize::from(self.0.swap(Self::rank(level), Ordering::Relaxed))]
    }
}

/// The end of the `tracing` pipe: turns events into records.
struct RingLayer {
    ring: &'static Ring,
    level: &'static AtomicLevel,
}

impl RingLayer {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let own = metadata.target().split("::").next().is_some_and(is_own);
        let level = self.level.get();
        let level = if own { level } else { level.min(LevelFilter::WARN) };
        *metadata.level() <= level
    }
}

/// What `cloud = …` a span carries, so that the records of several clouds can be told apart.
struct CloudName(String);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for RingLayer {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Spans are few, and one that is off when it is entered could not name its cloud later.
        metadata.is_span() && metadata.target().split("::").next().is_some_and(is_own) || self.wants(metadata)
    }

    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        id: &tracing::span::Id,
        context: Context<'_, S>,
    ) {
        let mut text = Text::default();
        attributes.record(&mut text);
        if let (Some(cloud), Some(span)) = (text.cloud, context.span(id)) {
            span.extensions_mut().insert(CloudName(cloud));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !self.wants(event.metadata()) {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let of_span = context.event_scope(event).and_then(|mut scope| {
            scope.find_map(|span| span.extensions().get::<CloudName>().map(|name| name.0.clone()))
        });
        self.ring.push(Record {
            at: now_millis(),
            level: level_name(*event.metadata().level()),
            logger: logger_name(event.metadata().target()),
            message: text.finish(of_span),
        });
    }
}

/// Gathers the fields of an event: the message first, the others behind it, the cloud's name before it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    cloud: Option<String>,
}

impl Text {
    fn finish(self, cloud_of_span: Option<String>) -> String {
        let Self {
            message,
            fields,
            cloud,
        } = self;
        match cloud.or(cloud_of_span) {
            Some(cloud) => format!("[{cloud}] {message}{fields}"),
            None => message + &fields,
        }
    }

    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = match field.name() {
            "message" => self.message.write_fmt(value),
            "cloud" => {
                self.cloud = Some(value.to_string());
                Ok(())
            }
            name => write!(self.fields, " {name}={value}"),
        };
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, format_args!("{value}"));
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(self.fields, ": {error}");
            source = error.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format_args!("{value:?}"));
    }
}

/// The panic hook: says where, since the exception that Java gets cannot. Nothing goes to standard error.
fn record_panic(info: &PanicHookInfo<'_>) {
    static LOGGER: OnceLock<String> = OnceLock::new();
    let place = info
        .location()
        .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    // A thread of the JVM that is in a native has no name here; its exception carries the Java stack.
    let thread = thread
        .name()
        .map(|name| format!(" in thread {name}"))
        .unwrap_or_default();
    RING.push_unless_busy(Record {
        at: now_millis(),
        level: "error",
        logger: LOGGER.get_or_init(|| logger_name("mesos_jenkins")).clone(),
        message: format!(
            "panic{thread} at {place}: {}; please report this bug",
            panic_text(info.payload())
        ),
    });
}

/// The text of a panic, where it has one.
pub(crate) fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `work` with a layer of its own and gives what it recorded, as `logger level message`.
    fn recorded(level: LevelFilter, work: impl FnOnce(&'static AtomicLevel)) -> Vec<String> {
        let ring: &'static Ring = Box::leak(Box::new(Ring::new(16)));
        let level: &'static AtomicLevel = Box::leak(Box::new(AtomicLevel::new(level)));
        let subscriber = tracing_subscriber::registry().with(RingLayer { ring, level });
        tracing::subscriber::with_default(subscriber, || work(level));
        let line = |r: Record| {
            format!(
                "{} {} {}",
                r.logger.trim_start_matches(ROOT_LOGGER),
                r.level,
                r.message
            )
        };
        ring.take(Duration::ZERO).records.into_iter().map(line).collect()
    }

    #[test]
    fn loggers_are_named_by_our_modules_and_by_the_crates_of_others() {
        let cases = [
            ("mesos_core::session", "session"),
            ("mesos_core::session::backoff", "session"),
            ("mesos_client::http", "http"),
            ("mesos_core", "core"),
            ("mesos_jenkins", "jni"),
            ("mesos_jenkins::entry", "entry"),
            ("hyper::proto::h1", "hyper"),
            ("zookeeper_client", "zookeeper_client"),
        ];
        for (target, area) in cases {
            assert_eq!(
                logger_name(target),
                format!("org.jenkinsci.plugins.mesos.native.{area}")
            );
        }
    }

    #[test]
    fn a_record_holds_the_message_then_its_fields() {
        let lines = recorded(LevelFilter::INFO, |_| {
            tracing::warn!(target: "mesos_core::session", leader = "10.0.0.1:5050", attempt = 3, "lost {}", "it");
        });
        assert_eq!(lines, [".session warn lost it leader=10.0.0.1:5050 attempt=3"]);
    }

    #[test]
    fn the_causes_of_an_error_are_told() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot open the ledger")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk full"));
        let lines = recorded(LevelFilter::INFO, |_| {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(target: "mesos_client::store", error, "stopped");
        });
        assert_eq!(
            lines,
            [".store error stopped error=cannot open the ledger: disk full"]
        );
    }

    #[test]
    fn the_cloud_of_the_span_stands_before_the_message() {
        let lines = recorded(LevelFilter::INFO, |_| {
            let span = tracing::info_span!(target: "mesos_client::driver", "cloud", cloud = "MesosCloud");
            span.in_scope(|| tracing::info!(target: "mesos_core::session", "subscribed"));
            tracing::info!(target: "mesos_core::session", "outside");
        });
        assert_eq!(
            lines,
            [".session info [MesosCloud] subscribed", ".session info outside"]
        );
    }

    #[test]
    fn dependencies_are_heard_from_warn_up_whatever_our_level() {
        let lines = recorded(LevelFilter::TRACE, |_| {
            tracing::info!(target: "hyper::client", "chatter");
            tracing::warn!(target: "hyper::client", "worth knowing");
            tracing::trace!(target: "mesos_core::matcher", "ours");
        });
        assert_eq!(lines, [".hyper warn worth knowing", ".matcher trace ours"]);
    }

    #[test]
    fn the_level_can_be_changed_while_records_flow() {
        let lines = recorded(LevelFilter::INFO, |level| {
            for change in [
                LevelFilter::INFO,
                LevelFilter::DEBUG,
                LevelFilter::OFF,
                LevelFilter::ERROR,
            ] {
                level.swap(change);
                tracing::callsite::rebuild_interest_cache();
                tracing::debug!(target: "mesos_core::ledger", "debug at {change}");
                tracing::error!(target: "mesos_core::ledger", "error at {change}");
            }
        });
        assert_eq!(
            lines,
            [
                ".ledger error error at info",
                ".ledger debug debug at debug",
                ".ledger error error at debug",
                ".ledger error error at error",
            ]
        );
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_choices() {
        let error = set_level("FINE").unwrap_err();
        assert_eq!(
            error.to_string(),
            "log level `FINE` is not one of off, error, warn, info, debug, trace"
        );
    }

    #[test]
    fn the_text_of_a_panic_is_found_in_either_form() {
        assert_eq!(panic_text(&"plain"), "plain");
        assert_eq!(panic_text(&String::from("formatted")), "formatted");
        assert_eq!(panic_text(&7_u8), "a panic without a text");
    }
}
