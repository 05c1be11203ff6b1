import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";

interface Known {
  readonly reason: string;
  /** Lines that it is about. */
  readonly line?: RegExp;
  /** What OPA answers there. */
  readonly answer?: RegExp;
}

/** Where Sallyport answers something else on purpose, and why. */
const known: readonly Known[] = [
  { reason: "OPA breaks, with a trace of its goroutines", answer: /^goroutine \d+ \[/m },
];

/** Why a line may differ; undefined when it may not. */
export function knownReason(line: string, { out, err }: Outcome): string | undefined {
  return known.find(
    (each) => (each.line?.test(line) ?? true) && (each.answer === undefined || each.answer.test(`${out}\n${err}`)),
  )?.reason;
}
