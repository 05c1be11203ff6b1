import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { findKubeApiserver } from "../apiserver/peers.ts";
import { openCluster, openUp } from "./doors.ts";
import { libraryCases } from "./library-cases.ts";
import { ownCases } from "./own-cases.ts";
import { compareDoors } from "./run.ts";

const files = findKubeApiserver();
const skip = "missing" in files && files.missing;

/** Few of each: the whole is `npm run differential -- cluster`. */
const chosen = /^(one answer|tour|pod-security-policy\/privileged-containers)\//;

test("check, up and kube-apiserver with the webhook give one answer", { skip, timeout: 300_000 }, async () => {
  if ("missing" in files) return;
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const [cluster, up] = await Promise.all([openCluster(files, onFault), openUp(onFault)]);
  try {
    const cases = [...libraryCases(), ...ownCases()].filter(({ name }) => chosen.test(name));
    const { different, byWebhook, ...counts } = await compareDoors(cluster, up, cases);
    deepEqual([different, faults], [[], []]);
    ok(byWebhook >= 3 && counts.cases >= 15, JSON.stringify({ ...counts, byWebhook }));
  } finally {
    await Promise.all([cluster.close(), up.close()]);
  }
});
