// The switches: payer policy, date of service, and the questions that no published text settles.

import * as api from "./api.js";
import { byId, h } from "./dom.js";
import { NAMES, QUESTIONS } from "./settings.js";

export function startQuestions(chosen, { changed, dayChanged }) {
  const policy = byId("policy");
  const day = byId("day");
  let known = null;

  const own = () => {
    const named = known?.policies.find((item) => item.id === policy.value);
    return chosen.policy ? named?.settings : known?.default_settings;
  };

  async function load() {
    known = await api.policies(day.value);
    const titles = new Map(known.policies.map((item) => [item.id, item.title]));
    if (!titles.has(known.default)) titles.set(known.default, known.default);
    if (chosen.policy && !titles.has(chosen.policy)) chosen.policy = null;
    policy.replaceChildren(...[...titles].map(([id, title]) => h("option", { value: id }, title)));
    policy.value = chosen.policy ?? known.default;
    draw();
  }

  function draw() {
    for (const [name, choices] of Object.entries(QUESTIONS)) {
      const field = document.querySelector(`[data-setting=${name}]`);
      const effective = chosen.overrides[name] ?? own()?.[name] ?? "unsettled";
      field.classList.toggle("yours", name in chosen.overrides);
      const focused = field.contains(document.activeElement);
      field.querySelector(".segments").replaceChildren(...Object.entries(choices).map(([value, words]) => {
        const input = h("input", { type: "radio", name, value, id: `${name}-${value}`, onchange: () => set(name, value) });
        input.checked = value === effective;
        return h("span", {}, input, h("label", { for: input.id }, words));
      }));
      if (focused) field.querySelector("input:checked")?.focus();
    }
    byId("reset").hidden = !chosen.policy && !Object.keys(chosen.overrides).length;
  }

  function set(name, value) {
    if (own()?.[name] === value) delete chosen.overrides[name];
    else chosen.overrides[name] = value;
    draw();
    changed(`${NAMES[name]}: ${QUESTIONS[name][value].replaceAll("\u00ad", "").toLowerCase()}`);
  }

  policy.addEventListener("change", () => {
    chosen.policy = policy.value === known.default ? null : policy.value;
    draw();
    changed(`${NAMES.policy}: ${policy.selectedOptions[0].textContent}`);
  });
  day.addEventListener("change", async () => {
    if (day.value && !day.validity.valid) return;
    dayChanged(day.value ? `${NAMES.day}: ${day.value}` : `${NAMES.day}: as in the note`);
    await load();
  });
  byId("reset").addEventListener("click", () => {
    chosen.policy = null;
    chosen.overrides = {};
    policy.value = known.default;
    draw();
    changed("Settings of the policy again");
    policy.focus();
  });
  byId("questions").addEventListener("submit", (event) => event.preventDefault());
  return { load };
}
