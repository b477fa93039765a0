// The body map: front and back, the injected muscles shaded on their side.

import { h, put, s } from "./dom.js";
import { BACK, FRONT, OUTLINE } from "./bodyshapes.js";

const SPINE_PARTS = { C: "cervical", T: "thoracic", L: "lumbar", S: "lumbar" };
const PARTS = new Set(["upper", "middle", "lower", "cervical", "thoracic", "lumbar"]);
const VIEWS = [["Front", FRONT, { right: -1, left: 1 }], ["Back", BACK, { left: -1, right: 1 }]];

const round = (value) => Math.round(value * 100) / 100;

// A closed curve through the points (Catmull-Rom as Bézier segments).
function curve(points, mirror = 1, tension = 6) {
  const at = (i) => points[(i + points.length) % points.length];
  const p = ([x, y]) => `${round(x * mirror)},${round(y)}`;
  let path = `M${p(points[0])}`;
  for (let i = 0; i < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    path += `C${p([b[0] + (c[0] - a[0]) / tension, b[1] + (c[1] - a[1]) / tension])} ${p([c[0] - (d[0] - b[0]) / tension, c[1] - (d[1] - b[1]) / tension])} ${p(c)}`;
  }
  return `${path}Z`;
}

const whole = [...OUTLINE, ...OUTLINE.slice(1, -1).reverse().map(([x, y]) => [-x, y])];

function named(view, id) {
  return view.filter((shape) => shape.names.includes(id));
}

// Shapes of a muscle in both views: its own; for a group those of its members; else of what it is part of; else its region.
export function shapesOf(muscle) {
  const all = [...FRONT, ...BACK];
  const own = named(all, muscle.id);
  const members = own.length ? [] : muscle.members.flatMap((id) => named(all, id));
  const above = own.length || members.length ? [] : muscle.ancestors.map((id) => named(all, id)).find((shapes) => shapes.length) ?? [];
  const found = [...new Set([...own, ...members, ...above])];
  const shapes = found.length ? found : named(all, `region:${muscle.region.split(" and ")[0].replaceAll(" ", "_")}`);
  const wanted = partsOf(muscle);
  const fitting = shapes.filter((shape) => !shape.part || !wanted.size || wanted.has(shape.part));
  return fitting.length ? fitting : shapes;
}

function partsOf(muscle) {
  const parts = muscle.levels.map((level) => SPINE_PARTS[level[0]]).filter(Boolean);
  if (!parts.length) parts.push(...muscle.portions.filter((part) => PARTS.has(part)));
  // The thoracic trapezius is its middle and lower part, the cervical one its upper part.
  if (muscle.id === "trapezius" && !muscle.portions.some((part) => ["upper", "middle", "lower"].includes(part))) {
    return new Set(parts.flatMap((part) => ({ cervical: ["upper"], thoracic: ["middle", "lower"] })[part] ?? []));
  }
  return new Set(parts);
}

export function renderBodies(target, answer) {
  const muscles = answer.record.muscles.map((muscle, place) => ({ ...muscle, ...answer.shown.muscles[place], sides: muscle.sides }));
  target.hidden = !muscles.length;
  if (!muscles.length) return put(target);
  const unsided = muscles.some((muscle) => hatched(muscle));
  put(target, VIEWS.map(([name, shapes, directions]) => figure(name, shapes, directions, muscles)),
    unsided ? h("p", { class: "said" }, "Hatched: the note gives no side, or leaves it in doubt.") : null);
}

const hatched = (muscle) => muscle.doubtful_sides.length > 0 || (!muscle.sides.length && muscle.paired);

function figure(name, shapes, directions, muscles) {
  const shaded = muscles.flatMap((muscle) => {
    const own = shapesOf(muscle);
    return shapes.filter((shape) => own.includes(shape)).flatMap((shape) => sidesOf(muscle).map(({ side, sure }) => path(shape, directions[side], muscle, side, sure)));
  });
  const words = muscles.map((muscle) => `${muscle.sides.join(" and ")} ${muscle.name}`.trim()).join(", ");
  const [imageLeft, imageRight] = directions.left === -1 ? ["L", "R"] : ["R", "L"];
  return h("figure", {},
    s("svg", { viewBox: "-92 -4 184 414", role: "img", "aria-label": `${name} of the body. Injected: ${words}.` },
      s("defs", {}, s("pattern", { id: `hatch`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, s("line", { x1: 0, y1: 0, x2: 0, y2: 5, class: "hatch-line" }))),
      s("path", { d: curve(whole), class: "body-skin" }),
      shapes.filter((shape) => !shape.deep).flatMap((shape) => [1, -1].map((mirror) => s("path", { d: curve(shape.points, mirror), class: "body-muscle", "aria-hidden": "true" }))),
      name === "Back" ? s("path", { d: "M0,36 V204", class: "body-line" }) : s("path", { d: "M-5.5,21 h-3 M5.5,21 h3 M-3,41 q3,2 6,0 M0,80 V206", class: "body-line" }),
      shaded,
      s("text", { x: -84, y: 96, class: "body-side" }, imageLeft), s("text", { x: 84, y: 96, class: "body-side", "text-anchor": "end" }, imageRight)),
    h("figcaption", {}, name));
}

function sidesOf(muscle) {
  if (!muscle.sides.length && !muscle.doubtful_sides.length) return ["left", "right"].map((side) => ({ side, sure: !muscle.paired }));
  return [...muscle.sides.map((side) => ({ side, sure: true })), ...muscle.doubtful_sides.map((side) => ({ side, sure: false }))];
}

function path(shape, mirror, muscle, side, sure) {
  const words = sure ? `${muscle.paired ? `${side} ` : ""}${muscle.name}` : `${muscle.name}, side ${muscle.doubtful_sides.length ? "in doubt" : "not stated"}`;
  return s("path", { d: curve(shape.points, mirror), class: `body-muscle ${sure ? "shaded" : "possible"}`, "data-key": `muscle:${muscle.id}`, "data-side": side },
    s("title", {}, words));
}
