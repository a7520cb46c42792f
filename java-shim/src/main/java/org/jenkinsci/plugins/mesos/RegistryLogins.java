package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Usernames and passwords for the registries of images. They are looked up when a cloud is brought up to date, since their
 * store may be another system: the request with which a Mesos agent fetches one waits for nothing.
 */
final class RegistryLogins {
    /** What Docker calls the registry of images whose name has none. */
    private static final String DOCKER_HUB = "https://index.docker.io/v1/";

    private static final Map<String, Map<Place, LoginStore.Login>> KNOWN = new ConcurrentHashMap<>();

    /** A login is only for the registry that its template's image is of. */
    private record Place(String credentialsId, String registry) {}

    private RegistryLogins() {}

    /** Looks up the logins of a cloud's templates. May ask another system, so it is not for requests. */
    static void lookUp(MesosCloud cloud) {
        Map<Place, LoginStore.Login> found = new HashMap<>();
        LoginStore store = LoginStore.find();
        for (MesosSlaveInfo template : cloud.templates()) {
            ContainerSettings container = cloud.containerOf(template);
            Place place = container == null ? null : place(container);
            if (place != null && store != null) {
                LoginStore.Login login = store.login(place.credentialsId, address(container.getDockerImage()));
                if (login != null) {
                    found.put(place, login);
                }
            }
        }
        KNOWN.put(cloud.getCloudID(), found);
    }

    /** Whether an agent's image is pulled with a login. */
    static boolean isNeeded(MesosCloud cloud, MesosAgent agent) {
        return needed(cloud, agent) != null;
    }

    private static Place needed(MesosCloud cloud, MesosAgent agent) {
        ContainerSettings container = agent.settings == null ? null : cloud.containerOf(agent.settings);
        Place place = container == null ? null : place(container);
        boolean elsewhere =
                place != null && agent.image != null && !registry(agent.image).equals(place.registry);
        return elsewhere ? null : place;
    }

    private static Place place(ContainerSettings container) {
        String id = container.getRegistryCredentialsId();
        boolean docker = ContainerSettings.DEFAULT_TYPE.equalsIgnoreCase(container.getType());
        return id.isEmpty() || !docker ? null : new Place(id, registry(container.getDockerImage()));
    }

    /**
     * Docker's {@code config.json} with the login for an agent's image.
     *
     * @return null if the credential is not there
     */
    static byte[] file(MesosCloud cloud, MesosAgent agent) {
        Place place = needed(cloud, agent);
        LoginStore.Login login =
                place == null ? null : KNOWN.getOrDefault(cloud.getCloudID(), Map.of()).get(place);
        if (login == null) {
            return null;
        }
        String password = login.password() == null ? "" : login.password().getPlainText();
        byte[] both = (login.principal() + ":" + password).getBytes(StandardCharsets.UTF_8);
        Map<String, Object> auth = Map.of("auth", Base64.getEncoder().encodeToString(both));
        return NativeJson.write(Map.of("auths", Map.of(place.registry, auth)));
    }

    /** The registry in an image's name, as Docker's configuration calls it. */
    static String registry(String image) {
        String name = Util.fixNull(image).trim();
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
        boolean hub = first.equals("docker.io") || first.equals("index.docker.io");
        return host && !hub ? first : DOCKER_HUB;
    }

    /** The registry in an image's name as an address: credentials may be limited to some hosts. */
    static String address(String image) {
        String registry = registry(image);
        return registry.contains("://") ? registry : "https://" + registry;
    }
}
