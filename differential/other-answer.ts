import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";

/** What OPA answers otherwise is asked so often, since some of its orders are those of Go's maps. */
const rounds = 3;
/** And so often where what differs is an order: two things may come in the same one many times. */
const roundsOfOrder = 20;

export interface Answers {
  /** OPA's. */
  readonly first: Outcome;
  /** Ours. */
  readonly wanted: Outcome;
  /** True where OPA leaves the order of lines open. */
  readonly hasOpenOrder?: boolean;
}

/** OPA's answer, unless it is the same; where it is not the same each time its lines count in any order. */
export async function otherAnswer(
  ask: () => Promise<Outcome>,
  { first, wanted, hasOpenOrder = false }: Answers,
): Promise<Outcome | undefined> {
  if (isDeepStrictEqual(comparable(first), comparable(wanted))) return undefined;
  const isOrder = isDeepStrictEqual(unordered(first), unordered(wanted));
  let varies = isOrder && hasOpenOrder;
  for (let round = 1; !varies && round < (isOrder || hasOpenOrder ? roundsOfOrder : rounds); round++) {
    const answer = await ask();
    if (isDeepStrictEqual(comparable(answer), comparable(wanted))) return undefined;
    varies = isDeepStrictEqual(unordered(answer), unordered(wanted)) && !isDeepStrictEqual(answer, first);
  }
  return varies ? undefined : first;
}

function unordered(answer: Outcome): Outcome {
  const sorted = (text: string) => text.replaceAll(/,$/gm, "").split("\n").sort().join("\n");
  const { status, out, err } = comparable(answer);
  return { status, out: sorted(out), err: sorted(err) };
}

/** Ours have no sentences about the arguments of builtins. */
function comparable({ status, out, err }: Outcome): Outcome {
  const strip = (text: string) => text.replaceAll(/"description": ?"(?:\\.|[^"\\])*",?\s*/g, "");
  return { status, out: strip(out), err: strip(err) };
}
