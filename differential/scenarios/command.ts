import { apiServerOptions, readApiServerFlags } from "../../packages/cli/src/api-server-flags.ts";
import { findKubeApiserver, type Peer, startEtcd, startKubeApiserverOn, startSallyport } from "../apiserver/peers.ts";
import { accessScenarios, configuredScenarios } from "./access.ts";
import { createAccessWorld } from "./access-world.ts";
import { customObjects } from "./custom-objects.ts";
import { faultyDefinitions } from "./faulty-definitions.ts";
import { reportOf } from "./report.ts";
import { compareScenarios, type Scenario } from "./run.ts";

/** The namespace that objects lie in, with the service account that pods run as. */
const prepared: Scenario = {
  name: "namespace",
  steps: [
    { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "d" } } },
    {
      method: "POST",
      path: "/api/v1/namespaces/d/serviceaccounts",
      body: { metadata: { name: "default" } },
      until: { code: 201 },
    },
    {
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: "kube-node-lease" } },
      until: { code: 409 },
    },
  ],
};

/** `[NAME]`: scenarios whose names begin so. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer. */
export async function differentialOfCustomResources([name = ""]: readonly string[]): Promise<number> {
  return compareWith(
    {},
    [...faultyDefinitions, ...customObjects].filter((each) => each.name.startsWith(name)),
  );
}

/** The same of who may ask for what. */
export async function differentialOfAccess([name = ""]: readonly string[]): Promise<number> {
  const world = await createAccessWorld();
  try {
    const isChosen = (each: Scenario) => each.name.startsWith(name);
    const runs = [
      [world.flags, accessScenarios(world).filter(isChosen)],
      [world.configured, configuredScenarios(world).filter(isChosen)],
    ] as const;
    let code = 0;
    for (const [flags, scenarios] of runs)
      if (scenarios.length > 0) code = Math.max(code, await compareWith(flags, scenarios));
    return code;
  } finally {
    world.close();
  }
}

/** Starts both servers with the same flags and compares. */
async function compareWith(
  flags: { readonly [name: string]: string },
  scenarios: readonly Scenario[],
): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files || "url" in files) {
    console.error(`differential: ${"missing" in files ? files.missing : "a server that runs already cannot be asked"}`);
    return 2;
  }
  const faults: unknown[] = [];
  const etcd = await startEtcd(files.etcd);
  const theirs = await startKubeApiserverOn(files.apiserver, etcd.url, flags);
  const ours = await startWithFlags(flags, (error) => faults.push(error));
  try {
    const { requests, differences } = await compareScenarios(theirs, ours, [prepared, ...scenarios]);
    for (const each of differences) console.log(reportOf(each));
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack ?? fault}`);
    console.log(`${scenarios.length} scenarios, ${requests} requests; ${differences.length} answers differ`);
    return differences.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
    etcd.close();
  }
}

/** Ours, as `sallyport up` reads kube-apiserver's flags. */
function startWithFlags(flags: { readonly [name: string]: string }, onFault: (error: unknown) => void): Promise<Peer> {
  if (Object.keys(flags).length === 0) return startSallyport(onFault);
  const switches = ["enable-bootstrap-token-auth"];
  const given = Object.entries(flags).flatMap(([name, value]) =>
    switches.includes(name) ? [`--${name}`] : [`--${name}`, value],
  );
  return startSallyport(onFault, apiServerOptions(readApiServerFlags(given)));
}
