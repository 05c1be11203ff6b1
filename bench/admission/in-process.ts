import {
  admit,
  answerReview,
  createChain,
  type IncomingReview,
  loadPolicyCompiler,
  readReview,
} from "@sallyport/admission";
import { builtinCatalogue } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";
import { createAdmissionEffects } from "../../packages/cli/src/effects/admission.ts";
import type { RegoCase } from "../rego/case.ts";
import { startOpa } from "../rego/peers.ts";
import { type Library, query } from "./library.ts";

/** Decisions a second on one core: a review's text in, the answer's text out. */
export interface InProcess {
  readonly sallyport: number;
  /** OPA's Go module, or why it was not measured. */
  readonly opa: number | string;
}

const warmMs = 3_000;
const roundMs = 5_000;

export async function measureInProcess(library: Library): Promise<InProcess> {
  return { sallyport: await measureOurs(library), opa: await measureOpa(library) };
}

async function measureOurs({ modules, reviews }: Library): Promise<number> {
  const compile = await loadPolicyCompiler();
  const compiled = compile(
    modules.map((each) => ({ name: each.file, ...each })),
    1,
  );
  if ("error" in compiled) throw new Error(compiled.error);
  const chain = createChain({});
  if (typeof chain === "string") throw new Error(chain);
  const plugins = chain.filter(({ name }) => name === "RegoPolicies");
  const snapshot = {
    generation: 1,
    objects: { get: () => undefined, list: () => [] },
    catalogue: builtinCatalogue,
    authorizer: { authorize: async () => ({ allowed: false, reason: "" }) },
    policies: compiled.set,
    policyData: {},
  };
  const effects = { ...createAdmissionEffects(), subjectOf: parseRequest };
  const decide = async (text: string): Promise<string> => {
    const review = readReview(JSON.parse(text)) as IncomingReview;
    return JSON.stringify(
      answerReview(review, await admit(review.request, snapshot, effects, { plugins, phase: "validating" })),
    );
  };
  const round = async (ms: number): Promise<number> => {
    const start = process.cpuUsage();
    const end = performance.now() + ms;
    let done = 0;
    while (performance.now() < end)
      for (const review of reviews) {
        await decide(review);
        done++;
      }
    const { user, system } = process.cpuUsage(start);
    return (done * 1e6) / (user + system);
  };
  await round(warmMs);
  return round(roundMs);
}

async function measureOpa({ modules, reviews }: Library): Promise<number | string> {
  const opa = startOpa();
  if ("skipped" in opa) return opa.skipped;
  const workload: RegoCase = {
    name: "library",
    regoVersion: "v0",
    modules,
    query,
    inputs: reviews,
    data: {},
  };
  try {
    await opa.load(workload);
    await opa.time("whole", warmMs);
    return 1e6 / (await opa.time("whole", roundMs));
  } finally {
    opa.stop();
  }
}
