"use strict";

// Fetches the page again every two seconds and exchanges the parts marked data-live that have changed.
// What a person is typing, the place a carousel was moved to and the focus stay.
const SECONDS = 2;

function scrolled(region) {
  const places = new Map();
  for (const element of region.querySelectorAll(".carousel[id]")) places.set(element.id, element.scrollLeft);
  return places;
}

function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const places = scrolled(old);
  const fromBottom = old.scrollHeight - old.scrollTop - old.clientHeight;
  old.innerHTML = fresh.innerHTML;
  old.className = fresh.className;
  for (const [id, left] of places) {
    const carousel = document.getElementById(id);
    if (carousel) carousel.scrollLeft = left;
  }
  if (fromBottom > 40) old.scrollTop = old.scrollHeight - old.clientHeight - fromBottom;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(window.location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const old = document.getElementById(fresh.id);
      if (old && old.innerHTML !== fresh.innerHTML) exchange(old, fresh);
    }
  } catch {
    // The simulator is being restarted: the next round tries again.
  }
}

if (document.querySelector("[data-live]")) setInterval(refresh, SECONDS * 1000);
