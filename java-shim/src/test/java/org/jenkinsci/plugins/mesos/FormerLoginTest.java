package org.jenkinsci.plugins.mesos;

import java.io.File;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;

/** Which login counts as the one before, also after a restart. */
public class FormerLoginTest extends MesosTestCase {
    private File folder;

    @Override
    protected void setUp() throws Exception {
        super.setUp();
        folder = new File(createTmpDir(), "state");
    }

    /** Principal and password of the one before; null if there is none. */
    private String before(String principal, String password) {
        FormerLogin.forget();
        Map<String, Object> config = new HashMap<>();
        if (principal != null) {
            config.put("principal", principal);
            config.put("secret", password);
        }
        FormerLogin.addTo(config, folder);
        Map<?, ?> former = (Map<?, ?>) config.get("formerLogin");
        return former == null ? null : former.get("principal") + " " + former.get("secret");
    }

    public void testTheLoginBeforeIsTheLastWithAnotherPrincipal() throws Exception {
        assertNull(before(null, null));
        assertFalse("nothing to remember", folder.exists());
        assertNull(before("one", "first"));
        assertNull("another password of the same", before("one", "changed"));
        assertEquals("one changed", before("two", null));
        assertEquals("one changed", before("two", "second"));
        assertEquals("two second", before("three", "third"));
        assertEquals("three third", before(null, null));
        assertEquals("three third", before(null, null));
        assertEquals("three third", before("four", "fourth"));
    }

    public void testPasswordsAreNotReadableOnDisk() throws Exception {
        before("one", "first-password");
        before("two", "second-password");
        String text = Files.readString(folder.toPath().resolve("logins"));
        assertFalse(text, text.contains("password"));
    }

    public void testAFileThatCannotBeReadIsNoLogin() throws Exception {
        before("one", "first");
        Files.writeString(folder.toPath().resolve("logins"), "!!! ???");
        assertNull(before("two", "second"));
        assertEquals("two second", before("three", "third"));
    }
}
