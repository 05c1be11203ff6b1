import { createEffects } from "@sallyport/effects";
import { compile, jsonText, parseJson, type RegoPolicy, type Value } from "@sallyport/rego";
import { median } from "../client.ts";
import { reviewText } from "./reviews.ts";

/** Microseconds of parse, evaluate and output of one AdmissionReview, with all of it built and with what the policy looks at. */
export interface ProjectionReport {
  readonly policy: string;
  readonly bytes: number;
  readonly wholeUs: number;
  readonly projectedUs: number;
}

const policies: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: "images",
    text: `package bench

deny contains msg if {
	input.request.kind.kind == "Pod"
	some container in input.request.object.spec.containers
	not startswith(container.image, "registry.example.com/")
	msg := sprintf("image %v comes from an untrusted registry", [container.image])
}
`,
  },
  { name: "whole object", text: "package bench\n\ndeny contains 1 if count(input.request.object) == 0\n" },
];

const rounds = 9;
const roundMs = 30;

/** AdmissionReviews of updates, of about 2, 10 and 50 KB. */
export function measureProjection(): readonly ProjectionReport[] {
  const effects = createEffects();
  return policies.flatMap(({ name, text }) => {
    const { policy } = compile([{ file: "bench.rego", text }]);
    const answer = (value: Value | undefined) => (value === undefined ? "null" : jsonText(value));
    const whole = (json: string) =>
      answer((policy as RegoPolicy).evaluate("bench/deny", { input: parseJson(json), effects }));
    const projected = (json: string) =>
      answer((policy as RegoPolicy).evaluate("bench/deny", { inputJson: json, effects }));
    return [1, 5, 28].map((containers) => {
      const texts = Array.from({ length: 16 }, (_, i) => reviewText(containers, i));
      for (const json of texts)
        if (whole(json) !== projected(json)) throw new Error("projection has changed an answer");
      const [wholeUs, projectedUs] = inTurns([whole, projected], texts);
      return { policy: name, bytes: (texts[0] as string).length, wholeUs, projectedUs };
    });
  });
}

function inTurns(
  runs: readonly [(text: string) => string, (text: string) => string],
  texts: readonly string[],
): readonly [number, number] {
  const times: readonly [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++)
    for (const [i, run] of runs.entries()) {
      const us = average(run, texts);
      if (round > 0) times[i as 0 | 1].push(us);
    }
  return [median(times[0]), median(times[1])];
}

function average(run: (text: string) => string, texts: readonly string[]): number {
  const start = performance.now();
  for (let passes = 1; ; passes++) {
    for (const text of texts) run(text);
    const took = performance.now() - start;
    if (took >= roundMs) return (took * 1000) / (passes * texts.length);
  }
}
