import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findKubeApiserver, startKubeApiserver } from "../../differential/apiserver/peers.ts";

interface Listed {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: object;
    readonly annotations?: object;
  };
  readonly [field: string]: unknown;
}

interface List {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly Listed[];
}

/** Objects of a fresh kube-apiserver's lists without what differs from start to start; one line each, the rules and aggregation as upstream writes them. */
export function bootstrapText(lists: readonly List[], fields: readonly string[]): string {
  const lines = lists.flatMap(({ apiVersion, kind, items }) =>
    items.map((item) => {
      const { name, namespace, labels, annotations } = item.metadata;
      const kept = Object.fromEntries(fields.map((field) => [field, item[field] ?? undefined]));
      const metadata = { name, namespace, labels, annotations };
      return JSON.stringify({ apiVersion, kind: kind.replace(/List$/, ""), metadata, ...kept });
    }),
  );
  return `[\n${lines.join(",\n")}\n]\n`;
}

const rbac = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"].map(
  (each) => `/apis/rbac.authorization.k8s.io/v1/${each}`,
);
const flowcontrol = ["prioritylevelconfigurations", "flowschemas"].map(
  (each) => `/apis/flowcontrol.apiserver.k8s.io/v1/${each}`,
);

/** What a kube-apiserver makes by itself at its first start, asked of a real one. Writes nothing where none is on the machine. */
export async function generateBootstrap(root: string): Promise<readonly string[]> {
  const found = findKubeApiserver();
  if ("missing" in found) return [];
  const peer = await startKubeApiserver(found);
  try {
    const lists = (paths: readonly string[]) =>
      Promise.all(paths.map(async (path) => (await peer.client.ask({ method: "GET", path })).body as List));
    const files = [
      ["packages/kube/src/data/rbac.generated.json", rbac, ["aggregationRule", "rules", "roleRef", "subjects"]],
      ["packages/kube/src/data/flowcontrol.generated.json", flowcontrol, ["spec"]],
    ] as const;
    for (const [file, paths, fields] of files)
      writeFileSync(join(root, file), bootstrapText(await lists(paths), fields));
    return files.map(([file]) => file);
  } finally {
    await peer.close();
  }
}
