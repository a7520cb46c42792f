package org.jenkinsci.plugins.mesos;

import java.util.concurrent.CountDownLatch;

/** What comes last, because the JVM ends with it. */
final class LastScenarios {

    static void aPackagedLibraryCannotPanicOnDemand() throws Exception {
        NativeLibrary.load("");
        try {
            NativeFaults.panic(false);
        } catch (UnsatisfiedLinkError e) {
            return;
        }
        throw new AssertionError("the packaged library was built with fault injection");
    }

    /** The host may be stopped at any time; its exit code is the check. */
    static void theJvmEndsWhileACloudIsOpenAndPolled() throws Exception {
        NativeLibrary.load("");
        long handle = BridgeScenarios.open();
        CountDownLatch polling = new CountDownLatch(1);
        Thread poller = new Thread(() -> {
            NativeBridge.poll(handle, 0);
            polling.countDown();
            while (true) {
                NativeBridge.poll(handle, 60_000);
            }
        });
        poller.setDaemon(true);
        poller.start();
        polling.await();
    }
}
