// What a switch or a correction changed, in one sentence.

import { plural } from "./dom.js";

const range = ({ low, high }) => (low === high ? `${low}` : `${low}–${high}`);

export function whatChanged(before, after) {
  const parts = [];
  const [a, b] = [before.result.decision, after.result.decision];
  if (a.code !== b.code) parts.push(`code ${a.code ?? "none"} → ${b.code ?? "none"}`);
  if (a.status !== b.status) parts.push(`${before.shown.status} → ${after.shown.status}`);
  if (range(a.muscle_count) !== range(b.muscle_count)) parts.push(`muscles ${range(a.muscle_count)} → ${range(b.muscle_count)}`);
  const ids = (answer) => new Set(answer.result.findings.map((item) => `${item.id} ${item.severity} ${item.text}`));
  const [old, now] = [ids(before), ids(after)];
  const added = [...now].filter((id) => !old.has(id)).length;
  const gone = [...old].filter((id) => !now.has(id)).length;
  if (added) parts.push(`${plural(added, "new finding")}`);
  if (gone) parts.push(`${plural(gone, "finding")} gone`);
  if (parts.length) return `${parts.join("; ")}.`;
  return `no change: ${after.shown.code}, ${after.shown.status}.`;
}
