package org.jenkinsci.plugins.mesos;

import hudson.model.Label;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Which images builds may choose, and the registries behind their names. */
public class ContainerImagesTest extends MesosTestCase {
    private MesosCloud cloud(String allowed) {
        MesosSlaveInfo template = new MesosSlaveInfo("docker");
        MesosSlaveInfo.ContainerInfo container = new MesosSlaveInfo.ContainerInfo("maven:3");
        container.setDockerImageCustomizable(true);
        container.setAllowedImages(allowed);
        template.setContainerInfo(container);
        MesosCloud cloud = new MesosCloud("mesos", "zk://127.0.0.1:1/mesos");
        cloud.setSlaveInfos(List.of(template));
        return cloud;
    }

    private static String image(MesosCloud cloud, String label) throws Exception {
        ServedTemplate.Choice choice = cloud.templates().choiceFor(Label.parseExpression(label));
        return choice == null ? null : String.valueOf(choice.image());
    }

    public void testABuildChoosesAmongTheAllowedImages() throws Exception {
        MesosCloud cloud = cloud("node:.*\nregistry\\.example:5000/ci/.*");
        assertEquals("null", image(cloud, "docker"));
        assertEquals("node:20", image(cloud, "\"docker:node:20\""));
        assertEquals("registry.example:5000/ci/a:1", image(cloud, "\"docker:registry.example:5000/ci/a:1\""));
        assertNull(image(cloud, "\"docker:evil/node:20\""));
        assertNull(image(cloud, "\"docker:registryXexample:5000/ci/a:1\""));
    }

    public void testALabelWithAnImageThatIsNotAllowedIsTold() throws Exception {
        ServedTemplate template = ServedTemplate.of(cloud("node:.*")).get(0);
        assertEquals("evil/node:20", template.refusedImage(Label.parseExpression("\"docker:evil/node:20\"")));
        for (String label : List.of("docker", "\"docker:node:20\"", "\"other:evil/node:20\"", "docker&&other")) {
            assertNull(label, template.refusedImage(Label.parseExpression(label)));
        }
        assertNull(template.refusedImage(null));
    }

    public void testWithoutAListEachImageIsAllowedAndAWrongListAllowsNone() throws Exception {
        assertEquals("evil/node:20", image(cloud(""), "\"docker:evil/node:20\""));
        assertNull(image(cloud("("), "\"docker:node:20\""));
    }

    public void testTheRegistryIsReadFromTheName() {
        assertEquals("https://index.docker.io/v1/", RegistryLogins.registry("maven:3"));
        assertEquals("https://index.docker.io/v1/", RegistryLogins.registry("team/maven:3"));
        assertEquals("https://index.docker.io/v1/", RegistryLogins.registry("docker.io/team/maven"));
        assertEquals("registry.example", RegistryLogins.registry("registry.example/team/maven:3"));
        assertEquals("registry:5000", RegistryLogins.registry("registry:5000/maven"));
        assertEquals("localhost", RegistryLogins.registry("localhost/maven"));
        assertEquals("https://registry:5000", RegistryLogins.address("registry:5000/maven"));
    }

    public void testPortsOfAnAgentAreReadFromTheStatus() {
        String json = "{\"v\":1,\"connection\":{},\"offers\":{},\"waiting\":[],\"counters\":{},\"tasks\":[{\"name\":\"n\","
                + "\"cpus\":1,\"mem\":1,\"ports\":[{\"containerPort\":8080,\"hostPort\":31000,\"protocol\":\"tcp\","
                + "\"description\":\"web\",\"url\":\"http://h:31000/\"},{\"containerPort\":5900,\"hostPort\":31001,"
                + "\"protocol\":\"tcp\",\"description\":\"\",\"url\":\"vnc://h:31001\"}]}]}";
        List<Status.Port> ports =
                Status.parse(json.getBytes(StandardCharsets.UTF_8)).tasks().get(0).ports();
        assertEquals(new Status.Port(8080, 31000, "tcp", "web", "http://h:31000/"), ports.get(0));
        assertEquals("http://h:31000/", ports.get(0).getLink());
        assertNull("a browser may do anything with it", ports.get(1).getLink());
    }
}
