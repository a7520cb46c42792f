package harness;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogManager;

/**
 * Runs the scenarios as a host runs the plugin: each class of them in a class loader of its own, which sees the
 * plugin's jar and nothing of this program. Arguments: the plugin's jar, the same with the library that panics on
 * demand, the scenarios' classes.
 */
public final class JniTests {
    private int passed;
    private int failed;

    /** Exit code 0 if all passed, 1 if one failed; a JVM that is killed gives another one. */
    public static void main(String[] arguments) throws Exception {
        Path plugin = Path.of(arguments[0]);
        Path faulty = Path.of(arguments[1]);
        Path scenarios = Path.of(arguments[2]);
        // The scenarios listen themselves; the console would drown in provoked panics.
        LogManager.getLogManager().reset();
        JniTests tests = new JniTests();
        tests.run("JsonScenarios", scenarios, plugin);
        tests.run("RefusedLibraryScenarios", scenarios, plugin);
        tests.run("LibraryChoiceScenarios", scenarios, plugin);
        tests.run("SecondLibraryScenarios", scenarios, plugin);
        tests.run("BridgeScenarios", scenarios, plugin);
        // A plugin is loaded a second time when it is installed anew without a restart.
        tests.run("BridgeScenarios", scenarios, plugin);
        tests.run("LogScenarios", scenarios, plugin);
        tests.run("HammerScenarios", scenarios, plugin);
        tests.run("PanicScenarios", scenarios, faulty);
        tests.unload(tests.run("UnloadScenarios", scenarios, plugin));
        tests.run("LastScenarios", scenarios, plugin);
        System.out.printf("test result: %s. %d passed; %d failed; 0 ignored; JNI scenarios%n",
                tests.failed == 0 ? "ok" : "FAILED", tests.passed, tests.failed);
        System.exit(tests.failed == 0 ? 0 : 1);
    }

    /**
     * Lets the JVM drop the library with the class loader, as after an uninstallation; what the scenarios left running
     * must not crash it.
     */
    private void unload(WeakReference<ClassLoader> loader) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!loader.refersTo(null) && System.nanoTime() < deadline) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        boolean gone = loader.refersTo(null);
        System.out.println((gone ? "ok      " : "FAILED  ") + "the class loader of an unloaded plugin is collected");
        if (gone) {
            passed++;
        } else {
            failed++;
        }
    }

    private WeakReference<ClassLoader> run(String name, Path... classPath)
            throws IOException, ReflectiveOperationException {
        URL[] urls = new URL[classPath.length];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = classPath[i].toUri().toURL();
        }
        // Never closed: the threads of the library's log go on until the JVM ends.
        URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        Class<?> scenarios = loader.loadClass("org.jenkinsci.plugins.mesos." + name);
        List<Method> methods = Arrays.stream(scenarios.getDeclaredMethods())
                .filter(m -> m.getParameterCount() == 0 && m.getReturnType() == void.class)
                .filter(m -> Modifier.isStatic(m.getModifiers()) && !Modifier.isPrivate(m.getModifiers()))
                .filter(m -> !m.isSynthetic())
                .sorted(Comparator.comparing(Method::getName))
                .toList();
        if (methods.isEmpty()) {
            throw new IllegalStateException(name + " has no scenarios");
        }
        for (Method method : methods) {
            run(name, method);
        }
        return new WeakReference<>(loader);
    }

    private void run(String name, Method method) throws IllegalAccessException {
        method.setAccessible(true);
        long start = System.nanoTime();
        try {
            method.invoke(null);
            passed++;
            System.out.printf("ok      %s.%s (%d ms)%n", name, method.getName(), (System.nanoTime() - start) / 1_000_000);
        } catch (InvocationTargetException e) {
            failed++;
            System.out.printf("FAILED  %s.%s%n", name, method.getName());
            e.getCause().printStackTrace(System.out);
        }
    }
}
