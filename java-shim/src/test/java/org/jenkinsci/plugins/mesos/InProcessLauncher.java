package org.jenkinsci.plugins.mesos;

import hudson.model.Computer;
import hudson.model.TaskListener;
import hudson.remoting.Channel;
import hudson.remoting.FastPipedInputStream;
import hudson.remoting.FastPipedOutputStream;
import hudson.slaves.ComputerLauncher;
import hudson.slaves.SlaveComputer;
import java.io.IOException;

/** A fake: the agent's end of the connection is in this JVM, so that hundreds of agents come and go in seconds. */
final class InProcessLauncher extends ComputerLauncher {
    /** The agent's end; closed, it is as if the agent had died. */
    private transient volatile Channel agent;

    @Override
    public void launch(SlaveComputer computer, TaskListener log) {
        try {
            FastPipedInputStream fromHost = new FastPipedInputStream();
            FastPipedOutputStream toAgent = new FastPipedOutputStream(fromHost);
            FastPipedInputStream fromAgent = new FastPipedInputStream();
            FastPipedOutputStream toHost = new FastPipedOutputStream(fromAgent);
            Computer.threadPoolForRemoting.submit(() -> agent = new Channel(
                    "agent's end of " + computer.getName(),
                    Computer.threadPoolForRemoting,
                    Channel.Mode.BINARY,
                    fromHost,
                    toHost));
            computer.setChannel(fromAgent, toAgent, log, null);
        } catch (IOException | InterruptedException e) {
            e.printStackTrace(log.error("cannot be launched"));
        }
    }

    void die() throws IOException {
        agent.close();
    }
}
