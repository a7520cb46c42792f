//! The natives of `org.jenkinsci.plugins.mesos.NativeBridge`, a few lines each, and their registration.
//!
//! They are registered in `JNI_OnLoad` instead of exported by name: the JVM compares each signature with the Java class at
//! once, and a library that is loaded after one that did not fit takes its place.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{JNI_ERR, JNI_VERSION_1_8, jboolean, jint, jlong};
use jni::{Env, JavaVM, NativeMethod, jni_str, native_method};

use crate::barrier::{self, ThrowNativeException};
use crate::clouds::Clouds;
use crate::failure::Failure;
use crate::logs;
use crate::messages::{self, LogBatch, Version};

/// The longest that a native waits for events or records, whatever Java asks for: the host must be able to stop.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

static CLOUDS: Clouds = Clouds::new();

/// One static native of the bridge, behind the panic barrier; its type is checked against the Java signature.
macro_rules! native {
    ($name:literal, $rust:path, $($sig:tt)+) => {
        native_method! {
            name = $name, sig = $($sig)+, static = true, fn = $rust, error_policy = ThrowNativeException
        }
    };
}

const NATIVES: [NativeMethod<'static>; 16] = [
    native!("version", version, () -> jbyte[]),
    native!("open", open, (config: jbyte[], folder: JString) -> jlong),
    native!("reconfigure", reconfigure, (handle: jlong, config: jbyte[]) -> void),
    native!("plan", plan, (handle: jlong, demand: jbyte[]) -> jbyte[]),
    native!("review", review, (handle: jlong, situation: jbyte[]) -> jbyte[]),
    native!("submit", submit, (handle: jlong, request: jbyte[]) -> void),
    native!("release", release, (handle: jlong, names: jbyte[]) -> void),
    native!("poll", poll, (handle: jlong, timeout: jlong) -> jbyte[]),
    native!("status", status, (handle: jlong) -> jbyte[]),
    native!("roles", roles, (handle: jlong) -> jbyte[]),
    native!("capacity", capacity, (handle: jlong, need: jbyte[]) -> jbyte[]),
    native!("validate", validate, (config: jbyte[]) -> jbyte[]),
    native!("testConnection", test_connection, (config: jbyte[]) -> jbyte[]),
    native!("close", close, (handle: jlong, teardown: jboolean) -> void),
    native!("logs", log_batch, (timeout: jlong) -> jbyte[]),
    native!("logLevel", log_level, (level: JString) -> void),
];

/// Called by the JVM inside `System.load`, with the class loader of the plugin at hand.
///
/// Gives the JNI version wanted, or `JNI_ERR`, which Java sees as an `UnsatisfiedLinkError`.
// SAFETY: the JVM looks this symbol up by its name in this library only, and the name is unique within it.
#[expect(unsafe_code, reason = "the JVM finds it by this name")]
#[unsafe(no_mangle)]
extern "system" fn JNI_OnLoad(vm: *mut jni::sys::JavaVM, _reserved: *mut c_void) -> jint {
    if vm.is_null() {
        return JNI_ERR;
    }
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        logs::install();
        // SAFETY: the JVM passes a valid pointer that stays valid as long as the JVM lives.
        let vm = unsafe { JavaVM::from_raw(vm) };
        vm.attach_current_thread(register)
    }));
    match loaded {
        Ok(Ok(())) => JNI_VERSION_1_8,
        Ok(Err(error)) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot register the natives"
            );
            JNI_ERR
        }
        // The panic hook has told the place.
        Err(payload) => {
            std::mem::forget(payload);
            JNI_ERR
        }
    }
}

#[expect(unsafe_code, reason = "pointers to functions are given to the JVM")]
fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    barrier::take_exception_class(env)?;
    let bridge = env.find_class(jni_str!("org/jenkinsci/plugins/mesos/NativeBridge"))?;
    // One by one: a plugin of another contract may lack some, and must still be able to ask for the version.
    for native in &NATIVES {
        // SAFETY: `native_method!` made the function pointers from functions of the stated types, and all are static.
        let registered = unsafe { env.register_native_methods(&bridge, std::slice::from_ref(native)) };
        match registered {
            Ok(()) => {}
            Err(jni::errors::Error::NoSuchMethod(message)) => {
                tracing::error!(message, "the plugin lacks a native of this library");
            }
            Err(error) => return Err(error),
        }
    }
    #[cfg(feature = "fault-injection")]
    crate::faults::register(env)?;
    Ok(())
}

type Answer<'local> = Result<JByteArray<'local>, Failure>;

fn version<'local>(env: &mut Env<'local>, _: JClass<'local>) -> Answer<'local> {
    answer(env, messages::write(&Version::of_this_library())?)
}

fn open<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    config: JByteArray<'local>,
    folder: JString<'local>,
) -> Result<jlong, Failure> {
    let config = messages::read("config", &bytes(env, "config", &config)?)?;
    let folder = text(env, "state folder", &folder)?;
    if !folder.starts_with('/') {
        return Err(Failure::RelativeFolder(folder));
    }
    CLOUDS.open(config, PathBuf::from(folder))
}

fn reconfigure<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    config: JByteArray<'local>,
) -> Result<(), Failure> {
    let config = messages::read("config", &bytes(env, "config", &config)?)?;
    CLOUDS.reconfigure(handle, config)
}

fn plan<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    demand: JByteArray<'local>,
) -> Answer<'local> {
    let demand = messages::read("demand", &bytes(env, "demand", &demand)?)?;
    answer(env, messages::write(&CLOUDS.plan(handle, &demand)?)?)
}

fn review<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    situation: JByteArray<'local>,
) -> Answer<'local> {
    let situation = messages::read("situation", &bytes(env, "situation", &situation)?)?;
    answer(env, messages::write(&CLOUDS.review(handle, &situation)?)?)
}

fn submit<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    request: JByteArray<'local>,
) -> Result<(), Failure> {
    let request = messages::read("request", &bytes(env, "request", &request)?)?;
    CLOUDS.submit(handle, request)
}

fn release<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    release: JByteArray<'local>,
) -> Result<(), Failure> {
    let release = messages::read("release", &bytes(env, "release", &release)?)?;
    CLOUDS.release(handle, release)
}

fn poll<'local>(env: &mut Env<'local>, _: JClass<'local>, handle: jlong, timeout: jlong) -> Answer<'local> {
    answer(env, messages::write(&CLOUDS.poll(handle, wait(timeout))?)?)
}

fn status<'local>(env: &mut Env<'local>, _: JClass<'local>, handle: jlong) -> Answer<'local> {
    answer(env, messages::write(&CLOUDS.status(handle)?)?)
}

fn roles<'local>(env: &mut Env<'local>, _: JClass<'local>, handle: jlong) -> Answer<'local> {
    answer(env, messages::write(&CLOUDS.roles(handle)?)?)
}

fn capacity<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    need: JByteArray<'local>,
) -> Answer<'local> {
    let need = messages::read("need", &bytes(env, "need", &need)?)?;
    answer(env, messages::write(&CLOUDS.capacity(handle, &need)?)?)
}

fn validate<'local>(env: &mut Env<'local>, _: JClass<'local>, config: JByteArray<'local>) -> Answer<'local> {
    let config = messages::read("config", &bytes(env, "config", &config)?)?;
    answer(env, messages::write(&mesos_core::validate(&config))?)
}

fn test_connection<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    config: JByteArray<'local>,
) -> Answer<'local> {
    let config = messages::read("config", &bytes(env, "config", &config)?)?;
    answer(env, messages::write(&CLOUDS.test_connection(&config)?)?)
}

fn close<'local>(
    _: &mut Env<'local>,
    _: JClass<'local>,
    handle: jlong,
    teardown: jboolean,
) -> Result<(), Failure> {
    CLOUDS.close(handle, teardown)
}

fn log_batch<'local>(env: &mut Env<'local>, _: JClass<'local>, timeout: jlong) -> Answer<'local> {
    answer(env, messages::write(&LogBatch::from(logs::take(wait(timeout))))?)
}

fn log_level<'local>(
    env: &mut Env<'local>,
    _: JClass<'local>,
    level: JString<'local>,
) -> Result<(), Failure> {
    Ok(logs::set_level(&text(env, "log level", &level)?)?)
}

fn bytes(env: &Env<'_>, what: &'static str, array: &JByteArray<'_>) -> Result<Vec<u8>, Failure> {
    if array.is_null() {
        return Err(Failure::Null(what));
    }
    Ok(env.convert_byte_array(array)?)
}

fn text(env: &Env<'_>, what: &'static str, string: &JString<'_>) -> Result<String, Failure> {
    if string.is_null() {
        return Err(Failure::Null(what));
    }
    Ok(string.try_to_string(env)?)
}

fn answer<'local>(env: &mut Env<'local>, json: Vec<u8>) -> Answer<'local> {
    Ok(env.byte_array_from_slice(&json)?)
}

/// A waiting time as Java gives it: not below nothing, not beyond [`LONGEST_WAIT`].
fn wait(millis: jlong) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_kept_within_bounds() {
        assert_eq!(wait(250), Duration::from_millis(250));
        assert_eq!(wait(-1), Duration::ZERO);
        assert_eq!(wait(jlong::MIN), Duration::ZERO);
        assert_eq!(wait(jlong::MAX), LONGEST_WAIT);
    }
}
