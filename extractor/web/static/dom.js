// Elements are built, never parsed: text of a note can be nothing but text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...real(children));
  return element;
}

const real = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");

export const put = (target, ...children) => target.replaceChildren(...real(children));

export function h(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

export function s(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

export const byId = (id) => document.getElementById(id);

export const hidden = (text) => h("span", { class: "vh" }, text);

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

export async function copy(text, button) {
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyOldWay(text) ? "Copied" : "Press Ctrl-C";
  }
  const before = button.textContent;
  button.textContent = done;
  button.disabled = true;
  setTimeout(() => { button.textContent = before; button.disabled = false; button.focus(); }, 1200);
}

function copyOldWay(text) {
  // Over plain HTTP from another machine there is no clipboard API.
  const area = h("textarea", { class: "vh", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
