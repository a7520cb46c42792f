package org.jenkinsci.plugins.mesos;

/** A plugin that is taken out of a running host in the middle of its work. */
final class UnloadScenarios {

    static void aCloudIsLeftOpenWhenThePluginStops() throws Exception {
        NativeLibrary.load("");
        long handle = BridgeScenarios.open();
        // The driver's thread is at work now and stays so: it tries the master again and again.
        BridgeScenarios.event(handle, event -> "connection".equals(event.get("type")));
        NativeLog.stop();
    }
}
