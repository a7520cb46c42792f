package io.jenkins.plugins.casc;

/** What is written cannot be used. */
public class ConfiguratorException extends RuntimeException {
    private static final long serialVersionUID = 1L;
}
