//! Links the library so that the dynamic loader never unmaps it.

fn main() {
    // The JVM unloads a library when the class loader of the plugin is collected. Our worker threads and thread-local
    // destructors may still be on their way out then; code that stays mapped cannot pull the ground from under them.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
