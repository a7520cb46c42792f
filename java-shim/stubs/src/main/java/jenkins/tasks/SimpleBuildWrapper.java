package jenkins.tasks;

import hudson.EnvVars;
import hudson.FilePath;
import hudson.Launcher;
import hudson.model.AbstractBuild;
import hudson.model.BuildListener;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.tasks.BuildWrapper;
import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;

/**
 * A build wrapper that needs no {@link AbstractBuild}, so that Pipelines can use it; since 1.599. In the 1.395 host
 * this class stands in for it: it does for freestyle and matrix builds what the real one does (see {@code
 * tests/host-standins}).
 */
public abstract class SimpleBuildWrapper extends BuildWrapper {
    public abstract void setUp(
            Context context,
            Run<?, ?> build,
            FilePath workspace,
            Launcher launcher,
            TaskListener listener,
            EnvVars initialEnvironment)
            throws IOException, InterruptedException;

    public Context createContext() {
        return new Context();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public final Environment setUp(AbstractBuild build, Launcher launcher, BuildListener listener)
            throws IOException, InterruptedException {
        Context context = createContext();
        FilePath workspace = build.getWorkspace();
        setUp(context, (Run<?, ?>) build, workspace, launcher, listener, build.getEnvironment(listener));
        return new Wrapped(context, workspace, launcher);
    }

    /** What a wrapper wants for the block it wraps. */
    public static final class Context {
        private final Map<String, String> env = new HashMap<>();
        private Disposer disposer;

        public void env(String key, String value) {
            env.put(key, value);
        }

        public Map<String, String> getEnv() {
            return env;
        }

        public Disposer getDisposer() {
            return disposer;
        }

        public void setDisposer(Disposer disposer) {
            this.disposer = disposer;
        }
    }

    /** What is to be done after the block; kept on disk while a Pipeline runs. */
    public abstract static class Disposer implements Serializable {
        private static final long serialVersionUID = 1L;

        public abstract void tearDown(Run<?, ?> build, FilePath workspace, Launcher launcher, TaskListener listener)
                throws IOException, InterruptedException;
    }

    private final class Wrapped extends Environment {
        private final Context context;
        private final FilePath workspace;
        private final Launcher launcher;

        Wrapped(Context context, FilePath workspace, Launcher launcher) {
            this.context = context;
            this.workspace = workspace;
            this.launcher = launcher;
        }

        @Override
        public void buildEnvVars(Map<String, String> variables) {
            variables.putAll(context.env);
        }

        @Override
        @SuppressWarnings("rawtypes")
        public boolean tearDown(AbstractBuild build, BuildListener listener) throws IOException, InterruptedException {
            if (context.disposer != null) {
                context.disposer.tearDown((Run<?, ?>) build, workspace, launcher, listener);
            }
            return true;
        }
    }
}
