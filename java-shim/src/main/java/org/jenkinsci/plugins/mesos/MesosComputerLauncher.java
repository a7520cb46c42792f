package org.jenkinsci.plugins.mesos;

import com.thoughtworks.xstream.converters.UnmarshallingContext;
import com.thoughtworks.xstream.io.HierarchicalStreamReader;
import hudson.model.TaskListener;
import hudson.slaves.JNLPLauncher;
import hudson.slaves.SlaveComputer;
import hudson.util.XStream2;
import java.util.Set;

/**
 * Asks Mesos for the task and returns: the agent connects by itself, as an inbound one does, so no thread of Jenkins
 * waits for it. How it gets on is in the agent's log.
 */
public class MesosComputerLauncher extends JNLPLauncher {
    /** Reads also those of older versions, which hold a whole cloud; the host finds it by its name. */
    public static final class ConverterImpl extends XStream2.PassthruConverter<MesosComputerLauncher> {
        private static final Set<String> OLD_ELEMENTS = Set.of("cloud", "state", "name");

        public ConverterImpl(XStream2 xstream) {
            super(xstream);
        }

        @Override
        public Object unmarshal(HierarchicalStreamReader reader, UnmarshallingContext context) {
            return super.unmarshal(new KeepingReader(reader, OLD_ELEMENTS), context);
        }

        @Override
        protected void callback(MesosComputerLauncher launcher, UnmarshallingContext context) {
            // nothing is kept of an old launcher
        }
    }

    @Override
    public boolean isLaunchSupported() {
        return true;
    }

    @Override
    public void launch(SlaveComputer computer, TaskListener listener) {
        if (!(computer.getNode() instanceof MesosSlave node)) {
            return;
        }
        MesosFramework framework = MesosFrameworks.find(node.getCloudId());
        if (framework == null) {
            listener.getLogger().println("The Mesos cloud " + node.getCloudName() + " is not open yet; the agent, if it"
                    + " still runs, connects by itself.");
        } else {
            framework.launch(node, listener);
        }
    }
}
