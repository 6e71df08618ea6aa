// Follows a start and goes on into the session when it answers. Without this file the page reloads itself.
"use strict";
(() => {
  const page = document.querySelector("[data-session]");
  const sentence = document.getElementById("sentence");
  const steps = document.getElementById("steps");

  const show = (session) => {
    sentence.textContent = session.sentence;
    session.steps.forEach((step, i) => {
      const line = steps && steps.children[i];
      if (!line) return;
      const kind = step.done_at ? "done" : session.step && session.step.n === step.number ? "now" : "later";
      line.dataset.k = kind;
      if (kind === "now") line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
      const dot = line.querySelector(".dot");
      dot.textContent = kind === "done" ? "✓" : step.number;
      dot.setAttribute("aria-label", kind);
      line.querySelector(".detail").textContent = step.detail ?? "";
    });
  };

  const look = async () => {
    // A tab that nobody looks at neither asks nor opens anything.
    if (document.hidden) return;
    try {
      const answer = await fetch(`${page.dataset.root}/api/v1/sessions/${page.dataset.session}`, { headers: { accept: "application/json" } });
      if (!answer.ok) return location.reload();
      const session = await answer.json();
      if (session.may.open || session.state !== page.dataset.state) return location.reload();
      show(session);
    } catch {
      // The server is away for a moment: the next round asks again.
    }
  };

  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
})();
