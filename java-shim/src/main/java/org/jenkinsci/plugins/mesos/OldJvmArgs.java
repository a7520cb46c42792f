package org.jenkinsci.plugins.mesos;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * JVM arguments without those that keep a JVM from starting which Jenkins runs on today. The default of older versions
 * has one of them, so nearly every old file does.
 *
 * @param kept the rest, as it was written
 * @param dropped what was left out, in its order
 */
record OldJvmArgs(String kept, List<String> dropped) {
    /** {@code -XX} options of Java 8 with which Java 17 or 25 ends at once, beside those that begin with CMS. */
    private static final Set<String> REFUSED = Set.of(
            "AggressiveOpts",
            "AutoShutdownNMT",
            "ExplicitGCInvokesConcurrentAndUnloadsClasses",
            "FailOverToOldVerifier",
            "FlightRecorder",
            "GCLogFileSize",
            "InitialRAMFraction",
            "MaxGCMinorPauseMillis",
            "MaxPermSize",
            "MaxRAMFraction",
            "MinRAMFraction",
            "NumberOfGCLogFiles",
            "ParGCCardsPerStrideChunk",
            "PermSize",
            "PrintAdaptiveSizePolicy",
            "PrintClassHistogramAfterFullGC",
            "PrintClassHistogramBeforeFullGC",
            "PrintFLSStatistics",
            "PrintGCApplicationConcurrentTime",
            "PrintGCApplicationStoppedTime",
            "PrintGCCause",
            "PrintGCDateStamps",
            "PrintGCTimeStamps",
            "PrintHeapAtGC",
            "PrintPromotionFailure",
            "PrintReferenceGC",
            "PrintSafepointStatistics",
            "PrintSafepointStatisticsCount",
            "PrintTenuringDistribution",
            "TraceClassLoading",
            "TraceClassUnloading",
            "UnlockCommercialFeatures",
            "UseBiasedLocking",
            "UseCGroupMemoryLimitForHeap",
            "UseCMSCompactAtFullCollection",
            "UseCMSInitiatingOccupancyOnly",
            "UseCompressedStrings",
            "UseConcMarkSweepGC",
            "UseFastAccessorMethods",
            "UseFastEmptyMethods",
            "UseGCLogFileRotation",
            "UseMembar",
            "UseParNewGC",
            "UseParallelOldGC",
            "UseSpinning",
            "UseSplitVerifier",
            "UseStringCache");

    private static final Set<String> REFUSED_WORDS = Set.of("-d32", "-d64", "-Xincgc", "-Xconcgc");

    private static final Pattern OPTION = Pattern.compile("-XX:[+-]?(\\w+)(=.*)?");

    private static final Pattern WORD = Pattern.compile("\\S+\\s*");

    static OldJvmArgs of(String arguments) {
        StringBuilder kept = new StringBuilder();
        List<String> dropped = new ArrayList<>();
        Matcher words = WORD.matcher(arguments.trim());
        while (words.find()) {
            String word = words.group().trim();
            if (isRefused(word)) {
                dropped.add(word);
            } else {
                kept.append(words.group());
            }
        }
        return new OldJvmArgs(kept.toString().trim(), dropped);
    }

    private static boolean isRefused(String word) {
        Matcher option = OPTION.matcher(word);
        return option.matches()
                ? option.group(1).startsWith("CMS") || REFUSED.contains(option.group(1))
                : REFUSED_WORDS.contains(word);
    }
}
