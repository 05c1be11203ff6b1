import {
  defaultMesh,
  type MeshProblem,
  type MeshSettings,
  type MeshView,
  meshView,
  type PlacedObject,
} from "@sallyport/mesh";
import type { Command } from "commander";
import { clusterObjects } from "../cluster-objects.ts";
import { list } from "../comma-list.ts";
import type { ConnectionFlags } from "../connection.ts";
import { InputError, readManifests } from "../manifests.ts";
import { readStandardInput } from "../standard-input.ts";
import { readMeshConfig } from "./mesh-config.ts";
import { objectsOfManifests } from "./view-files.ts";
import { objectsOfCluster } from "./view-live.ts";

/** Of commands that look at a mesh. */
export interface ViewFlags extends ConnectionFlags {
  readonly file?: readonly string[];
  readonly namespace: string;
  readonly meshConfig?: string;
  readonly rootNamespace?: string;
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  readonly revision: string;
}

/** Where a mesh is looked at, and what is the same for all of it. */
export function addViewOptions(command: Command): Command {
  return command
    .option("-f, --file <paths...>", "manifests, folders or - for standard input; without, a cluster is asked")
    .option("-n, --namespace <name>", "of what names none", "default")
    .option("--kubeconfig <file>", "how to reach the cluster; default: as kubectl finds it")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option(
      "--mesh-config <file>",
      "Istio's MeshConfig in YAML: providers that CUSTOM policies ask, and what follows here",
    )
    .option(
      "--root-namespace <name>",
      `where policies hold for all namespaces (default: "${defaultMesh.rootNamespace}")`,
    )
    .option("--trust-domain <name>", `of the mesh's identities (default: "${defaultMesh.trustDomain}")`)
    .option("--trust-domain-aliases <names>", "others that count as the same, with commas between", list)
    .option("--revision <name>", "of the mesh, as namespaces name it by istio.io/rev", "default");
}

/** What is known of a mesh, and in lines on standard error what is wrong with its objects. Throws `InputError`, `UsageError`, `ConnectionError`. */
export async function viewOf(flags: ViewFlags): Promise<MeshView> {
  const mesh = meshOf(flags);
  const objects =
    flags.file === undefined ? await clusterObjects(flags, objectsOfCluster) : fileObjects(flags.file, flags.namespace);
  const view = meshView(objects, { mesh, revision: flags.revision });
  const unreadable = view.problems.find(({ grade }) => grade === "unreadable");
  if (unreadable !== undefined) throw new InputError(problemText(unreadable));
  for (const problem of view.problems) process.stderr.write(`sallyport: ${problemText(problem)}\n`);
  return view;
}

/** A flag goes before the file. */
function meshOf({ meshConfig, rootNamespace, trustDomain, trustDomainAliases }: ViewFlags): MeshSettings {
  return {
    ...defaultMesh,
    ...(meshConfig !== undefined && readMeshConfig(meshConfig)),
    ...(rootNamespace !== undefined && { rootNamespace }),
    ...(trustDomain !== undefined && { trustDomain }),
    ...(trustDomainAliases !== undefined && { trustDomainAliases }),
  };
}

function fileObjects(files: readonly string[], namespace: string): readonly PlacedObject[] {
  return objectsOfManifests(readManifests(files, readStandardInput), namespace);
}

/** `web.yaml:3: PeerAuthentication shop/web: …`. */
function problemText({ of: { object, place }, text, grade }: MeshProblem): string {
  const { namespace = "", name = "" } = object.metadata;
  const where = place === undefined ? "" : `${place}: `;
  return `${where}${grade === "warning" ? "warning: " : ""}${object.kind} ${namespace}/${name}: ${text}`;
}
