import { editDistance, type FailedCall, type Location, type Ref, refText, type Term } from "@sallyport/rego";

/** What the author of a filter may have meant instead. */
export interface Hint {
  readonly message: string;
  readonly loc: Location;
}

/** So many letters may be wrong. */
const maxDistance = 3;

/** Of what failed while a filter was made, what looks like an unknown document but is none: `input.fruit` where `input.fruits` is unknown. */
export function hintsOf(calls: readonly FailedCall[], unknowns: readonly Ref[]): readonly Hint[] {
  const candidates = unknowns.map(tableOf).filter((each) => each !== undefined);
  const hints = new Map<string, Hint>();
  for (const { refs, loc } of calls) {
    const ref = refs.findLast(isInput);
    const table = ref && tableOf(ref);
    if (ref === undefined || table === undefined || candidates.includes(table) || hints.has(refText(ref))) continue;
    const meant = closest(table, candidates).map((each) => refText(withTable(ref, each)));
    if (meant.length === 0) continue;
    const what = meant.length === 1 ? meant[0] : `any of [${meant.join(" ")}]`;
    hints.set(refText(ref), { message: `${refText(ref)} undefined, did you mean ${what}?`, loc });
  }
  return [...hints.values()];
}

function isInput({ terms: [head] }: Ref): boolean {
  return head?.kind === "var" && head.name === "input";
}

/** `fruits` of `input.fruits.price`. */
function tableOf({ terms: [, table] }: Ref): string | undefined {
  return table?.kind === "string" ? table.value : undefined;
}

function withTable(ref: Ref, table: string): Ref {
  const [head, , ...rest] = ref.terms as readonly [Term, Term, ...Term[]];
  return { ...ref, terms: [head, { kind: "string", loc: ref.loc, value: table }, ...rest] };
}

function closest(word: string, candidates: readonly string[]): readonly string[] {
  const distances = candidates.map((each) => [each, editDistance(word, each)] as const);
  const least = Math.min(maxDistance, ...distances.map(([, distance]) => distance));
  return distances
    .filter(([, distance]) => distance === least)
    .map(([each]) => each)
    .sort();
}
