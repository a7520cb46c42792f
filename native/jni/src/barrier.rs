//! What stands between Rust and the JVM: each failure and each panic becomes one `NativeException`, nothing unwinds into
//! the JVM and nothing ends it.

use std::any::Any;
use std::sync::OnceLock;

use jni::errors::ErrorPolicy;
use jni::objects::JClass;
use jni::refs::Weak;
use jni::strings::JNIString;
use jni::{Env, jni_str};

use crate::failure::Failure;
use crate::logs;

/// Taken in `JNI_OnLoad`, where the class loader of the plugin is at hand; later look-ups would ask the wrong one. Weak, so
/// that it does not keep a plugin in memory that was taken out; as long as a native can be called, the class is there.
static EXCEPTION: OnceLock<Weak<JClass<'static>>> = OnceLock::new();

/// Finds the exception class. To be called from `JNI_OnLoad` only.
pub(crate) fn take_exception_class(env: &mut Env<'_>) -> jni::errors::Result<()> {
    let class = env.find_class(jni_str!("org/jenkinsci/plugins/mesos/NativeException"))?;
    let class = env.new_weak_ref(class)?;
    // A second load into the same class loader keeps the first reference: it is the same class.
    let _ = EXCEPTION.set(class);
    Ok(())
}

/// The policy of every native: throw, and return a value that Java never sees.
#[derive(Debug)]
pub(crate) struct ThrowNativeException;

impl<T: Default> ErrorPolicy<T, Failure> for ThrowNativeException {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        failure: Failure,
    ) -> jni::errors::Result<T> {
        throw(env, &failure.to_string());
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        let text = logs::panic_text(payload.as_ref());
        let logger = logs::ROOT_LOGGER;
        throw(
            env,
            &format!("the native library has a bug and gave up this call ({text}); see the logger {logger}"),
        );
        // The payload's own destructor may panic, and this is the last frame that may catch it.
        std::mem::forget(payload);
        Ok(T::default())
    }

    fn on_internal_jni_error<'unowned_env_local: 'native_method, 'native_method>(
        (): &mut (),
        error: jni::errors::Error,
    ) -> T {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot throw into Java");
        T::default()
    }

    fn on_internal_panic<'unowned_env_local: 'native_method, 'native_method>(
        (): &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> T {
        // The panic hook has told the place already.
        std::mem::forget(payload);
        T::default()
    }
}

fn throw(env: &mut Env<'_>, message: &str) {
    if env.exception_check() {
        // What Java threw first tells more.
        return;
    }
    let message = JNIString::from(message);
    let class = EXCEPTION
        .get()
        .and_then(|class| class.upgrade_local(env).ok().flatten());
    let thrown = match class {
        Some(class) => env.throw_new(class, &message),
        None => env.throw_new(jni_str!("java/lang/IllegalStateException"), &message),
    };
    // `throw_new` reports its success as the pending exception.
    if let Err(error) = thrown
        && !matches!(error, jni::errors::Error::JavaException)
    {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot throw into Java");
    }
}
