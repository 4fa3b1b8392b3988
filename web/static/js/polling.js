// Refreshes the [data-poll] part: its content says when next ([data-poll-after]), hidden tabs ask nothing, and when an
// answer fails the pause doubles. A live line repeats the state at most every ten seconds.
const LONGEST_PAUSE = 300_000;
const ANNOUNCE_EVERY = 10_000;

export function poll(root) {
  if (!window.htmx) return;
  let failures = 0;
  let announcedAt = Date.now();
  let askedAt = Date.now();
  let timer;

  // Counted from the last answer, so that a tab that was hidden for longer than that asks as soon as it is seen.
  const plan = () => {
    clearTimeout(timer);
    const content = root.querySelector("[data-poll] [data-poll-after]");
    if (!content || root.hidden) return;
    const pause = Math.min(Number(content.dataset.pollAfter) * 2 ** failures, LONGEST_PAUSE);
    timer = setTimeout(
      () => window.htmx.trigger(content.closest("[data-poll]"), "poll"),
      Math.max(askedAt + pause - Date.now(), 0),
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
    askedAt = Date.now();
    setTimeout(() => {
      announce();
      plan();
    }, 0);
  });
  root.addEventListener("htmx:error", () => {
    failures += 1;
  });
  root.addEventListener("visibilitychange", plan);
  plan();
}
