import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { activationOf, compile, jsonFromValue, kubernetesEnvironment, Program, valueFromJson } from "@sallyport/cel";
import { buildGo } from "../../scripts/build-peer.ts";
import { expressions, pod } from "./cases.ts";

/** One expression: microseconds of an evaluation of ours and of cel-go's, with costs counted by both. */
export interface CelFigure {
  readonly name: string;
  readonly us: number;
  readonly compileUs: number;
  /** Undefined where cel-go could not be measured. */
  readonly peerUs: number | undefined;
}

export interface CelReport {
  readonly figures: readonly CelFigure[];
  /** Why cel-go was not measured; undefined when it was. */
  readonly peerSkipped: string | undefined;
}

/** Evaluations of policies' expressions on a pod, beside cel-go in the same run where there is a Go toolchain. */
export function run(progress: (text: string) => void): CelReport {
  progress("cel-go");
  const peer = measurePeer();
  const figures = expressions.map(([name, expression], index) => {
    progress(name);
    const answer = typeof peer === "string" ? undefined : peer[index];
    if (answer?.error !== undefined) throw new Error(`cel-go fails on ${name}: ${answer.error}`);
    return { name, ...measure(expression, answer?.value), peerUs: answer?.us };
  });
  return { figures, peerSkipped: typeof peer === "string" ? peer : undefined };
}

function measure(expression: string, wanted: string | undefined): { us: number; compileUs: number } {
  const environment = kubernetesEnvironment().extend({ variables: { object: { kind: "dyn" } } });
  const program = compile(expression, environment);
  if (!(program instanceof Program)) throw new Error(program.message);
  const evaluate = () => program.evaluate(activationOf({ object: valueFromJson(pod) }));
  const outcome = evaluate();
  const value = "value" in outcome ? String(jsonFromValue(outcome.value)) : outcome.error;
  if (wanted !== undefined && wanted !== value)
    throw new Error(`${expression}: ${value}, but cel-go answers ${wanted}`);
  return { us: fastest(evaluate), compileUs: fastest(() => compile(expression, environment)) };
}

/** Seven rounds of 60 ms; the fastest counts, as with the peer. */
function fastest(act: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < 60) {
      for (let each = 0; each < 64; each++) act();
      count += 64;
    }
    best = Math.min(best, ((performance.now() - start) * 1000) / count);
  }
  return best;
}

interface PeerAnswer {
  readonly us: number;
  readonly value: string;
  readonly error?: string;
}

function measurePeer(): readonly PeerAnswer[] | string {
  const built = buildGo(join(import.meta.dirname, "peer-cel-go"), "peer");
  if ("skipped" in built) return built.skipped;
  const input = expressions.map(([, expression]) => JSON.stringify({ expression, document: pod })).join("\n");
  const { stdout } = spawnSync(built.file, [], { input, encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PeerAnswer);
}
