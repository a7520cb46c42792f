package peers.fenzo;

import com.netflix.fenzo.VirtualMachineLease;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.mesos.Protos;

/** What a host offers, as Fenzo takes it. All is made before the measured call, as it would be from a parsed offer. */
final class HostLease implements VirtualMachineLease {
    private final CaseFile.Host host;
    private final String id;
    private final double cpus;
    private final double mem;
    private final List<Range> ports;
    private final Map<String, Protos.Attribute> attributes;

    HostLease(CaseFile.Host host) {
        this.host = host;
        id = "o-" + host.name();
        cpus = host.cpus() - host.cpusUsed();
        mem = host.mem() - host.memUsed();
        ports = host.ports() == 0 ? List.of() : List.of(new Range(host.firstPort(), host.lastPort()));
        Protos.Value.Text zone = Protos.Value.Text.newBuilder().setValue(host.zone()).build();
        // Fenzo asks for the attribute null, which Map.of refuses
        attributes = Collections.singletonMap(
                "zone",
                Protos.Attribute.newBuilder()
                        .setName("zone")
                        .setType(Protos.Value.Type.TEXT)
                        .setText(zone)
                        .build());
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public long getOfferedTime() {
        return 0;
    }

    @Override
    public String hostname() {
        return host.name();
    }

    @Override
    public String getVMID() {
        return host.name();
    }

    @Override
    public double cpuCores() {
        return cpus;
    }

    @Override
    public double memoryMB() {
        return mem;
    }

    @Override
    public double networkMbps() {
        return 0;
    }

    @Override
    public double diskMB() {
        return 0;
    }

    @Override
    public List<Range> portRanges() {
        return ports;
    }

    @Override
    public Protos.Offer getOffer() {
        return null;
    }

    @Override
    public Map<String, Protos.Attribute> getAttributeMap() {
        return attributes;
    }

    @Override
    public Double getScalarValue(String name) {
        return null;
    }

    @Override
    public Map<String, Double> getScalarValues() {
        return Map.of();
    }
}
