"use strict";
(() => {
  const PAGE = 50;
  const PRINTED = 2000;
  const COLUMNS = ["id", "date", "patient", "provider", "payer", "billed", "proves", "severity", "findings", "over", "under", "names"];
  const at = Object.fromEntries(COLUMNS.map((name, place) => [name, place]));
  const byId = (id) => document.getElementById(id);
  const { rows, titles, severities, chunk: CHUNK } = JSON.parse(byId("rows").textContent);
  const collator = new Intl.Collator("en", { numeric: true });
  const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
  const whole = new Intl.NumberFormat("en-US");
  const worst = { error: 0, warning: 1, info: 2, "": 3 };

  // Everything that comes from notes and claims is set as text, never as markup.
  function make(name, given = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (key === "class") element.className = value;
      else if (key === "on") element.addEventListener("click", value);
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }
  const money = (value) => (value === null || value === undefined ? "" : dollars.format(value));

  // ---- the table ----------------------------------------------------------------------------------------------
  const body = byId("table").tBodies[0];
  const filters = { text: byId("f-text"), finding: byId("f-finding"), severity: byId("f-severity"), provider: byId("f-provider"), payer: byId("f-payer"), from: byId("f-from"), to: byId("f-to") };
  let shown = [];
  let page = 0;
  let order = { column: null, down: false };
  const haystack = rows.map((row) => [row[at.id], row[at.patient], row[at.provider], row[at.billed], row[at.names]].join("\n").toLowerCase());

  function fill(select, counts, words) {
    for (const [value, count] of counts) select.append(make("option", { value }, `${words ? words(value) : value} (${whole.format(count)})`));
  }
  function tally(values) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0]));
  }
  fill(filters.finding, tally(rows.flatMap((row) => row[at.findings])), (id) => titles[id] || id);
  fill(filters.severity, tally(rows.map((row) => row[at.severity])).sort((a, b) => worst[a[0]] - worst[b[0]]), (id) => severities[id]);
  fill(filters.provider, tally(rows.map((row) => row[at.provider])));
  fill(filters.payer, tally(rows.map((row) => row[at.payer])));

  function select() {
    const words = filters.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [finding, severity, provider, payer] = [filters.finding.value, filters.severity.value, filters.provider.value, filters.payer.value];
    const [from, to] = [filters.from.value, filters.to.value];
    shown = [];
    rows.forEach((row, number) => {
      const ids = row[at.findings];
      if (finding === "*" ? !ids.length : finding === "-" ? ids.length : finding && !ids.includes(finding)) return;
      if (severity && row[at.severity] !== severity) return;
      if ((provider && row[at.provider] !== provider) || (payer && row[at.payer] !== payer)) return;
      if ((from && !(row[at.date] >= from)) || (to && !(row[at.date] && row[at.date] <= to))) return;
      if (words.some((word) => !haystack[number].includes(word))) return;
      shown.push(number);
    });
    sort();
    page = 0;
    draw();
  }
  function sort() {
    if (!order.column) return;
    const place = at[order.column];
    const value = order.column === "severity" ? (row) => worst[row[place]] : (row) => row[place];
    const numeric = ["over", "under", "severity"].includes(order.column);
    const sign = order.down ? -1 : 1;
    shown.sort((a, b) => {
      const [left, right] = [value(rows[a]), value(rows[b])];
      return sign * (numeric ? left - right : collator.compare(left, right)) || a - b;
    });
  }
  function tableRow(number) {
    const row = rows[number];
    const names = row[at.findings].map((id) => make("span", { class: "names" }, titles[id] || id));
    const link = make("a", { href: `#encounter/${number}` }, row[at.severity] ? severities[row[at.severity]] : "No finding");
    const tag = row[at.severity] ? make("span", { class: `tag ${row[at.severity]}` }, link) : link;
    link.className = "inherit";
    const cell = (value, kind) => make("td", kind ? { class: kind } : {}, value);
    const element = make("tr", {}, make("td", {}, tag, ...names), cell(row[at.date] || "no date"), cell(row[at.id], "wide"), cell(row[at.patient]), cell(row[at.provider], "wide"),
      cell(row[at.payer], "wide"), cell(row[at.billed] || "no claim"), cell(row[at.proves] || "no note", "wide"),
      cell(row[at.over] ? money(row[at.over]) : "", "num"), cell(row[at.under] ? money(row[at.under]) : "", "num wide"));
    element.addEventListener("click", (event) => {
      if (!event.target.closest("a") && !String(getSelection())) location.hash = `#encounter/${number}`;
    });
    return element;
  }
  function draw(all = false) {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    const [first, last] = all ? [0, Math.min(shown.length, PRINTED)] : [page * PAGE, Math.min(shown.length, (page + 1) * PAGE)];
    body.replaceChildren(...shown.slice(first, last).map(tableRow));
    const total = (name) => shown.reduce((sum, number) => sum + rows[number][at[name]], 0);
    byId("count").textContent = `${whole.format(shown.length)} of ${whole.format(rows.length)} encounters; possible overpayment ${money(total("over"))}, underpayment ${money(total("under"))}.`
      + (all && shown.length > PRINTED ? ` The first ${whole.format(PRINTED)} are printed.` : "");
    byId("page").textContent = `Page ${whole.format(page + 1)} of ${whole.format(pages)}`;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page + 1 >= pages;
  }
  function turn(step) {
    page += step;
    draw();
    byId("h-encounters").scrollIntoView({ block: "start" });
  }
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(select));
  let waiting;
  filters.text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
  for (const name of ["finding", "severity", "provider", "payer", "from", "to"]) filters[name].addEventListener("change", select);
  for (const head of document.querySelectorAll("#table th")) {
    head.firstElementChild.addEventListener("click", () => {
      const column = head.dataset.column;
      // Money first goes from the largest; a third click gives the order by severity of the finding back.
      const falls = column === "over" || column === "under";
      if (order.column !== column) order = { column, down: falls };
      else if (order.down === falls) order = { column, down: !falls };
      else order = { column: null, down: false };
      for (const other of document.querySelectorAll("#table th")) other.removeAttribute("aria-sort");
      if (order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      if (order.column) { sort(); page = 0; draw(); } else select();
    });
  }

  // ---- one encounter ------------------------------------------------------------------------------------------
  const parsed = new Map();
  function detail(number) {
    const part = Math.floor(number / CHUNK);
    if (!parsed.has(part)) parsed.set(part, JSON.parse(byId(`chunk-${part}`).textContent));
    return parsed.get(part)[number % CHUNK];
  }
  // Same length, so that offsets hold: marks that turn the direction of text would disguise what stands there.
  const safe = (text) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd");

  function markedNote(note, findings, place) {
    const points = Array.from(safe(note.text)); // offsets count code points, not UTF-16 units
    const spans = [];
    for (const [start, end] of note.muscle_marks) spans.push([start, end, "muscle"]);
    for (const [start, end] of note.drug_marks) spans.push([start, end, "drug"]);
    for (const finding of findings) for (const [start, end] of finding.quotes) spans.push([start, end, "quoted"]);
    const valid = spans.filter(([start, end]) => start >= 0 && end > start && end <= points.length);
    const edges = [...new Set([0, points.length, ...valid.flatMap(([start, end]) => [start, end])])].sort((a, b) => a - b);
    const pieces = [];
    for (let i = 0; i + 1 < edges.length; i += 1) {
      const text = points.slice(edges[i], edges[i + 1]).join("");
      const kinds = new Set(valid.filter(([start, end]) => start <= edges[i] && end >= edges[i + 1]).map((span) => span[2]));
      pieces.push(kinds.size ? make("mark", { class: [...kinds].join(" "), id: `m-${place}-${edges[i]}` }, text) : document.createTextNode(text));
    }
    return make("div", { class: "note" }, ...pieces);
  }
  function point(place, start) {
    const mark = byId(`m-${place}-${start}`);
    if (!mark) return;
    for (const other of document.querySelectorAll("mark.at")) other.classList.remove("at");
    mark.classList.add("at");
    mark.scrollIntoView({ block: "center" });
  }
  function findingCard(finding, notes) {
    const place = notes.findIndex((note) => note.id === finding.note);
    const quotes = finding.quotes.map(([start, , text]) => {
      const words = `“${safe(text)}”`;
      return place >= 0 && notes[place].text !== null
        ? make("button", { type: "button", class: "quote", title: "Show it in the note", on: () => point(place, start) }, words)
        : make("span", { class: "quote" }, words);
    });
    const where = [finding.code, finding.claim && `claim ${finding.claim}`, finding.line !== null && `line ${finding.line}`].filter(Boolean).join(", ");
    const rule = [finding.rule && `rule ${finding.rule}`, finding.source && `source ${finding.source}`, finding.effective && `dates ${finding.effective}`].filter(Boolean).join("; ");
    const stake = finding.direction && `Possible ${finding.direction}: ${finding.amount === null ? "no price is known" : money(finding.amount)}${finding.arithmetic ? ` (${finding.arithmetic})` : ""}`;
    return make("div", { class: `card ${finding.severity}` },
      make("div", { class: "head" }, make("h3", {}, finding.title), make("span", { class: `tag ${finding.severity}` }, severities[finding.severity]), make("small", {}, where)),
      make("p", {}, finding.text), quotes.length ? make("p", {}, ...quotes) : "", stake ? make("p", {}, stake) : "",
      make("p", {}, make("strong", {}, "What would resolve it: "), finding.resolve), rule ? make("p", { class: "small" }, rule) : "");
  }
  function facts(pairs) {
    return make("dl", { class: "about" }, ...pairs.filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }
  function linesTable(lines) {
    if (!lines.length) return make("p", {}, "No claim line was matched to this encounter.");
    const heads = ["Claim", "Line", "Code", "Modifiers", "Units", "Charge", "Allowed", "Paid", "Diagnoses", "Place in the file"];
    const kinds = ["", "", "", "", "num", "num", "num", "num", "", ""];
    const cells = (line) => line.map((value, i) => (i >= 5 && i <= 7 ? money(value) : value === null ? "" : String(value)));
    return make("div", { class: "scroll", role: "region", "aria-label": "Claim lines", tabindex: "0" }, make("table", {}, make("caption", { class: "hush" }, "Claim lines"),
      make("thead", {}, make("tr", {}, ...heads.map((head, i) => make("th", { scope: "col", class: kinds[i] }, head)))),
      make("tbody", {}, ...lines.map((line) => make("tr", {}, ...cells(line).map((value, i) => make("td", { class: kinds[i] }, value)))))));
  }
  function notePart(note, findings, place) {
    const about = findings.filter((finding) => finding.note === note.id);
    const keys = make("p", { class: "legend" }, ...[["muscle", "muscle"], ["drug", "drug"], ["quoted", "quoted by a finding"]].map(([kind, words]) => make("span", {}, make("i", { class: `key ${kind}` }), words)));
    const list = (items) => make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, item)));
    return [
      make("h2", {}, `Note ${note.id}`), facts([["Date", note.date], ["Provider", note.provider], ["Place", note.source]]),
      make("p", {}, make("strong", {}, "The note proves: "), note.proves),
      note.muscles.length ? make("p", {}, make("strong", {}, "Muscles: "), note.muscles.join("; ")) : "",
      note.drugs.length ? make("p", {}, make("strong", {}, "Injected: "), note.drugs.join("; ")) : "",
      note.reasons.length ? make("details", {}, make("summary", {}, "Why"), list(note.reasons)) : "",
      note.query ? make("p", {}, make("strong", {}, "Question to the provider: "), note.query) : "",
      ...(note.text === null ? [make("p", { class: "notice" }, "The text of this note was not kept; the findings quote it.")] : [keys, markedNote(note, about, place)]),
    ];
  }
  function showEncounter(number) {
    const row = rows[number];
    const found = detail(number);
    byId("h-encounter").textContent = `Encounter ${row[at.id]}`;
    const findings = found.findings.length ? found.findings.map((finding) => findingCard(finding, found.notes)) : [make("p", {}, "No finding.")];
    const notes = found.notes.length ? found.notes.flatMap((note, place) => notePart(note, found.findings, place)) : [make("h2", {}, "Note"), make("p", {}, "No note was matched to this encounter.")];
    byId("detail").replaceChildren(
      facts([["Date of service", row[at.date]], ["Patient", row[at.patient]], ["Provider", row[at.provider]], ["Payer", row[at.payer]], ["Matched by", found.matched]]),
      make("h2", {}, "Claim lines"), linesTable(found.lines),
      make("div", { class: "columns" }, make("div", {}, make("h2", {}, "Findings"), ...findings), make("div", {}, ...notes)));
    if (!shown.includes(number)) shown = rows.map((_, i) => i);
    const place = shown.indexOf(number);
    for (const [id, other] of [["step-back", shown[place - 1]], ["step-on", shown[place + 1]]]) {
      byId(id).hidden = other === undefined;
      byId(id).href = `#encounter/${other}`;
    }
  }

  // ---- views --------------------------------------------------------------------------------------------------
  let first = true;
  function route() {
    const [name, rest] = location.hash.slice(1).split("/");
    const number = Number(rest);
    const one = name === "encounter" && Number.isInteger(number) && number >= 0 && number < rows.length && rest !== "";
    const view = one ? "encounter" : ["encounters", "method"].includes(name) ? name : "summary";
    if (name === "main") return; // the skip link
    if (one) showEncounter(number);
    for (const other of ["summary", "encounters", "encounter", "method"]) byId(`view-${other}`).hidden = other !== view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === (one ? "#encounters" : `#${view}`)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${one ? `Encounter ${rows[number][at.id]}` : byId(`h-${view}`).textContent} – Audit of trigger point injection claims`;
    scrollTo(0, 0);
    if (!first) (one ? byId("h-encounter") : byId("main")).focus({ preventScroll: true });
    first = false;
  }
  addEventListener("hashchange", route);
  addEventListener("beforeprint", () => { if (!byId("view-encounters").hidden) draw(true); });
  addEventListener("afterprint", () => { if (!byId("view-encounters").hidden) draw(); });
  select();
  route();
})();
