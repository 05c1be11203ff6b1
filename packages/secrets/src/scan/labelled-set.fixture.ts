import { readdirSync, readFileSync } from "node:fs";
import { baitKinds, Draw, secretKinds } from "./labelled-values.fixture.ts";

const folder = new URL("../../testdata/scan/", import.meta.url);

/** A file of the set, with values in it, and which of them are secrets. */
export interface LabelledFile {
  readonly file: string;
  readonly text: string;
  readonly secrets: readonly Label[];
  /** How many values in it are marked as none. */
  readonly baits: number;
}

export interface Label {
  readonly kind: string;
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * The set that rates are measured on: manifests whose values are marked, `@@kind@@` for a secret, `%%kind%%` or `%%=text%%` for what is
 * none. `b64:`, `basic:`, `dockerconfig:`, `escaped:` and `indentN:` before the kind tell how it is written. Each seed draws other values.
 */
export function labelledSet(seed: string): readonly LabelledFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => filled(name, readFileSync(new URL(name, folder), "utf8"), new Draw(`${seed} ${name}`)));
}

function filled(file: string, template: string, draw: Draw): LabelledFile {
  const secrets: Label[] = [];
  let baits = 0;
  let text = "";
  let end = 0;
  for (const match of template.matchAll(/@@([a-z0-9:-]+)@@|%%((?:=|b64=)?[^\n]*?)%%/g)) {
    text += template.slice(end, match.index);
    end = match.index + match[0].length;
    const [, secret, bait = ""] = match;
    if (secret !== undefined) {
      const [kind = "", form] = secret.split(":").reverse();
      const value = drawn(secretKinds, kind, draw);
      secrets.push({ kind, value, line: text.split("\n").length });
      text += written(value, form, draw);
    } else {
      baits++;
      text += baitText(bait, draw);
    }
  }
  return { file, text: text + template.slice(end), secrets, baits };
}

function baitText(bait: string, draw: Draw): string {
  if (bait.startsWith("=")) return bait.slice(1);
  if (bait.startsWith("b64=")) return Buffer.from(bait.slice(4)).toString("base64");
  const [kind = "", form] = bait.split(":").reverse();
  return written(drawn(baitKinds, kind, draw), form, draw);
}

function drawn(kinds: typeof secretKinds, kind: string, draw: Draw): string {
  const make = kinds[kind];
  if (make === undefined) throw new Error(`the labelled set names the unknown kind ${kind}`);
  return make(draw);
}

function written(value: string, form: string | undefined, draw: Draw): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  if (form === "b64") return base64(value);
  if (form === "basic") return base64(`deploy:${value}`);
  if (form === "dockerconfig")
    return base64(JSON.stringify({ auths: { "registry.example.com": { auth: base64(`robot:${value}`) } } }));
  if (form === "escaped") return JSON.stringify(value).slice(1, -1);
  const indent = /^indent(\d+)$/.exec(form ?? "")?.[1];
  if (indent !== undefined) return value.replace(/^/gm, " ".repeat(Number(indent)));
  // Multi-line values elsewhere would break the file's own lines.
  if (value.includes("\n")) return JSON.stringify(value);
  return draw === undefined ? value : value;
}
