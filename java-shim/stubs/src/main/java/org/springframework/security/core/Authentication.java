package org.springframework.security.core;

/** Who asks. */
public interface Authentication {}
