// What stands below the muscles: the question to the provider, findings, the argument, drugs, checklist.

import { copy, h, hidden, plural, put } from "./dom.js";
import { ASSERTIONS, nameOf } from "./note.js";

const SEVERITIES = { error: ["✕", "Stands against the code"], warning: ["!", "An auditor would write this up"], info: ["i", "For information"] };
const GROUPS = {
  exam: "Examination", "exam-finding": "Trigger point findings", history: "History", necessity: "Necessity",
  technique: "Technique", response: "Response", repeat: "Earlier sessions", site: "Sites",
};
const amount = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 10 });
const dose = (item) => (item ? `${amount(item.value)} ${item.unit}${item.basis === "computed" ? "*" : ""}` : "");

export function renderParts(target, answer, download) {
  const { result, shown } = answer;
  put(target,
    query(result.decision.query),
    drugs(result.drugs),
    findings(result.findings, shown.rules),
    reasons(result.decision.reasons, shown.rules),
    notCounted(result),
    modifiers(result.decision.modifiers),
    others(result),
    result.decision.status === "none" ? null : checklist(shown.checklist),
    foot(result, download),
  );
}

const panel = (id, title, ...children) => h("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), children);

function query(text) {
  if (!text) return null;
  return panel("query", "Question to the provider",
    h("blockquote", { id: "query-text", tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-multiline": "true", "aria-label": "Question to the provider" }, text),
    h("button", { type: "button", id: "copy-query", onclick: (event) => copy(text, event.currentTarget) }, "Copy", hidden(" the question")));
}

function drugs(items) {
  if (!items.length) return null;
  const columns = [
    ["Drug", (drug) => nameOf(drug.id) || "unnamed"], ["In the note", (drug) => drug.text],
    ["Strength", ({ strength }) => (strength ? `${amount(strength.value)}${strength.unit === "%" ? "" : " "}${strength.unit}` : "")],
    ["Volume", (drug) => (drug.volume_ml === null ? "" : `${amount(drug.volume_ml)} mL`)],
    ["Dose", (drug) => dose(drug.dose)], ["Discarded", (drug) => dose(drug.wasted)],
    ["HCPCS", ({ hcpcs }) => (hcpcs ? `${hcpcs.code}${hcpcs.units === null ? "" : ` × ${hcpcs.units}`}` : "")],
  ].map(([name, cell]) => [name, items.map(cell)]).filter(([, cells]) => cells.some(Boolean));
  return panel("drugs", "Injected at the trigger points",
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of drugs" }, h("table", {},
      h("thead", {}, h("tr", {}, columns.map(([name]) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, items.map((_, row) => h("tr", { "data-key": `drug:${row}` }, columns.map(([, cells], column) => h(column ? "td" : "th", column ? {} : { scope: "row" }, cells[row]))))))),
    items.some((drug) => drug.dose?.basis === "computed") ? h("p", { class: "dim" }, "* computed from strength and volume") : null,
    items.filter((drug) => drug.hcpcs).map(({ hcpcs }) => h("p", { class: "dim" }, `${hcpcs.code}: ${hcpcs.descriptor}`)));
}

function findings(items, rules) {
  if (!items.length) return panel("findings", "Findings", h("p", { class: "dim" }, "None."));
  const numbered = items.map((item, place) => ({ ...item, place }));
  return panel("findings", "Findings", Object.entries(SEVERITIES).map(([severity, [sign, words]]) => {
    const own = numbered.filter((item) => item.severity === severity);
    if (!own.length) return null;
    const list = h("ul", { class: `findings ${severity}` }, own.map((item) => h("li", { "data-key": `finding:${item.place}`, tabindex: item.evidence.length ? "0" : null },
      h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", {}, hidden(`${severity}: `), item.text, " ", source(item.id, item.source, rules)))));
    const title = `${words} (${own.length})`;
    return severity === "info" ? h("details", {}, h("summary", {}, title), list) : [h("h3", {}, title), list];
  }));
}

function reasons(items, rules) {
  return panel("why", "Why", h("ol", { class: "reasons" }, items.map((item, place) =>
    h("li", { "data-key": `reason:${place}`, tabindex: item.evidence.length ? "0" : null }, item.text, " ", source(item.rule, item.source, rules)))));
}

function source(name, cited, rules) {
  const rule = rules[name];
  if (!rule) return cited ? h("small", { class: "source" }, `${name}: ${cited}`) : h("small", { class: "source" }, name);
  return h("details", { class: "source" }, h("summary", {}, name),
    h("p", {}, rule.statement), h("p", {}, `Dates of service: ${rule.dates}. Confidence: ${rule.confidence}.`),
    rule.sources.length ? h("p", {}, "Source: ", rule.sources.join("; "), ".") : null);
}

function notCounted({ mentions, muscles }) {
  const counted = new Set(muscles.map((muscle) => muscle.id));
  const found = new Map();
  for (const mention of mentions) {
    if (!mention.muscle || mention.assertion === "injected" || counted.has(mention.muscle)) continue;
    found.set(mention.muscle, (found.get(mention.muscle) ?? new Set()).add(mention.assertion));
  }
  if (!found.size) return null;
  return panel("not-counted", "Named, but not counted", h("ul", { class: "plain" }, [...found].map(([muscle, why]) =>
    h("li", { "data-key": `named:${muscle}` }, h("strong", {}, nameOf(muscle)), " ", [...why].map((name) => h("span", { class: `mention ${name}` }, ASSERTIONS[name]))))));
}

function modifiers(items) {
  if (!items.length) return null;
  return panel("modifiers", "Modifiers", h("dl", { class: "pairs" }, items.map((item) => h("div", {},
    h("dt", {}, h("span", { class: `advice ${item.advice}` }, item.advice), " ", item.modifier), h("dd", {}, item.reason)))));
}

function others({ other_procedures: procedures, diagnoses }) {
  if (!procedures.length && !diagnoses.length) return null;
  const codes = [...new Map(diagnoses.map((item) => [item.code, item])).keys()];
  return panel("others", "Also in the note",
    codes.length ? h("p", { "data-key": "diagnoses" }, "Diagnoses: ", codes.join(", ")) : null,
    procedures.length ? h("ul", { class: "plain" }, procedures.map((item, place) => h("li", { "data-key": `other:${place}` },
      nameOf(item.kind.replaceAll("-", "_")), ` (${[item.status, ...item.sides, item.guidance !== "none" && item.guidance].filter(Boolean).join(", ")})`))) : null);
}

function checklist(items) {
  const found = items.filter((item) => item.found).length;
  return panel("checklist", h("span", {}, "Documentation ", h("small", {}, `${found} of ${items.length} found`)),
    Object.entries(GROUPS).map(([group, title]) => {
      const own = items.filter((item) => item.group === group);
      return own.length ? h("div", { class: "check-group" }, h("h3", {}, title), h("ul", { class: "checks" }, own.map((item) =>
        h("li", { class: item.found ? "found" : "missing", title: item.description, "data-key": item.found ? `check:${item.id}` : null, tabindex: item.evidence.length ? "0" : null },
          h("span", { class: "sign", "aria-hidden": "true" }, item.found ? "✓" : "○"), " ", item.label, item.value === null ? "" : `: ${item.value}`, hidden(item.found ? " (found)" : " (not found)"))))) : null;
    }));
}

function foot(result, download) {
  const versions = Object.entries(result.versions).map(([name, value]) => `${name} ${value}`).join(", ");
  return h("div", { class: "foot" },
    h("button", { type: "button", id: "download", onclick: download }, "Download JSON"),
    h("p", { class: "dim" }, `${plural(result.mentions.length, "mention")} read; ${versions}.`));
}
