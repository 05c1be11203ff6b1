import { encodeWatchFrame, goJson, inWrittenOrder, type KubeObject } from "@sallyport/kube";
import type { Format } from "./negotiate.ts";
import { objectText } from "./object-text.ts";

const encoder = new TextEncoder();

/** One event of a watch: a line of JSON, or a frame of protobuf. */
export function lineOf(type: string, object: object, format: Format): Uint8Array {
  if (format === "protobuf") return encodeWatchFrame(type, object as KubeObject);
  const kept = objectText(object as KubeObject, `{"type":"${type}","object":`, "}\n");
  return kept ?? encoder.encode(`${goJson(JSON.stringify({ type, object: inWrittenOrder(object) }))}\n`);
}

/** The lines of the object that was told last, by form: an event goes to all its watchers before the next one. */
let last: { readonly object: KubeObject; readonly lines: Map<string, Uint8Array> } | undefined;

/** What `make` answers, made once for all watchers who are told of the same object in the same form. */
export function sharedLine(object: KubeObject, form: string, make: () => Uint8Array): Uint8Array {
  if (last?.object !== object) last = { object, lines: new Map() };
  const known = last.lines.get(form);
  if (known !== undefined) return known;
  const line = make();
  last.lines.set(form, line);
  return line;
}

let lastGone: { readonly previous: KubeObject; readonly revision: number; readonly object: KubeObject } | undefined;

/** An object as its deletion tells of it: the last state, with the deletion's revision; the same one for all watchers. */
export function gone(previous: KubeObject, revision: number): KubeObject {
  if (lastGone?.previous !== previous || lastGone.revision !== revision) {
    const metadata = { ...previous.metadata, resourceVersion: String(revision) };
    lastGone = { previous, revision, object: { ...previous, metadata } };
  }
  return lastGone.object;
}
