package standins;

import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Makes {@code Hudson} a subclass of {@code Jenkins}, and its {@code clouds} the field of {@code Jenkins}. */
final class Reparent extends ClassVisitor {
    private static final String NODE = "hudson/model/Node";
    private static final String JENKINS = "jenkins/model/Jenkins";

    private Reparent(ClassVisitor next) {
        super(Opcodes.ASM9, next);
    }

    static byte[] hudson(byte[] classFile) {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(classFile).accept(new Reparent(writer), 0);
        return writer.toByteArray();
    }

    @Override
    public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
        if (!NODE.equals(parent)) {
            throw new IllegalArgumentException(name + " extends " + parent + ", not " + NODE);
        }
        super.visit(version, access, name, signature, JENKINS, interfaces);
    }

    @Override
    public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
        // what refers to Hudson.clouds finds the inherited field
        return name.equals("clouds") ? null : super.visitField(access, name, descriptor, signature, value);
    }

    @Override
    public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] thrown) {
        MethodVisitor next = super.visitMethod(access, name, descriptor, signature, thrown);
        if (!name.equals("<init>")) {
            return next;
        }
        return new MethodVisitor(Opcodes.ASM9, next) {
            @Override
            public void visitMethodInsn(int opcode, String owner, String method, String type, boolean ofInterface) {
                boolean parent = owner.equals(NODE) && method.equals("<init>") && opcode == Opcodes.INVOKESPECIAL;
                super.visitMethodInsn(opcode, parent ? JENKINS : owner, method, type, ofInterface);
            }
        };
    }
}
