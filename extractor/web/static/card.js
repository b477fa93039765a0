// The code card: the code, its status in words, colour and sign, the interval as a sentence and as a row of dots.

import { copy, h, hidden, put } from "./dom.js";

const SIGNS = { supported: "✓", review: "?", none: "–" };
const MOST_DOTS = 12;
const CODES = { trigger_point_injection: ["20552", "20553"], dry_needling: ["20560", "20561"] };

export function renderCard(target, answer) {
  const { result, shown } = answer;
  const { decision } = result;
  target.className = `card ${decision.status}`;
  put(target,
    h("div", { class: "head" },
      h("div", { class: "code", id: "code" }, shown.code),
      h("div", { class: "status" }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[decision.status]), h("span", { id: "status" }, shown.status)),
      decision.alternatives.length ? h("div", { class: "or" }, "could become ", h("strong", {}, decision.alternatives.join(" or "))) : null,
    ),
    shown.corrections.length
      ? h("p", { class: "by-coder" }, h("strong", {}, "With your corrections. "), shown.corrections.join(" "), " The note alone does not prove this.")
      : null,
    decision.status === "none" ? null : dots(result),
    h("p", { class: "interval", id: "interval" }, shown.count_sentence),
    h("p", {}, shown.status_sentence),
    h("p", { class: "dim" }, shown.procedure_sentence, ` Policy ${decision.policy}.`, result.date_of_service ? ` Date of service ${result.date_of_service}.` : " No date of service found."),
    h("div", { class: "billing" },
      h("code", { id: "billing-line", tabindex: "0", role: "textbox", "aria-readonly": "true", "aria-label": "Billing line" }, shown.billing_line),
      h("button", { type: "button", id: "copy-billing", onclick: (event) => copy(shown.billing_line, event.currentTarget) }, "Copy", hidden(" the billing line")),
    ),
  );
}

function dots({ decision, procedure }) {
  const { low, high } = decision.muscle_count;
  const [few, many] = CODES[procedure.kind] ?? CODES.trigger_point_injection;
  const count = Math.min(MOST_DOTS, Math.max(4, high));
  const row = Array.from({ length: count }, (_, i) =>
    h("span", { class: `dot ${i < low ? "proved" : i < high ? "possible" : "no"}${i === 2 ? " third" : ""}` }));
  if (high > MOST_DOTS) row.push(h("span", { class: "more" }, `+${high - MOST_DOTS}`));
  return h("div", { class: "dots", "aria-hidden": "true" },
    h("div", { class: "row" }, row),
    h("div", { class: "scale" }, h("span", {}, `1–2: ${few}`), h("span", {}, `3 or more: ${many}`)),
  );
}

export function renderEmpty(target, text = "The code appears here as soon as there is a note.") {
  target.className = "card empty";
  put(target, h("p", {}, text));
}
