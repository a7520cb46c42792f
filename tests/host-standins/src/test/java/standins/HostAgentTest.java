package standins;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Test;

/** The stand-ins, on the host's own classes, in a class loader as the host's web application has one. */
public class HostAgentTest {
    private static final String HUDSON = "hudson.model.Hudson";

    /** Loads the host's classes itself; what it cannot find the test's class path has. */
    private static final class Host extends URLClassLoader {
        Host() throws IOException {
            super(new URL[] {jarOf("hudson/model/Node.class")}, HostAgentTest.class.getClassLoader());
        }

        private static URL jarOf(String resource) throws IOException {
            String inside = HostAgentTest.class.getClassLoader().getResource(resource).toString();
            return new URL(inside.substring("jar:".length(), inside.indexOf("!/")));
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> found = findLoadedClass(name);
                if (found == null && findResource(name.replace('.', '/') + ".class") != null) {
                    found = name.equals(HUDSON) ? hudson() : findClass(name);
                }
                return found == null ? super.loadClass(name, resolve) : found;
            }
        }

        private Class<?> hudson() throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream("hudson/model/Hudson.class")) {
                StandIns.define(this);
                byte[] file = Reparent.hudson(in.readAllBytes());
                return defineClass(HUDSON, file, 0, file.length);
            } catch (IOException | ReflectiveOperationException e) {
                throw new ClassNotFoundException(HUDSON, e);
            }
        }
    }

    @Test
    public void hudsonIsAJenkinsAndJenkinsANode() throws Exception {
        Class<?> hudson = new Host().loadClass(HUDSON);
        assertEquals(StandIns.JENKINS, hudson.getSuperclass().getName());
        assertEquals("hudson.model.Node", hudson.getSuperclass().getSuperclass().getName());
        assertNotSame(getClass().getClassLoader(), hudson.getSuperclass().getClassLoader());
    }

    @Test
    public void hudsonHasAllThatJenkinsPromises() throws Exception {
        Class<?> hudson = new Host().loadClass(HUDSON);
        List<String> missing = new ArrayList<>();
        for (Method method : hudson.getMethods()) {
            if (Modifier.isAbstract(method.getModifiers())) {
                missing.add(method.toString());
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    public void thereIsOneFieldOfClouds() throws Exception {
        Class<?> hudson = new Host().loadClass(HUDSON);
        assertEquals(hudson.getSuperclass(), hudson.getField("clouds").getDeclaringClass());
        assertEquals(
                0, Arrays.stream(hudson.getDeclaredFields()).filter(f -> f.getName().equals("clouds")).count());
    }

    @Test
    public void aSimpleBuildWrapperIsABuildWrapperOfTheHostWithAllItsTypes() throws Exception {
        Host host = new Host();
        host.loadClass(HUDSON);
        Class<?> wrapper = host.loadClass(StandIns.WRAPPER);
        assertEquals(host.loadClass("hudson.tasks.BuildWrapper"), wrapper.getSuperclass());
        for (Class<?> part : wrapper.getDeclaredClasses()) {
            assertEquals(host, part.getClassLoader());
        }
        assertEquals(3, wrapper.getDeclaredClasses().length);
    }

    @Test
    public void theSameClassLoaderIsGivenTheTypeOnce() throws Exception {
        Host host = new Host();
        StandIns.define(host);
        Class<?> first = host.loadClass(StandIns.JENKINS);
        StandIns.define(host);
        assertEquals(first, host.loadClass(StandIns.JENKINS));
    }

    @Test
    public void anotherClassThanTheHostsIsRefused() throws Exception {
        try (InputStream in = getClass().getResourceAsStream("HostAgentTest.class")) {
            byte[] other = in.readAllBytes();
            assertThrows(IllegalArgumentException.class, () -> Reparent.hudson(other));
        }
    }
}
