package linkcheck;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** The check itself, on small made-up APIs and classes. */
public class LinkCheckTest {
    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private Map<String, Type> api(String... lines) throws IOException {
        Path file = folder.newFile().toPath();
        Files.write(file, List.of(lines));
        return Signatures.read(file);
    }

    private static byte[] classThatCalls(String name, String parent, String owner, String method) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, parent, null);
        MethodVisitor code = writer.visitMethod(Opcodes.ACC_PUBLIC, "run", "()V", null, null);
        code.visitCode();
        code.visitMethodInsn(Opcodes.INVOKESTATIC, owner, method, "()V", false);
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(1, 1);
        code.visitEnd();
        writer.visitEnd();
        return writer.toByteArray();
    }

    @Test
    public void anInheritedMethodLinks() throws IOException {
        Map<String, Type> api = api(
                "C\thudson/Base\tpublic\tjava/lang/Object\t\tcore", "M\tgo\t()V\tpublic static",
                "C\thudson/Child\tpublic\thudson/Base\t\tcore");
        LinkCheck.Outcome outcome =
                LinkCheck.check(api, List.of(classThatCalls("mine/A", "java/lang/Object", "hudson/Child", "go")));
        assertEquals(List.of(), outcome.problems());
        assertTrue(outcome.checked() > 0);
    }

    @Test
    public void aMethodThatIsGoneIsFound() throws IOException {
        Map<String, Type> api = api("C\thudson/Base\tpublic\tjava/lang/Object\t\tcore", "M\tgo\t()V\tpublic static");
        LinkCheck.Outcome outcome =
                LinkCheck.check(api, List.of(classThatCalls("mine/A", "java/lang/Object", "hudson/Base", "gone")));
        assertEquals(List.of("no member  hudson/Base#gone()V   (mine/A)"), outcome.problems());
    }

    @Test
    public void aTypeThatIsGoneIsFound() throws IOException {
        LinkCheck.Outcome outcome = LinkCheck.check(
                api("C\thudson/Base\tpublic\tjava/lang/Object\t\tcore"),
                List.of(classThatCalls("mine/A", "hudson/Gone", "java/lang/Thread", "yield")));
        assertTrue(outcome.problems().toString(), outcome.problems().contains("no type    hudson/Gone   (mine/A)"));
    }

    @Test
    public void anOverriddenFinalMethodIsFound() throws IOException {
        Map<String, Type> api = api("C\thudson/Base\tpublic\tjava/lang/Object\t\tcore", "M\trun\t()V\tpublic final");
        LinkCheck.Outcome outcome =
                LinkCheck.check(api, List.of(classThatCalls("mine/A", "hudson/Base", "java/lang/Thread", "yield")));
        assertEquals(List.of("final      hudson/Base#run()V   (overridden by mine/A)"), outcome.problems());
    }

    @Test
    public void anAbstractMethodThatNobodyImplementsIsFound() throws IOException {
        Map<String, Type> api =
                api("C\thudson/Base\tpublic abstract\tjava/lang/Object\t\tcore", "M\twork\t()V\tpublic abstract");
        LinkCheck.Outcome outcome =
                LinkCheck.check(api, List.of(classThatCalls("mine/A", "hudson/Base", "java/lang/Thread", "yield")));
        assertEquals(List.of("abstract   hudson/Base#work()V   (not implemented by mine/A)"), outcome.problems());
    }

    @Test
    public void whatAStubInventsIsFound() throws IOException {
        Map<String, Type> api = api("C\tmine/A\tpublic\tjava/lang/Object\t\tcore", "M\tother\t()V\tpublic");
        byte[] stub = classThatCalls("mine/A", "java/lang/Object", "java/lang/Thread", "yield");
        assertEquals(List.of("no member mine/A#run()V"), LinkCheck.invented(api, List.of(stub)));
    }

    @Test
    public void aTypeThatAStubInventsIsFoundUnlessNobodyElseCanSeeIt() throws IOException {
        Map<String, Type> api = api("C\tmine/A\tpublic\tjava/lang/Object\t\tcore");
        assertEquals(List.of("no type mine/B"), LinkCheck.invented(api, List.of(emptyClass(Opcodes.ACC_PUBLIC))));
        assertEquals(List.of(), LinkCheck.invented(api, List.of(emptyClass(0))));
    }

    private static byte[] emptyClass(int access) {
        ClassWriter writer = new ClassWriter(0);
        writer.visit(Opcodes.V17, access, "mine/B", null, "java/lang/Object", null);
        writer.visitEnd();
        return writer.toByteArray();
    }

    @Test
    public void aPluginThatIsNotListedIsNamedAndNotJudged() throws IOException {
        String unlisted = "org/jenkinsci/plugins/pipeline/modeldefinition/agent/DeclarativeAgent";
        byte[] user = classThatCalls("mine/A", unlisted, unlisted, "go");
        Map<String, Type> api = api("C\thudson/Base\tpublic\tjava/lang/Object\t\tcore");
        LinkCheck.Outcome outcome = LinkCheck.check(api, List.of(user));
        assertEquals(List.of(), outcome.problems());
        assertEquals(List.of(unlisted), outcome.notJudged());
    }

    @Test
    public void aPluginThatIsNotListedIsJudgedByItsArchive() throws IOException {
        String unlisted = "org/jenkinsci/plugins/pipeline/modeldefinition/agent/DeclarativeAgent";
        byte[] real = classThatCalls(unlisted, "java/lang/Object", "java/lang/Thread", "yield");
        File archive = folder.newFile(UnlistedPlugins.ARCHIVES.get(0));
        try (ZipOutputStream out = new ZipOutputStream(new FileOutputStream(archive))) {
            out.putNextEntry(new ZipEntry(unlisted + ".class"));
            out.write(real);
        }
        Map<String, Type> api = UnlistedPlugins.read(folder.getRoot().toPath());
        LinkCheck.Outcome outcome =
                LinkCheck.check(api, List.of(classThatCalls("mine/A", unlisted, unlisted, "gone")));
        assertEquals(List.of("no member  " + unlisted + "#gone()V   (mine/A)"), outcome.problems());
        assertEquals(List.of(), outcome.notJudged());
    }

    @Test
    public void aLineThatIsNoSignatureIsRefused() {
        assertThrows(IOException.class, () -> api("what\tis\tthis"));
    }
}
