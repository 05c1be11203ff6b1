import { readFileSync } from "node:fs";
import { manifestsText } from "@sallyport/kube";
import {
  type AdvisedHandler,
  classNames,
  classPolicy,
  type Fit,
  fitOf,
  type PodSpec,
  runtimeClass,
  type Use,
} from "@sallyport/node";
import { measureCost, openRuntime, type RuntimeCost } from "@sallyport/node/kubelet";
import { Command } from "commander";
import { InputError, type Manifest, readManifests } from "../../manifests.ts";
import { podManifest, podPrefix } from "../../pod-manifest.ts";
import { paint, wrap } from "../../terminal.ts";
import { inScratch } from "./scratch.ts";

interface Flags {
  readonly namespace: string;
  readonly measure?: boolean;
  readonly manifests?: boolean;
  readonly json?: boolean;
}

export interface Advice extends Fit {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A runtime's cost, or why it could not be measured. */
type Cost = RuntimeCost | { readonly handler: string; readonly reason: string };

export function adviseCommand(): Command {
  return new Command("advise")
    .description("which of gVisor, Kata and runc fits each pod, what would not work, and what enforces it")
    .argument("<files...>", "manifests of pods and workloads; - for standard input")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--measure", "what starting, exec, system calls, files and memory cost on this machine, against runc")
    .option("--manifests", "print the RuntimeClasses and, for each namespace, the policy alone")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
A manifest shows what a pod asks for, not what its programs do: try one before a namespace is held to a class.

Examples:
  sallyport runtime advise deployment.yaml
  sallyport runtime advise --manifests -n shop pods/ | kubectl apply -f -
  sallyport runtime advise --measure pod.yaml

Exit status: 0 told, 2 bad input.`,
    )
    .action(run);
}

async function run(files: readonly string[], flags: Flags): Promise<void> {
  const advices = adviceOf(
    readManifests(files, () => readFileSync(0, "utf8")),
    flags.namespace,
  );
  if (advices.length === 0) throw new InputError(`${files.join(", ")}: no pod and no workload there`);
  const costs = flags.measure === true ? await measure() : [];
  const manifests = enforcement(advices, costs);
  if (flags.manifests === true) {
    process.stdout.write(manifestsText(manifests));
    return;
  }
  const json = { pods: advices, costs, manifests };
  process.stdout.write(flags.json === true ? `${JSON.stringify(json, null, 2)}\n` : textOf(advices, costs, manifests));
}

/** What each pod and workload of Linux is advised. */
export function adviceOf(manifests: readonly Manifest[], namespace: string): readonly Advice[] {
  return manifests.flatMap((manifest): readonly Advice[] => {
    const spec = podManifest(manifest)?.value["spec"] as PodSpec | undefined;
    const isWindows = (spec?.["os"] as { readonly name?: string } | undefined)?.name === "windows";
    if (spec === undefined || isWindows) return [];
    const { file, line, value } = manifest;
    const metadata = value["metadata"] as { readonly name?: string; readonly namespace?: string } | undefined;
    const { handler, uses } = fitOf(spec);
    const prefix = podPrefix(manifest);
    return [
      {
        file,
        line,
        kind: String(value["kind"]),
        namespace: metadata?.namespace ?? namespace,
        name: metadata?.name ?? "",
        handler,
        uses: uses.map((use) => ({ ...use, path: prefix + use.path })),
      },
    ];
  });
}

/** The RuntimeClasses that are advised, with their overhead where it was measured, and a policy for each namespace that has a use for one. */
export function enforcement(advices: readonly Advice[], costs: readonly Cost[] = []): readonly object[] {
  const of = (list: readonly Advice[]) => [
    ...new Set(list.map(({ handler }) => handler).filter((handler) => handler !== "runc")),
  ];
  const namespaces = [...new Set(advices.map(({ namespace }) => namespace))];
  const policies = namespaces.flatMap((namespace) => {
    const handlers = of(advices.filter((each) => each.namespace === namespace));
    return handlers.length === 0 ? [] : classPolicy(namespace, handlers);
  });
  return [...of(advices).map((handler) => runtimeClass(handler, overheadMiB(costs, handler))), ...policies];
}

/** What a pod of a handler has in memory beyond one of runc. */
function overheadMiB(costs: readonly Cost[], handler: string): number | undefined {
  const of = (name: string) =>
    costs.find((each): each is RuntimeCost => "startMs" in each && each.handler === name)?.memoryMiB;
  const [own, base] = [of(handler), of("runc") ?? 0];
  return own === undefined ? undefined : Math.max(Math.ceil(own - base), 1);
}

async function measure(): Promise<readonly Cost[]> {
  return inScratch(async (folder) => {
    const costs: Cost[] = [];
    for (const handler of ["runc", "runsc", "kata"])
      costs.push(
        await openRuntime(handler, folder, process.env)
          .then((runtime) => measureCost(runtime, folder).finally(() => runtime.close?.()))
          .catch((error: Error) => ({ handler, reason: error.message })),
      );
    return costs;
  });
}

/** Of a terminal; what is longer goes on below. */
const columns = 110;

const advised: { readonly [handler in AdvisedHandler]: string } = {
  runsc: `runtimeClassName: ${classNames.runsc}, nothing that it shows fails in gVisor`,
  kata: `runtimeClassName: ${classNames.kata}, gVisor lacks something that a virtual machine has`,
  runc: "no class: it needs the node's own kernel",
};

function textOf(advices: readonly Advice[], costs: readonly Cost[], manifests: readonly object[]): string {
  const lines = advices.flatMap(({ file, line, kind, name, handler, uses }) => [
    paint("bold", `${kind}/${name}`) + paint("dim", `  ${file}:${line}`),
    `  ${paint(handler === "runc" ? "yellow" : "green", advised[handler])}`,
    ...uses.flatMap(useLines),
    "",
  ]);
  const enforced =
    manifests.length === 0 ? [] : [paint("dim", "# what enforces it"), manifestsText(manifests).trimEnd()];
  return `${[...lines, ...refusedLines(advices), ...costLines(costs), ...enforced].join("\n").trimEnd()}\n`;
}

function useLines({ what, path, ...effects }: Use): readonly string[] {
  const told = (["runsc", "kata"] as const).flatMap((handler) => {
    const effect = effects[handler];
    const name = handler === "runsc" ? "gVisor" : "Kata";
    return effect === undefined ? [] : [`${name} ${effect.kind === "fails" ? "fails" : "differs"}: ${effect.why}`];
  });
  return [`    ${what}  ${paint("dim", path)}`, ...told.map((each) => wrap(each, columns, "      "))];
}

/** Pods that a policy of their namespace would keep out. */
function refusedLines(advices: readonly Advice[]): readonly string[] {
  const held = new Set(advices.filter(({ handler }) => handler !== "runc").map(({ namespace }) => namespace));
  const refused = advices.filter(({ handler, namespace }) => handler === "runc" && held.has(namespace));
  if (refused.length === 0) return [];
  const names = refused.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(", ");
  return [
    wrap(paint("yellow", `the policy below would refuse ${names}: they belong in a namespace of their own`), columns),
    "",
  ];
}

function costLines(costs: readonly Cost[]): readonly string[] {
  if (costs.length === 0) return [];
  const base = costs.find((each): each is RuntimeCost => "startMs" in each && each.handler === "runc");
  const rows = costs.map((each) => {
    if (!("startMs" in each)) return `${each.handler.padEnd(8)}not measured: ${each.reason}`;
    const cell = (key: "startMs" | "execMs" | "callsMs" | "filesMs") => {
      const times = base === undefined || base === each ? "" : ` (${(each[key] / base[key]).toFixed(1)} ×)`;
      return `${each[key].toFixed(0)}${times}`.padStart(16);
    };
    const memory = each.memoryMiB === undefined ? "not counted" : `${each.memoryMiB.toFixed(0)} MiB`;
    const cells = cell("startMs") + cell("execMs") + cell("callsMs") + cell("filesMs");
    return each.handler.padEnd(8) + cells + memory.padStart(16);
  });
  const head = ["start", "exec", "200,000 calls", "500 files", "memory"].map((each) => each.padStart(16)).join("");
  return [`${"ms here".padEnd(8)}${head}`, ...rows, ""];
}
