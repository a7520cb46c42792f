package standins;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;

/**
 * Puts {@code jenkins.model.Jenkins} between {@code Node} and {@code Hudson} when the old host loads {@code Hudson},
 * and gives the host {@code SimpleBuildWrapper}, so that a plugin written to today's API finds them. Mends the host's
 * web server, too ({@link Handlers}).
 */
public final class HostAgent implements ClassFileTransformer {
    private static final String HOST = "hudson/model/Hudson";
    private static final String WEB_SERVER_THREAD = "winstone/RequestHandlerThread";

    private HostAgent() {}

    public static void premain(String arguments, Instrumentation instrumentation) {
        // the stand-ins are defined in the host's own class loader
        instrumentation.redefineModule(
                Object.class.getModule(),
                Set.of(),
                Map.of(),
                Map.of("java.lang", Set.of(HostAgent.class.getModule())),
                Set.of(),
                Map.of());
        instrumentation.addTransformer(new HostAgent());
    }

    @Override
    public byte[] transform(
            ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] classFile) {
        if (loader == null || redefined != null) {
            return null;
        }
        try {
            if (WEB_SERVER_THREAD.equals(name)) {
                return Handlers.mended(classFile);
            }
            if (!HOST.equals(name)) {
                return null;
            }
            StandIns.define(loader);
            return Reparent.hudson(classFile);
        } catch (Exception | LinkageError e) {
            // the JVM swallows what a transformer throws, and the host would start without its stand-ins
            System.err.println("host stand-ins: cannot prepare " + name + ": " + e);
            return null;
        }
    }
}
