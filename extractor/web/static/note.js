// The note with its mentions marked, and the light that goes from a claim to its words and back.

import { h, hidden } from "./dom.js";

export const ASSERTIONS = {
  injected: "injected",
  finding: "examined only",
  planned: "planned",
  historical: "earlier visit",
  other_procedure: "other procedure",
  negated: "not injected",
};

// Offsets of the API are code points, those of JavaScript UTF-16 units.
function unitOffsets(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (offset) => offset;
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  return (offset) => starts[offset];
}

export const nameOf = (id) => (id ? id.replaceAll("_", " ") : "");

const mentionKey = (mention) =>
  mention.muscle ? `${mention.assertion === "injected" ? "muscle" : "named"}:${mention.muscle}` : "";

// links: claims and their words, as {key, spans}. Pieces of text that belong to a claim carry its keys.
export function renderNote(target, text, mentions, links) {
  const at = unitOffsets(text);
  const marks = mentions.map((mention) => ({ ...mention, from: at(mention.start), to: at(mention.end) }))
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const spans = links.flatMap(({ key, spans }) => spans.map(({ start, end }) => ({ key, from: at(start), to: at(end) })));
  const cuts = new Set([0, text.length]);
  for (const { from, to } of [...marks, ...spans]) cuts.add(from).add(to);
  const edges = [...cuts].sort((a, b) => a - b);
  const pieces = document.createDocumentFragment();
  let open = null;
  let next = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i], edges[i + 1]];
    if (open && from >= open.to) { close(open); open = null; }
    while (next < marks.length && marks[next].from <= from) {
      const mark = marks[next++];
      if (!open && mark.to > from) open = { ...mark, element: markElement(mark) };
      if (open?.element.parentNode === null) pieces.append(open.element);
    }
    const keys = [...new Set(spans.filter((span) => span.from <= from && to <= span.to).map((span) => span.key))];
    const piece = keys.length ? h("span", { class: "words", "data-keys": keys.join(" ") }, text.slice(from, to)) : text.slice(from, to);
    (open?.element ?? pieces).append(piece);
  }
  if (open) close(open);
  target.replaceChildren(pieces);
}

function markElement(mention) {
  const about = [nameOf(mention.muscle) || "region", mention.sides.join(" and "), ASSERTIONS[mention.assertion]];
  const title = about.filter(Boolean).join(", ") + (mention.inferred ? ", inferred from the list" : "");
  return h("mark", {
    class: `mention ${mention.assertion}${mention.muscle ? "" : " region"}`, tabindex: "0", role: "button", title,
    "data-key": mentionKey(mention), "data-about": title,
  });
}

function close({ element }) {
  element.append(hidden(` (${element.dataset.about}) `));
}

export function legend(target, mentions) {
  const seen = Object.keys(ASSERTIONS).filter((name) => mentions.some((mention) => mention.assertion === name));
  target.hidden = seen.length === 0;
  target.replaceChildren(...seen.map((name) => {
    const count = mentions.filter((mention) => mention.assertion === name).length;
    return h("li", {}, h("span", { class: `mention ${name}` }, ASSERTIONS[name]), ` ${count}`);
  }));
}

// Scroll the note, never the page: what the pointer rests on must stay under it.
function reveal(box, words) {
  if (!words) return;
  const [outer, inner] = [box.getBoundingClientRect(), words.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top + 24;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 24;
}

// Everything with data-key lights the words, rows and shapes of the same key.
export function wireLight(root) {
  let pointer = "";
  const clear = () => root.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"));
  const light = (event) => {
    const source = event.target.closest?.("[data-key]");
    const key = source?.dataset.key;
    clear();
    if (!key) return;
    for (const element of root.querySelectorAll("[data-key],[data-keys]")) {
      if (element.dataset.key === key || element.dataset.keys?.split(" ").includes(key)) element.classList.add("lit");
    }
    if (!source.closest("#marked")) reveal(root.querySelector("#marked"), root.querySelector("#marked .lit"));
  };
  root.addEventListener("focusin", light);
  root.addEventListener("pointerover", (event) => {
    // Where the page scrolls under a pointer that rests, the keyboard's light stays.
    const place = `${event.screenX},${event.screenY}`;
    if (place === pointer) return;
    pointer = place;
    light(event);
  });
  root.addEventListener("pointermove", (event) => { pointer = `${event.screenX},${event.screenY}`; });
  root.addEventListener("pointerleave", clear);
  const jump = (event) => {
    const mark = event.target.closest?.("mark.mention");
    if (!mark?.dataset.key || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    const row = [...root.querySelectorAll("#answer tr[data-key], #answer li[data-key]")].find((element) => element.dataset.key === mark.dataset.key);
    if (!row) return;
    event.preventDefault();
    row.scrollIntoView({ block: "nearest" });
    if (event.type === "keydown") row.querySelector("button")?.focus();
  };
  root.addEventListener("click", jump);
  root.addEventListener("keydown", jump);
}
