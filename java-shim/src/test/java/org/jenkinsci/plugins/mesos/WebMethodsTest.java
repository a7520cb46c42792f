package org.jenkinsci.plugins.mesos;

import hudson.model.Descriptor;
import hudson.model.Hudson;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.acegisecurity.AccessDeniedException;
import org.acegisecurity.context.SecurityContextHolder;
import org.kohsuke.stapler.interceptor.RequirePOST;

/**
 * Every method that a URL leads to, found in the class files: what acts or probes is for POST, and who may not
 * configure learns nothing and changes nothing.
 */
public class WebMethodsTest extends MesosTestCase {
    private static final String CONFIDENTIAL = "only-for-administrators";

    /** They show what a POST began, and change nothing. */
    private static final Set<String> READS = Set.of("MesosCloud$DescriptorImpl#doTestConnectionResult");

    /** Of each class once, by its name in the report. */
    private record WebMethod(Class<?> type, Method method) {
        String name() {
            return type.getName().substring(type.getPackageName().length() + 1) + "#" + method.getName();
        }

        boolean acts() {
            return !method.getName().startsWith("doCheck") && !method.getName().startsWith("doFill");
        }
    }

    private MesosCloud cloud;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        MesosSlaveInfo template = template("mesos", 1, 1);
        template.setTemplateName(CONFIDENTIAL);
        cloud = cloud(template);
        cloud.setCredentialsId(CONFIDENTIAL);
        hudson.clouds.add(cloud);
    }

    public void testWhatActsOrProbesIsForPost() throws Exception {
        List<String> open = new ArrayList<>();
        for (WebMethod each : webMethods()) {
            if (each.acts()
                    && !READS.contains(each.name())
                    && !each.method.isAnnotationPresent(RequirePOST.class)) {
                open.add(each.name());
            }
        }
        assertEquals("methods that act on a GET", List.of(), open);
    }

    public void testWhoMayNotConfigureChangesAndLearnsNothing() throws Exception {
        hudson.setAuthorizationStrategy(new ReadOnly());
        SecurityContextHolder.getContext().setAuthentication(Hudson.ANONYMOUS);
        List<String> open = new ArrayList<>();
        int tried = 0;
        for (WebMethod each : webMethods()) {
            Object answer;
            try {
                answer = call(each);
            } catch (AccessDeniedException e) {
                tried++;
                continue;
            }
            tried++;
            if (each.acts()) {
                open.add(each.name() + " does not ask for a permission");
            } else if (says(answer).contains(CONFIDENTIAL)) {
                open.add(each.name() + " tells " + says(answer));
            } else if (answer instanceof FormValidation validation && validation.kind != FormValidation.Kind.OK) {
                open.add(each.name() + " checks for anybody: " + says(answer));
            }
        }
        assertEquals("", String.join("\n", open));
        assertTrue("only " + tried + " methods were found", tried > 30);
    }

    private static String says(Object answer) {
        if (answer instanceof ListBoxModel items) {
            return items.stream().map(item -> item.name + "=" + item.value).toList().toString();
        }
        return String.valueOf(answer);
    }

    private Object call(WebMethod web) throws Exception {
        // what no check accepts
        Object[] arguments = Arrays.stream(web.method.getParameterTypes())
                .map(type -> type == String.class ? "no such value \u0001:" : type == boolean.class ? (Object) false : null)
                .toArray();
        try {
            return web.method.invoke(instance(web.type), arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof AccessDeniedException denied) {
                throw denied;
            }
            throw new AssertionError(web.name() + " fails for one who may not configure", e.getCause());
        }
    }

    private Object instance(Class<?> type) {
        if (Descriptor.class.isAssignableFrom(type)) {
            return hudson.getExtensionList(Descriptor.class).get(type.asSubclass(Descriptor.class));
        }
        if (type == MesosCloud.class) {
            return cloud;
        }
        if (type == UpgradePage.class) {
            return new UpgradePage();
        }
        throw new AssertionError("say here how to get a " + type);
    }

    private static List<WebMethod> webMethods() throws Exception {
        List<WebMethod> found = new ArrayList<>();
        for (String name : classNames()) {
            Class<?> type;
            try {
                type = Class.forName(name, false, WebMethodsTest.class.getClassLoader());
                type.getMethods();
            } catch (NoClassDefFoundError e) {
                // for plugins that this host does not have
                continue;
            }
            if (Modifier.isAbstract(type.getModifiers()) || !Modifier.isPublic(type.getModifiers())) {
                continue;
            }
            for (Method method : type.getMethods()) {
                if (method.getName().matches("do[A-Z].*")
                        && !method.isBridge()
                        && method.getDeclaringClass().getPackage() == MesosCloud.class.getPackage()) {
                    found.add(new WebMethod(type, method));
                }
            }
        }
        return found;
    }

    private static Set<String> classNames() throws Exception {
        Path root = new File(MesosCloud.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toPath();
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(root)) {
            files.map(file -> root.relativize(file).toString())
                    .filter(file -> file.startsWith("org/jenkinsci/plugins/mesos/") && file.endsWith(".class"))
                    .forEach(file -> names.add(file.substring(0, file.length() - 6).replace('/', '.')));
        }
        return names;
    }
}
