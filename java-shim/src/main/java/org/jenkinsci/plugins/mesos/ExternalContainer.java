package org.jenkinsci.plugins.mesos;

/**
 * Image and options for the external containerizer, which Mesos no longer has. Versions up to 0.10 had them; they are
 * kept as they are, so that a person can make a container of them.
 */
public abstract class ExternalContainer {
    private String image;
    private String options;

    ExternalContainer(String image, String options) {
        this.image = image;
        this.options = options;
    }

    public String getImage() {
        return image;
    }

    public String getOptions() {
        return options;
    }
}
