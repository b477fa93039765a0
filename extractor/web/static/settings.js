// The unsettled questions. What was chosen is remembered in this browser; a date of service, like a note, never is.

const KEY = "tpi-settings";

export const QUESTIONS = {
  laterality: { unsettled: "Unsettled", "by-side": "Two", "by-name": "One" },
  groups: { unsettled: "Unsettled", one: "Counts as one" },
  toxin: { unsettled: "Unsettled", tpi: "Trigger point", chemodenervation: "Chemo­denervation" },
};

export const NAMES = { laterality: "Left and right", groups: "Groups", toxin: "Botulinum toxin", policy: "Policy", day: "Date of service" };

const EMPTY = () => ({ policy: null, overrides: {}, theme: "auto" });

export function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (!kept || typeof kept !== "object") return EMPTY();
    const overrides = Object.fromEntries(
      Object.entries(kept.overrides ?? {}).filter(([name, value]) => QUESTIONS[name] && value in QUESTIONS[name]),
    );
    const theme = ["light", "dark"].includes(kept.theme) ? kept.theme : "auto";
    return { policy: typeof kept.policy === "string" ? kept.policy : null, overrides, theme };
  } catch {
    return EMPTY(); // kept by another version, or storage is forbidden: the defaults serve
  }
}

export function save({ policy, overrides, theme }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ policy, overrides, theme }));
  } catch {
    // Storage is forbidden or full: the choice then holds for this visit.
  }
}
