package linkcheck;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** What one class file declares, and what it refers to. */
final class ClassReading extends ClassVisitor {
    /**
     * A member that is referred to.
     *
     * @param member name and descriptor
     */
    record Reference(String owner, String member) implements Comparable<Reference> {
        @Override
        public int compareTo(Reference other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return owner + "#" + member;
        }
    }

    final Set<Reference> members = new TreeSet<>();
    final Set<String> types = new TreeSet<>();
    private Type type;

    private ClassReading() {
        super(Opcodes.ASM9);
    }

    static ClassReading of(byte[] classFile) {
        ClassReading reading = new ClassReading();
        new ClassReader(classFile).accept(reading, ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
        return reading;
    }

    /** Names and flags of the class and of its members, private ones too. */
    Type type() {
        return type;
    }

    @Override
    public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
        List<String> parents = new ArrayList<>();
        if (parent != null) {
            parents.add(parent);
        }
        parents.addAll(List.of(interfaces));
        types.addAll(parents);
        type = new Type(name, flags(access), parents);
    }

    @Override
    public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
        type.members().put(name + descriptor, flags(access));
        inDescriptor(org.objectweb.asm.Type.getType(descriptor));
        return null;
    }

    @Override
    public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] thrown) {
        type.members().put(name + descriptor, flags(access));
        inDescriptor(org.objectweb.asm.Type.getMethodType(descriptor));
        if (thrown != null) {
            types.addAll(List.of(thrown));
        }
        return new MethodVisitor(Opcodes.ASM9) {
            @Override
            public void visitMethodInsn(int opcode, String owner, String method, String type, boolean ofInterface) {
                refer(owner, method, type);
            }

            @Override
            public void visitFieldInsn(int opcode, String owner, String field, String type) {
                refer(owner, field, type);
            }

            @Override
            public void visitInvokeDynamicInsn(String method, String type, Handle bootstrap, Object... arguments) {
                for (Object argument : arguments) {
                    if (argument instanceof Handle handle) {
                        refer(handle.getOwner(), handle.getName(), handle.getDesc());
                    }
                }
            }

            @Override
            public void visitTypeInsn(int opcode, String type) {
                inDescriptor(org.objectweb.asm.Type.getObjectType(type));
            }

            @Override
            public void visitLdcInsn(Object value) {
                if (value instanceof org.objectweb.asm.Type constant) {
                    inDescriptor(constant);
                }
            }
        };
    }

    private void refer(String owner, String name, String descriptor) {
        if (!owner.startsWith("[")) {
            types.add(owner);
            members.add(new Reference(owner, name + descriptor));
        }
        inDescriptor(org.objectweb.asm.Type.getType(descriptor));
    }

    private void inDescriptor(org.objectweb.asm.Type found) {
        switch (found.getSort()) {
            case org.objectweb.asm.Type.METHOD -> {
                inDescriptor(found.getReturnType());
                for (org.objectweb.asm.Type argument : found.getArgumentTypes()) {
                    inDescriptor(argument);
                }
            }
            case org.objectweb.asm.Type.ARRAY -> inDescriptor(found.getElementType());
            case org.objectweb.asm.Type.OBJECT -> types.add(found.getInternalName());
            default -> {}
        }
    }

    private static Set<String> flags(int access) {
        Set<String> flags = new HashSet<>();
        add(flags, access, Opcodes.ACC_PUBLIC, "public");
        add(flags, access, Opcodes.ACC_PRIVATE, "private");
        add(flags, access, Opcodes.ACC_STATIC, "static");
        add(flags, access, Opcodes.ACC_FINAL, "final");
        add(flags, access, Opcodes.ACC_ABSTRACT, "abstract");
        add(flags, access, Opcodes.ACC_INTERFACE, "interface");
        add(flags, access, Opcodes.ACC_SYNTHETIC, "synthetic");
        return flags;
    }

    private static void add(Set<String> flags, int access, int bit, String word) {
        if ((access & bit) != 0) {
            flags.add(word);
        }
    }
}
