// Adds what a queued build waits for at Mesos to its tooltip in the list of the queue.
(function () {
  "use strict";

  const root = document.currentScript.dataset.root;
  const source = root + "/queue/api/json?tree=items[actions[mesosWait,taskUrl]]";
  const links = "#buildQueue a.model-link[tooltip]";
  const added = new WeakMap();
  let waits = new Map();
  let asking = false;

  // The list is drawn anew every few seconds: what was known is shown at once, then what is news.
  function show() {
    document.querySelectorAll(links).forEach((link) => {
      const before = added.get(link);
      const own = before === undefined ? link.getAttribute("tooltip") : before;
      const wait = waits.get(link.getAttribute("href"));
      const text = wait === undefined ? own : own.trimEnd() + "\n" + [...wait].join("\n");
      added.set(link, own);
      if (link.getAttribute("tooltip") !== text) {
        link.setAttribute("tooltip", text);
        // Jenkins makes its tooltips when the list is drawn
        if (link._tippy) {
          link._tippy.setContent(text);
          if (link.hasAttribute("title")) {
            link.setAttribute("title", text);
          }
        }
      }
    });
  }

  function read(queue) {
    const found = new Map();
    queue.items.forEach((item) =>
      item.actions
        .filter((action) => action.mesosWait)
        .forEach((action) => {
          const href = root + "/" + action.taskUrl;
          found.set(href, (found.get(href) || new Set()).add(action.mesosWait));
        }),
    );
    waits = found;
  }

  function ask() {
    if (asking) {
      return;
    }
    asking = true;
    // Without an answer, as when Jenkins restarts, the tooltips say what Jenkins itself says.
    fetch(source)
      .then((answer) => (answer.ok ? answer.json().then(read) : waits.clear()))
      .catch(() => waits.clear())
      .finally(() => {
        asking = false;
        show();
      });
  }

  Behaviour.specify(links, "mesos-queue-tooltips", 2000, () => {
    show();
    ask();
  });
})();
