import { parseModule } from "@sallyport/rego";
import { capabilitiesOf, type FormatDifference, type FormatMode } from "./format.ts";

interface Known {
  readonly reason: string;
  readonly holds: (difference: FormatDifference, mode: FormatMode) => boolean;
}

/** Where Sallyport writes something else than `opa fmt` of the release that is compared with, and why. */
const known: readonly Known[] = [
  { reason: "OPA leaves text that nobody can read where comments are in its way", holds: isBroken },
  { reason: "OPA leaves out parentheses without which a brace begins a body", holds: isBareBrace },
  {
    reason: "OPA leaves white space at the ends of lines that it does not format",
    holds: ({ opa, sallyport }) => opa?.replaceAll(/[ \t]+$/gm, "") === sallyport,
  },
  { reason: "OPA loses a comment, or writes it twice", holds: hasOtherComments },
  {
    reason: "OPA puts parentheses around what has some, where it does not format it",
    holds: ({ opa, sallyport }) => opa?.replace(/\bnot \((\([\s\S]*?\))\)/g, "not $1") === sallyport,
  },
  {
    reason: "1.22 has `not` with `import future.keywords`, 1.19 and we have not",
    holds: ({ source }) => /^import future\.keywords$/m.test(source) && /\bnot\b/.test(source),
  },
  {
    reason: "1.22 takes no rule named by a sign, 1.19 does",
    holds: ({ source, opa }) => opa === undefined && /(?:^|\}\s*)-[\w"]/m.test(source),
  },
  {
    reason: "1.22 takes no else behind a head with brackets, 1.19 does",
    holds: ({ source, opa }) => opa === undefined && /\belse\b/.test(source) && /^(?:\w+\[|data\.)/m.test(source),
  },
];

/** Why it may differ; undefined when it may not. */
export function knownFormat(difference: FormatDifference, mode: FormatMode): string | undefined {
  return known.find(({ holds }) => holds(difference, mode))?.reason;
}

function isBroken({ source, opa }: FormatDifference, mode: FormatMode): boolean {
  if (opa === undefined || !source.includes("#")) return false;
  const regoVersion = mode === "v0" ? "v0" : "v1";
  return parseModule(opa, { regoVersion, annotations: false }).module === undefined;
}

/** `({"a": 1}.b == 1) and input.x` loses them in v0, and then is none of Rego. */
function isBareBrace({ source, opa }: FormatDifference, mode: FormatMode): boolean {
  if (opa === undefined || !/\(\{[\s\S]*\b(?:and|or)\b/.test(source)) return false;
  const regoVersion = mode === "v0" ? "v0" : "v1";
  return parseModule(opa, { regoVersion, capabilities: capabilitiesOf(mode) }).module === undefined;
}

/** All comments of the modules that are made are numbered, or stand alone on their lines; some, both lose. */
function hasOtherComments({ opa, sallyport }: FormatDifference): boolean {
  if (opa === undefined) return false;
  const [theirs, ours] = [commentsOf(opa), commentsOf(sallyport)];
  const isOurs = theirs.every((comment) => ours.includes(comment)) && new Set(ours).size === ours.length;
  return isOurs && theirs.join() !== ours.join();
}

function commentsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/# c\d+/g), ([comment]) => comment).sort();
}
