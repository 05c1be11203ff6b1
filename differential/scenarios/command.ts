import { findKubeApiserver, startEtcd, startKubeApiserverOn, startSallyport } from "../apiserver/peers.ts";
import { customObjects } from "./custom-objects.ts";
import { faultyDefinitions } from "./faulty-definitions.ts";
import { reportOf } from "./report.ts";
import { compareScenarios, type Scenario } from "./run.ts";

const namespace: Scenario = {
  name: "namespace",
  steps: [{ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "d" } } }],
};

/** `[NAME]`: scenarios whose names begin so. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer. */
export async function differentialOfCustomResources([name = ""]: readonly string[]): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files || "url" in files) {
    console.error(`differential: ${"missing" in files ? files.missing : "a server that runs already cannot be asked"}`);
    return 2;
  }
  const faults: unknown[] = [];
  const etcd = await startEtcd(files.etcd);
  const theirs = await startKubeApiserverOn(files.apiserver, etcd.url);
  const ours = await startSallyport((error) => faults.push(error));
  try {
    const chosen = [...faultyDefinitions, ...customObjects].filter((scenario) => scenario.name.startsWith(name));
    const { requests, differences } = await compareScenarios(theirs, ours, [namespace, ...chosen]);
    for (const each of differences) console.log(reportOf(each));
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack ?? fault}`);
    console.log(`${chosen.length} scenarios, ${requests} requests; ${differences.length} answers differ`);
    return differences.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
    etcd.close();
  }
}
