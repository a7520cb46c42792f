/*
 * Asks anew for the summary of a template when one of its fields changes. Today's forms do so by themselves, from
 * checkDependsOn; an old host's forms do not know that attribute.
 */
Behaviour.register({
    "INPUT.mesos-summary": function (summary) {
        if (summary.getAttribute("checkDependsOn")) {
            return;
        }
        var block = summary.parentNode;
        while (block && !/(^| )repeated-chunk( |$)/.test(block.className)) {
            block = block.parentNode;
        }
        function ask() {
            summary.onchange();
        }
        var inputs = block ? block.getElementsByTagName("input") : [];
        for (var i = 0; i < inputs.length; i++) {
            if (inputs[i] !== summary) {
                inputs[i].addEventListener("change", ask, false);
            }
        }
    }
});
