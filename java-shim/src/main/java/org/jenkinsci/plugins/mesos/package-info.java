/**
 * Jenkins agents as Mesos tasks: what Jenkins sees. The work is done by the native library behind {@code
 * NativeBridge}.
 */
package org.jenkinsci.plugins.mesos;
