// Refreshes the [data-poll] part: its content says when next ([data-poll-after]), hidden tabs ask nothing, and when an
// answer fails the pause doubles. A live line repeats the state at most every ten seconds.
const LONGEST_PAUSE = 60_000;
const ANNOUNCE_EVERY = 10_000;

export function poll(root) {
  if (!window.htmx) return;
  let failures = 0;
  let announcedAt = Date.now();
  let timer;

  const plan = () => {
    clearTimeout(timer);
    const content = root.querySelector("[data-poll] [data-poll-after]");
    if (!content || root.hidden) return;
    const pause = Number(content.dataset.pollAfter) * 2 ** failures;
    timer = setTimeout(
      () => window.htmx.trigger(content.closest("[data-poll]"), "poll"),
      Math.min(pause, LONGEST_PAUSE),
    );
  };

  const announce = () => {
    const line = root.querySelector("[data-live-line]");
    const element = root.querySelector("[data-announce]");
    const isLast = element && !element.matches("[data-poll-after]");
    if (!line || !element || (!isLast && Date.now() - announcedAt < ANNOUNCE_EVERY)) return;
    announcedAt = Date.now();
    line.textContent = element.dataset.announce;
  };

  root.addEventListener("htmx:before:swap", (event) => {
    // An error page never takes the place of the part that was there.
    if ((event.detail.ctx.response?.status ?? 200) >= 400) event.preventDefault();
  });
  root.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status < 400) failures = 0;
    else failures += 1;
  });
  root.addEventListener("htmx:finally:request", () => {
    setTimeout(() => {
      announce();
      plan();
    }, 0);
  });
  root.addEventListener("htmx:error", () => {
    failures += 1;
  });
  root.addEventListener("visibilitychange", () => {
    if (!root.hidden) plan();
  });
  plan();
}
