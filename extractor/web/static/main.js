// The page: one note in, its answer at once. State lives in this module, and only settings outlive the tab.

import * as api from "./api.js";
import { renderBodies } from "./bodymap.js";
import { renderCard, renderEmpty } from "./card.js";
import { whatChanged } from "./changes.js";
import { byId, h } from "./dom.js";
import { renderMuscles } from "./muscles.js";
import { legend, renderNote, wireLight } from "./note.js";
import { renderParts } from "./parts.js";
import { startQuestions } from "./questions.js";
import * as settings from "./settings.js";

const PAUSE = 120; // ms after the last key

const state = { chosen: settings.load(), base: null, answer: null, corrections: [], text: "", running: null, timer: 0, kept: false };
const text = byId("text");

// ---- asking -----------------------------------------------------------------------------------------------------

const rules = () => ({ policy: state.chosen.policy, settings: state.chosen.overrides });
const day = () => byId("day").value || null;

function schedule(pause = PAUSE) {
  clearTimeout(state.timer);
  state.running?.abort();
  state.timer = setTimeout(read, pause);
}

// Read the text anew. What the coder corrected belongs to the old text, unless only the date changed.
async function read({ keep = false, said = "" } = {}) {
  clearTimeout(state.timer);
  const note = text.value;
  if (!keep) state.corrections = [];
  if (!note.trim()) return empty();
  await ask(async (signal) => {
    let answer = await api.extract({ text: note, date_of_service: day(), ...rules() }, signal);
    state.base = answer;
    if (state.corrections.length) answer = await again(signal);
    return answer;
  }, { note, said });
}

const again = (signal) => api.decide({ record: state.base.record, corrections: state.corrections, ...rules() }, signal);

async function redecide(said) {
  if (!state.base || !text.value.trim()) return;
  if (text.value !== state.text) return read({ said });
  await ask(again, { note: state.text, said });
}

// The latest question wins: an earlier one is aborted, and its answer is not shown even if it comes.
async function ask(question, { note, said }) {
  state.running?.abort();
  const own = (state.running = new AbortController());
  document.body.classList.add("asking");
  try {
    const answer = await question(own.signal);
    if (own.signal.aborted) return;
    const before = state.answer;
    state.text = note;
    state.answer = answer;
    show();
    byId("changed").textContent = said && before ? `${said}: ${whatChanged(before, answer)}` : "";
    say("");
  } catch (error) {
    if (error.name === "AbortError" || own.signal.aborted) return;
    fail(error);
  } finally {
    if (state.running === own) document.body.classList.remove("asking");
  }
}

function fail(error) {
  if (error.problem?.status === 401) return askForToken();
  state.answer = state.base = null;
  clearAnswer();
  renderEmpty(byId("card"), "No answer for this note.");
  const where = error.problem?.errors?.map((item) => `${item.where}: ${item.what}`).join(" ");
  say([error instanceof api.ApiError ? error.message : "The page failed. Reload it, and report what you did.", where].filter(Boolean).join(" "));
}

const say = (message) => { byId("message").textContent = message; };

function askForToken() {
  const dialog = byId("token-dialog");
  if (dialog.open) return;
  dialog.showModal();
  dialog.addEventListener("close", () => { api.keepToken(byId("token").value.trim()); start(); if (text.value.trim()) schedule(0); }, { once: true });
}

// ---- showing ----------------------------------------------------------------------------------------------------

function show() {
  const { answer } = state;
  const focused = focusMark();
  renderCard(byId("card"), answer);
  renderBodies(byId("body-map"), answer);
  renderMuscles(byId("muscles"), answer, struck(), actions);
  renderParts(byId("parts"), answer, download);
  renderNote(byId("marked"), state.text, answer.result.mentions, links(answer));
  legend(byId("legend"), answer.result.mentions);
  byId("legend").hidden ||= byId("marked").hidden;
  restoreFocus(focused);
}

function links({ result, record, shown }) {
  const of = (kind, items) => items.map((item, place) => ({ key: `${kind}:${place}`, spans: item.evidence }));
  return [
    ...record.muscles.map((muscle) => ({ key: `muscle:${muscle.id}`, spans: muscle.evidence })),
    ...struck().map(({ muscle }) => ({ key: `muscle:${muscle.id}`, spans: muscle.evidence })),
    ...of("area", record.areas), ...of("drug", result.drugs), ...of("finding", result.findings),
    ...of("reason", result.decision.reasons), ...of("other", result.other_procedures),
    ...shown.checklist.filter((item) => item.found).map((item) => ({ key: `check:${item.id}`, spans: item.evidence })),
    { key: "diagnoses", spans: result.diagnoses.flatMap((item) => item.evidence) },
  ];
}

function struck() {
  if (!state.base) return [];
  const gone = new Set(state.corrections.filter((item) => item.action === "strike").map((item) => item.muscle));
  return state.base.record.muscles.map((muscle, place) => ({ muscle, shown: state.base.shown.muscles[place] }))
    .filter(({ muscle }) => gone.has(muscle.id));
}

function clearAnswer() {
  for (const id of ["body-map", "muscles", "legend"]) byId(id).hidden = true;
  for (const id of ["parts", "body-map", "muscles", "marked"]) byId(id).replaceChildren();
  byId("changed").textContent = "";
}

function empty() {
  state.running?.abort();
  document.body.classList.remove("asking");
  state.base = state.answer = null;
  state.text = "";
  clearAnswer();
  renderEmpty(byId("card"));
  say("");
  view(false);
}

// A row is drawn anew after each correction: whoever works with the keyboard stays where they were.
function focusMark() {
  const active = document.activeElement;
  if (!active?.closest?.("#muscles")) return null;
  return { id: active.id, row: active.closest("[data-key]")?.dataset.key, side: active.dataset.side };
}

function restoreFocus(mark) {
  if (!mark) return;
  const row = mark.row && [...byId("muscles").querySelectorAll("[data-key]")].find((element) => element.dataset.key === mark.row);
  const target = (mark.side && row?.querySelector(`[data-side=${mark.side}]`)) || row?.querySelector("button") || byId(mark.id || "add-name");
  target?.focus({ preventScroll: true });
}

// ---- correcting -------------------------------------------------------------------------------------------------

const others = (id) => state.corrections.filter((item) => item.muscle !== id);
const addition = (id) => state.corrections.find((item) => item.action === "add" && item.muscle === id);

function correct(corrections, said) {
  state.corrections = corrections;
  return redecide(said);
}

const actions = {
  strike: (id) => correct(addition(id) ? others(id) : [...others(id), { action: "strike", muscle: id }], "Struck out"),
  restore: (id) => correct(others(id), "Taken back"),
  strikeArea: (place) => {
    // Places count from the record as read; earlier strikes have moved those that are shown.
    const gone = state.corrections.filter((item) => item.action === "strike-area").map((item) => item.area);
    const area = state.base.record.areas.map((_, i) => i).filter((i) => !gone.includes(i))[place];
    return correct([...state.corrections, { action: "strike-area", area }], "Site struck out");
  },
  setSides: (id, sides) => correct(
    addition(id) ? [...others(id), { action: "add", muscle: id, sides }] : [...others(id), { action: "set-sides", muscle: id, sides }], "Side set"),
  add: async (name, sides) => {
    let muscle;
    try {
      muscle = await muscleOf(name);
    } catch (error) {
      return error.message;
    }
    if (struck().some((item) => item.muscle.id === muscle.id)) return `The ${muscle.name} was struck out: take it back instead.`;
    if (state.answer.record.muscles.some((item) => item.id === muscle.id)) return `The ${muscle.name} is there already: set its side instead.`;
    await correct([...state.corrections, { action: "add", muscle: muscle.id, sides }], "Added");
    return "";
  },
};

async function muscleOf(name) {
  const exact = state.names?.get(name.toLowerCase());
  if (exact) return exact;
  const { senses } = await api.lookUp(name);
  const muscles = senses.filter((sense) => ["muscle", "group"].includes(sense.kind));
  if (!muscles.length) throw new Error("That is a site, not a muscle.");
  if (new Set(muscles.map((item) => item.id)).size > 1) throw new Error(`That can be several: ${muscles.map((item) => item.name).join(", ")}.`);
  return muscles[0];
}

// ---- the note: paste, drop, file, sample ------------------------------------------------------------------------

// kept: the text is no longer the file's own (converted, or with other line ends), so the JSON must carry it for its offsets.
function setNote(note, { kept = false } = {}) {
  state.kept = kept;
  text.value = note;
  view(true);
  read();
}

async function takeFile(file) {
  if (!file) return;
  try {
    say("");
    byId("card").classList.add("waiting");
    const { text: note, kind } = await api.convert(file);
    setNote(note, { kept: kind !== "text" || note.includes("\r") });
  } catch (error) {
    text.value = "";
    empty();
    if (error.problem?.status === 401) return askForToken();
    say(error.message);
  } finally {
    byId("card").classList.remove("waiting");
  }
}

function view(marked) {
  byId("marked").hidden = !marked;
  text.hidden = marked;
  byId("legend").hidden = !marked || !byId("legend").children.length;
  byId("show-edit").setAttribute("aria-pressed", String(!marked));
  byId("show-marked").setAttribute("aria-pressed", String(marked));
}

function download() {
  const result = { ...state.answer.result, ...(state.kept ? { text: state.text } : {}) };
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(result, null, 2)}\n`], { type: "application/json" }));
  // The name says nothing of the patient.
  h("a", { href: url, download: `tpi-${result.decision.code ?? "no-code"}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function wireNote() {
  text.addEventListener("input", () => schedule());
  text.addEventListener("paste", () => setTimeout(() => { schedule(0); }, 0));
  byId("show-edit").addEventListener("click", () => { view(false); text.focus(); });
  byId("show-marked").addEventListener("click", () => { if (text.value.trim()) { view(true); byId("marked").focus(); } });
  byId("clear").addEventListener("click", () => { text.value = ""; byId("day").value = ""; state.kept = false; empty(); text.focus(); });
  byId("print").addEventListener("click", () => print());
  byId("open").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (event) => { takeFile(event.target.files[0]); event.target.value = ""; });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, dialog")) return;
    const file = event.clipboardData?.files[0];
    const pasted = event.clipboardData?.getData("text/plain");
    if (file || pasted) event.preventDefault();
    if (pasted) setNote(pasted);
    else if (file) takeFile(file);
  });
  wireDrop();
}

function wireDrop() {
  const drop = byId("drop");
  const over = (event) => { event.preventDefault(); drop.hidden = false; };
  document.addEventListener("dragenter", over);
  document.addEventListener("dragover", over);
  drop.addEventListener("dragleave", () => { drop.hidden = true; });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.hidden = true;
    const files = event.dataTransfer.files;
    if (files.length > 1) return say("Drop one note at a time; “tpi batch” reads many.");
    if (files.length) takeFile(files[0]);
    else if (event.dataTransfer.getData("text/plain")) setNote(event.dataTransfer.getData("text/plain"));
  });
}

// ---- start ------------------------------------------------------------------------------------------------------

function wireTheme() {
  const theme = byId("theme");
  const apply = () => { document.documentElement.dataset.theme = state.chosen.theme; };
  theme.value = state.chosen.theme;
  apply();
  theme.addEventListener("change", () => { state.chosen.theme = theme.value; settings.save(state.chosen); apply(); });
}

async function start() {
  try {
    const [samples, muscles, health] = await Promise.all([api.samples(), api.muscles(), api.health(), questions.load()]);
    byId("sample").replaceChildren(h("option", { value: "" }, "Sample notes…"), ...samples.map((item) => h("option", { value: item.id }, item.title)));
    byId("sample").onchange = (event) => {
      const sample = samples.find((item) => item.id === event.target.value);
      event.target.value = "";
      if (sample) { byId("day").value = ""; setNote(sample.text); }
    };
    state.names = new Map(muscles.map((muscle) => [muscle.name.toLowerCase(), muscle]));
    byId("muscle-names").replaceChildren(...muscles.map((muscle) => h("option", { value: muscle.name })));
    byId("about").textContent = `tpi-extractor ${health.version}, lexicon ${health.lexicon}. ${location.hostname.match(/^(localhost|127\.|\[::1\])/) ? "Runs on this computer." : ""} Nothing is stored.`;
  } catch (error) {
    if (error.problem?.status === 401) askForToken();
    else say(error.message);
  }
}

const questions = startQuestions(state.chosen, {
  changed: (said) => { settings.save(state.chosen); redecide(said); },
  dayChanged: (said) => read({ keep: true, said }),
});

api.takeTokenFromAddress();
wireTheme();
wireNote();
wireLight(document.body);
empty();
start();
text.focus();
