//! Panics on demand, to test the barrier through a real JVM. Release builds lack this module.

use jni::objects::JClass;
use jni::{Env, NativeMethod, jni_str, native_method};

use crate::barrier::ThrowNativeException;
use crate::failure::Failure;

const PANIC: NativeMethod<'static> = native_method! {
    name = "panic", sig = (native: jboolean) -> jlong, static = true, fn = panic_now,
    error_policy = ThrowNativeException
};

/// Registers `NativeFaults.panic`, where the class path has that class.
#[expect(unsafe_code, reason = "pointers to functions are given to the JVM")]
pub(crate) fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    let Ok(class) = env.find_class(jni_str!("org/jenkinsci/plugins/mesos/NativeFaults")) else {
        env.exception_clear();
        return Ok(());
    };
    // SAFETY: `native_method!` made the function pointer from a function of the stated type, and it is static.
    unsafe { env.register_native_methods(&class, &[PANIC]) }
}

/// A panic whose payload is `awkward` panics itself when it is dropped.
fn panic_now<'local>(_: &mut Env<'local>, _: JClass<'local>, awkward: bool) -> Result<i64, Failure> {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload was dropped");
        }
    }
    if awkward {
        std::panic::panic_any(Bomb);
    }
    panic!("asked to panic");
}
