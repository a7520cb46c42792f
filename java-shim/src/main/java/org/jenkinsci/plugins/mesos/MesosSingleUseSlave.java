package org.jenkinsci.plugins.mesos;

import hudson.EnvVars;
import hudson.Extension;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.AbstractProject;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.tasks.BuildWrapperDescriptor;
import java.io.PrintStream;
import jenkins.tasks.SimpleBuildWrapper;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundConstructor;

/**
 * The job option "Mesos Single-Use Slave", and in Pipelines {@code mesosSingleUse { … }} or
 * {@code wrap([$class: 'MesosSingleUseSlave']) { … }}: the agent takes no other build and is ended after this one. It
 * leaves nothing to be done at the end of the block, so nothing of it is written into a Pipeline's state.
 */
public class MesosSingleUseSlave extends SimpleBuildWrapper {
    @DataBoundConstructor
    public MesosSingleUseSlave() {}

    @Override
    public void setUp(
            Context context,
            Run<?, ?> build,
            FilePath workspace,
            Launcher launcher,
            TaskListener listener,
            EnvVars initialEnvironment) {
        PrintStream log = listener.getLogger();
        MesosComputer computer = MesosComputer.of(workspace);
        if (computer == null) {
            log.println(Messages.MesosSingleUseSlave_noMesos());
        } else {
            computer.takeNoMore();
            log.println(Messages.MesosSingleUseSlave_taken(computer.agentName()));
        }
    }

    @Extension
    @Symbol("mesosSingleUse")
    public static final class DescriptorImpl extends BuildWrapperDescriptor {
        @Override
        public boolean isApplicable(AbstractProject<?, ?> job) {
            return true;
        }

        @Override
        public String getDisplayName() {
            return Messages.MesosSingleUseSlave_displayName();
        }
    }
}
