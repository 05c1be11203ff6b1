import { diffObjects } from "@sallyport/kube";
import { type Answer, valueAt } from "./api-client.ts";
import type { Difference } from "./run.ts";

/** Longer examples are cut: the first lines say what is wrong. */
const maxExampleLength = 6000;

/** Of texts that begin alike, this much is shown before they differ. */
const shownBefore = 120;

/** More places of one answer say no more. */
const maxPaths = 8;

/** One of `count` of its kind: the request, and where the answers part. */
export function printDifference({ name, step, theirs, ours }: Difference, count: number): void {
  console.log(`\n${count} DIFFERENT: ${name}`);
  console.log(cut(`  ${step.method} ${step.path} ${step.type ?? ""} ${step.accept ?? ""} ${bodyText(step.body)}`));
  if (theirs.code === 422 && printCauses(theirs, ours)) return;
  const isMessage = theirs.code >= 400 || ours.code >= 400;
  const differing = diffObjects(theirs, ours).map((each) => ({ value: undefined, ...each }));
  const shown = isMessage ? differing.filter(({ path }) => /^\/(code|body|body\/message)$/.test(path)) : differing;
  for (const { path, value } of (shown.length === 0 ? differing : shown).slice(0, maxPaths)) {
    const [their, our] = [JSON.stringify(valueAt(theirs, path)), JSON.stringify(value)];
    const start = sharedLength(their, our);
    console.log(cut(`  ${path} kube-apiserver: ${fromPlace(their, start)}`));
    console.log(cut(`  ${path} sallyport:      ${fromPlace(our, start)}`));
  }
}

function bodyText(body: unknown): string {
  if (body instanceof Uint8Array) return `base64 ${Buffer.from(body).toString("base64")}`;
  return JSON.stringify(body) ?? "";
}

/** What only one of two refusals says; false where both say the same, or one is none. */
function printCauses(theirs: Answer, ours: Answer): boolean {
  const [their, our] = [causesOf(theirs), causesOf(ours)];
  const alone = [
    ...[...their].filter((each) => !our.has(each)).map((each) => `  kube-apiserver alone: ${each}`),
    ...[...our].filter((each) => !their.has(each)).map((each) => `  sallyport alone:      ${each}`),
  ];
  for (const line of ours.code === 422 ? alone : []) console.log(cut(line));
  return ours.code === 422 && alone.length > 0;
}

function causesOf({ body }: Answer): ReadonlySet<string> {
  const { details } = body as { readonly details?: { readonly causes?: readonly string[] } };
  const causes = (details?.causes ?? []).map((each) => JSON.parse(each) as { field?: string; message?: string });
  return new Set(causes.map(({ field, message }) => `${field}: ${message}`));
}

/** How far two texts are the same. */
function sharedLength(their: string | undefined, our: string | undefined): number {
  if (their === undefined || our === undefined) return 0;
  let at = 0;
  while (at < their.length && their[at] === our[at]) at++;
  return at;
}

/** A text from a little before the place where it begins to differ. */
function fromPlace(text: string | undefined, start: number): string {
  return start <= shownBefore ? `${text}` : `…${text?.slice(start - shownBefore)}`;
}

function cut(text: string): string {
  return text.length <= maxExampleLength ? text : `${text.slice(0, maxExampleLength)}…`;
}
