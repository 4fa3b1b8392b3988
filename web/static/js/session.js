// Says five minutes before a session ends that it will, and lets one go on. What other tabs do counts as well.
const CHECK_EVERY = 5_000;
const WARN_BEFORE = 5 * 60_000;

export function warnBeforeTheEnd(root) {
  const notice = root.querySelector("[data-session-notice]");
  if (!notice) return;
  const words = notice.querySelector("[data-session-words]");
  const buttons = notice.querySelector("[data-session-buttons]");
  const stay = notice.querySelector("[data-session-stay]");
  const idle = Number(notice.dataset.idle);
  const last = Date.parse(notice.dataset.expires);
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel(notice.dataset.stay) : null;
  let seen = Date.now();
  let state = "quiet";
  let focus = null;

  const show = (next) => {
    if (state === next) return;
    state = next;
    const said = notice.dataset[next];
    const hadFocus = notice.contains(root.activeElement);
    notice.toggleAttribute("data-open", Boolean(said));
    words.textContent = said ?? "";
    buttons.hidden = !said;
    stay.hidden = next !== "soon";
    if (!said && hadFocus) focus?.focus();
  };
  const isActive = () => {
    seen = Date.now();
    show("quiet");
  };
  const check = () => {
    const now = Date.now();
    const ends = Math.min(seen + idle, last);
    if (now >= ends && state !== "dismissed") show("over");
    else if (now < ends && now >= ends - WARN_BEFORE && state === "quiet") show(ends === last ? "last" : "soon");
  };

  root.addEventListener("focusin", (event) => {
    if (!notice.contains(event.target)) focus = event.target;
  });
  root.addEventListener("session-active", () => {
    isActive();
    tabs?.postMessage("active");
  });
  tabs?.addEventListener("message", isActive);
  stay.addEventListener("click", async () => {
    try {
      const answer = await fetch(notice.dataset.stay, { headers: { Accept: "application/json" } });
      if (answer.ok) root.dispatchEvent(new Event("session-active"));
      else show("over");
    } catch {
      show("unreached");
    }
  });
  const close = () => {
    show(state === "over" ? "dismissed" : "closed");
  };
  notice.querySelector("[data-session-close]").addEventListener("click", close);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && notice.hasAttribute("data-open")) close();
  });
  root.addEventListener("visibilitychange", check);
  setInterval(check, CHECK_EVERY);
  tabs?.postMessage("active");
}
