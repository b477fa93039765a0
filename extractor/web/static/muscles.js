// The muscles by region, and what a coder corrects in them.

import { h, hidden, plural, put } from "./dom.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// struck: muscles of the note that the coder struck out; they stay visible, and can be taken back.
export function renderMuscles(target, answer, struck, actions) {
  const { record, shown } = answer;
  const rows = record.muscles.map((muscle, place) => ({ muscle, shown: shown.muscles[place] }));
  for (const item of struck) rows.push({ muscle: item.muscle, shown: item.shown, struck: true });
  target.hidden = answer.result.decision.status === "none" && !rows.length && !answer.shown.corrections.length;
  const counted = rows.filter((row) => !row.struck).length;
  put(target,
    h("h2", {}, "Muscles injected ", h("small", {}, counted ? plural(counted, "name") : "none named")),
    rows.length || record.areas.length ? table(rows, record, shown, actions) : null,
    addForm(actions),
  );
}

const COLUMNS = [
  ["Level, part", (site) => [...site.levels, ...(site.portions ?? []).map((part) => part.replaceAll("_", " "))].join(", ")],
  ["Injections", (site) => site.injections ?? ""],
];

function table(rows, record, shown, actions) {
  const regions = new Map();
  for (const row of rows) {
    const region = row.shown.region || "elsewhere";
    regions.set(region, [...(regions.get(region) ?? []), row]);
  }
  const sites = [...rows.map((row) => row.muscle), ...record.areas];
  const columns = COLUMNS.filter(([, cell]) => sites.some((site) => cell(site) !== ""));
  const title = (words) => h("tr", { class: "region" }, h("th", { scope: "rowgroup", colspan: columns.length + 3 }, words));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of muscles" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Muscle", "Side", ...columns.map(([name]) => name)].map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, hidden("Correct")))),
    [...regions].map(([region, items]) => h("tbody", {}, title(capital(region)), items.map((row) => muscleRow(row, columns, actions)))),
    record.areas.length
      ? h("tbody", {}, title("Sites that name no muscle"), record.areas.map((area, place) => areaRow(area, shown.areas[place], place, columns, actions)))
      : null,
  ));
}

function muscleRow({ muscle, shown, struck }, columns, actions) {
  const tag = struck ? "struck out by you" : shown.by_coder ? `${shown.by_coder} by you` : "";
  return h("tr", { "data-key": `muscle:${muscle.id}`, class: `${struck ? "struck" : ""}${shown.by_coder ? " by-you" : ""}` },
    h("th", { scope: "row" }, h("span", { class: "name" }, muscle.name), muscle.kind === "group" ? h("small", {}, " group") : null, tag ? h("span", { class: "tag" }, tag) : null),
    h("td", {}, struck ? shown.sides : sideButtons(muscle, actions)),
    columns.map(([, cell]) => h("td", {}, cell(muscle))),
    h("td", { class: "last" }, struck
      ? h("button", { type: "button", class: "quiet strike", title: "Take the strike back", onclick: () => actions.restore(muscle.id) }, h("span", { "aria-hidden": "true" }, "↩"), hidden(`Take back ${muscle.name}`))
      : h("button", { type: "button", class: "quiet strike", title: "Strike out: it was not injected", onclick: () => actions.strike(muscle.id) }, h("span", { "aria-hidden": "true" }, "✕"), hidden(`Strike out ${muscle.name}`))),
  );
}

function sideButtons(muscle, actions) {
  const buttons = ["left", "right"].map((side) => {
    const set = muscle.sides.includes(side);
    const doubtful = muscle.doubtful_sides.includes(side);
    const wanted = set ? muscle.sides.filter((other) => other !== side) : [...muscle.sides, side];
    return h("button", {
      type: "button", class: `side ${doubtful ? "doubtful" : ""}`, "aria-pressed": String(set), title: doubtful ? `${side}: in doubt` : `${side}: click to ${set ? "take off" : "set"}`,
      onclick: () => actions.setSides(muscle.id, wanted), "data-side": side,
    }, h("span", { "aria-hidden": "true" }, doubtful ? `${side[0].toUpperCase()}?` : side[0].toUpperCase()), hidden(`${side} ${muscle.name}${doubtful ? ", in doubt" : ""}`));
  });
  const none = !muscle.sides.length && !muscle.doubtful_sides.length;
  return h("span", { class: "sides" }, buttons, none ? h("small", {}, " not stated") : null);
}

function areaRow(area, shown, place, columns, actions) {
  return h("tr", { "data-key": `area:${place}` },
    h("th", { scope: "row" }, shown.name),
    h("td", {}, shown.sides),
    columns.map(([, cell]) => h("td", {}, cell(area))),
    h("td", { class: "last" }, h("button", { type: "button", class: "quiet strike", title: "Strike out: it is no muscle of its own", onclick: () => actions.strikeArea(place) },
      h("span", { "aria-hidden": "true" }, "✕"), hidden(`Strike out the site ${shown.name}`))),
  );
}

function addForm(actions) {
  const name = h("input", { type: "text", id: "add-name", list: "muscle-names", placeholder: "such as “lev scap”", autocomplete: "off", spellcheck: "false", maxlength: "80" });
  const side = h("select", { id: "add-side" }, [["", "no side"], ["left", "left"], ["right", "right"], ["left right", "both"]].map(([value, text]) => h("option", { value }, text)));
  const said = h("p", { class: "message", role: "alert", id: "add-message" });
  const submit = async (event) => {
    event.preventDefault();
    if (!name.value.trim()) return name.focus();
    const problem = await actions.add(name.value.trim(), side.value.split(" ").filter(Boolean));
    if (problem) { said.textContent = problem; name.focus(); }
  };
  return h("form", { class: "add", onsubmit: submit, autocomplete: "off" },
    h("label", { for: "add-name" }, "Add a muscle"), name, h("label", { class: "vh", for: "add-side" }, "Its side"), side,
    h("button", { type: "submit" }, "Add"), said);
}
