// Buttons that put {{列名}} where the cursor is. They are shown only where this script runs.
export function insertVariables(root) {
  for (const row of root.querySelectorAll("[data-inserts-into]")) row.hidden = false;
  for (const list of root.querySelectorAll("[data-buttons-replace]")) list.hidden = true;
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const target = root.getElementById(button.closest("[data-inserts-into]").dataset.insertsInto);
    target.focus();
    // Old, and the only way that Ctrl+Z takes back like typing; where it is gone, the words come in all the same.
    if (root.execCommand?.("insertText", false, button.dataset.insert)) return;
    target.setRangeText(button.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
}
