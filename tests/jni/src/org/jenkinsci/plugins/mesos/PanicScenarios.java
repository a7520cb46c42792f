package org.jenkinsci.plugins.mesos;

import static org.jenkinsci.plugins.mesos.Expect.contains;
import static org.jenkinsci.plugins.mesos.Expect.eventually;
import static org.jenkinsci.plugins.mesos.Expect.nativeFailure;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** A panic in Rust, with the library that panics on demand. */
final class PanicScenarios {

    static void aPanicIsANativeExceptionAndItsPlaceIsLogged() throws Exception {
        NativeLibrary.load("");
        Logger logger = Logger.getLogger(NativeLog.LOGGER);
        List<String> messages = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                messages.add(record.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            contains(nativeFailure(() -> NativeFaults.panic(false)), "asked to panic", "bug");
            String logged = eventually(() -> messages,
                    () -> messages.stream().filter(m -> m.contains("asked to panic")).findFirst().orElse(null));
            contains(logged, "faults.rs:", "report");
        } finally {
            logger.removeHandler(handler);
        }
    }

    static void anAwkwardPanicIsHarmlessToo() throws Exception {
        NativeLibrary.load("");
        contains(nativeFailure(() -> NativeFaults.panic(true)), "bug");
    }

    static void theLibraryWorksOnAfterAThousandPanics() throws Exception {
        NativeLibrary.load("");
        for (int i = 0; i < 1000; i++) {
            nativeFailure(() -> NativeFaults.panic(false));
        }
        long handle = BridgeScenarios.open();
        NativeBridge.status(handle);
        NativeBridge.close(handle, false);
    }
}
