// What makes the pages more comfortable. Every page works without any of it.
import { guardForms } from "./once.js";
import { insertVariables } from "./insert.js";
import { poll } from "./polling.js";

// Where there is something to mend, reading begins there.
document.querySelector("[data-error-summary]")?.focus();

guardForms(document);
insertVariables(document);
poll(document);

// Buttons whose work htmx does while one types.
if (window.htmx) {
  for (const part of document.querySelectorAll("[data-script-replaces]")) part.hidden = true;
}
