// A form with [data-autosave] saves itself: after a pause in typing, when a field is left, and when the page is. It
// sends the version it was made from; when somebody else has saved meanwhile, it stops and says so.
const PAUSE = 1_500;
const AGAIN = 10_000;
// Browsers let no more than 64 KB outlive a page.
const OUTLIVES_THE_PAGE = 60_000;
const NOT_TYPED = new Set(["csrf_token", "version"]);

function fieldsOf(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === "string");
}

function typedIn(form) {
  return JSON.stringify(fieldsOf(form).filter(([name]) => !NOT_TYPED.has(name)));
}

function takeAddress(form, address) {
  if (!address || form.getAttribute("action") === address) return;
  // A new campaign is a draft from now on: what is sent next, and a reload, belong to it.
  form.setAttribute("action", address);
  form.dataset.autosave = `${address}/autosave`;
  history.replaceState(history.state, "", address);
}

function keepSaved(form) {
  const line = form.querySelector("[data-autosave-line]");
  let saved = typedIn(form);
  let sending = null;
  let timer;
  let isOver = false;
  let isLeaving = false;

  const say = (words) => {
    if (line.textContent !== words) line.textContent = words;
  };
  const later = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  };
  const stop = (words) => {
    isOver = true;
    say(words);
  };

  async function take(answer, typed) {
    const told = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : {};
    if (answer.ok) {
      saved = typed;
      form.elements.namedItem("version").value = told.version;
      takeAddress(form, told.address);
      say(line.dataset.saved.replace("{time}", told.saved_at));
      document.dispatchEvent(new Event("session-active"));
      if (typedIn(form) !== saved) later(PAUSE);
    } else if (answer.status === 401 || answer.status === 403) stop(line.dataset.signedOut);
    else if (answer.status === 409 || answer.status === 404) stop(told.message ?? line.dataset.gone);
    else if (answer.status === 422) say(told.message ?? line.dataset.failed);
    else throw new Error(`${answer.status}`);
  }

  async function send(typed) {
    const body = new URLSearchParams(fieldsOf(form));
    const keepalive = body.toString().length < OUTLIVES_THE_PAGE;
    const headers = { Accept: "application/json" };
    try {
      await take(await fetch(form.dataset.autosave, { method: "POST", body, headers, keepalive }), typed);
    } catch {
      say(line.dataset.failed);
      later(AGAIN);
    }
  }

  function save() {
    clearTimeout(timer);
    const typed = typedIn(form);
    if (isOver || isLeaving || sending || typed === saved) return;
    sending = send(typed).finally(() => {
      sending = null;
    });
  }

  form.addEventListener("input", () => later(PAUSE));
  form.addEventListener("change", save);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!sending) {
      isLeaving = true;
      return;
    }
    // The button's own save comes after the one under way, with the version that one makes.
    event.preventDefault();
    event.stopPropagation();
    const pressed = event.submitter;
    sending.then(() => form.requestSubmit(pressed));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) save();
  });
  window.addEventListener("pagehide", save);
  window.addEventListener("pageshow", (event) => {
    // Brought back as it was left: somebody, or its own button, may have saved since.
    if (event.persisted) location.reload();
  });
}

export function autosave(root) {
  for (const form of root.querySelectorAll("form[data-autosave]")) keepSaved(form);
}
