package linkcheck;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.Test;
import org.objectweb.asm.AnnotationVisitor;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Opcodes;

/** Jenkins finds symbols by an index beside the classes; a class that is not in it has none in Pipelines. */
public class SymbolIndexTest {
    private static final String INDEX = "META-INF/services/annotations/org.jenkinsci.Symbol";

    private final Path hpi = Path.of(System.getProperty("linkcheck.hpi", "mesos.hpi"));
    private final Set<String> annotated = new TreeSet<>();
    private final Set<String> indexed = new TreeSet<>();

    @Test
    public void theIndexHasEachClassWithASymbol() throws IOException {
        try (ZipFile plugin = new ZipFile(hpi.toFile())) {
            byte[] jar = plugin.getInputStream(plugin.getEntry("WEB-INF/lib/mesos.jar")).readAllBytes();
            read(new ZipInputStream(new ByteArrayInputStream(jar)));
        }
        assertFalse("no class has a symbol", annotated.isEmpty());
        assertEquals(annotated, indexed);
    }

    private void read(ZipInputStream jar) throws IOException {
        for (ZipEntry entry; (entry = jar.getNextEntry()) != null; ) {
            if (entry.getName().equals(INDEX)) {
                new String(jar.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(indexed::add);
            } else if (entry.getName().endsWith(".class")) {
                look(new ClassReader(jar.readAllBytes()));
            }
        }
    }

    private void look(ClassReader type) {
        type.accept(new ClassVisitor(Opcodes.ASM9) {
            @Override
            public AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
                if (descriptor.equals("Lorg/jenkinsci/Symbol;")) {
                    annotated.add(type.getClassName().replace('/', '.'));
                }
                return null;
            }
        }, ClassReader.SKIP_CODE);
    }
}
