// What makes the pages more comfortable. Every page works without any of it.
import { autosave } from "./autosave.js";
import { guardForms } from "./once.js";
import { insertVariables } from "./insert.js";
import { usePasskeys } from "./passkeys.js";
import { poll } from "./polling.js";
import { warnBeforeTheEnd } from "./session.js";

// Where there is something to mend, reading begins there; for browsers that leave autofocus to fields.
const summary = document.querySelector("[data-error-summary]");
if (summary) {
  setTimeout(() => {
    if (document.activeElement === document.body) summary.focus();
  }, 100);
}

autosave(document);
guardForms(document);
insertVariables(document);
poll(document);
usePasskeys(document);
warnBeforeTheEnd(document);

// Buttons whose work htmx does while one types.
if (window.htmx) {
  for (const part of document.querySelectorAll("[data-script-replaces]")) part.hidden = true;
}

// What was typed before a session ended is in the form again: counters and preview show it, not what is stored.
// After htmx has begun, which it does in a task of its own once it is loaded.
if (document.querySelector("[data-restored]")) {
  setTimeout(() => {
    for (const form of document.querySelectorAll("form[data-autosave]")) {
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}
