import { LineCounter } from "yaml";
import { assignmentsOf } from "./assignments.ts";
import type { Candidate, Confidence, ObjectPlace } from "./finding.ts";
import { findFormats } from "./formats.ts";
import { judgeNamed } from "./named-value.ts";
import { decodedText, nestedDocuments, parsePlainYaml, printableOf } from "./nested-text.ts";
import { isPlaceholder } from "./references.ts";
import type { UserRules } from "./user-rules.ts";
import { type Leaf, leavesOf, newlines } from "./walk.ts";

/** A candidate with the place where it was found. */
export interface Hit extends Candidate {
  readonly path: string;
  /** 1-based, of the text that was inspected first. */
  readonly line: number;
  readonly object?: ObjectPlace;
}

export interface InspectOptions {
  readonly rules?: UserRules;
  /** Judge what Secrets hold as all else; without it, it is of confidence `info`. */
  readonly includeSecrets?: boolean;
}

/** Texts in texts in texts: a release of Helm's, with a ConfigMap, with JSON in it, is at four. */
const maxNesting = 6;

/** A text and what is known of it. */
interface Text {
  readonly text: string;
  readonly name: string;
  readonly path: string;
  readonly lineOf: (offset: number) => number;
  readonly object?: ObjectPlace;
  readonly isSecretData: boolean;
  readonly before?: string;
  readonly nesting: number;
}

/** All secrets in the documents of a text, in their order, in what is nested in them too. */
export function* inspectDocuments(
  { documents, lines }: { readonly documents: readonly { readonly contents: unknown }[]; readonly lines: LineCounter },
  options: InspectOptions,
): Generator<Hit> {
  for (const { contents } of documents)
    for (const leaf of leavesOf(contents as Parameters<typeof leavesOf>[0], lines)) yield* inspectLeaf(leaf, options);
}

/** Those of a text without structure. */
export function inspectPlain(text: string, options: InspectOptions): readonly Hit[] {
  const lineOf = (offset: number) => 1 + newlines(text, offset);
  return [...inspectUnstructured({ text, name: "", path: "", lineOf, isSecretData: false, nesting: 0 }, options)];
}

function* inspectLeaf(leaf: Leaf, options: InspectOptions): Generator<Hit> {
  if (isEncrypted(leaf)) return;
  const { secret, ...place } = leaf;
  const text = { ...place, isSecretData: secret !== undefined, nesting: 0 };
  if (secret !== "data") return yield* inspectText(text, options);
  const line = leaf.lineOf(0);
  const decoded = decodedText(leaf.text);
  const short = printableOf(Buffer.from(leaf.text, "base64"));
  const inner = decoded?.text ?? (short === undefined ? undefined : short);
  if (inner !== undefined) yield* inspectText({ ...text, text: inner, lineOf: () => line }, options);
}

/** Of a SealedSecret: it is made to be shown. */
function isEncrypted({ object, path }: Leaf): boolean {
  return object?.kind === "SealedSecret" && path.startsWith("spec.encryptedData");
}

function* inspectText(text: Text, options: InspectOptions): Generator<Hit> {
  if (text.nesting < maxNesting) {
    const nested = inspectNested(text, options);
    if (nested !== undefined) return yield* nested;
  }
  yield* inspectUnstructured(text, options);
}

/** What a text holds that has a structure of its own. Answers undefined where it has none. */
function inspectNested(text: Text, options: InspectOptions): Iterable<Hit> | undefined {
  const lines = new LineCounter();
  const parsed = nestedDocuments(text.text, text.name, (inner) => ({ documents: parsePlainYaml(inner, lines), lines }));
  if (parsed !== undefined) return inspectInner(parsed, text, options);
  const decoded = text.isSecretData ? undefined : decodedText(text.text);
  if (decoded === undefined) return undefined;
  const login = text.name === "auth" ? registryLogin(decoded.text) : undefined;
  if (login !== undefined) return [placed(login, text, options)];
  const line = text.lineOf(0);
  const inner = [
    ...inspectText(
      { ...text, text: decoded.text, lineOf: () => line, nesting: text.nesting + 1, name: text.name },
      options,
    ),
  ].filter(({ rule }) => rule !== "random-text");
  return inner.length === 0
    ? undefined
    : inner.map((hit) => ({ ...hit, path: `${hit.path} (${decoded.via.join(", ")})` }));
}

/** `user:password` of a dockerconfigjson. */
function registryLogin(text: string): Candidate | undefined {
  const [, value] = /^[^:\s]{1,200}:(\S{1,4096})$/.exec(text) ?? [];
  if (value === undefined) return undefined;
  const confidence = isPlaceholder(value) ? "low" : "high";
  return { rule: "registry-login", what: "a password of a registry", confidence, value, offset: 0 };
}

function* inspectInner(
  { documents, lines }: NonNullable<ReturnType<typeof nestedDocuments>>,
  outer: Text,
  options: InspectOptions,
): Generator<Hit> {
  const starts = lineStarts(outer.text);
  for (const { contents } of documents)
    for (const leaf of leavesOf(contents, lines)) {
      if (isEncrypted(leaf)) continue;
      const { secret, object: _, ...place } = leaf;
      const inner: Text = {
        ...place,
        path: `${outer.path} > ${leaf.path}`,
        lineOf: (offset) => outer.lineOf(starts[leaf.lineOf(offset) - 1] ?? 0),
        ...(outer.object === undefined ? {} : { object: outer.object }),
        isSecretData: secret !== undefined,
        nesting: outer.nesting + 1,
      };
      for (const hit of inspectText(secret === "data" ? withDecoded(inner) : inner, options))
        yield outer.isSecretData || secret !== undefined ? asSecretData(hit, options) : hit;
    }
}

/** kubectl's copy of a Secret, and what charts make: base64 that is one by its place. */
function withDecoded(inner: Text): Text {
  const text = printableOf(Buffer.from(inner.text, "base64"));
  const line = inner.lineOf(0);
  return text === undefined ? inner : { ...inner, text, lineOf: () => line };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function* inspectUnstructured(text: Text, options: InspectOptions): Generator<Hit> {
  const formats = [...(options.rules?.find(text.text, text.name) ?? []), ...findFormats(text.text)];
  const named = [...namedIn(text, formats)];
  for (const each of [...formats, ...named])
    if (options.rules?.isAllowed(each.value) !== true) yield placed(each, text, options);
}

function placed(candidate: Candidate, { path, object, lineOf, isSecretData }: Text, options: InspectOptions): Hit {
  const hit = {
    ...candidate,
    path: [path, candidate.assignedTo].filter(Boolean).join(" > "),
    line: lineOf(candidate.offset),
    ...(object === undefined ? {} : { object }),
  };
  return isSecretData ? asSecretData(hit, options) : hit;
}

/** Judged by names: the text as a whole by its own, or what is assigned in it. What a format has told is not told twice. */
function* namedIn({ text, name, before, isSecretData }: Text, formats: readonly Candidate[]): Generator<Candidate> {
  const isTold = (offset: number, length: number) =>
    formats.some((each) => each.offset < offset + length && offset < each.offset + each.value.length);
  const isWhole = !text.trim().includes("\n") || isSecretData;
  const flag = /^--?([A-Za-z][\w.-]*)$/.exec(before ?? "")?.[1];
  const whole = isWhole && !isTold(0, text.length) ? judgeNamed(flag ?? name, text, { isSecretData }) : undefined;
  if (whole !== undefined && whole.rule !== "random-text") return yield whole;
  const client = clientPassword(text, before);
  if (client !== undefined) return yield client;
  // What has no name may have one within: `--secret-key=…` looks drawn at random as a whole.
  const assigned = /[=:\s<(]/.test(text)
    ? [...assignedIn(text)].filter((each) => !isTold(each.offset, each.value.length))
    : [];
  if (assigned.length > 0) yield* assigned;
  else if (whole !== undefined) yield whole;
}

function* assignedIn(text: string): Generator<Candidate> {
  for (const assigned of assignmentsOf(text)) {
    const candidate = judgeNamed(assigned.name, assigned.value);
    if (candidate !== undefined && candidate.rule !== "random-text")
      yield { ...candidate, offset: assigned.offset + candidate.offset, assignedTo: assigned.name };
  }
}

/** `-pPASSWORD` of MySQL's clients as an argument of its own, behind the program or its user. */
function clientPassword(text: string, before: string | undefined): Candidate | undefined {
  if (before === undefined || !/^(?:-u\S+|(?:\S*\/)?(?:mysql|mariadb)[a-z-]*)$/.test(before)) return undefined;
  const value = /^-p(\S{3,200})$/.exec(text)?.[1];
  const found = value === undefined ? undefined : judgeNamed("password", value);
  return found === undefined ? undefined : { ...found, offset: found.offset + 2, assignedTo: "-p" };
}

/** It lies where secrets belong. What is a placeholder stays one. */
function asSecretData(hit: Hit, { includeSecrets }: InspectOptions): Hit {
  const told: Confidence = isPlaceholder(hit.value) ? "low" : hit.confidence;
  return { ...hit, confidence: includeSecrets === true ? told : "info" };
}
