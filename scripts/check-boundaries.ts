import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";

/** What each room may import of the others; the same diagram as in docs/architecture.md, lowest first. */
const arrows: { readonly [room: string]: readonly string[] } = {
  rego: [],
  cel: [],
  oci: [],
  effects: ["rego"],
  kube: [],
  pki: [],
  files: [],
  grpc: [],
  secrets: ["files", "grpc", "kube"],
  admission: ["cel", "kube", "rego"],
  constraints: ["admission", "cel", "kube", "rego"],
  opa: ["files", "kube", "oci", "rego"],
  cluster: ["kube"],
  webhook: ["admission", "cluster", "kube", "pki"],
  streaming: ["kube"],
  node: ["cluster", "files", "kube", "oci", "pki", "streaming"],
  mesh: ["cluster", "files", "grpc", "kube", "pki"],
  apiserver: ["admission", "cel", "effects", "files", "kube", "pki", "rego", "secrets", "streaming"],
  cli: [
    "admission",
    "apiserver",
    "cluster",
    "constraints",
    "effects",
    "files",
    "kube",
    "mesh",
    "node",
    "opa",
    "pki",
    "rego",
    "secrets",
    "webhook",
  ],
};

/** Second doors of rooms, for who must not load what lies behind the first one. */
const doors: ReadonlySet<string> = new Set([
  // The server follows policies; bundles, and Rego with them, are for others.
  "@sallyport/opa/sync",
  // Beside a policy server: reads what policies name, and Rego with it.
  "@sallyport/opa/remote-sync",
  // The server writes YAML as Go does; the language is for others.
  "@sallyport/rego/yaml",
  // The server refuses certificates and keys as Go does.
  "@sallyport/rego/x509",
  // What commands print needs neither bundles nor a server.
  "@sallyport/opa/answers",
  "@sallyport/opa/plugins",
  "@sallyport/opa/server",
  // How values lie in the store; who reads them, where else they live and what looks like one is for commands.
  "@sallyport/secrets/encryption",
  // A plugin holds keys, and loads nothing beside them.
  "@sallyport/secrets/kms",
  // What runs containers; what reads security contexts needs none of it.
  "@sallyport/node/kubelet",
  // Secrets of other places: what looks for secrets in files needs none of them.
  "@sallyport/secrets/stores",
  // The same as files in a pod: who writes them has nothing else to do, and a provider of the CSI driver needs gRPC.
  "@sallyport/secrets/files",
  "@sallyport/secrets/csi",
  // What a mesh asks of objects is pure; who keeps certificates and who passes connections on are programs of their own.
  "@sallyport/mesh/identity",
  // Asks an authority by gRPC, for which a proxy with certificates in files has no memory.
  "@sallyport/mesh/identity/client",
  "@sallyport/mesh/control",
  "@sallyport/mesh/proxy",
  // The plugin is in every chain, and its kinds are served; its engines are for who has something in force.
  "@sallyport/constraints/definitions",
  "@sallyport/constraints/plugin",
]);

/** Rooms that may import no `node:` module outside their tests, so that they run in a browser and are easy to test. */
const pure = new Set(["rego", "cel", "oci", "kube", "admission", "constraints"]);

/** Files of pure rooms that may touch Node all the same, each with its reason. */
const exceptions: { readonly [file: string]: string } = {};

/** Answers one line per arrow that does not belong. */
export function checkBoundaries(root: string): string[] {
  const faults: string[] = [];
  for (const room of readdirSync(join(root, "packages"))) {
    const allowed = arrows[room];
    if (allowed === undefined) faults.push(`packages/${room}: not in the table of scripts/check-boundaries.ts`);
    else faults.push(...checkManifest(root, room, allowed), ...checkSources(root, room, allowed));
  }
  return faults;
}

function checkManifest(root: string, room: string, allowed: readonly string[]): string[] {
  const manifest = JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8"));
  return Object.entries(manifest.dependencies ?? {}).flatMap(([name, version]) => {
    const place = `packages/${room}/package.json: ${name}`;
    if (name.startsWith("@sallyport/")) {
      return allowed.includes(name.slice("@sallyport/".length)) ? [] : [`${place}: no such arrow in the diagram`];
    }
    return /^\d+\.\d+\.\d+/.test(String(version)) ? [] : [`${place}: ${version} is not pinned exactly`];
  });
}

function checkSources(root: string, room: string, allowed: readonly string[]): string[] {
  const folder = join(root, "packages", room, "src");
  const faults: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(entry)) continue;
    const isTest = /\.(test|fixture)\.tsx?$/.test(entry) || entry.includes("testdata");
    const text = readFileSync(join(folder, entry), "utf8");
    const file = `packages/${room}/src/${entry}`;
    for (const target of importsOf(text)) {
      const fault = checkImport(room, allowed, target, isTest);
      if (fault !== undefined && exceptions[file] === undefined) faults.push(`${file}: ${fault}`);
    }
    if (room !== "cli" && !isTest && /\bprocess\.(env|argv|exit|cwd|stdout|stderr|stdin)\b/.test(text)) {
      faults.push(`${file}: reads process; only cli does`);
    }
  }
  return faults;
}

function* importsOf(text: string): Generator<string> {
  for (const match of text.matchAll(
    /^\s*(?:import|export)\b[^;"']*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/gm,
  )) {
    yield (match[1] ?? match[2]) as string;
  }
}

function checkImport(room: string, allowed: readonly string[], target: string, isTest: boolean): string | undefined {
  if (target.startsWith("@sallyport/")) {
    const [, other = "", ...rest] = target.split("/");
    if (rest.length > 0 && !doors.has(target)) return `imports ${target}: only a room's index is public`;
    return allowed.includes(other) ? undefined : `imports ${target}: no such arrow in the diagram`;
  }
  if (target.startsWith("."))
    return /\/index\.ts$/.test(target) ? `imports ${target}: import the file itself` : undefined;
  if (isBuiltin(target) && pure.has(room) && !isTest) return `imports ${target}: ${room} is a pure room`;
  return undefined;
}
