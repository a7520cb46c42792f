package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.nativeFailure;

import java.nio.file.Path;

/** A library that speaks another contract is loaded and then given up; the next one must take its place. */
final class SecondLibraryScenarios {

    static void theNativesBelongToTheLibraryThatWasLoadedLast() throws Exception {
        NativeLibrary.load("");
        long handle = BridgeScenarios.open();
        NativeBridge.status(handle);

        Path second = RefusedLibraryScenarios.write("libmesos_jenkins.so", RefusedLibraryScenarios.whole());
        System.load(second.toString());

        // It has a table of its own, in which this handle was never given.
        contains(nativeFailure(() -> NativeBridge.status(handle)), "cloud handle " + handle + " is closed");
        long fresh = BridgeScenarios.open();
        NativeBridge.status(fresh);
        NativeBridge.close(fresh, false);
    }
}
