/*
 * Asks anew for the summary of a template when one of its fields changes. Today's forms do so by themselves, from
 * checkDependsOn; an old host's forms do not know that attribute.
 */
(function () {
    function summaryAround(element) {
        for (var block = element.parentNode; block && block.getElementsByTagName; block = block.parentNode) {
            var inputs = block.getElementsByTagName("input");
            for (var i = 0; i < inputs.length; i++) {
                if (/(^| )mesos-summary( |$)/.test(inputs[i].className)) {
                    // more than one of them: the block is the whole cloud, not a template
                    return /(^| )repeated-chunk( |$)/.test(block.className) ? inputs[i] : null;
                }
            }
        }
        return null;
    }

    document.addEventListener("change", function (event) {
        var summary = summaryAround(event.target);
        if (summary && !summary.getAttribute("checkDependsOn") && typeof summary.onchange === "function") {
            summary.onchange();
        }
    }, false);
})();
