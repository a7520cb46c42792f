package org.jenkinsci.plugins.mesos;

import hudson.Util;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Usernames and passwords for the registries of images. They are looked up when a cloud is brought up to date, since
 * their store may be another system: the request with which a Mesos agent fetches one waits for nothing.
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
        for (MesosSlaveInfo template : cloud.templates().all()) {
            ContainerSettings container = cloud.templates().containerOf(template);
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

    /** What becomes of a question for a login; the file is null unless it is given. */
    record Answer(AgentSecrets.Reply reply, byte[] file) {
        private static final Answer OVER = new Answer(AgentSecrets.Reply.OVER, null);
    }

    /**
     * Called by a thread of a request. It waits for no lock but that of the agent, and for nothing but the local disk.
     *
     * @param name of the agent, as it was asked for; anything
     * @param by who asks, for the agent's log
     */
    static Answer ask(String name, String by) {
        for (MesosFramework framework : MesosFrameworks.all()) {
            MesosAgent agent = framework.agent(name);
            if (agent != null) {
                return ask(framework, agent, by);
            }
        }
        return Answer.OVER;
    }

    static Answer ask(MesosFramework framework, MesosAgent agent, String by) {
        boolean over = agent.isReleased() || agent.phase() == MesosAgent.Phase.ENDED;
        if (over || agent.online().isDone() || AgentSecrets.isConnected(agent.name)) {
            return Answer.OVER;
        }
        byte[] file = file(framework.cloud(), agent);
        if (file == null) {
            agent.tell("Its registry credentials are not there: choose others in the container of its template");
            return new Answer(AgentSecrets.Reply.UNCLEAR, null);
        }
        AgentSecrets.Reply reply =
                AgentSecrets.note(SecretsGiven.Kind.REGISTRY, framework.cloudId, agent.name);
        if (reply == AgentSecrets.Reply.GIVE) {
            agent.registryLoginGiven(by);
        }
        return new Answer(reply, reply == AgentSecrets.Reply.GIVE ? file : null);
    }

    private static Place needed(MesosCloud cloud, MesosAgent agent) {
        MesosSlaveInfo template = agent.settings;
        if (template == null) {
            // known since before a restart of Jenkins
            template = cloud.templates().all().stream()
                    .filter(each -> each.key().equals(agent.template))
                    .findFirst()
                    .orElse(null);
        }
        ContainerSettings container = template == null ? null : cloud.templates().containerOf(template);
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
    private static byte[] file(MesosCloud cloud, MesosAgent agent) {
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
