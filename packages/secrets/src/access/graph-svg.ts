import type { AccessEdge, AccessGraph, AccessNode } from "./graph.ts";
import { type Layout, layeredLayout, type Place } from "./layered-layout.ts";

/** Between two columns of boxes. */
const gap = 60;
const rowHeight = 64;
const margin = 24;
const titleHeight = 40;
/** Of a box, by its lines of text. */
const boxHeight = (lines: number) => 16 + lines * 14;
/** Of a letter at 12 pixels, in the widest of usual fonts. */
const letterWidth = 7.4;
/** Longer texts are cut; pointed at, a box tells all. */
const maxLetters = 56;
const leastLetters = 20;

/** Follows the reader's choice of light or dark; on a page of another background its own is drawn. */
const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #8c959f; --subject: #ddf4ff; --rule: #fff8c5; --thing: #f6f8fa; --goal: #ffebe9; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #6e7681; --subject: #0c2d4f; --rule: #3a2d00; --thing: #1c2128; --goal: #5a1e1c; }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 16px; font-weight: 600; }
  .more { fill: var(--soft); font-size: 11px; }
  .paper { fill: var(--paper); }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.3; marker-end: url(#arrow); }
  .head { fill: var(--line); }
  rect { stroke: var(--line); }
  .subject { fill: var(--subject); }
  .rule { fill: var(--rule); }
  .thing { fill: var(--thing); }
  .goal { fill: var(--goal); }
`;

/** The graph as a picture, subjects at the left and what was asked for at the right; nothing of it is loaded from elsewhere. */
export function graphSvg(graph: AccessGraph, title: string): string {
  const ids = graph.nodes.map(({ id }) => id);
  const nodeWidth = widthFor(graph.nodes.flatMap(({ label }) => label));
  const layout = { ...layeredLayout(ids, graph.edges), nodeWidth };
  const columns = layout.layers * nodeWidth + (layout.layers - 1) * gap;
  const width = Math.max(columns, title.length * 10) + margin * 2;
  const height = titleHeight + margin + Math.ceil(layout.rows) * rowHeight;
  const known = new Map(graph.nodes.map((each) => [each.id, each]));
  const parts = [
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>`,
    `<rect class="paper" width="${width}" height="${height}" stroke="none"/>`,
    `<text class="title" x="${margin}" y="${margin + 6}">${escaped(title)}</text>`,
    ...graph.edges.map((edge, i) => edgeSvg(edge, layout, i, known)),
    ...graph.nodes.map((node) => nodeSvg(node, layout)),
  ];
  const box = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${box}>\n${parts.join("\n")}\n</svg>\n`;
}

/** Places, and how wide all boxes are. */
type Sized = Layout & { readonly nodeWidth: number };

/** Of boxes that hold each of the texts. */
function widthFor(texts: readonly string[]): number {
  const letters = texts.reduce((most, text) => Math.max(most, shortened(text).length), leastLetters);
  return Math.ceil(letters * letterWidth) + 20;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The middle of the left side of a box. */
function pointOf({ layer, row }: Place, { nodeWidth }: Sized): Point {
  return { x: margin + layer * (nodeWidth + gap), y: titleHeight + margin + row * rowHeight + rowHeight / 2 - 8 };
}

function nodeSvg({ id, kind, label }: AccessNode, layout: Sized): string {
  const { x, y } = pointOf(layout.places.get(id) ?? { layer: 0, row: 0 }, layout);
  const height = boxHeight(label.length);
  const lines = label.map((text, i) => {
    const at = Math.round(y - height / 2 + 8 + 11 + i * 14);
    return `<text x="${x + 10}" y="${at}"${i === 0 ? "" : ' class="more"'}>${escaped(shortened(text))}</text>`;
  });
  const box = `<rect class="${kind}" x="${x}" y="${round(y - height / 2)}" width="${layout.nodeWidth}" height="${height}" rx="6"/>`;
  return `<g><title>${escaped(label.join("\n"))}</title>${box}${lines.join("")}</g>`;
}

function edgeSvg(
  { from, to, text }: AccessEdge,
  layout: Sized,
  index: number,
  known: ReadonlyMap<string, AccessNode>,
): string {
  const { places, bends, nodeWidth } = layout;
  const [start, end] = [places.get(from), places.get(to)];
  if (start === undefined || end === undefined) return "";
  const [first, last] = [pointOf(start, layout), pointOf(end, layout)];
  // One that leads back leaves on its left side, and comes in on the right.
  const isBack = end.layer <= start.layer;
  const points = [
    { x: isBack ? first.x : first.x + nodeWidth, y: first.y },
    // Through a layer it runs straight, as wide as a box.
    ...(bends[index] ?? []).flatMap((each) => {
      const { x, y } = pointOf(each, layout);
      return isBack
        ? [
            { x: x + nodeWidth, y },
            { x, y },
          ]
        : [
            { x, y },
            { x: x + nodeWidth, y },
          ];
    }),
    { x: isBack ? last.x + nodeWidth : last.x, y: last.y },
  ];
  const told = `${known.get(from)?.label[0]} → ${known.get(to)?.label[0]}: ${text}`;
  return `<path class="edge" d="${curveThrough(points)}"><title>${escaped(told)}</title></path>`;
}

/** Level at each point, so that pieces go over into each other. */
function curveThrough([first, ...rest]: readonly Point[]): string {
  if (first === undefined) return "";
  let at = first;
  const pieces = rest.map((point) => {
    const half = round((at.x + point.x) / 2);
    const piece = `C${half} ${round(at.y)} ${half} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
    at = point;
    return piece;
  });
  return `M${round(first.x)} ${round(first.y)}${pieces.join("")}`;
}

function shortened(text: string): string {
  return text.length <= maxLetters ? text : `${text.slice(0, maxLetters - 1)}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  const entities: { readonly [char: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // Other control characters may not stand in XML at all.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[&<>"]/g, (char) => entities[char] ?? char).replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "\ufffd");
}
