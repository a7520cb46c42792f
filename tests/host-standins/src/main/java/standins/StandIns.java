package standins;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

/** The types that the host lacks, as class files in this jar. */
final class StandIns {
    static final String JENKINS = "jenkins.model.Jenkins";
    static final String WRAPPER = "jenkins.tasks.SimpleBuildWrapper";

    /** A type stands after those that it extends. */
    private static final List<String> TYPES =
            List.of(JENKINS, WRAPPER, WRAPPER + "$Context", WRAPPER + "$Disposer", WRAPPER + "$Wrapped");

    private StandIns() {}

    /** Gives the host's class loader the types it does not have. */
    static void define(ClassLoader loader) throws IOException, ReflectiveOperationException {
        for (String type : TYPES) {
            try {
                Class.forName(type, false, loader);
            } catch (ClassNotFoundException e) {
                define(loader, type);
            }
        }
    }

    private static void define(ClassLoader loader, String type) throws IOException, ReflectiveOperationException {
        byte[] file = read(type);
        Method define = ClassLoader.class.getDeclaredMethod(
                "defineClass", String.class, byte[].class, int.class, int.class);
        define.setAccessible(true);
        try {
            define.invoke(loader, type, file, 0, file.length);
        } catch (InvocationTargetException refused) {
            throw new ReflectiveOperationException(type + " cannot be defined", refused.getCause());
        }
    }

    private static byte[] read(String type) throws IOException {
        String resource = "/standins/" + type.replace('.', '/') + ".class";
        try (InputStream in = StandIns.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException(resource);
            }
            return in.readAllBytes();
        }
    }
}
