// What can be told about any page without a tool: names, labels, headings, references. Returns the problems.
() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility();
  const nameOf = (element) =>
    (element.getAttribute("aria-label") ?? element.innerText ?? "").trim() || element.getAttribute("title");
  if (document.documentElement.lang !== "ja") problems.push("language is not named");
  if (!document.title.includes("|")) problems.push(`title: ${document.title}`);
  if (all("main").length !== 1) problems.push("not one main");
  const levels = all("h1, h2, h3, h4").filter(isShown).map((heading) => Number(heading.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) problems.push("not one h1");
  levels.reduce((before, level) => {
    if (level > before + 1) problems.push(`heading h${level} after h${before}`);
    return level;
  }, 0);
  for (const field of all("input:not([type=hidden]), select, textarea").filter(isShown)) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) problems.push(`no label: ${field.name}`);
  }
  for (const element of all("a[href], button, summary").filter(isShown)) {
    if (!nameOf(element)) problems.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const element of all("button, select, input:not([type=hidden])").filter(isShown)) {
    const box = element.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) problems.push(`small target: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const picture of all("svg").filter((svg) => !svg.closest("[aria-hidden=true]"))) {
    if (!picture.getAttribute("aria-label")) problems.push("picture without words");
  }
  for (const table of all("table")) if (!table.caption?.innerText) problems.push("table without caption");
  for (const attribute of ["aria-describedby", "aria-labelledby"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (!document.getElementById(id)) problems.push(`${attribute} leads nowhere: ${id}`);
      }
    }
  }
  const ids = all("[id]").map((element) => element.id);
  problems.push(...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `id twice: ${id}`));
  return problems;
}
