package org.jenkinsci.plugins.mesos.wire;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** All messages and enums of some files, nested ones included, by full name. */
record Schema(Map<String, Descriptor> messages, Map<String, EnumDescriptor> enums) {

    static Schema of(FileDescriptor... files) {
        Schema schema = new Schema(new TreeMap<>(), new TreeMap<>());
        for (FileDescriptor file : files) {
            file.getEnumTypes().forEach(type -> schema.enums.put(type.getFullName(), type));
            file.getMessageTypes().forEach(schema::add);
        }
        return schema;
    }

    /** The files must stand after those they import, as compilers write them. */
    static Schema of(FileDescriptorSet set) throws DescriptorValidationException {
        Map<String, FileDescriptor> built = new HashMap<>();
        for (FileDescriptorProto file : set.getFileList()) {
            FileDescriptor[] imports =
                    file.getDependencyList().stream().map(built::get).toArray(FileDescriptor[]::new);
            built.put(file.getName(), FileDescriptor.buildFrom(file, imports));
        }
        return of(built.values().toArray(FileDescriptor[]::new));
    }

    private void add(Descriptor message) {
        messages.put(message.getFullName(), message);
        message.getEnumTypes().forEach(type -> enums.put(type.getFullName(), type));
        message.getNestedTypes().forEach(this::add);
    }
}
