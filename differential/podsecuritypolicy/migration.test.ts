import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../packages/cli/src/manifests.ts";
import { migratePodSecurityPolicies, type Proof, type Replacement } from "../../packages/cli/src/migrate/migration.ts";
import { randomTape, Tape } from "../tape.ts";
import { randomCase } from "./random-case.ts";

const runs = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 40);
const user = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };

/** The proof of a random pod under a random policy; undefined where the API takes no such policy. */
async function proofOf(seed: number, at: number, as: Replacement): Promise<Proof | undefined> {
  const { policies, pod } = randomCase(new Tape(randomTape(seed, at)));
  const { annotations: _, ...metadata } = pod.metadata;
  // A mutator cannot look at annotations.
  const asked = as === "map" ? pod : { ...pod, metadata };
  const objects = [...policies.slice(0, 1).map(({ policy }) => policy), asked];
  const manifests = objects.map((value, line) => ({ file: "random", line, value: value as never }));
  try {
    const migration = await migratePodSecurityPolicies(manifests, {
      as,
      user,
      namespace: "default",
      version: "latest",
    });
    return migration.namespaces[0]?.workloads[0];
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Nor at what a container drops, before it adds. */
const beyondMutators = /: capabilities\.add$/;

for (const as of ["map", "gatekeeper"] as const)
  test(`migrate psp: random pods come out alike with --as ${as}`, async () => {
    let admitted = 0;
    for (let at = 0; at < runs; at++) {
      const proof = await proofOf(11, at, as);
      if (proof?.before.allowed !== true) continue;
      admitted++;
      const { mutation } = proof;
      const differences = typeof mutation === "string" ? [] : (mutation ?? []);
      const told = as === "map" ? differences : differences.filter(({ field }) => !beyondMutators.test(field));
      assert.deepEqual([told, proof.after?.allowed], [[], true], `seed 11, case ${at}: ${JSON.stringify(proof)}`);
    }
    assert.ok(admitted > runs / 10, `only ${admitted} of ${runs} pods were admitted`);
  });
