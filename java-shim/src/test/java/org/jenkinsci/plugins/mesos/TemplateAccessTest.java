package org.jenkinsci.plugins.mesos;

import junit.framework.TestCase;

/** Templates that are for some jobs only. */
public class TemplateAccessTest extends TestCase {

    private static MesosSlaveInfo restricted(String folders, String names) {
        MesosSlaveInfo template = new MesosSlaveInfo("mesos");
        template.setAllowedFolders(folders);
        template.setAllowedJobs(names);
        return template;
    }

    public void testWithoutRestrictionsAllMay() {
        assertTrue(TemplateAccess.allows(restricted("", ""), "anything"));
        assertTrue(TemplateAccess.allows(restricted(" \n ", null), "team/anything"));
    }

    public void testAFolderIsForWhatIsInIt() {
        MesosSlaveInfo template = restricted("team\n other/deep \n", "");
        assertTrue(TemplateAccess.allows(template, "team/job"));
        assertTrue(TemplateAccess.allows(template, "team/folder/job"));
        assertTrue(TemplateAccess.allows(template, "other/deep/job"));
        assertFalse(TemplateAccess.allows(template, "other/job"));
        assertFalse("a name that begins alike", TemplateAccess.allows(template, "teammate/job"));
        assertFalse("the folder's namesake", TemplateAccess.allows(template, "team"));
    }

    public void testANameMustMatchAsAWhole() {
        MesosSlaveInfo template = restricted("", "team/.*-nightly");
        assertTrue(TemplateAccess.allows(template, "team/x-nightly"));
        assertFalse(TemplateAccess.allows(template, "team/x-nightly-2"));
        assertFalse(TemplateAccess.allows(template, "my/team/x-nightly"));
    }

    public void testOneOfBothIsEnough() {
        MesosSlaveInfo template = restricted("team", "release");
        assertTrue(TemplateAccess.allows(template, "team/job"));
        assertTrue(TemplateAccess.allows(template, "release"));
        assertFalse(TemplateAccess.allows(template, "other"));
    }

    public void testAPatternThatCannotBeReadOpensNothing() {
        assertFalse(TemplateAccess.allows(restricted("", "team/(.*"), "team/job"));
    }
}
