package org.jenkinsci.plugins.mesos;

import java.io.File;
import java.util.List;

/** Workspaces on storage that the agents share. */
public class SharedFolderTest extends MesosTestCase {
    private File root;
    private MesosCloud cloud;
    private MesosSlaveInfo template;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        root = createTmpDir();
        template = template("nfs", 1, 1);
        template.setTemplateName("nfs");
        template.setRemoteFSRoot(root.getAbsolutePath());
        cloud = cloud(template);
        cloud.setNfsRemoteFSRoot(true);
    }

    private File workspace(String name, long written) {
        File folder = new File(new File(root, "workspace"), name);
        assertTrue(folder.mkdirs());
        assertTrue(folder.setLastModified(written));
        return folder;
    }

    public void testTheWorkspaceThatWasWrittenLastIsFound() {
        assertNull(SharedFolder.newest(cloud, template, "job"));
        workspace("job", 1_000_000);
        File second = workspace("job@2", 3_000_000);
        workspace("job@3", 2_000_000);
        workspace("job2", 9_000_000);
        assertEquals(second, SharedFolder.newest(cloud, template, "job"));
    }

    public void testAFolderInTheSandboxIsNoSharedOne() {
        template.setRemoteFSRoot("jenkins");
        assertNull(SharedFolder.newest(cloud, template, "job"));
    }

    public void testTheFolderMayBeThatOfTheTemplateInheritedFrom() {
        MesosSlaveInfo child = new MesosSlaveInfo("child");
        child.setInheritFrom("nfs");
        cloud.setSlaveInfos(List.of(template, child));
        File first = workspace("job", 1_000_000);
        assertEquals(first, SharedFolder.newest(cloud, child, "job"));
    }

    public void testAgentsOfACloudWithSharedFoldersShareOneListOfWorkspaces() throws Exception {
        assertNull("no such cloud", SharedWorkspaces.of(cloud.getCloudID()));
        hudson.clouds.add(cloud);
        assertNotNull(SharedWorkspaces.of(cloud.getCloudID()));
        assertSame(SharedWorkspaces.of(cloud.getCloudID()), SharedWorkspaces.of(cloud.getCloudID()));
        cloud.setNfsRemoteFSRoot(false);
        assertNull(SharedWorkspaces.of(cloud.getCloudID()));
        assertNull("a node of an old version", SharedWorkspaces.of(null));
    }
}
